//! A receive slot: what it carries, which layer, and the one stream that its receiver sees.

use std::time::Instant;

use crate::codec::Codec;
use crate::event::{PauseReason, SlotEntry};
use crate::layers::Quality;
use crate::model::{Id, Kind, Source};
use crate::outgoing::{Outgoing, Ready};
use crate::ring::Stored;
use crate::slab::Key;
use crate::svc::{Decision, Layers, Selector};
use crate::track::Layer;
use crate::transport::{Payload, SlotLine};

/// Packets that can be asked for again: a second of a large picture, and of a voice.
const VIDEO_HISTORY: usize = 512;
const AUDIO_HISTORY: usize = 64;

/// A slot of a peer.
#[derive(Debug)]
pub struct Slot {
    /// Its m-line.
    pub line: SlotLine,
    /// Audio or video.
    pub kind: Kind,
    /// What it carries.
    pub feed: Option<Feed>,
    /// The stream that its receiver sees.
    pub outgoing: Outgoing,
    /// Whether redundant audio goes out without its redundancy.
    is_narrow: bool,
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
    /// The simulcast layer that shall flow; `None` holds it back.
    pub target: Option<usize>,
    /// The simulcast layer that its tile would like, whether it flows or not.
    pub desired: Option<usize>,
    /// When it was last given more than before.
    pub raised_at: Option<Instant>,
    /// Whether it is held back, and why.
    pub pause: Option<Pause>,
    /// When it came into the slot.
    pub since: Instant,
    /// Which spatial and temporal layers of the stream go on.
    pub selector: Selector,
    /// What shall go on of the stream that shall flow.
    wanted: Layers,
    current: Option<usize>,
    /// Which beginning of the layer's stream goes on.
    restarts: u32,
    undecodable: bool,
}

/// Why a track is held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pause {
    /// By the layout's width or a mute: it is meant.
    Meant,
    /// The receiver's path carries no more.
    Bandwidth,
}

impl Feed {
    /// A track that enters a slot.
    pub fn new(publisher: Key, track: usize, peer: Id, source: Source, now: Instant) -> Self {
        Feed {
            publisher,
            track,
            peer,
            source,
            target: None,
            desired: None,
            raised_at: None,
            pause: None,
            since: now,
            selector: Selector::new(Layers::ALL),
            wanted: Layers::ALL,
            current: None,
            restarts: 0,
            undecodable: false,
        }
    }

    /// The layer that flows.
    pub fn current(&self) -> Option<usize> {
        self.current
    }

    /// Whether the receiver waits for a keyframe, and of which layer.
    pub fn awaited_layer(&self) -> Option<usize> {
        let waits = |target: &usize| self.current != Some(*target) || self.selector.needs_keyframe();
        self.target.filter(waits)
    }

    /// Why the receiver does not get what it wants.
    pub fn pause_reason(&self) -> Option<PauseReason> {
        match self.pause {
            Some(Pause::Meant) => None,
            _ if self.undecodable => Some(PauseReason::Codec),
            Some(Pause::Bandwidth) => Some(PauseReason::Bandwidth),
            None => None,
        }
    }

    /// Let it flow in a quality as soon as it can, or hold it back.
    pub fn set_target(&mut self, wanted: Option<Quality>, now: Instant) {
        // Until something flows a better layer costs no keyframe: layers of a new publisher appear one after the other.
        // Nor do more pictures of the same size.
        let before = self.quality();
        let is_larger = wanted.is_some_and(|wanted| before.is_none_or(|before| wanted.is_larger_than(before)));
        if is_larger && self.current.is_some() {
            self.raised_at = Some(now);
        }
        self.target = wanted.map(|quality| quality.layer);
        match wanted {
            Some(quality) => self.want(layers_of(quality)),
            None => self.current = None,
        }
    }

    /// Want layers of the stream that shall flow. While a larger one goes on of which the path does not carry all, it
    /// is of that one that as little as possible goes on.
    fn want(&mut self, wanted: Layers) {
        self.wanted = wanted;
        let is_too_much = self.current > self.target && self.desired > self.target;
        self.selector.want(if is_too_much { Layers { temporal: 0, ..wanted } } else { wanted });
    }

    /// What it shall flow as.
    pub fn quality(&self) -> Option<Quality> {
        let Layers { spatial, temporal } = self.wanted;
        self.target.map(|layer| Quality { layer, spatial, temporal: temporal.min(Quality::EVERY_PICTURE) })
    }

    /// The layers whose packets matter: the one that flows, and the one that shall.
    pub fn layers(&self) -> impl Iterator<Item = usize> + use<> {
        let target = self.target.filter(|_| self.target != self.current);
        self.current.into_iter().chain(target)
    }
}

impl Slot {
    /// An empty slot.
    pub fn new(line: SlotLine, kind: Kind) -> Self {
        let history = if kind == Kind::Video { VIDEO_HISTORY } else { AUDIO_HISTORY };
        let outgoing = Outgoing::new(&line, history);
        Slot { line, kind, feed: None, outgoing, is_narrow: false }
    }

    /// Put something else into the slot.
    pub fn set_feed(&mut self, feed: Option<Feed>) {
        self.feed = feed;
        self.outgoing.detach();
    }

    /// Whether redundant audio goes out without its redundancy.
    pub fn is_narrow(&self) -> bool {
        self.is_narrow
    }

    /// Send redundant audio with or without its redundancy from now on.
    pub fn set_narrow(&mut self, is_narrow: bool) {
        if self.is_narrow != is_narrow {
            self.is_narrow = is_narrow;
            self.outgoing.forget_format();
        }
    }

    /// What the control plane is told.
    pub fn entry(&self) -> SlotEntry {
        let feed = self.feed.as_ref();
        SlotEntry {
            mid: self.line.mid.clone(),
            kind: self.kind,
            track: feed.map(|feed| (feed.peer.clone(), feed.source)),
            paused: feed.is_some_and(|feed| feed.pause.is_some() || feed.undecodable),
            reason: feed.and_then(Feed::pause_reason),
        }
    }

    /// Let a packet of a layer pass: with the numbers of this slot's stream; `None` when it shall not.
    ///
    /// A new layer begins at a keyframe; until then the old one goes on. `theirs` are the publisher's payload types,
    /// `ours` the receiver's.
    pub fn pass(
        &mut self,
        (number, layer): (usize, &Layer),
        stored: &Stored,
        (theirs, ours): (&[Payload], &[Payload]),
        now: Instant,
    ) -> Option<Ready> {
        let Slot { line, feed, outgoing, is_narrow, .. } = self;
        let feed = feed.as_mut()?;
        let entry = stored.entry;
        let decodes =
            outgoing.decodes(entry.payload_type, || resolve(entry.payload_type, theirs, (ours, line), *is_narrow));
        feed.undecodable = !decodes;
        if !decodes {
            return None;
        }
        if feed.current == Some(number) && feed.restarts != layer.restarts {
            // Nothing relates to what was sent: a keyframe is needed.
            feed.current = None;
        }
        if feed.target == Some(number) && feed.current != feed.target && entry.meta.starts_keyframe {
            (feed.current, feed.restarts) = (feed.target, layer.restarts);
            feed.selector = Selector::new(feed.wanted);
            outgoing.attach(feed.publisher, feed.track, number, stored, now);
        }
        if feed.current != Some(number) {
            return None;
        }
        if stored.payload.is_empty() {
            outgoing.leave_out(entry);
            return None;
        }
        match feed.selector.decide(&entry.meta, &layer.state) {
            Decision::Forward { marker } => {
                let active_targets = feed.selector.announcement(&entry.meta, &layer.state);
                outgoing.number(stored, marker || entry.marker, active_targets, now)
            }
            Decision::Drop => {
                outgoing.leave_out(entry);
                None
            }
        }
    }
}

/// What a quality asks of its stream.
fn layers_of(quality: Quality) -> Layers {
    let is_whole = quality.temporal >= Quality::EVERY_PICTURE;
    Layers { spatial: quality.spatial, temporal: if is_whole { Layers::ALL.temporal } else { quality.temporal } }
}

/// What a publisher's payload type is, how the slot's receiver calls it, and whether redundant audio must be unwrapped
/// for it.
fn resolve(
    incoming: u8,
    theirs: &[Payload],
    (ours, line): (&[Payload], &SlotLine),
    is_narrow: bool,
) -> Option<(Codec, Option<Payload>, bool)> {
    let codec = theirs.iter().find(|payload| payload.number == incoming)?.codec;
    let find = |wanted: Codec| {
        let listed = |payload: &&Payload| wanted.redundant || line.payload_types.contains(&payload.number);
        ours.iter().filter(|payload| payload.codec == wanted).find(listed).copied()
    };
    let plain = Codec { redundant: false, ..codec };
    match find(codec) {
        Some(payload) if !codec.redundant || !is_narrow || find(plain).is_none() => Some((codec, Some(payload), false)),
        _ if codec.redundant => Some((plain, find(plain), true)),
        _ => Some((codec, None, false)),
    }
}
