//! The rate by delay: up while the queue is short, down to what arrives when it grows (AIMD).
//!
//! draft-ietf-rmcat-gcc-02 section 5.5 with the increase of libwebrtc.

use super::Micros;
use super::capacity::Capacity;
use super::trendline::Usage;

/// After congestion, this share of what arrives.
const BACKOFF: f64 = 0.85;
/// An application that sends less than it may is no measure of the path: one step takes at most this away.
const LIMITED_BACKOFF: f64 = 0.7;
/// But where packets wait for so long, it is what it sends that is too much, and what arrives tells by how much...
const LONG_QUEUE: Micros = 100_000;
/// ...unless it sends so little that others must have filled the queue. No more than this is worth a step then.
const LITTLE_BPS: f64 = 300_000.0;
/// What arrives is measured over some time: when more begins to be sent, it tells too little while this is more...
const AHEAD: f64 = 1.5;
/// ...and so long after the application sent little...
const LIMITED_ECHO: Micros = 1_500_000;
/// ...and a step down is given this time to show.
const LIMITED_APART: Micros = 500_000;
/// Without a known capacity, the growth a second.
const GROWTH: f64 = 1.08;
/// The rate does not grow beyond this share of what arrives: more is not known.
const UNPROVEN: f64 = 1.5;
const UNPROVEN_BPS: f64 = 10_000.0;
/// The least growth near capacity, bits per second a second.
const MIN_ADDITION: f64 = 4_000.0;
/// The time in which a receiver's word of congestion may come, beyond the round trip.
const RESPONSE: Micros = 100_000;
const PACKET_BITS: f64 = 9_600.0;
const FRAMES_PER_SECOND: f64 = 30.0;
/// Two steps down are at least a round trip apart, within these bounds.
const MIN_APART: Micros = 10_000;
const MAX_APART: Micros = 200_000;
/// Congestion so soon after a probe says that the probe was wrong: others share the path, which a burst does not see.
const SETTLING: Micros = 1_000_000;
/// Growth counts at most this much time at once.
const MAX_STEP: Micros = 1_000_000;

/// The bounds of every estimate, bits per second.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub minimum: f64,
    pub maximum: f64,
}

/// What a step of the controller goes by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signals {
    /// What the delay says.
    pub usage: Usage,
    /// The rate that arrives, bits per second.
    pub acknowledged: Option<f64>,
    /// The rate that is sent, bits per second.
    pub sent: f64,
    /// Whether that is more than it was before.
    pub rising: bool,
    /// How long packets wait on the way.
    pub queue: Micros,
    /// Whether the application sends less than it may.
    pub limited: bool,
    /// The round trip.
    pub round_trip: Micros,
}

impl Signals {
    /// Whether what arrives is still to follow what has begun to be sent.
    pub fn is_ahead(&self) -> bool {
        self.rising && self.acknowledged.is_some_and(|acknowledged| self.sent > AHEAD * acknowledged)
    }

    /// Whether what is sent is what fills a queue.
    fn fills_queue(&self) -> bool {
        self.queue >= LONG_QUEUE && self.sent >= LITTLE_BPS
    }
}

/// The controller.
#[derive(Debug)]
pub(super) struct Rate {
    bps: f64,
    bounds: Bounds,
    capacity: Capacity,
    /// After a step down the rate waits until the queue is at rest.
    holds: bool,
    grown: Option<Micros>,
    reduced: Option<Micros>,
    /// When the application last sent less than it might.
    limited: Option<Micros>,
    proven: Option<Proof>,
}

/// A probe's word.
#[derive(Debug, Clone, Copy)]
struct Proof {
    at: Micros,
    /// The rate that flowed before it.
    before: f64,
}

impl Rate {
    pub(super) fn new(bps: f64, bounds: Bounds) -> Self {
        let bps = bps.clamp(bounds.minimum, bounds.maximum);
        Rate {
            bps,
            bounds,
            capacity: Capacity::default(),
            holds: false,
            grown: None,
            reduced: None,
            limited: None,
            proven: None,
        }
    }

    pub(super) fn bps(&self) -> f64 {
        self.bps
    }

    /// When it last went down.
    pub(super) fn reduced(&self) -> Option<Micros> {
        self.reduced
    }

    pub(super) fn set_bounds(&mut self, bounds: Bounds) {
        self.bounds = bounds;
        self.set(self.bps);
    }

    /// A probe has shown that the path carries this.
    pub(super) fn prove(&mut self, bps: f64, now: Micros) {
        self.proven = Some(Proof { at: now, before: self.bps });
        self.capacity.forget_if_above(bps);
        self.set(bps);
    }

    /// Nothing is heard from the other side.
    pub(super) fn halve(&mut self, floor: f64, now: Micros) {
        if self.bps > floor {
            self.reduce((self.bps / 2.0).max(floor), now);
            self.capacity.forget();
        }
    }

    /// Step with a report of feedback.
    pub(super) fn update(&mut self, signals: &Signals, now: Micros) {
        if signals.limited {
            self.limited = Some(now);
        }
        match signals.usage {
            Usage::Over => self.back_off(signals, now),
            Usage::Under => self.holds = true,
            Usage::Normal if self.holds => self.holds = false,
            Usage::Normal => self.grow(signals, now),
        }
        if signals.usage != Usage::Normal || self.grown.is_none() {
            self.grown = Some(now);
        }
    }

    fn grow(&mut self, signals: &Signals, now: Micros) {
        let elapsed = (now - self.grown.unwrap_or(now)).clamp(0, MAX_STEP) as f64 / 1e6;
        self.grown = Some(now);
        let Some(acknowledged) = signals.acknowledged else { return };
        self.capacity.forget_if_above(acknowledged);
        let addition = match self.capacity.is_known() {
            true => self.addition(signals.round_trip) * elapsed,
            false => (self.bps * (GROWTH.powf(elapsed) - 1.0)).max(1_000.0 * elapsed),
        };
        let unproven = UNPROVEN * acknowledged + UNPROVEN_BPS;
        self.set((self.bps + addition).min(unproven.max(self.bps)));
    }

    /// About a packet a response time: what a queue can take before the growth is undone.
    fn addition(&self, round_trip: Micros) -> f64 {
        let frame = self.bps / FRAMES_PER_SECOND;
        let packet = frame / (frame / PACKET_BITS).ceil().max(1.0);
        let response = (round_trip + RESPONSE) as f64 / 1e6;
        (packet / response).max(MIN_ADDITION)
    }

    fn back_off(&mut self, signals: &Signals, now: Micros) {
        self.holds = true;
        let limited = self.limited.is_some_and(|limited| now - limited < LIMITED_ECHO);
        let limited = limited && !signals.fills_queue() || signals.is_ahead();
        let apart = if limited { LIMITED_APART } else { signals.round_trip.clamp(MIN_APART, MAX_APART) };
        let waits = self.reduced.is_some_and(|reduced| now - reduced < apart);
        let Some(acknowledged) = signals.acknowledged else {
            if !waits {
                self.reduce(self.bps / 2.0, now);
            }
            return;
        };
        if waits && (limited || acknowledged >= self.bps / 2.0) {
            return;
        }
        let refuted = self.proven.take().filter(|proof| now - proof.at < SETTLING);
        let target = match refuted {
            Some(proof) => proof.before.max(BACKOFF * acknowledged),
            None => self.backed_off(signals, acknowledged, limited),
        };
        if target < self.bps {
            self.reduce(target, now);
        }
        if !limited && refuted.is_none() {
            self.capacity.forget_if_below(acknowledged);
            self.capacity.add(acknowledged);
        }
    }

    fn backed_off(&self, signals: &Signals, acknowledged: f64, limited: bool) -> f64 {
        let target = BACKOFF * acknowledged;
        match self.capacity.bps() {
            _ if limited => target.max(LIMITED_BACKOFF * self.tried(signals)),
            // More arrives than is meant to be sent: what the path carried before is the better measure.
            Some(capacity) if target > self.bps => BACKOFF * capacity,
            _ => target,
        }
    }

    /// As much of the rate as congestion can be about.
    fn tried(&self, signals: &Signals) -> f64 {
        if signals.queue < LONG_QUEUE { self.bps } else { self.bps.min(signals.sent.max(LITTLE_BPS)) }
    }

    fn reduce(&mut self, bps: f64, now: Micros) {
        self.set(bps);
        self.reduced = Some(now);
    }

    fn set(&mut self, bps: f64) {
        self.bps = bps.clamp(self.bounds.minimum, self.bounds.maximum);
    }
}

#[cfg(test)]
mod tests {
    use super::{Bounds, Rate, Signals};
    use crate::bandwidth::trendline::Usage;

    const BOUNDS: Bounds = Bounds { minimum: 30_000.0, maximum: 10e6 };

    fn signals(usage: Usage, acknowledged: f64, limited: bool) -> Signals {
        let sent = acknowledged;
        let (rising, queue, round_trip) = (false, 0, 100_000);
        Signals { usage, acknowledged: Some(acknowledged), sent, rising, queue, limited, round_trip }
    }

    #[test]
    fn an_idle_application_does_not_pull_the_estimate_down_to_what_it_sends() {
        let mut rate = Rate::new(2e6, BOUNDS);
        rate.update(&signals(Usage::Normal, 50_000.0, true), 0);
        rate.update(&signals(Usage::Normal, 50_000.0, true), 1_000_000);
        assert_eq!(rate.bps(), 2e6);
        rate.update(&signals(Usage::Over, 50_000.0, true), 1_100_000);
        assert_eq!(rate.bps(), 1.4e6);
    }

    #[test]
    fn what_was_never_sent_is_no_part_of_the_rate_once_what_is_sent_fills_a_queue() {
        let congested = |sent| Signals { sent, queue: 200_000, ..signals(Usage::Over, 350_000.0, true) };
        let mut rate = Rate::new(2.5e6, BOUNDS);
        rate.update(&congested(450_000.0), 0);
        assert_eq!(rate.bps(), 0.85 * 350_000.0);
        let mut rate = Rate::new(2.5e6, BOUNDS);
        rate.update(&Signals { acknowledged: Some(50_000.0), ..congested(60_000.0) }, 0);
        assert_eq!(rate.bps(), 0.7 * 300_000.0, "others fill the queue, too");
    }

    #[test]
    fn an_application_that_has_just_begun_to_send_is_measured_before_it_is_believed() {
        let mut rate = Rate::new(250_000.0, BOUNDS);
        rate.update(&signals(Usage::Normal, 50_000.0, true), 0);
        rate.update(&signals(Usage::Over, 110_000.0, false), 400_000);
        assert_eq!(rate.bps(), 175_000.0);
        rate.update(&signals(Usage::Over, 140_000.0, false), 700_000);
        assert_eq!(rate.bps(), 175_000.0);
        rate.update(&signals(Usage::Over, 100_000.0, false), 1_600_000);
        assert_eq!(rate.bps(), 85_000.0);
    }

    #[test]
    fn a_burst_after_silence_is_measured_before_it_is_believed() {
        let mut rate = Rate::new(150_000.0, BOUNDS);
        let over = signals(Usage::Over, 54_000.0, false);
        rate.update(&Signals { sent: 200_000.0, rising: true, ..over }, 0);
        assert_eq!(rate.bps(), 0.7 * 150_000.0);
        let mut rate = Rate::new(150_000.0, BOUNDS);
        rate.update(&Signals { sent: 200_000.0, ..over }, 0);
        assert_eq!(rate.bps(), 0.85 * 54_000.0, "a path that has become narrower is followed at once");
    }

    #[test]
    fn congestion_takes_the_rate_below_what_arrives_once_a_round_trip() {
        let mut rate = Rate::new(2e6, BOUNDS);
        rate.update(&signals(Usage::Over, 1.5e6, false), 0);
        assert_eq!(rate.bps(), 0.85 * 1.5e6);
        rate.update(&signals(Usage::Over, 1e6, false), 50_000);
        assert_eq!(rate.bps(), 0.85 * 1.5e6);
        rate.update(&signals(Usage::Over, 1e6, false), 150_000);
        assert_eq!(rate.bps(), 0.85e6);
    }

    #[test]
    fn growth_is_multiplicative_until_the_capacity_is_known_and_additive_then() {
        let mut rate = Rate::new(1e6, BOUNDS);
        for step in 0..=10 {
            rate.update(&signals(Usage::Normal, 1e6, false), step * 100_000);
        }
        assert!((1.079e6..1.081e6).contains(&rate.bps()), "{}", rate.bps());
        rate.update(&signals(Usage::Over, 1e6, false), 1_100_000);
        for step in 12..=23 {
            rate.update(&signals(Usage::Normal, 0.85e6, false), step * 100_000);
        }
        assert!((0.87e6..0.92e6).contains(&rate.bps()), "{}", rate.bps());
    }
}
