//! When to send faster for a moment, to see whether the path carries more than is known.

use std::time::Duration;

use super::Micros;
use super::cluster::{Cluster, Found};

/// The first probes, as multiples of the initial estimate.
const FIRST: [f64; 2] = [3.0, 6.0];
/// Later ones, as a multiple of what is known.
const FURTHER: f64 = 2.0;
/// Probes look for no more than this multiple of the goal.
const MAX_GOAL: f64 = 2.0;
/// A probe that finds this share of its rate has succeeded, and the next one may be faster.
const SUCCESS: f64 = 0.7;
/// How long a probe lasts, and of how many packets it is made.
const DURATION: Micros = 20_000;
const MIN_PACKETS: u32 = 5;
/// Where packets overtake each other, a probe lasts so many times the disorder, up to this.
const DISORDERED: Micros = 2;
const MAX_DURATION: Micros = 200_000;
/// ...and is not made of more bytes than this because of it: on a narrow path they are a queue of half a second.
const MAX_BYTES: f64 = 10_000.0;
/// A probe that told nothing by then has failed.
const TIMEOUT: Micros = 1_000_000;
/// Between probes while the goal is above the estimate; a failure doubles it.
const INTERVAL: Micros = 3_000_000;
const MAX_INTERVAL: Micros = 6_000_000;
/// The pause while little of the estimate is used: a probe disturbs nothing then, and pictures wait for it.
const LIMITED_INTERVAL: Micros = 2_500_000;
/// The longest pause after a probe that succeeded and led to congestion: others share the path.
const MAX_DOUBT: Micros = 24_000_000;
/// Doubt ends when there was no congestion for so long: the others seem to have gone.
const CALM: Micros = 6_000_000;
/// An estimate that a probe has raised is confirmed when it holds for so long.
const CONFIRMATION: Micros = 4_000_000;
/// Nothing is probed so soon after the rate went down.
const REST: Micros = 2_000_000;
/// A fall below this share is sharp.
const SHARP: f64 = 0.66;
/// After one, this share of the former estimate is tried.
const RECOVERY: f64 = 0.85;
/// It is not tried any more after this time.
const MEMORY: Micros = 30_000_000;
/// Steps down within this time are one fall.
const FALLING: Micros = 5_000_000;
/// Clusters whose packets may still be on their way.
const CLUSTERS: usize = 4;

/// A request to send faster for a moment: with media, retransmissions or padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probe {
    /// Its number, 1 to 255: give it to [`sent`](super::Estimator::sent) with each of its packets.
    pub cluster: u8,
    /// How fast to send, bits per second.
    pub bitrate_bps: u64,
    /// It takes at least so many packets...
    pub min_packets: u32,
    /// ...and so many bytes.
    pub min_bytes: usize,
    /// How long that takes at this rate.
    pub duration: Duration,
}

/// What the prober goes by.
#[derive(Debug, Clone, Copy)]
pub(super) struct View {
    /// The estimate, bits per second.
    pub estimate: f64,
    /// Whether the path is at rest: no congestion, no silence.
    pub calm: bool,
    /// When the rate last went down.
    pub reduced: Option<Micros>,
    /// Whether less is sent than could be.
    pub limited: bool,
    /// The highest estimate allowed.
    pub maximum: f64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Running {
    number: u8,
    bps: f64,
    began: Micros,
    duration: Micros,
    is_judged: bool,
    measured: Cluster,
}

/// A fall of the estimate.
#[derive(Debug, Clone, Copy)]
struct Fall {
    from: f64,
    at: Micros,
}

/// The controller of probes.
#[derive(Debug)]
pub(super) struct Prober {
    goal: f64,
    /// By how much packets are overtaken.
    spread: Micros,
    clusters: [Running; CLUSTERS],
    latest: u8,
    queued: [Option<f64>; 2],
    began: bool,
    interval: Micros,
    /// When a probe has raised the estimate, until that is confirmed.
    raised: Option<Micros>,
    /// The top that the estimate falls from at present.
    top: Option<Fall>,
    /// The sharp fall that it has to recover from.
    fall: Option<Fall>,
}

impl Prober {
    pub(super) fn new() -> Self {
        Prober {
            goal: 0.0,
            spread: 0,
            clusters: [Running::default(); CLUSTERS],
            latest: 0,
            queued: [None; 2],
            began: false,
            interval: INTERVAL,
            raised: None,
            top: None,
            fall: None,
        }
    }

    pub(super) fn set_goal(&mut self, bps: f64) {
        self.goal = bps;
    }

    pub(super) fn set_spread(&mut self, spread: Micros) {
        self.spread = spread;
    }

    /// The next probe, if it is time for one.
    pub(super) fn poll(&mut self, view: &View, now: Micros) -> Option<Probe> {
        self.judge_silence(now);
        self.confirm(now);
        if self.is_sending(now) {
            return None;
        }
        let bps = self.queued_rate(view).or_else(|| self.due_rate(view, now))?;
        Some(self.begin(bps, now))
    }

    fn queued_rate(&mut self, view: &View) -> Option<f64> {
        if !self.began && self.goal > view.estimate {
            self.began = true;
            // Who has been through congestion knows the path better than by these.
            let is_new = view.reduced.is_none();
            self.queued = FIRST.map(|factor| Some(factor * view.estimate).filter(|_| is_new));
        }
        if !view.calm {
            // Into a queue that is there already, a probe would only send losses.
            self.queued = [None; 2];
        }
        let bps = self.queued[0].or(self.queued[1])?.min(self.ceiling(view));
        self.queued = if self.queued[0].is_some() { [None, self.queued[1]] } else { [None; 2] };
        // The second of two probes at the ceiling is of no use.
        (bps > view.estimate && bps > self.running(self.latest).map_or(0.0, |last| last.bps)).then_some(bps)
    }

    fn due_rate(&mut self, view: &View, now: Micros) -> Option<f64> {
        let rests = view.reduced.is_some_and(|reduced| now - reduced < REST);
        if !self.began || !view.calm || rests || self.goal <= view.estimate || self.awaits_result() {
            return None;
        }
        if let Some(fall) = self.fall.take_if(|fall| now - fall.at >= REST)
            && now - fall.at < MEMORY
            && fall.from * RECOVERY > view.estimate
        {
            return Some((fall.from * RECOVERY).min(self.ceiling(view)));
        }
        let last = self.running(self.latest).map_or(0, |last| last.began);
        let doubts = view.reduced.is_some_and(|reduced| now - reduced < CALM);
        let interval = match (view.limited, doubts) {
            (true, _) => self.interval.min(LIMITED_INTERVAL),
            (false, true) => self.interval,
            (false, false) => self.interval.min(MAX_INTERVAL),
        };
        let bps = (FURTHER * view.estimate).min(self.ceiling(view));
        (now - last >= interval).then_some(bps)
    }

    fn ceiling(&self, view: &View) -> f64 {
        (MAX_GOAL * self.goal).min(view.maximum)
    }

    fn begin(&mut self, bps: f64, now: Micros) -> Probe {
        self.latest = self.latest.checked_add(1).unwrap_or(1);
        let most = MAX_DURATION.min((MAX_BYTES * 8e6 / bps) as Micros);
        let duration = (DISORDERED * self.spread).min(most).max(DURATION);
        let fresh = Running { number: self.latest, bps, began: now, duration, ..Running::default() };
        self.clusters[usize::from(self.latest) % CLUSTERS] = fresh;
        Probe {
            cluster: self.latest,
            bitrate_bps: bps as u64,
            min_packets: MIN_PACKETS,
            min_bytes: fresh.min_bytes() as usize,
            duration: Duration::from_micros(duration as u64),
        }
    }

    fn running(&self, number: u8) -> Option<&Running> {
        let running = &self.clusters[usize::from(number) % CLUSTERS];
        (number != 0 && running.number == number).then_some(running)
    }

    fn running_mut(&mut self, number: u8) -> Option<&mut Running> {
        let running = &mut self.clusters[usize::from(number) % CLUSTERS];
        (number != 0 && running.number == number).then_some(running)
    }

    fn is_sending(&self, now: Micros) -> bool {
        let unsent = |running: &Running| {
            let measured = &running.measured;
            measured.sent_packets < MIN_PACKETS || measured.sent_bytes < running.min_bytes()
        };
        self.running(self.latest).is_some_and(|running| unsent(running) && now - running.began < TIMEOUT)
    }

    /// The probe that is being sent: everything that goes out meanwhile is part of it.
    ///
    /// Otherwise media beside the probe would look like a slower path.
    pub(super) fn open_cluster(&self, now: Micros) -> u8 {
        let is_open = |running: &&Running| {
            !running.is_judged && running.measured.sent_packets > 0 && now - running.began < 2 * running.duration
        };
        self.running(self.latest).filter(is_open).filter(|_| self.is_sending(now)).map_or(0, |running| running.number)
    }

    fn awaits_result(&self) -> bool {
        self.running(self.latest).is_some_and(|running| !running.is_judged)
    }

    fn confirm(&mut self, now: Micros) {
        if self.raised.take_if(|raised| now - *raised > CONFIRMATION).is_some() {
            self.interval = INTERVAL;
        }
    }

    fn judge_silence(&mut self, now: Micros) {
        if let Some(running) = self.running_mut(self.latest)
            && !running.is_judged
            && now - running.began >= TIMEOUT
        {
            running.is_judged = true;
            self.fail();
        }
    }

    fn fail(&mut self) {
        self.interval = self.interval.max((self.interval * 2).min(MAX_INTERVAL));
        self.queued = [None; 2];
    }

    pub(super) fn sent(&mut self, cluster: u8, bytes: usize) {
        if let Some(running) = self.running_mut(cluster) {
            running.measured.send(bytes);
        }
    }

    /// A packet of a probe arrived; what the probe has found so far.
    pub(super) fn receive(&mut self, cluster: u8, sent: Micros, arrival: Micros, bytes: u16) -> Option<Found> {
        let is_disordered = self.spread > 0;
        let running = self.running_mut(cluster)?;
        running.measured.receive(sent, arrival, bytes);
        running.measured.result(MIN_PACKETS, running.min_bytes(), is_disordered)
    }

    /// Judge the latest probe by what it has found; other clusters have been judged or overtaken.
    pub(super) fn judge(&mut self, cluster: u8, found: Found, now: Micros) {
        let latest = self.latest;
        let Some(running) = self.running_mut(cluster).filter(|running| running.number == latest) else { return };
        if std::mem::replace(&mut running.is_judged, true) {
            return;
        }
        if found.bps < SUCCESS * running.bps {
            return self.fail();
        }
        self.raised = Some(now);
        self.queued[1] = Some(FURTHER * found.bps);
    }

    /// The estimate went from one value to a lower one.
    pub(super) fn fell(&mut self, from: f64, to: f64, now: Micros) {
        if self.raised.take().is_some() {
            self.interval = (self.interval * 2).min(MAX_DOUBT);
            (self.top, self.queued) = (None, [None; 2]);
            return;
        }
        let top = self.top.filter(|top| now - top.at < FALLING && top.from >= from);
        let top = *self.top.insert(top.unwrap_or(Fall { from, at: now }));
        if to < SHARP * top.from {
            let from = self.fall.filter(|fall| now - fall.at < MEMORY).map_or(top.from, |fall| fall.from.max(top.from));
            self.fall = Some(Fall { from, at: now });
            // This is another path now: what was learnt of the former is of no use.
            (self.interval, self.queued) = (INTERVAL, [None; 2]);
        }
    }
}

impl Running {
    fn min_bytes(&self) -> u64 {
        (self.bps * self.duration as f64 / 8e6) as u64
    }
}
