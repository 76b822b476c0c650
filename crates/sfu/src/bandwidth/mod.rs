//! What a receiver's path carries: send-side congestion control on transport-wide feedback.
//!
//! Google's algorithm (draft-ietf-rmcat-gcc-02, with what libwebrtc has changed since): the delay says when a queue
//! grows ([`trendline`](Usage)), losses say when it overflows, and probes say whether there is more. Two things are
//! ours: a queue that has grown long is drained, and a receiver that falls silent is sent less.
//!
//! Time is an argument and nothing is allocated after [`Estimator::new`]. One estimator takes about 40 KiB.

mod acknowledged;
mod application;
mod arrival;
mod capacity;
mod cluster;
mod disorder;
mod history;
mod loss;
mod prober;
mod queue;
mod rate;
mod trendline;

use std::time::{Duration, Instant};

use acknowledged::Acknowledged;
use application::Application;
use arrival::Groups;
use cluster::Found;
use disorder::Disorder;
use history::History;
use loss::LossLimit;
use prober::{Prober, View};
use queue::Queue;
use rate::{Bounds, Rate, Signals};
use trendline::Trendline;

pub use prober::Probe;
pub use trendline::Usage;

/// Microseconds: since the estimator began, or since the epoch of arrivals.
type Micros = i64;

/// No estimate is below this: speech at its smallest.
pub const MIN_BPS: u64 = 30_000;
/// No estimate is above this unless [`Estimator::set_maximum`] allows it.
pub const MAX_BPS: u64 = 20_000_000;

/// Entries of one report that are looked at: as many as a report can have (16-bit count).
const MAX_REPORTED: usize = 1 << 16;
/// Received packets that are put in order of arrival at once.
const BATCH: usize = 256;
/// Arrivals beyond this (35 years) are garbage.
const MAX_ARRIVAL: Duration = Duration::from_secs(1 << 30);
/// Without feedback for this long, while sending, the rate is halved.
const SILENCE: Micros = 2_000_000;
/// But not below this.
const SILENCE_FLOOR: f64 = 100_000.0;
/// A probe makes a short queue, which is no congestion: so long after its last packet...
const PROBE_ECHO: Micros = 250_000;
/// ...and while packets wait less than this.
const ECHO_DELAY: Micros = 100_000;
/// While some packets wait less than this, the rest is jitter and no queue: a frame on a narrow path, or a path that
/// has become a little longer.
const JITTER_DELAY: Micros = 30_000;
/// After this long without an arrival, the delay begins anew.
const GAP: Micros = 3_000_000;
const INITIAL_ROUND_TRIP: Micros = 200_000;
const MAX_ROUND_TRIP: Micros = 3_000_000;

/// What the estimator sees, for statistics.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct State {
    /// What the delay says.
    pub usage: Usage,
    /// How long packets wait on the way, beyond the shortest way seen.
    pub queue_delay: Duration,
    /// The share of bytes lost in the last seconds, 0 to 1.
    pub loss_fraction: f32,
    /// The rate that arrives, bits per second.
    pub acknowledged_bps: Option<u64>,
    /// The estimate by delay alone, bits per second.
    pub by_delay_bps: u64,
    /// The limit by losses, if they set one, bits per second.
    pub by_loss_bps: Option<u64>,
    /// Whether less is sent than could be.
    pub application_limited: bool,
    /// Whether feedback is missing.
    pub silent: bool,
}

#[derive(Debug, Clone, Copy)]
struct Arrival {
    sent: Micros,
    arrival: Micros,
    bytes: u16,
}

/// The congestion control of one receiver.
#[derive(Debug)]
pub struct Estimator {
    start: Instant,
    bounds: Bounds,
    history: History,
    batch: Vec<Arrival>,
    groups: Groups,
    trend: Trendline,
    disorder: Disorder,
    acknowledged: Acknowledged,
    application: Application,
    rate: Rate,
    loss: LossLimit,
    queue: Queue,
    prober: Prober,
    probed: Option<(u8, Found)>,
    /// When the last packet of a probe arrived, by the clock of arrivals.
    probe_arrival: Option<Micros>,
    /// The sequence number that the next report should begin with.
    expected: u16,
    round_trip: Micros,
    congested: Option<Micros>,
    /// The share of the rate to use while a queue is drained.
    share: f64,
    last_arrival: Option<Micros>,
    /// When the first packet was sent that no feedback has followed.
    unanswered: Option<Micros>,
    silent: bool,
}

impl Estimator {
    /// An estimator that begins with a guess.
    pub fn new(initial_bps: u64, now: Instant) -> Self {
        let bounds = Bounds { minimum: MIN_BPS as f64, maximum: MAX_BPS as f64 };
        Estimator {
            start: now,
            bounds,
            history: History::new(),
            batch: Vec::with_capacity(BATCH),
            groups: Groups::default(),
            trend: Trendline::new(),
            disorder: Disorder::default(),
            acknowledged: Acknowledged::new(),
            application: Application::default(),
            rate: Rate::new(initial_bps as f64, bounds),
            loss: LossLimit::new(),
            queue: Queue::default(),
            prober: Prober::new(),
            probed: None,
            probe_arrival: None,
            expected: 0,
            round_trip: INITIAL_ROUND_TRIP,
            congested: None,
            share: 1.0,
            last_arrival: None,
            unanswered: None,
            silent: false,
        }
    }

    /// The highest estimate; at least [`MIN_BPS`].
    pub fn set_maximum(&mut self, bps: u64) {
        self.bounds.maximum = bps.max(MIN_BPS) as f64;
        self.rate.set_bounds(self.bounds);
    }

    /// What the receiver could use at most: probes look for no more than about twice of it.
    pub fn set_goal(&mut self, bps: u64) {
        self.prober.set_goal(bps as f64);
    }

    /// The measured round trip.
    pub fn round_trip(&mut self, round_trip: Duration) {
        self.round_trip = micros(round_trip).clamp(0, MAX_ROUND_TRIP);
    }

    /// A packet goes out: `bytes` on the wire, `probe` the cluster it belongs to.
    pub fn sent(&mut self, transport_sequence: u16, bytes: usize, probe: Option<u8>, now: Instant) {
        let now = self.micros(now);
        let cluster = probe.unwrap_or_else(|| self.prober.open_cluster(now));
        self.history.record(transport_sequence, bytes, cluster, now);
        self.application.sent(bytes);
        if cluster != 0 {
            self.prober.sent(cluster, bytes);
        }
        self.unanswered.get_or_insert(now);
    }

    /// Feedback: transport sequence numbers, each with its arrival since an epoch that stays the same, `None` if lost.
    ///
    /// What was reported as lost may be reported as received later. Unknown and repeated packets are passed over.
    pub fn feedback(&mut self, arrivals: impl Iterator<Item = (u16, Option<Duration>)>, now: Instant) {
        let now = self.micros(now);
        let mut is_news = false;
        for (sequence, arrival) in arrivals.take(MAX_REPORTED) {
            let is_known = match arrival {
                Some(arrival) if arrival <= MAX_ARRIVAL => self.receive(sequence, micros(arrival), now),
                Some(_) => false,
                None => self.lose(sequence, now),
            };
            if is_known && !is_news {
                self.bridge(sequence);
            }
            if is_known {
                self.expected = sequence.wrapping_add(1);
            }
            is_news |= is_known;
        }
        if is_news {
            self.conclude(now);
        }
    }

    /// A report begins later than the one before ended: what is between has arrived as far as the rest did.
    fn bridge(&mut self, first: u16) {
        let bytes = self.history.unreported_bytes(self.expected, first);
        if bytes > 0 {
            self.acknowledged.credit(bytes as f64 * (1.0 - self.loss.fraction()));
        }
    }

    fn lose(&mut self, sequence: u16, now: Micros) -> bool {
        let Some(packet) = self.history.lose(sequence, now) else { return false };
        self.loss.lose(packet.sent, packet.bytes);
        true
    }

    fn receive(&mut self, sequence: u16, arrival: Micros, now: Micros) -> bool {
        let Some(packet) = self.history.receive(sequence, now) else { return false };
        self.loss.receive(packet.sent, packet.bytes, packet.was_lost);
        if packet.cluster != 0 {
            self.probe_arrival = Some(arrival);
        }
        if let Some(found) = self.prober.receive(packet.cluster, packet.sent, arrival, packet.bytes) {
            self.probed = Some((packet.cluster, found));
        }
        self.batch.push(Arrival { sent: packet.sent, arrival, bytes: packet.bytes });
        if self.batch.len() == BATCH {
            self.digest(now);
        }
        true
    }

    /// Take the batch in order of arrival.
    fn digest(&mut self, now: Micros) {
        self.batch.sort_unstable_by_key(|packet| packet.arrival);
        let limited = self.application.is_limited();
        for i in 0..self.batch.len() {
            let packet = self.batch[i];
            self.acknowledged.add(packet.bytes, packet.arrival, limited);
            self.queue.add(packet.sent, packet.arrival);
            self.disorder.add(packet.sent, packet.arrival);
            self.restart_after_gap(packet.arrival);
            if let Some(gap) = self.groups.add(packet.sent, packet.arrival, now) {
                self.trend.add(gap);
            }
        }
        self.batch.clear();
    }

    fn restart_after_gap(&mut self, arrival: Micros) {
        if self.last_arrival.is_some_and(|last| arrival - last > GAP) {
            self.groups = Groups::default();
            self.trend.restart();
        }
        self.last_arrival = Some(arrival);
    }

    fn conclude(&mut self, now: Micros) {
        self.digest(now);
        self.queue.conclude(self.disorder.spread(), now);
        self.prober.set_spread(self.disorder.spread());
        self.unanswered = None;
        self.silent = false;
        let usage = self.usage();
        if usage == Usage::Over {
            self.congested = Some(now);
        }
        let before = self.rate.bps();
        self.apply_probe(usage, now);
        // In disorder congestion is seen late: then what the sender does rather follows a probe that was wrong.
        let rising = self.application.is_rising() && self.disorder.spread() == 0;
        let signals = Signals {
            usage,
            acknowledged: self.acknowledged.bps(),
            sent: self.application.sent_bps(),
            rising,
            queue: self.queue.delay(),
            limited: self.application.is_limited(),
            round_trip: self.round_trip,
        };
        if signals.is_ahead() {
            self.acknowledged.expect_change();
        }
        self.rate.update(&signals, now);
        self.note_fall(before, now);
        self.loss.set_spread(self.disorder.spread());
        self.loss.update(self.rate.bps(), signals.acknowledged, self.bounds);
        self.share = self.queue.share(self.congested, now);
    }

    /// What the delay says, unless it is jitter or the echo of a probe.
    fn usage(&self) -> Usage {
        let echoes = |(probe, last): (Micros, Micros)| last - probe < PROBE_ECHO && self.queue.delay() < ECHO_DELAY;
        let rests = self.queue.delay() < JITTER_DELAY;
        match self.trend.usage() {
            Usage::Over if rests => Usage::Normal,
            // In disorder the delay falls as often as it grows: the rate would wait for the end of a queue that is not.
            Usage::Under if rests && self.disorder.spread() > 0 => Usage::Normal,
            Usage::Over if self.probe_arrival.zip(self.last_arrival).is_some_and(echoes) => Usage::Under,
            usage => usage,
        }
    }

    fn apply_probe(&mut self, usage: Usage, now: Micros) {
        let Some((cluster, found)) = self.probed.take() else { return };
        // A full path gave the burst more than its share: half of the way is safe.
        // Less than the estimate says nothing: a burst over a jittery path arrives as it likes.
        let before = self.rate.bps();
        if usage != Usage::Over && found.bps > before {
            self.rate.prove(if found.full { (before + found.bps) / 2.0 } else { found.bps }, now);
            self.acknowledged.expect_change();
        }
        self.prober.judge(cluster, found, now);
    }

    fn note_fall(&mut self, before: f64, now: Micros) {
        if self.rate.bps() < before {
            self.prober.fell(before, self.rate.bps(), now);
        }
    }

    /// Let time pass: call it every 25 to 100 ms.
    pub fn tick(&mut self, now: Instant) {
        let now = self.micros(now);
        self.share = self.queue.share(self.congested, now);
        if self.application.count(self.estimate(), now) {
            self.acknowledged.expect_change();
        }
        if self.unanswered.is_some_and(|since| now - since > SILENCE) {
            let before = self.rate.bps();
            self.rate.halve(SILENCE_FLOOR, now);
            self.note_fall(before, now);
            self.unanswered = Some(now);
            self.silent = true;
        }
    }

    /// A probe to send now, if it is time for one. The next one comes when its packets are sent.
    pub fn poll_probe(&mut self, now: Instant) -> Option<Probe> {
        let now = self.micros(now);
        let view = View {
            estimate: self.rate.bps(),
            calm: self.is_calm(),
            reduced: self.rate.reduced(),
            limited: self.application.is_limited(),
            maximum: self.bounds.maximum,
        };
        self.prober.poll(&view, now)
    }

    fn is_calm(&self) -> bool {
        let rests = self.usage() == Usage::Normal && self.queue.delay() < ECHO_DELAY;
        rests && !self.silent && self.loss.bps().is_none()
    }

    /// Whether feedback has told that a packet arrived.
    pub fn has_arrived(&self, transport_sequence: u16) -> bool {
        self.history.is_received(transport_sequence)
    }

    /// By how much packets overtake each other; zero where that is next to nothing.
    pub fn disorder(&self) -> Duration {
        Duration::from_micros(self.disorder.spread() as u64)
    }

    /// What may be sent now, bits per second.
    pub fn estimate_bps(&self) -> u64 {
        self.estimate() as u64
    }

    fn estimate(&self) -> f64 {
        let limit = self.loss.bps().unwrap_or(f64::INFINITY);
        (self.rate.bps() * self.share).min(limit).clamp(self.bounds.minimum, self.bounds.maximum)
    }

    /// What it sees, for statistics.
    pub fn state(&self) -> State {
        State {
            usage: self.usage(),
            queue_delay: Duration::from_micros(self.queue.delay().max(0) as u64),
            loss_fraction: self.loss.fraction() as f32,
            acknowledged_bps: self.acknowledged.bps().map(|bps| bps as u64),
            by_delay_bps: self.rate.bps() as u64,
            by_loss_bps: self.loss.bps().map(|bps| bps as u64),
            application_limited: self.application.is_limited(),
            silent: self.silent,
        }
    }

    fn micros(&self, now: Instant) -> Micros {
        micros(now.saturating_duration_since(self.start))
    }
}

fn micros(span: Duration) -> Micros {
    Micros::try_from(span.as_micros()).unwrap_or(Micros::MAX)
}
