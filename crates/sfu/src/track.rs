//! A published track: its layers, who receives it, and whether it flows.

use std::time::{Duration, Instant};

use crate::codec::StreamState;
use crate::dynacast::WantedLayers;
use crate::keyframe::KeyframeGate;
use crate::layers::{LayerState, MAX_SPATIAL, MAX_TEMPORAL, Quality};
use crate::loudness::Loudness;
use crate::model::{Kind, Source};
use crate::reception::Stream;
use crate::relay::{self, MAX_LAYERS, Told};
use crate::ring::{Entry, Ring, Stored};
use crate::slab::Key;
use crate::transport::TrackLine;

/// Without packets for so long a track has stopped.
pub const STOPPED_AFTER: Duration = Duration::from_secs(2);
/// Without packets for so long a layer is not to be chosen. Longer than the pause of a slow screen share.
const LAYER_DEAD_AFTER: Duration = Duration::from_millis(1_500);
/// A layer that sends nothing for so long, and for so many frames of the smallest layer, was left out by its publisher.
const STALLED_AFTER: Duration = Duration::from_millis(200);
const STALLED_FRAMES: u8 = 3;
/// A layer that stalled is not chosen again so soon; each stall shortly after another doubles the time.
const DISTRUST: Duration = Duration::from_secs(2);
const MAX_DISTRUST: Duration = Duration::from_secs(16);
/// Rates are measured over this span...
const RATE_WINDOW: Duration = Duration::from_millis(500);
/// ...of which the newest counts so much, percent: a keyframe does not make a layer dearer.
const RATE_WEIGHT: u64 = 25;

/// A track that a peer publishes.
#[derive(Debug)]
pub struct Track {
    /// What it carries.
    pub source: Source,
    /// Its m-line.
    pub line: TrackLine,
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
    /// What its publisher was told to send.
    pub wanted: WantedLayers,
    /// What other workers want of it.
    pub relayed: Vec<Relayed>,
    /// What its own worker was last asked for, when it is a mirror's.
    pub asked: Asked,
    /// Whether packets came in this pass that nobody was sent yet.
    pub is_fresh: bool,
    heard_at: Option<Instant>,
}

/// What another worker wants of a track.
#[derive(Debug, Clone, Copy)]
pub struct Relayed {
    /// The link to it.
    pub link: Key,
    /// Bit by bit the layers.
    pub layers: u8,
    /// How many layers, from the smallest, the publisher shall send.
    pub desired: u8,
    /// When it last said so.
    pub at: Instant,
}

/// What the worker of a mirrored track was asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked {
    /// Bit by bit the layers.
    pub layers: u8,
    /// How many layers, from the smallest, the publisher shall send.
    pub desired: u8,
    /// Whether that is to be looked at again at the end of the pass.
    pub is_stale: bool,
}

/// One simulcast layer: one incoming stream.
#[derive(Debug, Default)]
pub struct Layer {
    /// Merged keyframe requests.
    pub gate: KeyframeGate,
    /// Its packets.
    pub ring: Ring,
    /// What its codec has told so far.
    pub state: StreamState,
    /// The numbers that came, and those that are missing. `None`: nothing came yet.
    pub stream: Option<Stream>,
    /// Its SSRC, once known.
    pub ssrc: Option<u32>,
    /// How often the stream began anew: nothing before relates to what came after.
    pub restarts: u32,
    /// Packets of this pass, in the order in which they came.
    pub fresh: Vec<u64>,
    /// What its own worker tells of it, when it is a mirror's.
    pub told: Option<Told>,
    /// Which beginning of its stream flows over the link, when it is a mirror's.
    pub relayed_restarts: Option<u8>,
    heard_at: Option<Instant>,
    /// Whether its publisher leaves it out, while the smallest layer goes on.
    stall: Stall,
    /// The newest timestamp that came.
    timestamp: Option<u32>,
    /// What each spatial layer takes.
    rates: [Rate; MAX_SPATIAL],
    /// What each temporal layer of the smallest picture takes.
    temporal_rates: [Rate; MAX_TEMPORAL],
}

/// Whether a layer is left out by its publisher: browsers do so when they think that their path carries less.
#[derive(Debug, Default)]
struct Stall {
    /// Frames of the smallest layer since the last packet of this one.
    missed: u8,
    is_stalled: bool,
    /// Until when it is not trusted.
    until: Option<Instant>,
    distrust: Duration,
}

/// Bits per second over the last full window.
#[derive(Debug, Default)]
struct Rate {
    heard_at: Option<Instant>,
    since: Option<Instant>,
    bytes: u64,
    bps: u64,
}

/// What a packet changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// The track flows (again).
    pub track_started: bool,
    /// The layer flows (again).
    pub layer_started: bool,
    /// A larger layer has ceased to flow.
    pub layer_stalled: bool,
}

impl Track {
    /// A track of which nothing has arrived yet.
    pub fn new(source: Source, line: TrackLine) -> Self {
        let layers = line.rids.len().max(1);
        let mut track = Track {
            source,
            line,
            muted: false,
            flowing: false,
            layers: (0..layers).map(|_| Layer::default()).collect(),
            subscribers: Vec::new(),
            loudness: Loudness::default(),
            wanted: WantedLayers::all(layers),
            relayed: Vec::new(),
            asked: Asked::default(),
            is_fresh: false,
            heard_at: None,
        };
        track.layers[0].ssrc = track.line.ssrc.map(|(ssrc, _)| ssrc);
        track
    }

    /// Account for a packet that was put into the layer's ring.
    pub fn note(&mut self, layer: usize, entry: &Entry, now: Instant) -> Change {
        let track_started = !std::mem::replace(&mut self.flowing, true);
        self.heard_at = Some(now);
        if let Some(level) = entry.audio_level {
            self.loudness.add(-((level & 0x7f) as i8), now);
        }
        let is_video = self.source.kind() == Kind::Video;
        let begins_frame = self.layers[layer].timestamp.replace(entry.timestamp) != Some(entry.timestamp);
        let layer_stalled = layer == 0 && begins_frame && self.note_smallest(now);
        let layer = &mut self.layers[layer];
        let layer_started = !layer.is_live(now);
        layer.heard_at = Some(now);
        layer.stall.heard();
        let spatial = usize::from(entry.meta.spatial).min(MAX_SPATIAL - 1);
        layer.rates[spatial].add(usize::from(entry.payload_bytes), now);
        if spatial == 0 && is_video {
            let temporal = usize::from(entry.meta.temporal).min(MAX_TEMPORAL - 1);
            layer.temporal_rates[temporal].add(usize::from(entry.payload_bytes), now);
        }
        if entry.meta.starts_keyframe && is_video {
            layer.gate.satisfied();
        }
        Change { track_started, layer_started, layer_stalled }
    }

    /// The smallest layer has begun a frame: whether one above it turns out to be left out.
    fn note_smallest(&mut self, now: Instant) -> bool {
        let mut is_news = false;
        for layer in self.layers.iter_mut().skip(1).filter(|layer| is_recent(layer.heard_at, now)) {
            is_news |= layer.stall.passed_over(layer.heard_at, now);
        }
        is_news
    }

    /// Whether it has just stopped flowing.
    pub fn has_stopped(&mut self, now: Instant) -> bool {
        let silent = self.heard_at.is_none_or(|at| now.saturating_duration_since(at) >= STOPPED_AFTER);
        self.flowing && silent && {
            self.flowing = false;
            true
        }
    }

    /// What it can be sent as, from the smallest to the largest: simulcast layers, and their spatial layers.
    pub fn qualities(&self, now: Instant) -> Vec<(Quality, LayerState)> {
        let layers = self.layers.iter().enumerate();
        layers.flat_map(|(number, layer)| layer.qualities(number, now)).collect()
    }

    /// The same, as another worker is told.
    pub fn told_layers(&self, now: Instant) -> relay::Layers {
        let mut layers = relay::Layers { count: self.layers.len().min(MAX_LAYERS) as u8, ..relay::Layers::default() };
        for (told, (number, layer)) in layers.told.iter_mut().zip(self.layers.iter().enumerate()) {
            told.count = 0;
            for (state, (_, quality)) in told.states.iter_mut().zip(layer.qualities(number, now)) {
                *state = quality;
                told.count += 1;
            }
        }
        layers
    }

    /// How the smallest picture of a layer can be sent with fewer pictures a second, the fewest first, and what that
    /// takes. Nothing, where its codec tells no temporal layers, or nothing of it ever came to this worker.
    pub fn thinned(&self, layer: usize, bitrate_bps: u64) -> impl Iterator<Item = (Quality, u64)> + Clone + '_ {
        self.layers[layer].thinned(layer, bitrate_bps)
    }

    /// The track begins or ends to flow, as another worker tells; whether that is news.
    pub fn tell_flowing(&mut self, flowing: bool) -> bool {
        std::mem::replace(&mut self.flowing, flowing) != flowing
    }
}

impl Layer {
    /// What it takes, all spatial layers together, without headers.
    pub fn bitrate_bps(&self) -> u64 {
        self.rates.iter().map(|rate| rate.bps).sum()
    }

    /// A packet that is still there.
    pub fn packet(&self, sequence: u64) -> Option<Stored<'_>> {
        self.ring.get(sequence, &self.state)
    }

    /// Its spatial layers, each with what it takes together with those below.
    fn qualities(&self, number: usize, now: Instant) -> impl Iterator<Item = (Quality, LayerState)> + '_ {
        let seen = usize::from(self.state.spatial_layers());
        let count = self.told.map_or(seen, |told| usize::from(told.count)).clamp(1, MAX_SPATIAL);
        (0..count).map(move |spatial| {
            let seen = || LayerState {
                live: self.is_live(now) && (count == 1 || self.rates[spatial].is_live(now)),
                width: self.state.size(spatial as u8).map(|(width, _)| u32::from(width)),
                bitrate_bps: self.rates[..=spatial].iter().map(|rate| rate.bps).sum(),
            };
            let state = self.told.map_or_else(seen, |told| told.states[spatial]);
            (Quality::whole(number, spatial as u8), state)
        })
    }

    /// See [`Track::thinned`]. `whole_bps` is what every picture takes: of it, each temporal layer has its part.
    fn thinned(&self, number: usize, whole_bps: u64) -> impl Iterator<Item = (Quality, u64)> + Clone + '_ {
        let all: u64 = self.temporal_rates.iter().map(|rate| rate.bps).sum();
        let above = self.state.temporal_layers().min(MAX_TEMPORAL as u8) - 1;
        let is_known = move |temporal: &u8| all > 0 && self.temporal_rates[usize::from(*temporal)].bps > 0;
        (0..above).take_while(is_known).map(move |temporal| {
            let taken: u64 = self.temporal_rates[..=usize::from(temporal)].iter().map(|rate| rate.bps).sum();
            let bps = u128::from(whole_bps) * u128::from(taken) / u128::from(all.max(1));
            (Quality { temporal, ..Quality::whole(number, 0) }, bps as u64)
        })
    }

    /// Whether packets arrive, and go on to arrive.
    pub fn is_live(&self, now: Instant) -> bool {
        let seen = || is_recent(self.heard_at, now) && !self.stall.is_doubtful(now);
        self.told.map_or_else(seen, |told| told.states.iter().any(|state| state.live))
    }

    /// Another stream begins.
    pub fn replace_stream(&mut self) {
        self.stream = None;
        self.restart();
    }

    /// The stream begins anew: nothing before relates to what comes now.
    pub fn restart(&mut self) {
        self.ring.clear();
        self.restarts += 1;
    }
}

fn is_recent(heard_at: Option<Instant>, now: Instant) -> bool {
    heard_at.is_some_and(|at| now.saturating_duration_since(at) < LAYER_DEAD_AFTER)
}

impl Stall {
    fn heard(&mut self) {
        (self.missed, self.is_stalled) = (0, false);
    }

    /// The smallest layer has begun a frame; whether that makes this one stalled.
    fn passed_over(&mut self, heard_at: Option<Instant>, now: Instant) -> bool {
        self.missed = self.missed.saturating_add(1);
        let silent = heard_at.is_some_and(|at| now.saturating_duration_since(at) >= STALLED_AFTER);
        if self.is_stalled || !silent || self.missed < STALLED_FRAMES {
            return false;
        }
        self.is_stalled = true;
        let is_again = self.until.is_some_and(|until| now.saturating_duration_since(until) < MAX_DISTRUST);
        self.distrust = if is_again { (self.distrust * 2).min(MAX_DISTRUST) } else { DISTRUST };
        self.until = Some(now + self.distrust);
        true
    }

    fn is_doubtful(&self, now: Instant) -> bool {
        self.is_stalled || self.until.is_some_and(|until| now < until)
    }
}

impl Rate {
    fn is_live(&self, now: Instant) -> bool {
        is_recent(self.heard_at, now)
    }

    fn add(&mut self, bytes: usize, now: Instant) {
        self.heard_at = Some(now);
        let since = *self.since.get_or_insert(now);
        let span = now.saturating_duration_since(since);
        if span >= RATE_WINDOW {
            let bps = (u128::from(self.bytes) * 8_000 / span.as_millis().max(1)) as u64;
            let is_first = self.bps == 0 || span >= LAYER_DEAD_AFTER;
            self.bps = if is_first { bps } else { (self.bps * (100 - RATE_WEIGHT) + bps * RATE_WEIGHT) / 100 };
            self.bytes = 0;
            self.since = Some(now);
        }
        self.bytes += bytes as u64;
    }
}
