//! Batches of datagrams, trains (UDP_SEGMENT), and sockets that drop RTP in the kernel and count it.
//!
//! The only module with unsafe code: these calls have no safe wrapper.

#![allow(unsafe_code)]

use std::io;
use std::mem::{size_of, zeroed};
use std::net::{SocketAddr, SocketAddrV4, UdpSocket};
use std::os::fd::{AsRawFd, RawFd};
use std::ptr;

/// Datagrams in one system call.
pub const BATCH: usize = 64;
/// The longest datagram that is received.
pub const MAX_DATAGRAM: usize = 2_048;
/// Bytes that a train may have: one IP packet of the local stack.
const MAX_TRAIN_BYTES: usize = 60_000;
/// Room for the control message of a train.
const CONTROL_BYTES: usize = 24;
/// linux/sock_diag.h: where in SO_MEMINFO the drops stand, and how many fields there are.
const MEMINFO_DROPS: usize = 8;
const MEMINFO_FIELDS: usize = 9;

/// Drop RTP before it is queued: the first payload byte is 128 to 191 and the second is none of RTCP's (RFC 5761).
///
/// The kernel counts each such datagram in the socket's drops ([`drops`]). On loopback the check runs on the sender's time.
pub fn drop_rtp(socket: &UdpSocket) -> io::Result<()> {
    let load = |offset| filter(libc::BPF_LD | libc::BPF_B | libc::BPF_ABS, offset, 0, 0);
    let at_least = |limit, yes, no| filter(libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K, limit, yes, no);
    let give = |bytes| filter(libc::BPF_RET | libc::BPF_K, bytes, 0, 0);
    // A filter of a UDP socket sees the UDP header first: eight bytes. Jumps count the instructions that they skip.
    let mut program = [
        load(8),
        at_least(128, 0, 5),
        at_least(192, 4, 0),
        load(9),
        at_least(192, 0, 1),
        at_least(224, 0, 1),
        give(0),
        give(u32::MAX),
    ];
    let program = libc::sock_fprog { len: program.len() as u16, filter: program.as_mut_ptr() };
    set_option(socket.as_raw_fd(), libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, program)
}

fn filter(code: u32, k: u32, jt: u8, jf: u8) -> libc::sock_filter {
    libc::sock_filter { code: code as u16, jt, jf, k }
}

/// How many datagrams a socket has dropped: those its filter refused, and those for which it had no room.
pub fn drops(socket: &UdpSocket) -> io::Result<u32> {
    let mut fields = [0u32; MEMINFO_FIELDS];
    let mut length = size_of::<[u32; MEMINFO_FIELDS]>() as libc::socklen_t;
    let (fd, level, name) = (socket.as_raw_fd(), libc::SOL_SOCKET, libc::SO_MEMINFO);
    // SAFETY: the kernel writes at most `length` bytes into the array, which outlives the call.
    let result = unsafe { libc::getsockopt(fd, level, name, fields.as_mut_ptr().cast(), &raw mut length) };
    if result == 0 { Ok(fields[MEMINFO_DROPS]) } else { Err(io::Error::last_os_error()) }
}

/// Ask for larger buffers than the default; the kernel grants what its limits allow.
pub fn enlarge_buffers(socket: &UdpSocket, bytes: i32) -> io::Result<()> {
    set_option(socket.as_raw_fd(), libc::SOL_SOCKET, libc::SO_RCVBUF, bytes)?;
    set_option(socket.as_raw_fd(), libc::SOL_SOCKET, libc::SO_SNDBUF, bytes)
}

fn set_option<T>(fd: RawFd, level: i32, name: i32, value: T) -> io::Result<()> {
    let length = size_of::<T>() as libc::socklen_t;
    // SAFETY: value outlives the call and length is its size.
    let result = unsafe { libc::setsockopt(fd, level, name, (&raw const value).cast(), length) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Seconds of CPU, user and system, that this process has used.
pub fn process_cpu_s() -> f64 {
    // SAFETY: all zero is valid for this plain structure.
    let mut time: libc::timespec = unsafe { zeroed() };
    // SAFETY: the kernel fills the structure, which outlives the call; the clock exists on every Linux.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// Nanoseconds of the monotonic clock, which is the same in every process of the machine.
pub fn monotonic_ns() -> u64 {
    // SAFETY: all zero is valid for this plain structure.
    let mut time: libc::timespec = unsafe { zeroed() };
    // SAFETY: the kernel fills the structure, which outlives the call; the clock exists on every Linux.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Receives in batches.
pub struct Receiver {
    buffers: Vec<[u8; MAX_DATAGRAM]>,
    addresses: Vec<libc::sockaddr_in>,
}

impl Default for Receiver {
    fn default() -> Self {
        // SAFETY: all zero is a valid, empty address.
        Receiver { buffers: vec![[0; MAX_DATAGRAM]; BATCH], addresses: vec![unsafe { zeroed() }; BATCH] }
    }
}

impl Receiver {
    /// Take what has arrived, without waiting, at most [`BATCH`] datagrams; returns how many.
    pub fn receive(&mut self, socket: &UdpSocket, mut take: impl FnMut(SocketAddr, &[u8])) -> io::Result<usize> {
        // SAFETY: all zero is valid for these plain structures of pointers and lengths.
        let mut parts: [libc::iovec; BATCH] = unsafe { zeroed() };
        // SAFETY: see above.
        let mut messages: [libc::mmsghdr; BATCH] = unsafe { zeroed() };
        for i in 0..BATCH {
            parts[i].iov_base = self.buffers[i].as_mut_ptr().cast();
            parts[i].iov_len = MAX_DATAGRAM;
            let header = &mut messages[i].msg_hdr;
            header.msg_name = (&raw mut self.addresses[i]).cast();
            header.msg_namelen = size_of::<libc::sockaddr_in>() as libc::socklen_t;
            header.msg_iov = &raw mut parts[i];
            header.msg_iovlen = 1;
        }
        let (fd, list) = (socket.as_raw_fd(), messages.as_mut_ptr());
        // SAFETY: every message points into self, which is borrowed mutably until after the call.
        let count = unsafe { libc::recvmmsg(fd, list, BATCH as u32, libc::MSG_DONTWAIT as _, ptr::null_mut()) };
        if count < 0 {
            let error = io::Error::last_os_error();
            return if error.kind() == io::ErrorKind::WouldBlock { Ok(0) } else { Err(error) };
        }
        for (i, message) in messages.iter().enumerate().take(count as usize) {
            let length = (message.msg_len as usize).min(MAX_DATAGRAM);
            take(from_raw(&self.addresses[i]), &self.buffers[i][..length]);
        }
        Ok(count as usize)
    }
}

fn from_raw(raw: &libc::sockaddr_in) -> SocketAddr {
    let ip = u32::from_be(raw.sin_addr.s_addr).into();
    SocketAddrV4::new(ip, u16::from_be(raw.sin_port)).into()
}

fn to_raw(address: SocketAddrV4) -> libc::sockaddr_in {
    libc::sockaddr_in {
        sin_family: libc::AF_INET as _,
        sin_port: address.port().to_be(),
        sin_addr: libc::in_addr { s_addr: u32::from(*address.ip()).to_be() },
        sin_zero: [0; 8],
    }
}

/// What one message of a batch is: so many bytes to one destination, cut into datagrams of `segment` bytes.
#[derive(Debug, Clone, Copy)]
pub struct Train<'a> {
    /// Whom to send it to.
    pub destination: SocketAddrV4,
    /// The datagrams, one behind the other.
    pub bytes: &'a [u8],
    /// Bytes of each datagram but the last, which may be shorter.
    pub segment: usize,
}

/// Send up to [`BATCH`] trains by one `sendmmsg`; returns how many were taken.
pub fn send_trains(socket: &UdpSocket, trains: &[Train]) -> io::Result<usize> {
    let count = trains.len().min(BATCH);
    // SAFETY: all zero is valid for these plain structures of pointers, lengths and bytes.
    let mut parts: [libc::iovec; BATCH] = unsafe { zeroed() };
    // SAFETY: see above.
    let mut messages: [libc::mmsghdr; BATCH] = unsafe { zeroed() };
    // SAFETY: see above.
    let mut addresses: [libc::sockaddr_in; BATCH] = unsafe { zeroed() };
    let mut controls = [Control([0; CONTROL_BYTES]); BATCH];
    for (i, train) in trains.iter().enumerate().take(count) {
        parts[i].iov_base = train.bytes.as_ptr().cast_mut().cast();
        parts[i].iov_len = train.bytes.len();
        addresses[i] = to_raw(train.destination);
        let header = &mut messages[i].msg_hdr;
        header.msg_name = (&raw mut addresses[i]).cast();
        header.msg_namelen = size_of::<libc::sockaddr_in>() as libc::socklen_t;
        header.msg_iov = &raw mut parts[i];
        header.msg_iovlen = 1;
        if train.segment < train.bytes.len() {
            controls[i].fill(train.segment as u16, header);
        }
    }
    let (fd, list) = (socket.as_raw_fd(), messages.as_mut_ptr());
    // SAFETY: the messages point into the arrays above and into the trains, which all outlive the call; the kernel
    // only reads the bytes.
    let sent = unsafe { libc::sendmmsg(fd, list, count as u32, libc::MSG_DONTWAIT as _) };
    if sent < 0 { Err(io::Error::last_os_error()) } else { Ok(sent as usize) }
}

/// The control data of one message, aligned as the kernel wants.
#[derive(Clone, Copy)]
#[repr(align(8))]
struct Control([u8; CONTROL_BYTES]);

impl Control {
    /// Write UDP_SEGMENT and let the message point here.
    fn fill(&mut self, segment: u16, message: &mut libc::msghdr) {
        message.msg_control = self.0.as_mut_ptr().cast();
        message.msg_controllen = CONTROL_BYTES as _;
        // SAFETY: CMSG_SPACE(2) is 24 on 64-bit Linux, the size of the buffer, which is aligned for a cmsghdr.
        unsafe {
            let header = libc::CMSG_FIRSTHDR(message);
            (*header).cmsg_level = libc::SOL_UDP;
            (*header).cmsg_type = libc::UDP_SEGMENT;
            (*header).cmsg_len = libc::CMSG_LEN(2) as _;
            ptr::write_unaligned(libc::CMSG_DATA(header).cast(), segment);
        }
    }
}

/// Datagrams to one destination that wait to leave together, as trains of equal size where the kernel can.
#[derive(Debug, Default)]
pub struct Outbox {
    bytes: Vec<u8>,
    sizes: Vec<usize>,
}

impl Outbox {
    /// Add a datagram.
    pub fn push(&mut self, datagram: &[u8]) {
        self.bytes.extend_from_slice(datagram);
        self.sizes.push(datagram.len());
    }

    /// Send everything; what the socket does not take is lost, as on any network.
    pub fn flush(&mut self, socket: &UdpSocket, destination: SocketAddrV4) {
        let (mut start, mut next) = (0, 0);
        while next < self.sizes.len() {
            let segment = self.sizes[next];
            let same = self.sizes[next..].iter().take_while(|size| **size == segment).count();
            let count = same.min(MAX_TRAIN_BYTES / segment.max(1)).max(1);
            let bytes = &self.bytes[start..start + count * segment];
            let _ = send_trains(socket, &[Train { destination, bytes, segment }]);
            start += count * segment;
            next += count;
        }
        self.bytes.clear();
        self.sizes.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> (UdpSocket, UdpSocket, SocketAddrV4) {
        let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
        let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
        let SocketAddr::V4(address) = receiver.local_addr().unwrap() else { unreachable!() };
        (sender, receiver, address)
    }

    fn received(socket: &UdpSocket) -> Vec<Vec<u8>> {
        let mut datagrams = Vec::new();
        Receiver::default().receive(socket, |_, bytes| datagrams.push(bytes.to_vec())).unwrap();
        datagrams
    }

    #[test]
    fn rtp_is_dropped_and_counted_while_everything_else_arrives() {
        let (sender, receiver, address) = pair();
        drop_rtp(&receiver).unwrap();
        // RTP with dynamic payload types, with and without marker; then STUN, DTLS, SR, RR, PLI, TWCC, XR.
        for second in [96u8, 96 | 0x80, 127, 127 | 0x80, 0, 63] {
            sender.send_to(&[0x80, second, 0, 0], address).unwrap();
        }
        let others = [[0u8, 1], [1, 1], [20, 254], [22, 254], [0x80, 200], [0x81, 201], [0x81, 206], [0x8f, 205]];
        for start in others {
            sender.send_to(&start, address).unwrap();
        }
        assert_eq!(received(&receiver), others.map(Vec::from));
        assert_eq!(drops(&receiver).unwrap(), 6);
    }

    #[test]
    fn datagrams_of_equal_size_leave_as_a_train_and_arrive_as_they_were() {
        let (sender, receiver, address) = pair();
        let datagrams = [vec![1; 700], vec![2; 700], vec![3; 700], vec![4; 90], vec![5; 1_200]];
        let mut outbox = Outbox::default();
        datagrams.iter().for_each(|datagram| outbox.push(datagram));
        outbox.flush(&sender, address);
        assert_eq!(received(&receiver), datagrams);
    }

    #[test]
    fn the_segments_of_a_train_are_each_dropped_and_counted() {
        let (sender, receiver, address) = pair();
        drop_rtp(&receiver).unwrap();
        let mut outbox = Outbox::default();
        (0..8).for_each(|_| outbox.push(&[0x80; 1_000]));
        outbox.flush(&sender, address);
        assert_eq!((received(&receiver).len(), drops(&receiver).unwrap()), (0, 8));
    }
}
