//! The rate by loss: tells a path that always loses some from one that loses because too much is sent.
//!
//! The idea of libwebrtc's second loss-based estimator: each possible bandwidth explains the losses of the last
//! seconds as a part that is always there plus the part that did not fit; the most likely one is taken.

use super::Micros;
use super::rate::Bounds;

/// An observation gathers at least this much sending time.
const SPAN: Micros = 250_000;
/// Observations remembered.
const WINDOW: usize = 20;
/// Weight of an observation against its successor's.
const FADING: f64 = 0.9;
/// What is tried around the present limit.
const STEPS: [f64; 3] = [1.02, 1.0, 0.95];
/// A limit grows by at most this at once.
const MAX_GROWTH: f64 = 1.3;
/// Packets that get lost on any path.
const LEAST_LOSS: f64 = 0.001;
/// Below this there is no limit: it is the noise of wireless.
const HARMLESS: f64 = 0.02;
/// So much loss is always borne; beyond it, the more the slower the stream is.
const BORNE_LOSS: f64 = 0.05;
/// The rate that bears all loss: what a call needs at least.
const BORNE_BPS: f64 = 75_000.0;
/// Of two likely bandwidths the higher one, while the loss is below this.
const PREFER_HIGHER_BELOW: f64 = 0.15;
/// And a little beyond: else a lossy path, which all bandwidths explain alike, would be left without any.
const LEAST_PREFERENCE: f64 = 0.1;
const PREFERENCE: f64 = 0.0002;
const LOGARITHMIC_PREFERENCE: f64 = 0.02;
/// Fewer packets than this say nothing.
const MIN_PACKETS: u32 = 10;
/// What was overtaken may come until so many times the usual disorder.
const HOLD: Micros = 4;

#[derive(Debug, Clone, Copy, Default)]
struct Observation {
    packets: f64,
    bytes: f64,
    lost_bytes: f64,
    /// Sent, bits per second.
    bps: f64,
    first: Micros,
    last: Micros,
}

impl Observation {
    /// Packets lost, by bytes: a queue that overflows drops large packets, and speech is small.
    fn lost(&self) -> f64 {
        self.packets * (self.lost_bytes / self.bytes.max(1.0)).min(1.0)
    }
}

/// The observation that is being gathered.
#[derive(Debug, Default)]
struct Gathering {
    packets: u32,
    bytes: u64,
    lost_bytes: f64,
    first: Option<Micros>,
    last: Micros,
}

/// The estimator.
#[derive(Debug)]
pub(super) struct LossLimit {
    observations: [Observation; WINDOW],
    next: usize,
    gathering: Gathering,
    limit: Option<f64>,
    /// What was sent less than this before the newest may still arrive: packets overtake each other.
    hold: Micros,
}

/// Sums over the observations, faded by age.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    packets: f64,
    lost: f64,
}

impl LossLimit {
    pub(super) fn new() -> Self {
        LossLimit {
            observations: [Observation::default(); WINDOW],
            next: 0,
            gathering: Gathering::default(),
            limit: None,
            hold: 0,
        }
    }

    /// Bits per second; `None` when loss sets no limit.
    pub(super) fn bps(&self) -> Option<f64> {
        self.limit
    }

    /// The share that got lost in the last seconds.
    pub(super) fn fraction(&self) -> f64 {
        let sums = self.sums();
        if sums.packets > 0.0 { sums.lost / sums.packets } else { 0.0 }
    }

    /// A packet was received.
    pub(super) fn receive(&mut self, sent: Micros, bytes: u16, was_lost: bool) {
        if was_lost {
            self.find(sent, bytes);
        } else {
            self.gathering.add(sent, bytes);
        }
    }

    /// A packet that was counted as lost has only been overtaken: take it back where it was counted.
    fn find(&mut self, sent: Micros, bytes: u16) {
        let mut left = f64::from(bytes);
        if self.gathering.first.is_some_and(|first| first <= sent) {
            left -= take(&mut self.gathering.lost_bytes, left);
        }
        for age in 1..=WINDOW {
            let seen = &mut self.observations[(self.next + WINDOW - age) % WINDOW];
            if (seen.first..=seen.last).contains(&sent) {
                left -= take(&mut seen.lost_bytes, left);
            }
        }
    }

    /// Packets are overtaken by so much.
    pub(super) fn set_spread(&mut self, spread: Micros) {
        self.hold = HOLD * spread;
    }

    /// A packet was lost.
    pub(super) fn lose(&mut self, sent: Micros, bytes: u16) {
        self.gathering.add(sent, bytes);
        self.gathering.lost_bytes += f64::from(bytes);
    }

    /// Step with a report of feedback; `by_delay` is the estimate without losses.
    pub(super) fn update(&mut self, by_delay: f64, acknowledged: Option<f64>, bounds: Bounds) {
        if self.limit.is_some_and(|limit| limit >= by_delay) {
            self.limit = None;
        }
        let Some(observation) = self.gathering.complete() else { return };
        self.observations[self.next % WINDOW] = observation;
        self.next = (self.next + 1) % WINDOW;
        self.limit = self.limited(by_delay, acknowledged, bounds);
    }

    fn limited(&self, by_delay: f64, acknowledged: Option<f64>, bounds: Bounds) -> Option<f64> {
        let fraction = self.fraction();
        let present = self.limit.unwrap_or(by_delay).min(by_delay);
        let best = match fraction < HARMLESS {
            true => (present * MAX_GROWTH).min(by_delay),
            false => self.most_likely(present, by_delay, acknowledged, fraction),
        };
        let borne = BORNE_BPS / (fraction - BORNE_LOSS).max(1e-6);
        let limit = best.min(borne).clamp(bounds.minimum, bounds.maximum);
        (limit < by_delay).then_some(limit)
    }

    fn most_likely(&self, present: f64, by_delay: f64, acknowledged: Option<f64>, fraction: f64) -> f64 {
        let ceiling = (present * MAX_GROWTH).min(by_delay);
        let steps = STEPS.iter().map(|step| step * present);
        let candidates = steps.chain(acknowledged).chain([by_delay]).map(|bps| bps.min(ceiling));
        let rated = candidates.map(|bps| (self.likelihood(bps, fraction), bps));
        rated.max_by(|a, b| a.0.total_cmp(&b.0)).map_or(present, |(_, bps)| bps)
    }

    /// The logarithm of how likely the losses are if the path carries `bps`, with the preference for more.
    fn likelihood(&self, bps: f64, fraction: f64) -> f64 {
        let inherent = self.inherent_loss(bps);
        let kbps = bps / 1_000.0;
        let preference = (1.0 - fraction / PREFER_HIGHER_BELOW).clamp(LEAST_PREFERENCE, 1.0)
            * (PREFERENCE * kbps + LOGARITHMIC_PREFERENCE * (1.0 + kbps).ln());
        let of = |(weight, seen): (f64, Observation)| {
            let probability = (inherent + (1.0 - inherent) * overflow(seen.bps, bps)).clamp(1e-6, 1.0 - 1e-6);
            let lost = seen.lost();
            let likelihood = lost * probability.ln() + (seen.packets - lost) * (1.0 - probability).ln();
            weight * (likelihood + preference * seen.packets)
        };
        self.weighted().map(of).sum()
    }

    /// The loss that is always there if the path carries `bps`: what its overflow does not explain.
    fn inherent_loss(&self, bps: f64) -> f64 {
        let (mut unexplained, mut packets) = (0.0, 0.0);
        for (weight, seen) in self.weighted() {
            let overflow = overflow(seen.bps, bps);
            unexplained += weight * (seen.lost() - overflow * seen.packets);
            packets += weight * (1.0 - overflow) * seen.packets;
        }
        let most = (BORNE_LOSS + BORNE_BPS / bps.max(1.0)).min(1.0);
        (unexplained / packets.max(1e-9)).clamp(LEAST_LOSS, most)
    }

    /// The observations from the newest to the oldest, with their weights: those in which nothing is awaited any more.
    fn weighted(&self) -> impl Iterator<Item = (f64, Observation)> {
        let newest_first = (1..=WINDOW).map(|age| self.observations[(self.next + WINDOW - age) % WINDOW]);
        let complete = self.gathering.last - self.hold;
        let newest_first = newest_first.filter(move |seen| self.hold == 0 || seen.last <= complete);
        let mut weight = 1.0 / FADING;
        newest_first.map(move |observation| {
            weight *= FADING;
            (weight, observation)
        })
    }

    fn sums(&self) -> Sums {
        self.weighted().fold(Sums::default(), |sums, (weight, seen)| Sums {
            packets: sums.packets + weight * seen.packets,
            lost: sums.lost + weight * seen.lost(),
        })
    }
}

impl Gathering {
    fn add(&mut self, sent: Micros, bytes: u16) {
        self.packets += 1;
        self.bytes += u64::from(bytes);
        self.first = Some(self.first.map_or(sent, |first| first.min(sent)));
        self.last = self.last.max(sent);
    }

    fn complete(&mut self) -> Option<Observation> {
        let span = self.last - self.first?;
        if span < SPAN || self.packets < MIN_PACKETS {
            return None;
        }
        let bytes = self.bytes.max(1) as f64;
        let observation = Observation {
            packets: f64::from(self.packets),
            bytes,
            lost_bytes: self.lost_bytes,
            bps: bytes * 8e6 / span as f64,
            first: self.last - span,
            last: self.last,
        };
        *self = Gathering { last: self.last, ..Gathering::default() };
        Some(observation)
    }
}

/// Take up to `wanted` from a count; what was there of it.
fn take(count: &mut f64, wanted: f64) -> f64 {
    let taken = count.min(wanted);
    *count -= taken;
    taken
}

/// The share of what is sent that a path does not carry.
fn overflow(sent_bps: f64, bps: f64) -> f64 {
    if sent_bps > bps { 1.0 - bps / sent_bps } else { 0.0 }
}
