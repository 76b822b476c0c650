//! Sending trains in batches; where the kernel can't segment, each packet is a message of its own.

use std::io;
use std::mem::zeroed;
use std::net::{IpAddr, UdpSocket};
use std::os::fd::AsRawFd;

use super::raw::{Control, control, set_option, to_raw};
use crate::egress::{Egress, Train};
use crate::model::Transport;

/// Messages in one system call.
const BATCH: usize = 64;
/// How long to wait for room in the socket's buffer before the rest is dropped.
const SEND_PATIENCE_MS: i32 = 2;

/// Sends in batches.
pub struct Sender {
    is_v6: bool,
    /// Whether the kernel segments trains.
    segments: bool,
    /// Whether datagrams must leave from the address at which the peer found us.
    choose_source: bool,
    batch: Batch,
}

/// The arguments of one `sendmmsg`, kept between calls so that nothing is allocated.
struct Batch {
    count: usize,
    parts: Box<[libc::iovec]>,
    addresses: Box<[(libc::sockaddr_storage, libc::socklen_t)]>,
    controls: Box<[(Control, usize)]>,
    /// Which messages are trains.
    are_trains: [bool; BATCH],
    messages: Box<[libc::mmsghdr]>,
}

// SAFETY: the pointers in a batch point into itself and into packets of the call that fills it; between calls nothing
// is read through them, so it may move to another thread.
unsafe impl Send for Batch {}

impl Sender {
    /// A sender for a socket; with `gso` it finds out whether its kernel sends trains.
    pub fn new(socket: &UdpSocket, gso: bool, choose_source: bool) -> io::Result<Self> {
        let fd = socket.as_raw_fd();
        Ok(Sender {
            is_v6: socket.local_addr()?.is_ipv6(),
            segments: gso && set_option(fd, libc::SOL_UDP, libc::UDP_SEGMENT, 0).is_ok(),
            choose_source,
            batch: Batch::default(),
        })
    }

    /// Send everything that goes over UDP, as far as the socket takes it; the rest is lost, as on any network.
    pub fn send(&mut self, socket: &UdpSocket, egress: &Egress) {
        for train in egress.trains().iter().filter(|train| train.route.transport == Transport::Udp) {
            let source = self.choose_source.then(|| train.route.source.ip());
            if self.segments {
                self.add(socket, train, source, egress.bytes(train));
            } else {
                egress.packets(train).for_each(|packet| self.add(socket, train, source, packet));
            }
        }
        self.flush(socket);
    }

    fn add(&mut self, socket: &UdpSocket, train: &Train, source: Option<IpAddr>, bytes: &[u8]) {
        if self.batch.count == BATCH {
            self.flush(socket);
        }
        let segment = (bytes.len() > usize::from(train.segment)).then_some(train.segment);
        let batch = &mut self.batch;
        let i = batch.count;
        batch.are_trains[i] = segment.is_some();
        batch.parts[i] = libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
        batch.addresses[i] = to_raw(train.route.destination, self.is_v6);
        batch.controls[i] = control(segment, source, self.is_v6);
        batch.count += 1;
    }

    fn flush(&mut self, socket: &UdpSocket) {
        let are_trains = self.batch.are_trains;
        let messages = self.batch.messages();
        let (mut next, mut waited) = (0, false);
        while next < messages.len() {
            let rest = &mut messages[next..];
            let (list, count) = (rest.as_mut_ptr(), rest.len() as u32);
            // SAFETY: the messages point into the batch and into the egress slab, which both outlive the call.
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
                Some(libc::EAGAIN | libc::ENOBUFS) => break,
                // A device that cannot segment: no trains from now on. This one is lost.
                Some(libc::EIO | libc::EINVAL) if are_trains[next] => {
                    self.segments = false;
                    next += 1;
                }
                _ => next += 1,
            }
        }
        self.batch.count = 0;
    }
}

impl Default for Batch {
    fn default() -> Self {
        // SAFETY: all zero is valid for these plain structures of pointers, lengths and addresses.
        let (part, address, message) = unsafe { (zeroed(), zeroed(), zeroed()) };
        Batch {
            count: 0,
            parts: vec![part; BATCH].into(),
            addresses: vec![(address, 0); BATCH].into(),
            controls: vec![([0; 12], 0); BATCH].into(),
            are_trains: [false; BATCH],
            messages: vec![message; BATCH].into(),
        }
    }
}

impl Batch {
    /// The filled messages, each with pointers to its parts.
    fn messages(&mut self) -> &mut [libc::mmsghdr] {
        for i in 0..self.count {
            let header = &mut self.messages[i].msg_hdr;
            header.msg_name = (&raw mut self.addresses[i].0).cast();
            header.msg_namelen = self.addresses[i].1;
            header.msg_iov = &raw mut self.parts[i];
            header.msg_iovlen = 1;
            header.msg_control = self.controls[i].0.as_mut_ptr().cast();
            header.msg_controllen = self.controls[i].1 as _;
        }
        &mut self.messages[..self.count]
    }
}

fn wait_writable(socket: &UdpSocket) {
    let mut poll = libc::pollfd { fd: socket.as_raw_fd(), events: libc::POLLOUT, revents: 0 };
    // SAFETY: one pollfd that outlives the call.
    unsafe { libc::poll(&raw mut poll, 1, SEND_PATIENCE_MS) };
}
