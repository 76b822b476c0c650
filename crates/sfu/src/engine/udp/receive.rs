//! Receiving in batches; what the kernel joined (UDP_GRO) is taken apart again.

use std::io;
use std::mem::{size_of, zeroed};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::ptr;

use super::raw::{Control, arrival, from_raw, set_option};

/// Messages in one system call.
const BATCH: usize = 32;
/// The most that the kernel joins into one message. Pages that nothing is written to take no memory.
const MESSAGE_BYTES: usize = 65_536;
/// No datagram of WebRTC is longer: beyond the Ethernet MTU only junk comes.
const MAX_DATAGRAM: usize = 2_048;

/// Receives in batches.
pub struct Receiver {
    buffers: Vec<Box<[u8]>>,
    addresses: Vec<libc::sockaddr_storage>,
    controls: Vec<Control>,
}

impl Receiver {
    /// A receiver for a socket. With `gro` the kernel may join datagrams; one that can't is no worse.
    pub fn new(socket: &UdpSocket, gro: bool) -> Self {
        if gro {
            let _ = set_option(socket.as_raw_fd(), libc::SOL_UDP, libc::UDP_GRO, 1);
        }
        Receiver {
            buffers: (0..BATCH).map(|_| vec![0; MESSAGE_BYTES].into()).collect(),
            // SAFETY: all zero is a valid, empty address.
            addresses: vec![unsafe { zeroed() }; BATCH],
            controls: vec![[0; 12]; BATCH],
        }
    }

    /// Take what has arrived, without waiting: source, local address where told, bytes. Returns whether more may wait.
    pub fn receive(
        &mut self,
        socket: &UdpSocket,
        mut take: impl FnMut(SocketAddr, Option<IpAddr>, &[u8]),
    ) -> io::Result<bool> {
        // SAFETY: all zero is valid for these plain structures of pointers and lengths.
        let mut parts: [libc::iovec; BATCH] = unsafe { zeroed() };
        // SAFETY: see above.
        let mut messages: [libc::mmsghdr; BATCH] = unsafe { zeroed() };
        for i in 0..BATCH {
            parts[i].iov_base = self.buffers[i].as_mut_ptr().cast();
            parts[i].iov_len = MESSAGE_BYTES;
            let header = &mut messages[i].msg_hdr;
            header.msg_name = (&raw mut self.addresses[i]).cast();
            header.msg_namelen = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
            header.msg_iov = &raw mut parts[i];
            header.msg_iovlen = 1;
            header.msg_control = self.controls[i].as_mut_ptr().cast();
            header.msg_controllen = size_of::<Control>() as _;
        }
        let (fd, list, flags) = (socket.as_raw_fd(), messages.as_mut_ptr(), libc::MSG_DONTWAIT);
        // SAFETY: every message points into self, which is borrowed mutably until after the call.
        let count = unsafe { libc::recvmmsg(fd, list, BATCH as u32, flags as _, ptr::null_mut()) };
        if count < 0 {
            return Err(io::Error::last_os_error());
        }
        for (i, message) in messages.iter().enumerate().take(count as usize) {
            let length = (message.msg_len as usize).min(MESSAGE_BYTES);
            if let Some(source) = from_raw(&self.addresses[i]) {
                let arrival = arrival(&message.msg_hdr);
                let segment = arrival.segment.filter(|size| *size > 0).unwrap_or(MESSAGE_BYTES);
                let datagrams = self.buffers[i][..length].chunks(segment);
                datagrams.filter(|bytes| bytes.len() <= MAX_DATAGRAM).for_each(|b| take(source, arrival.local, b));
            }
        }
        Ok(count as usize == BATCH)
    }
}
