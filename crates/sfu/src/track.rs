//! A published track: its layers, who receives it, and whether it flows.

use std::time::{Duration, Instant};

use str0m::format::Codec as Name;

use crate::codec::vp8_keyframe_width;
use crate::keyframe::KeyframeGate;
use crate::layers::LayerState;
use crate::loudness::Loudness;
use crate::model::{Kind, Source};
use crate::plane::PacketIn;
use crate::slab::Key;

/// Without packets for so long a track has stopped.
pub const STOPPED_AFTER: Duration = Duration::from_secs(2);
/// Without packets for so long a layer is not to be chosen. Longer than the pause of a slow screen share.
const LAYER_DEAD_AFTER: Duration = Duration::from_millis(1_500);
/// Rates are measured over this span.
const RATE_WINDOW: Duration = Duration::from_millis(500);

/// A track that a peer publishes.
#[derive(Debug)]
pub struct Track {
    /// What it carries.
    pub source: Source,
    /// Held back at the server.
    pub muted: bool,
    /// Whether packets flow.
    pub flowing: bool,
    /// Its simulcast layers, the smallest first; one without simulcast.
    pub layers: Vec<Layer>,
    /// Which slots of which peers receive it.
    pub subscribers: Vec<(Key, usize)>,
    /// How loud it is (audio).
    pub loudness: Loudness,
    heard_at: Option<Instant>,
}

/// One simulcast layer.
#[derive(Debug, Default)]
pub struct Layer {
    /// Merged keyframe requests.
    pub gate: KeyframeGate,
    heard_at: Option<Instant>,
    width: Option<u32>,
    rate: Rate,
}

/// Bits per second over the last full window.
#[derive(Debug, Default)]
struct Rate {
    since: Option<Instant>,
    bytes: u64,
    bps: u64,
}

/// What a packet changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// The track flows (again).
    pub started: bool,
    /// The layer flows (again).
    pub layer_started: bool,
    /// A decoder can begin with this packet.
    pub starts_keyframe: bool,
}

impl Track {
    /// A track of which nothing has arrived yet.
    pub fn new(source: Source, layers: usize) -> Self {
        Track {
            source,
            muted: false,
            flowing: false,
            layers: (0..layers.max(1)).map(|_| Layer::default()).collect(),
            subscribers: Vec::new(),
            loudness: Loudness::default(),
            heard_at: None,
        }
    }

    /// Account for a packet.
    pub fn note(&mut self, packet: &PacketIn, now: Instant) -> Arrival {
        let started = !std::mem::replace(&mut self.flowing, true);
        self.heard_at = Some(now);
        if let Some(level) = packet.extensions.audio_level {
            self.loudness.add(level, now);
        }
        let layer = &mut self.layers[packet.layer];
        let layer_started = !layer.is_live(now);
        layer.heard_at = Some(now);
        layer.rate.add(packet.payload.len(), now);
        let starts_keyframe = packet.codec.starts_keyframe(&packet.payload);
        if starts_keyframe && self.source.kind() == Kind::Video {
            layer.keyframe(packet);
        }
        Arrival { started, layer_started, starts_keyframe }
    }

    /// Whether it has just stopped flowing.
    pub fn has_stopped(&mut self, now: Instant) -> bool {
        let silent = self.heard_at.is_none_or(|at| now.saturating_duration_since(at) >= STOPPED_AFTER);
        self.flowing && silent && {
            self.flowing = false;
            true
        }
    }

    /// What is known about its layers.
    pub fn layer_states(&self, now: Instant) -> Vec<LayerState> {
        let state =
            |layer: &Layer| LayerState { live: layer.is_live(now), width: layer.width, bitrate_bps: layer.rate.bps };
        self.layers.iter().map(state).collect()
    }
}

impl Layer {
    /// Whether packets arrive.
    pub fn is_live(&self, now: Instant) -> bool {
        let heard = |at| now.saturating_duration_since(at) < LAYER_DEAD_AFTER;
        self.heard_at.is_some_and(heard)
    }

    fn keyframe(&mut self, packet: &PacketIn) {
        self.gate.satisfied();
        if packet.codec.name == Name::Vp8 {
            self.width = vp8_keyframe_width(&packet.payload).or(self.width);
        }
    }
}

impl Rate {
    fn add(&mut self, bytes: usize, now: Instant) {
        let since = *self.since.get_or_insert(now);
        let span = now.saturating_duration_since(since);
        if span >= RATE_WINDOW {
            self.bps = (u128::from(self.bytes) * 8_000 / span.as_millis().max(1)) as u64;
            self.bytes = 0;
            self.since = Some(now);
        }
        self.bytes += bytes as u64;
    }
}
