//! Datagrams in batches: `recvmmsg`, and `sendmmsg` with trains of equal size (UDP_SEGMENT).
//!
//! The only unsafe code of the crate. It hands the kernel pointers into vectors that outlive the call and are not
//! touched while it runs; everything it reads back is bounds-checked by length fields that the kernel filled.
#![allow(unsafe_code)]

use std::io;
use std::mem::{size_of, zeroed};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::fd::{AsRawFd, RawFd};
use std::ptr;

/// Messages in one system call.
pub const BATCH: usize = 64;
/// No datagram of WebRTC is longer: beyond the Ethernet MTU only junk comes.
const MAX_DATAGRAM: usize = 2_048;
/// Datagrams in one train. Longer ones burst so hard that receivers' networks lose them.
const MAX_TRAIN: usize = 8;
/// A train must fit into one IP packet of the local stack.
const MAX_TRAIN_BYTES: usize = 60_000;
/// How long to wait for room in the socket's buffer before the rest of a batch is dropped.
const SEND_PATIENCE_MS: i32 = 2;

/// Room for the control messages of one datagram, aligned as the kernel wants.
type Control = [u64; 12];

/// A datagram to send.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// Whom to send it to.
    pub destination: SocketAddr,
    /// The local address to send from, where that is ours to choose.
    pub source: Option<IpAddr>,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// Let the kernel tell at which local address a datagram arrived.
pub fn enable_packet_info(socket: &UdpSocket) -> io::Result<()> {
    let fd = socket.as_raw_fd();
    match socket.local_addr()? {
        SocketAddr::V4(_) => set_option(fd, libc::IPPROTO_IP, libc::IP_PKTINFO, 1),
        SocketAddr::V6(_) => set_option(fd, libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO, 1),
    }
}

fn set_option(fd: RawFd, level: i32, name: i32, value: i32) -> io::Result<()> {
    let length = size_of::<i32>() as libc::socklen_t;
    // SAFETY: value outlives the call and length is its size.
    let result = unsafe { libc::setsockopt(fd, level, name, (&raw const value).cast(), length) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Receives in batches.
pub struct Receiver {
    buffers: Vec<[u8; MAX_DATAGRAM]>,
    addresses: Vec<libc::sockaddr_storage>,
    controls: Vec<Control>,
}

impl Default for Receiver {
    fn default() -> Self {
        Receiver {
            buffers: vec![[0; MAX_DATAGRAM]; BATCH],
            // SAFETY: all zero is a valid, empty address.
            addresses: vec![unsafe { zeroed() }; BATCH],
            controls: vec![[0; 12]; BATCH],
        }
    }
}

impl Receiver {
    /// Take what has arrived, without waiting; returns how many datagrams that were.
    pub fn receive(
        &mut self,
        socket: &UdpSocket,
        mut take: impl FnMut(SocketAddr, Option<IpAddr>, &[u8]),
    ) -> io::Result<usize> {
        // SAFETY: all zero is valid for these plain structures of pointers and lengths.
        let mut parts: [libc::iovec; BATCH] = unsafe { zeroed() };
        let mut messages: [libc::mmsghdr; BATCH] = unsafe { zeroed() };
        for i in 0..BATCH {
            parts[i].iov_base = self.buffers[i].as_mut_ptr().cast();
            parts[i].iov_len = MAX_DATAGRAM;
            let header = &mut messages[i].msg_hdr;
            header.msg_name = (&raw mut self.addresses[i]).cast();
            header.msg_namelen = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
            header.msg_iov = &raw mut parts[i];
            header.msg_iovlen = 1;
            header.msg_control = self.controls[i].as_mut_ptr().cast();
            header.msg_controllen = size_of::<Control>() as _;
        }
        let flags = libc::MSG_DONTWAIT;
        let (fd, list) = (socket.as_raw_fd(), messages.as_mut_ptr());
        // SAFETY: every message points into self, which is borrowed mutably until after the call.
        let count = unsafe { libc::recvmmsg(fd, list, BATCH as u32, flags as _, ptr::null_mut()) };
        if count < 0 {
            return Err(io::Error::last_os_error());
        }
        for (i, message) in messages.iter().enumerate().take(count as usize) {
            let length = (message.msg_len as usize).min(MAX_DATAGRAM);
            let truncated = message.msg_hdr.msg_flags & libc::MSG_TRUNC != 0;
            if let Some(source) = from_raw(&self.addresses[i])
                && !truncated
            {
                take(source, arrival_address(&message.msg_hdr), &self.buffers[i][..length]);
            }
        }
        Ok(count as usize)
    }
}

/// The local address in a message's control data.
fn arrival_address(header: &libc::msghdr) -> Option<IpAddr> {
    // SAFETY: the CMSG macros walk the control buffer within the length that the kernel wrote into the header; the
    // data of each kind has the type that ip(7) and ipv6(7) give it.
    unsafe {
        let mut control = libc::CMSG_FIRSTHDR(header);
        while let Some(part) = control.as_ref() {
            match (part.cmsg_level, part.cmsg_type) {
                (libc::IPPROTO_IP, libc::IP_PKTINFO) => {
                    let info: libc::in_pktinfo = ptr::read_unaligned(libc::CMSG_DATA(control).cast());
                    return Some(IpAddr::V4(Ipv4Addr::from(u32::from_be(info.ipi_addr.s_addr))));
                }
                (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO) => {
                    let info: libc::in6_pktinfo = ptr::read_unaligned(libc::CMSG_DATA(control).cast());
                    return Some(IpAddr::V6(Ipv6Addr::from(info.ipi6_addr.s6_addr)).to_canonical());
                }
                _ => control = libc::CMSG_NXTHDR(header, control),
            }
        }
    }
    None
}

/// Sends in batches.
pub struct Sender {
    is_v6: bool,
    segments: bool,
}

impl Sender {
    /// A sender for a socket; finds out whether its kernel sends trains.
    pub fn new(socket: &UdpSocket) -> io::Result<Self> {
        let fd = socket.as_raw_fd();
        Ok(Sender {
            is_v6: socket.local_addr()?.is_ipv6(),
            segments: set_option(fd, libc::SOL_UDP, libc::UDP_SEGMENT, 0).is_ok(),
        })
    }

    /// Send everything, as far as the socket takes it; what it does not take is lost, as on any network.
    pub fn send(&mut self, socket: &UdpSocket, datagrams: &[Outgoing]) {
        let mut rest = datagrams;
        while !rest.is_empty() {
            let mut batch = Batch::new(rest, self);
            let taken = batch.datagrams;
            batch.send(socket, self);
            rest = &rest[taken..];
        }
    }

    /// How many of the datagrams, from the first on, form one train.
    fn train(&self, datagrams: &[Outgoing]) -> usize {
        let Some(first) = datagrams.first().filter(|_| self.segments) else { return 1 };
        let size = first.bytes.len();
        let mut length = 1;
        while let Some(next) = datagrams.get(length) {
            let same_way = next.destination == first.destination && next.source == first.source;
            let full = length == MAX_TRAIN || (length + 1) * size > MAX_TRAIN_BYTES;
            if full || !same_way || next.bytes.len() > size || next.bytes.is_empty() {
                break;
            }
            length += 1;
            if next.bytes.len() < size {
                break;
            }
        }
        length
    }
}

/// The arguments of one `sendmmsg`: each message is a train.
struct Batch {
    datagrams: usize,
    parts: Vec<libc::iovec>,
    trains: Vec<usize>,
    addresses: Vec<(libc::sockaddr_storage, libc::socklen_t)>,
    controls: Vec<(Control, usize)>,
}

impl Batch {
    fn new(datagrams: &[Outgoing], sender: &Sender) -> Self {
        let mut batch = Batch {
            datagrams: 0,
            parts: Vec::with_capacity(BATCH * 2),
            trains: Vec::with_capacity(BATCH),
            addresses: Vec::with_capacity(BATCH),
            controls: Vec::with_capacity(BATCH),
        };
        while batch.trains.len() < BATCH && batch.datagrams < datagrams.len() {
            let rest = &datagrams[batch.datagrams..];
            let length = sender.train(rest);
            batch.push(&rest[..length], sender.is_v6);
        }
        batch
    }

    fn push(&mut self, train: &[Outgoing], is_v6: bool) {
        let first = &train[0];
        self.parts.extend(train.iter().map(|datagram| libc::iovec {
            iov_base: datagram.bytes.as_ptr().cast_mut().cast(),
            iov_len: datagram.bytes.len(),
        }));
        let segment = (train.len() > 1).then_some(first.bytes.len() as u16);
        self.trains.push(train.len());
        self.addresses.push(to_raw(first.destination, is_v6));
        self.controls.push(control(segment, first.source, is_v6));
        self.datagrams += train.len();
    }

    fn messages(&mut self) -> Vec<libc::mmsghdr> {
        let mut part = self.parts.as_mut_ptr();
        let mut messages = Vec::with_capacity(self.trains.len());
        for (i, &length) in self.trains.iter().enumerate() {
            // SAFETY: all zero is valid for this plain structure.
            let mut message: libc::mmsghdr = unsafe { zeroed() };
            let header = &mut message.msg_hdr;
            header.msg_name = (&raw mut self.addresses[i].0).cast();
            header.msg_namelen = self.addresses[i].1;
            header.msg_iov = part;
            header.msg_iovlen = length as _;
            header.msg_control = self.controls[i].0.as_mut_ptr().cast();
            header.msg_controllen = self.controls[i].1 as _;
            messages.push(message);
            // SAFETY: the lengths of the trains add up to the number of parts.
            part = unsafe { part.add(length) };
        }
        messages
    }

    fn send(&mut self, socket: &UdpSocket, sender: &mut Sender) {
        let mut messages = self.messages();
        let (mut next, mut waited) = (0, false);
        while next < messages.len() {
            let rest = &mut messages[next..];
            let (list, count) = (rest.as_mut_ptr(), rest.len() as u32);
            // SAFETY: the messages point into self and into the datagrams, which both outlive the call.
            let sent = unsafe { libc::sendmmsg(socket.as_raw_fd(), list, count, libc::MSG_DONTWAIT as _) };
            if sent > 0 {
                next += sent as usize;
                continue;
            }
            match io::Error::last_os_error().raw_os_error() {
                Some(libc::EINTR) => {}
                Some(libc::EAGAIN | libc::ENOBUFS) if !waited => {
                    waited = true;
                    wait_writable(socket);
                }
                Some(libc::EAGAIN | libc::ENOBUFS) => return,
                // A device that cannot segment (EIO): no trains from now on. This one is lost.
                Some(libc::EIO | libc::EINVAL) if self.trains[next] > 1 => {
                    sender.segments = false;
                    next += 1;
                }
                _ => next += 1,
            }
        }
    }
}

fn wait_writable(socket: &UdpSocket) {
    let mut poll = libc::pollfd { fd: socket.as_raw_fd(), events: libc::POLLOUT, revents: 0 };
    // SAFETY: one pollfd that outlives the call.
    unsafe { libc::poll(&raw mut poll, 1, SEND_PATIENCE_MS) };
}

/// The control data of a message, and its length.
fn control(segment: Option<u16>, source: Option<IpAddr>, is_v6: bool) -> (Control, usize) {
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

fn to_raw(address: SocketAddr, is_v6: bool) -> (libc::sockaddr_storage, libc::socklen_t) {
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

fn from_raw(raw: &libc::sockaddr_storage) -> Option<SocketAddr> {
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
