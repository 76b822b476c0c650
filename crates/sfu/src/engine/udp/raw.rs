//! Addresses and control messages as the kernel wants them.

use std::io;
use std::mem::{size_of, zeroed};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::RawFd;
use std::ptr;

/// Room for the control messages of one datagram, aligned as the kernel wants.
pub(super) type Control = [u64; 12];

/// Set an option of a socket to a number.
pub(super) fn set_option(fd: RawFd, level: i32, name: i32, value: i32) -> io::Result<()> {
    let length = size_of::<i32>() as libc::socklen_t;
    // SAFETY: value outlives the call and length is its size.
    let result = unsafe { libc::setsockopt(fd, level, name, (&raw const value).cast(), length) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// What the kernel told about a received message.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Arrival {
    /// The local address at which it arrived.
    pub local: Option<IpAddr>,
    /// The size of the datagrams that it joined (UDP_GRO).
    pub segment: Option<usize>,
}

/// Read a message's control data.
pub(super) fn arrival(header: &libc::msghdr) -> Arrival {
    let mut arrival = Arrival::default();
    // SAFETY: the CMSG macros walk the control buffer within the length that the kernel wrote into the header; the
    // data of each kind has the type that ip(7), ipv6(7) and udp(7) give it.
    unsafe {
        let mut control = libc::CMSG_FIRSTHDR(header);
        while let Some(part) = control.as_ref() {
            let data = libc::CMSG_DATA(control);
            match (part.cmsg_level, part.cmsg_type) {
                (libc::IPPROTO_IP, libc::IP_PKTINFO) => {
                    let info: libc::in_pktinfo = ptr::read_unaligned(data.cast());
                    arrival.local = Some(IpAddr::V4(Ipv4Addr::from(u32::from_be(info.ipi_addr.s_addr))));
                }
                (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO) => {
                    let info: libc::in6_pktinfo = ptr::read_unaligned(data.cast());
                    arrival.local = Some(IpAddr::V6(Ipv6Addr::from(info.ipi6_addr.s6_addr)).to_canonical());
                }
                (libc::SOL_UDP, libc::UDP_GRO) => {
                    let size: libc::c_int = ptr::read_unaligned(data.cast());
                    arrival.segment = usize::try_from(size).ok();
                }
                _ => {}
            }
            control = libc::CMSG_NXTHDR(header, control);
        }
    }
    arrival
}

/// The control data of a message to send, and its length.
pub(super) fn control(segment: Option<u16>, source: Option<IpAddr>, is_v6: bool) -> (Control, usize) {
    let mut buffer: Control = [0; 12];
    let mut used = 0;
    if let Some(size) = segment {
        used += put(&mut buffer, used, libc::SOL_UDP, libc::UDP_SEGMENT, size);
    }
    match source {
        Some(IpAddr::V4(address)) if !is_v6 => {
            let spec = libc::in_addr { s_addr: u32::from(address).to_be() };
            let info = libc::in_pktinfo { ipi_ifindex: 0, ipi_spec_dst: spec, ipi_addr: spec };
            used += put(&mut buffer, used, libc::IPPROTO_IP, libc::IP_PKTINFO, info);
        }
        Some(address) => {
            let octets = v6(address).octets();
            let info = libc::in6_pktinfo { ipi6_addr: libc::in6_addr { s6_addr: octets }, ipi6_ifindex: 0 };
            used += put(&mut buffer, used, libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, info);
        }
        None => {}
    }
    (buffer, used)
}

/// Append a control message; returns the bytes that it takes.
fn put<T>(buffer: &mut Control, at: usize, level: i32, kind: i32, value: T) -> usize {
    let size = size_of::<T>() as u32;
    // SAFETY: CMSG_SPACE is arithmetic; the assertion keeps the message within the buffer, whose start and whose
    // message sizes are aligned for a cmsghdr.
    unsafe {
        let space = libc::CMSG_SPACE(size) as usize;
        assert!(at + space <= size_of::<Control>());
        let header: *mut libc::cmsghdr = buffer.as_mut_ptr().cast::<u8>().add(at).cast();
        (*header).cmsg_level = level;
        (*header).cmsg_type = kind;
        (*header).cmsg_len = libc::CMSG_LEN(size) as _;
        ptr::write_unaligned(libc::CMSG_DATA(header).cast(), value);
        space
    }
}

fn v6(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    }
}

/// An address for a socket of the family.
pub(super) fn to_raw(address: SocketAddr, is_v6: bool) -> (libc::sockaddr_storage, libc::socklen_t) {
    // SAFETY: all zero is a valid, empty address; it is large enough and aligned for every family.
    let mut raw: libc::sockaddr_storage = unsafe { zeroed() };
    let length = match address.ip() {
        IpAddr::V4(ip) if !is_v6 => {
            let v4 = libc::sockaddr_in {
                sin_family: libc::AF_INET as _,
                sin_port: address.port().to_be(),
                sin_addr: libc::in_addr { s_addr: u32::from(ip).to_be() },
                sin_zero: [0; 8],
            };
            // SAFETY: see above.
            unsafe { ptr::write((&raw mut raw).cast(), v4) };
            size_of::<libc::sockaddr_in>()
        }
        ip => {
            let v6 = libc::sockaddr_in6 {
                sin6_family: libc::AF_INET6 as _,
                sin6_port: address.port().to_be(),
                sin6_flowinfo: 0,
                sin6_addr: libc::in6_addr { s6_addr: v6(ip).octets() },
                sin6_scope_id: 0,
            };
            // SAFETY: see above.
            unsafe { ptr::write((&raw mut raw).cast(), v6) };
            size_of::<libc::sockaddr_in6>()
        }
    };
    (raw, length as libc::socklen_t)
}

/// The address that the kernel wrote.
pub(super) fn from_raw(raw: &libc::sockaddr_storage) -> Option<SocketAddr> {
    match i32::from(raw.ss_family) {
        libc::AF_INET => {
            // SAFETY: the family says that this is the type of the address.
            let v4: libc::sockaddr_in = unsafe { ptr::read((&raw const *raw).cast()) };
            let ip = Ipv4Addr::from(u32::from_be(v4.sin_addr.s_addr));
            Some(SocketAddr::new(ip.into(), u16::from_be(v4.sin_port)))
        }
        libc::AF_INET6 => {
            // SAFETY: the family says that this is the type of the address.
            let v6: libc::sockaddr_in6 = unsafe { ptr::read((&raw const *raw).cast()) };
            let ip = IpAddr::V6(Ipv6Addr::from(v6.sin6_addr.s6_addr)).to_canonical();
            Some(SocketAddr::new(ip, u16::from_be(v6.sin6_port)))
        }
        _ => None,
    }
}
