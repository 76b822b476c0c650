//! What goes out in a pass: sealed packets one behind the other, those to one place joined into trains.
//!
//! A train leaves with one system call's worth of work in the kernel (UDP_SEGMENT): packets to the same place, of equal
//! size, the last one maybe shorter.

use std::net::SocketAddr;

use crate::model::Transport;

/// Room that a packet needs to be written and sealed: the longest stored payload, header, tag and padding.
pub const MAX_PACKET_BYTES: usize = 2_560;
/// Packets in one train. Longer ones burst so hard that receivers' networks lose them.
pub const MAX_TRAIN_PACKETS: u16 = 8;
/// Trains that leave together.
pub const MAX_TRAINS: usize = 64;
/// All bytes of a pass. Small enough to stay in the processor's second cache.
const SLAB_BYTES: usize = 256 * 1_024;

/// The way to a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// UDP or TCP.
    pub transport: Transport,
    /// The local candidate to send from.
    pub source: SocketAddr,
    /// Whom to send to.
    pub destination: SocketAddr,
}

/// Packets of equal size that go the same way; the last one may be shorter.
#[derive(Debug, Clone, Copy)]
pub struct Train {
    /// Where it goes.
    pub route: Route,
    /// Bytes of every packet but the last.
    pub segment: u16,
    /// How many packets.
    pub packets: u16,
    start: u32,
    end: u32,
}

/// Takes what is ready to leave.
pub trait Outbox {
    /// Send everything in the slab. What can't be sent is lost, as on any network.
    fn send(&mut self, egress: &Egress);
}

/// Sealed packets that wait for the end of the pass.
#[derive(Debug)]
pub struct Egress {
    bytes: Box<[u8]>,
    used: usize,
    trains: Vec<Train>,
    max_train_packets: u16,
}

impl Egress {
    /// An empty slab whose trains have at most so many packets.
    pub fn new(max_train_packets: u16) -> Self {
        Egress {
            bytes: vec![0; SLAB_BYTES].into(),
            used: 0,
            trains: Vec::with_capacity(MAX_TRAINS),
            max_train_packets: max_train_packets.clamp(1, MAX_TRAIN_PACKETS),
        }
    }

    /// A slab without room, to stand in while the real one is used.
    pub fn empty() -> Self {
        Egress { bytes: Box::default(), used: 0, trains: Vec::new(), max_train_packets: 1 }
    }

    /// Whether another packet has no room: everything must leave first.
    pub fn is_full(&self) -> bool {
        self.trains.len() == MAX_TRAINS || self.used + MAX_PACKET_BYTES > self.bytes.len()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.trains.is_empty()
    }

    /// Room for one packet, [`MAX_PACKET_BYTES`] long; there is none when the slab [is full](Self::is_full).
    pub fn room(&mut self) -> &mut [u8] {
        &mut self.bytes[self.used..self.used + MAX_PACKET_BYTES]
    }

    /// The packet of so many bytes in the room shall go this way.
    pub fn push(&mut self, route: &Route, length: usize) {
        let start = self.used;
        self.used += length;
        if let Some(train) = self.trains.last_mut()
            && train.takes(route, length, self.max_train_packets)
        {
            train.packets += 1;
            train.end = self.used as u32;
            return;
        }
        self.trains.push(Train {
            route: *route,
            segment: length as u16,
            packets: 1,
            start: start as u32,
            end: self.used as u32,
        });
    }

    /// What waits, in order.
    pub fn trains(&self) -> &[Train] {
        &self.trains
    }

    /// The bytes of a train's packets, one behind the other.
    pub fn bytes(&self, train: &Train) -> &[u8] {
        &self.bytes[train.start as usize..train.end as usize]
    }

    /// The packets of a train.
    pub fn packets<'a>(&'a self, train: &Train) -> impl Iterator<Item = &'a [u8]> {
        self.bytes(train).chunks(usize::from(train.segment).max(1))
    }

    /// Everything has left.
    pub fn clear(&mut self) {
        self.used = 0;
        self.trains.clear();
    }
}

impl Train {
    fn takes(&self, route: &Route, length: usize, max_packets: u16) -> bool {
        let is_even = (self.end - self.start) as usize == usize::from(self.segment) * usize::from(self.packets);
        is_even && self.packets < max_packets && length <= usize::from(self.segment) && self.route == *route
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(port: u16) -> Route {
        let address = |port| SocketAddr::from(([127, 0, 0, 1], port));
        Route { transport: Transport::Udp, source: address(1), destination: address(port) }
    }

    fn lengths(pushed: &[(u16, usize)]) -> Vec<Vec<usize>> {
        let mut egress = Egress::new(MAX_TRAIN_PACKETS);
        for (number, (port, length)) in pushed.iter().enumerate() {
            egress.room()[..*length].fill(number as u8);
            egress.push(&route(*port), *length);
        }
        egress.trains().iter().map(|train| egress.packets(train).map(<[u8]>::len).collect()).collect()
    }

    #[test]
    fn equal_packets_to_one_place_are_one_train_and_a_shorter_one_ends_it() {
        assert_eq!(lengths(&[(5, 100), (5, 100), (5, 90), (5, 90)]), [vec![100, 100, 90], vec![90]]);
    }

    #[test]
    fn another_place_or_a_longer_packet_begins_a_train() {
        assert_eq!(lengths(&[(5, 100), (6, 100), (5, 100), (5, 101)]), [[100], [100], [100], [101]]);
    }

    #[test]
    fn trains_have_an_end() {
        let trains = lengths(&[(5, 10); 20]);
        assert_eq!(trains.iter().map(Vec::len).collect::<Vec<_>>(), [8, 8, 4]);
    }

    #[test]
    fn a_full_slab_says_so_before_room_is_missing() {
        let mut egress = Egress::new(MAX_TRAIN_PACKETS);
        let mut pushed = 0;
        while !egress.is_full() {
            egress.room().fill(1);
            egress.push(&route(5), MAX_PACKET_BYTES);
            pushed += 1;
        }
        assert!(
            pushed > 100 && egress.trains().iter().map(|train| usize::from(train.packets)).sum::<usize>() == pushed
        );
        egress.clear();
        assert!(egress.is_empty() && !egress.is_full());
    }
}
