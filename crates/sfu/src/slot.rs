//! A receive slot: what it carries, which layer, and the one stream that its receiver sees.

use std::time::Instant;

use crate::codec::Codec;
use crate::event::SlotEntry;
use crate::model::{Id, Kind, Source};
use crate::plane::{PacketIn, PacketOut};
use crate::rewrite::Rewriter;
use crate::slab::Key;

/// A slot of a peer.
#[derive(Debug)]
pub struct Slot {
    /// The mid of its m-line.
    pub mid: String,
    /// Audio or video.
    pub kind: Kind,
    /// What it carries.
    pub feed: Option<Feed>,
    rewriter: Rewriter,
}

/// A published track in a slot.
#[derive(Debug)]
pub struct Feed {
    /// Who publishes it.
    pub publisher: Key,
    /// Which of their tracks.
    pub track: usize,
    /// Their id in the room.
    pub peer: Id,
    /// What it carries.
    pub source: Source,
    /// The layer that shall flow; `None` holds it back.
    pub target: Option<usize>,
    /// Held back by width, mute or bandwidth.
    pub paused: bool,
    /// When it came into the slot.
    pub since: Instant,
    current: Option<usize>,
    decoding: Option<(Codec, Option<u8>)>,
}

impl Feed {
    /// A track that enters a slot.
    pub fn new(publisher: Key, track: usize, peer: Id, source: Source, now: Instant) -> Self {
        Feed { publisher, track, peer, source, target: None, paused: false, since: now, current: None, decoding: None }
    }

    /// The layer that flows.
    pub fn current(&self) -> Option<usize> {
        self.current
    }

    /// Whether the receiver waits for a keyframe, and of which layer.
    pub fn awaited_layer(&self) -> Option<usize> {
        self.target.filter(|target| self.current != Some(*target))
    }

    /// Whether the receiver cannot decode it.
    pub fn is_undecodable(&self) -> bool {
        matches!(self.decoding, Some((_, None)))
    }

    /// Let a layer flow as soon as it can, or hold the track back.
    pub fn set_target(&mut self, target: Option<usize>) {
        self.target = target;
        if target.is_none() {
            self.current = None;
        }
    }
}

impl Slot {
    /// An empty slot.
    pub fn new(mid: String, kind: Kind) -> Self {
        Slot { mid, kind, feed: None, rewriter: Rewriter::default() }
    }

    /// Whether it carries this track.
    pub fn carries(&self, publisher: Key, track: usize) -> bool {
        let is_it = |feed: &Feed| feed.publisher == publisher && feed.track == track;
        self.feed.as_ref().is_some_and(is_it)
    }

    /// Put something else into the slot.
    pub fn set_feed(&mut self, feed: Option<Feed>) {
        self.feed = feed;
        self.rewriter.detach();
    }

    /// What the control plane is told.
    pub fn entry(&self) -> SlotEntry {
        let feed = self.feed.as_ref();
        SlotEntry {
            mid: self.mid.clone(),
            kind: self.kind,
            track: feed.map(|feed| (feed.peer.clone(), feed.source)),
            paused: feed.is_some_and(|feed| feed.paused || feed.is_undecodable()),
        }
    }

    /// The packet as this slot's receiver shall get it; `None` when it shall not.
    ///
    /// A new layer begins at a keyframe; until then the old one goes on. `payload_type` is asked once a codec.
    pub fn pass(
        &mut self,
        packet: &PacketIn,
        starts_keyframe: bool,
        now: Instant,
        payload_type: impl FnOnce(Codec) -> Option<u8>,
    ) -> Option<PacketOut> {
        let feed = self.feed.as_mut()?;
        let number = match feed.decoding {
            Some((codec, number)) if codec == packet.codec => number,
            _ => feed.decoding.insert((packet.codec, payload_type(packet.codec))).1,
        }?;
        let begins = feed.target == Some(packet.layer) && feed.current != feed.target;
        if begins && starts_keyframe {
            feed.current = feed.target;
            self.rewriter.detach();
        }
        if feed.current != Some(packet.layer) {
            return None;
        }
        self.rewriter.rewrite(packet, number, now)
    }
}
