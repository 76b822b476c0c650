//! One peer of a room: its connection, what it publishes, and what it receives.

use std::net::SocketAddr;
use std::time::Instant;

use crate::event::{Event, SlotEntry};
use crate::link::Link;
use crate::model::{Id, Kind, LayoutEntry, Source};
use crate::plane::PacketIn;
use crate::plane::guard::Guarded;
use crate::redundancy;
use crate::slot::Slot;
use crate::track::Track;

/// A peer.
pub struct Peer {
    /// Its room.
    pub room: Id,
    /// Its id in the room.
    pub name: Id,
    /// Which attempt of the client this is.
    pub generation: u64,
    /// What moves its packets.
    pub connection: Guarded,
    /// What it publishes.
    pub tracks: Vec<Track>,
    /// Its receive slots: audio first, then video.
    pub slots: Vec<Slot>,
    /// What it wants in its video slots.
    pub layout: Vec<LayoutEntry>,
    /// The state of its network.
    pub link: Link,
    /// What its path is thought to carry.
    pub estimate_bps: Option<u64>,
    /// What its estimator was last told to look for.
    pub goal_bps: u64,
    /// Whether something was queued for it in this pass.
    pub dirty: bool,
    /// The ICE name by which its first datagrams find it.
    pub ufrag: String,
    /// The addresses from which it was heard.
    pub sources: Vec<SocketAddr>,
    told_version: u64,
    told: Vec<SlotEntry>,
}

impl Peer {
    /// A peer with a fresh connection.
    pub fn new(
        room: Id,
        name: Id,
        generation: u64,
        connection: Guarded,
        tracks: Vec<Track>,
        slots: Vec<Slot>,
        now: Instant,
    ) -> Self {
        Peer {
            room,
            name,
            generation,
            connection,
            tracks,
            slots,
            layout: Vec::new(),
            link: Link::new(now),
            estimate_bps: None,
            goal_bps: 0,
            dirty: false,
            ufrag: String::new(),
            sources: Vec::new(),
            told_version: 0,
            told: Vec::new(),
        }
    }

    /// Which of its tracks carries a source.
    pub fn track_of(&self, source: Source) -> Option<usize> {
        self.tracks.iter().position(|track| track.source == source)
    }

    /// The numbers of its slots of a kind.
    pub fn slots_of(&self, kind: Kind) -> impl Iterator<Item = usize> + '_ {
        (0..self.slots.len()).filter(move |&i| self.slots[i].kind == kind)
    }

    /// Forward a packet into a slot; whether something was sent.
    pub fn offer(&mut self, slot: usize, packet: &PacketIn, starts_keyframe: bool, now: Instant) -> bool {
        let connection = &self.connection;
        let number = |codec| connection.payload_type(slot, codec);
        let unwrapped = (packet.codec.redundant && number(packet.codec).is_none()).then(|| redundancy::unwrap(packet));
        let packet = match &unwrapped {
            Some(Some(primary)) => primary,
            Some(None) => return false,
            None => packet,
        };
        let Some(out) = self.slots[slot].pass(packet, starts_keyframe, now, number) else {
            return false;
        };
        self.connection.send(slot, out, now);
        true
    }

    /// The assignment of its slots, if it differs from what was last told.
    pub fn slots_changed(&mut self) -> Option<Event> {
        let entries: Vec<SlotEntry> = self.slots.iter().map(Slot::entry).collect();
        if entries == self.told {
            return None;
        }
        self.told.clone_from(&entries);
        self.told_version += 1;
        Some(Event::SlotsChanged {
            room: self.room.clone(),
            peer: self.name.clone(),
            generation: self.generation,
            version: self.told_version,
            slots: entries,
        })
    }
}
