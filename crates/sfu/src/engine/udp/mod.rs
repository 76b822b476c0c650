//! Datagrams in batches: recvmmsg with UDP_GRO in, sendmmsg with UDP_SEGMENT out. The only unsafe code of the crate.

#![allow(unsafe_code)]

mod raw;
mod receive;
mod send;

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;

pub use receive::Receiver;
pub use send::Sender;

/// Let the kernel tell at which local address a datagram arrived.
pub fn enable_packet_info(socket: &UdpSocket) -> io::Result<()> {
    let fd = socket.as_raw_fd();
    match socket.local_addr()? {
        SocketAddr::V4(_) => raw::set_option(fd, libc::IPPROTO_IP, libc::IP_PKTINFO, 1),
        SocketAddr::V6(_) => raw::set_option(fd, libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO, 1),
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, SocketAddr, UdpSocket};
    use std::time::Duration;

    use super::{Receiver, Sender, enable_packet_info};
    use crate::egress::{Egress, Route};
    use crate::model::Transport;

    fn sockets() -> (UdpSocket, UdpSocket) {
        let bind = || UdpSocket::bind("127.0.0.1:0").unwrap();
        (bind(), bind())
    }

    fn filled(sizes: &[usize], to: SocketAddr, from: SocketAddr) -> Egress {
        let mut egress = Egress::new(8);
        for (number, size) in sizes.iter().enumerate() {
            egress.room()[..*size].fill(number as u8);
            egress.push(&Route { transport: Transport::Udp, source: from, destination: to }, *size);
        }
        egress
    }

    fn received(receiver: &mut Receiver, socket: &UdpSocket, count: usize) -> Vec<(usize, u8, Option<IpAddr>)> {
        let mut datagrams = Vec::new();
        let deadline = std::time::Instant::now() + Duration::from_secs(5);
        while datagrams.len() < count && std::time::Instant::now() < deadline {
            let _ = receiver.receive(socket, |_, local, bytes| datagrams.push((bytes.len(), bytes[0], local)));
        }
        datagrams
    }

    #[test]
    fn trains_arrive_as_the_datagrams_that_went_in() {
        let sizes = [1_100, 1_100, 1_100, 700, 50, 1_200, 1_200, 3];
        for (gso, gro) in [(true, true), (true, false), (false, true), (false, false)] {
            let (ours, theirs) = sockets();
            let egress = filled(&sizes, theirs.local_addr().unwrap(), ours.local_addr().unwrap());
            let mut sender = Sender::new(&ours, gso, false).unwrap();
            let mut receiver = Receiver::new(&theirs, gro);
            sender.send(&ours, &egress);
            let datagrams = received(&mut receiver, &theirs, sizes.len());
            let expected: Vec<_> = sizes.iter().enumerate().map(|(i, size)| (*size, i as u8, None)).collect();
            assert_eq!(datagrams, expected, "gso {gso}, gro {gro}");
        }
    }

    #[test]
    fn a_datagram_tells_at_which_address_it_arrived_and_leaves_from_there() {
        let ours = UdpSocket::bind("0.0.0.0:0").unwrap();
        let theirs = UdpSocket::bind("127.0.0.1:0").unwrap();
        enable_packet_info(&ours).unwrap();
        let place = SocketAddr::new("127.0.0.2".parse().unwrap(), ours.local_addr().unwrap().port());
        theirs.send_to(b"hello", place).unwrap();
        let mut receiver = Receiver::new(&ours, true);
        let datagrams = received(&mut receiver, &ours, 1);
        assert_eq!(datagrams, [(5, b'h', Some(place.ip()))]);
        let egress = filled(&[9], theirs.local_addr().unwrap(), place);
        Sender::new(&ours, true, true).unwrap().send(&ours, &egress);
        assert_eq!(theirs.recv_from(&mut [0; 16]).unwrap().1, place);
    }

    #[test]
    fn one_socket_reaches_both_families() {
        let ours = UdpSocket::bind("[::]:0").unwrap();
        let from = SocketAddr::new("::1".parse().unwrap(), ours.local_addr().unwrap().port());
        for theirs in ["127.0.0.1:0", "[::1]:0"].map(|address| UdpSocket::bind(address).unwrap()) {
            let to = theirs.local_addr().unwrap();
            Sender::new(&ours, true, false).unwrap().send(&ours, &filled(&[900, 900, 30], to, from));
            let datagrams = received(&mut Receiver::new(&theirs, true), &theirs, 3);
            assert_eq!(datagrams.iter().map(|(bytes, ..)| *bytes).collect::<Vec<_>>(), [900, 900, 30], "to {to}");
            theirs.send_to(b"back", SocketAddr::new(to.ip(), from.port())).unwrap();
            let mut sources = Vec::new();
            let mut receiver = Receiver::new(&ours, true);
            while sources.is_empty() {
                let _ = receiver.receive(&ours, |source, _, _| sources.push(source));
            }
            assert_eq!(sources, [to], "an IPv4 address is told as one");
        }
    }

    #[test]
    fn a_place_that_cannot_be_reached_does_not_stop_the_others() {
        let (ours, theirs) = sockets();
        let (to, from) = (theirs.local_addr().unwrap(), ours.local_addr().unwrap());
        let mut egress = filled(&[100], "0.0.0.0:0".parse().unwrap(), from);
        egress.room()[0] = 77;
        egress.push(&Route { transport: Transport::Udp, source: from, destination: to }, 1);
        Sender::new(&ours, true, false).unwrap().send(&ours, &egress);
        assert_eq!(received(&mut Receiver::new(&theirs, true), &theirs, 1), [(1, 77, None)]);
    }
}
