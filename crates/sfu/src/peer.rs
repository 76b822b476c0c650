//! One peer of a room: its transport, what it publishes, and what it receives.

use std::net::SocketAddr;
use std::time::Instant;

use crate::allocation::Fallback;
use crate::allowance::Allowance;
use crate::command::OpenPeer;
use crate::downlink::{Downlink, Exit, Waiting};
use crate::event::{Event, SlotEntry};
use crate::layers::Quality;
use crate::link::Link;
use crate::model::{Id, Kind, LayoutEntry, Source};
use crate::relay::{End, Listed, ListedTrack, TrackId, Way};
use crate::rtp::ExtensionIds;
use crate::slab::Key;
use crate::slot::{Pause, Slot};
use crate::track::Track;
use crate::transport::guard::Guarded;
use crate::transport::{Agreed, Payload, TrackLine};
use crate::uplink::Uplink;

/// With more loss than this, what matters is sent twice.
const MUCH_LOSS: f32 = 0.05;
/// Packets that are sent twice between two pulses.
const MAX_TAILS: usize = 64;
/// Requests whose answer is put off at once; what is beyond is answered.
const MAX_OVERTAKEN: usize = 64;

/// A packet that a receiver asks for, on a path where packets overtake each other.
#[derive(Debug, Clone, Copy)]
pub struct Overtaken {
    /// The slot that it went out in.
    pub slot: usize,
    /// Its number there.
    pub sequence: u16,
    /// When it is sent again, unless it has arrived.
    pub until: Instant,
}

/// A packet that is sent once more a little later, unasked, where much is lost: the last one of a frame, whose loss
/// nobody would notice before the next frame, or the answer to a request.
#[derive(Debug, Clone, Copy)]
pub struct Tail {
    /// The slot that it went out in.
    pub slot: usize,
    /// Its number there.
    pub sequence: u16,
}

/// A peer.
pub struct Peer {
    /// Its room.
    pub room: Id,
    /// Its id in the room.
    pub name: Id,
    /// Which attempt of the client this is.
    pub generation: u64,
    /// ICE, DTLS and data channels.
    pub transport: Guarded,
    /// The payload types that were agreed on.
    pub payloads: Vec<Payload>,
    /// What it publishes.
    pub tracks: Vec<Track>,
    /// Its receive slots: audio first, then video.
    pub slots: Vec<Slot>,
    /// What it wants in its video slots.
    pub layout: Vec<LayoutEntry>,
    /// What it sends.
    pub uplink: Uplink,
    /// What it is sent.
    pub downlink: Downlink,
    /// The state of its network.
    pub link: Link,
    /// Whether it gets sound alone.
    pub fallback: Fallback,
    /// What its estimator was last told to look for.
    pub goal_bps: u64,
    /// Whether its transport has something to say in this pass.
    pub dirty: bool,
    /// The ICE name by which its first datagrams find it.
    pub ufrag: String,
    /// The addresses from which it was heard.
    pub sources: Vec<SocketAddr>,
    /// What is to be sent once more.
    pub tails: Vec<Tail>,
    /// What was asked for, and may yet arrive.
    pub overtaken: Vec<Overtaken>,
    /// How many messages of data channels it may still send.
    pub messages: Allowance,
    /// The SSRC of our reports to it.
    pub report_ssrc: u32,
    /// Whose peer it is, when it is another worker's.
    pub mirrors: Option<Mirror>,
    told_way: Way,
    told_version: u64,
    told: Vec<SlotEntry>,
}

/// Where a mirrored peer is in truth: it is connected to another worker, its packets come over a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mirror {
    /// The link.
    pub link: Key,
    /// The number that it has there.
    pub number: u64,
    /// Whether that is in another process.
    pub is_relayed: bool,
}

impl Mirror {
    /// One of its tracks, as the link names it.
    pub fn track(&self, track: usize) -> TrackId {
        TrackId { peer: self.number, track: track as u8 }
    }
}

impl Peer {
    /// A peer with a fresh transport.
    pub fn new(open: &OpenPeer, transport: Guarded, agreed: Agreed, now: Instant) -> Self {
        let audio = open.audio_slots.len();
        let kind = |number| if number < audio { Kind::Audio } else { Kind::Video };
        let gets_feedback = agreed.slots.iter().any(|line| line.extensions.transport_sequence != 0);
        let gives_feedback = agreed.tracks.iter().any(|line| line.extensions.transport_sequence != 0);
        let tracks = open.publish.iter().zip(agreed.tracks);
        let tracks: Vec<Track> = tracks.map(|(track, line)| Track::new(track.source, line)).collect();
        let slots: Vec<Slot> =
            agreed.slots.into_iter().enumerate().map(|(number, line)| Slot::new(line, kind(number))).collect();
        Peer {
            transport,
            payloads: agreed.payloads,
            uplink: Uplink::new(&tracks, gives_feedback),
            downlink: Downlink::new(gets_feedback, now),
            report_ssrc: slots.first().map_or(1, |slot| slot.outgoing.ssrc()),
            tracks,
            slots,
            ..Peer::bare(&open.room, &open.peer, open.generation, now)
        }
    }

    /// The mirror of a peer that another worker has.
    pub fn mirror(room: &Id, listed: &Listed, mirror: Mirror, now: Instant) -> Self {
        let track = |track: &ListedTrack| {
            let rids = (0..track.layers).filter(|_| track.layers > 1).map(|layer| layer.to_string()).collect();
            let line = TrackLine { mid: String::new(), rids, extensions: ExtensionIds::default(), ssrc: None };
            let mut state = Track::new(track.source, line);
            state.muted = track.muted;
            state
        };
        Peer {
            payloads: listed.payloads.clone(),
            tracks: listed.tracks.iter().map(track).collect(),
            mirrors: Some(mirror),
            ..Peer::bare(room, &listed.name, listed.generation, now)
        }
    }

    /// A peer that is connected nowhere and publishes nothing.
    fn bare(room: &Id, name: &Id, generation: u64, now: Instant) -> Self {
        Peer {
            room: room.clone(),
            name: name.clone(),
            generation,
            transport: Guarded::absent(),
            tails: Vec::new(),
            overtaken: Vec::new(),
            messages: Allowance::default(),
            payloads: Vec::new(),
            tracks: Vec::new(),
            slots: Vec::new(),
            layout: Vec::new(),
            uplink: Uplink::new(&[], false),
            downlink: Downlink::new(false, now),
            link: Link::new(now),
            fallback: Fallback::default(),
            goal_bps: 0,
            dirty: false,
            ufrag: String::new(),
            sources: Vec::new(),
            report_ssrc: 0,
            mirrors: None,
            told_way: Way::default(),
            told_version: 0,
            told: Vec::new(),
        }
    }

    /// Whether it is connected to this worker.
    pub fn is_here(&self) -> bool {
        self.mirrors.is_none()
    }

    /// Whether another worker or process is told of it: of those that are connected here, and between workers and
    /// processes of those on the other side.
    pub fn is_told_to(&self, end: End) -> bool {
        self.mirrors.is_none_or(|mirror| mirror.is_relayed != end.is_relay())
    }

    /// How its way to its own worker is.
    pub fn way(&self) -> Way {
        match self.is_here() {
            true => Way::new(self.link.mean_loss_up(), self.downlink.round_trip),
            false => self.told_way,
        }
    }

    /// How a mirrored peer's way is, as its own worker tells.
    pub fn tell_way(&mut self, way: Way) {
        self.told_way = way;
    }

    /// Which of its tracks carries a source.
    pub fn track_of(&self, source: Source) -> Option<usize> {
        self.tracks.iter().position(|track| track.source == source)
    }

    /// The numbers of its slots of a kind.
    pub fn slots_of(&self, kind: Kind) -> impl Iterator<Item = usize> + '_ {
        (0..self.slots.len()).filter(move |&i| self.slots[i].kind == kind)
    }

    /// Which of its slots sends an SSRC.
    pub fn slot_of(&self, ssrc: u32) -> Option<usize> {
        self.slots.iter().position(|slot| slot.outgoing.ssrc() == ssrc)
    }

    /// Let a slot flow in a quality, or hold it back.
    pub fn set_target(&mut self, slot: usize, target: Option<Quality>, pause: Option<Pause>, now: Instant) {
        if let Some(feed) = &mut self.slots[slot].feed {
            feed.pause = pause;
            feed.set_target(target, now);
        }
    }

    /// Note a packet that shall be sent once more, if much is lost on the way.
    pub fn note_tail(&mut self, slot: usize, sequence: u16) {
        if self.tails.len() < MAX_TAILS && self.loses_much() {
            self.tails.push(Tail { slot, sequence });
        }
    }

    fn loses_much(&self) -> bool {
        self.downlink.loss().is_some_and(|loss| loss > MUCH_LOSS)
    }

    /// Put off the answer to a request while the packet may only have been overtaken; `false`: answer at once.
    pub fn puts_off(&mut self, slot: usize, sequence: u16, now: Instant) -> bool {
        let patience = self.downlink.patience();
        if patience.is_zero() || self.overtaken.len() >= MAX_OVERTAKEN {
            return false;
        }
        if !self.overtaken.iter().any(|other| (other.slot, other.sequence) == (slot, sequence)) {
            self.overtaken.push(Overtaken { slot, sequence, until: now + patience });
        }
        true
    }

    /// Whether one of the packets of a slot is known to have arrived.
    pub fn has_arrived(&self, slot: usize, sequence: u16) -> bool {
        let number = self.slots.get(slot).and_then(|slot| slot.outgoing.number_of(sequence));
        number.is_some_and(|number| self.downlink.has_arrived(number))
    }

    /// Send what is new of a track in one of the slots.
    pub fn forward(&mut self, slot: usize, track: &Track, theirs: &[Payload], exit: &mut Exit, now: Instant) {
        if !self.downlink.is_open() {
            return;
        }
        let loses_much = self.loses_much();
        let Peer { slots, payloads, downlink, tails, .. } = self;
        let number = slot;
        let slot = &mut slots[slot];
        let Some(layers) = slot.feed.as_ref().map(|feed| feed.layers()) else { return };
        for layer in layers {
            let state = &track.layers[layer];
            for sequence in &state.fresh {
                let Some(stored) = state.packet(*sequence) else { continue };
                let Some(ready) = slot.pass((layer, state), &stored, (theirs, payloads), now) else { continue };
                if loses_much && ready.marker && slot.kind == Kind::Video && tails.len() < MAX_TAILS {
                    tails.push(Tail { slot: number, sequence: ready.sequence as u16 });
                }
                if slot.kind == Kind::Video && !downlink.may_send(stored.payload.len(), now) {
                    let waiting = Waiting { slot: number, ready, incoming: *sequence };
                    if downlink.hold(waiting).is_none() {
                        continue;
                    }
                }
                downlink.send(&mut slot.outgoing, &ready, &stored, exit, now);
            }
        }
    }

    /// Time has passed: estimate what the path carries, probe for more.
    pub fn pulse(&mut self, exit: &mut Exit, now: Instant) {
        let carries = |slot: &&mut Slot| slot.kind == Kind::Video && slot.outgoing.clock_hz().is_some();
        let carrier = self.slots.iter_mut().find(carries);
        self.downlink.pulse(carrier.map(|slot| &mut slot.outgoing), exit, now);
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
