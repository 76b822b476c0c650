//! A sender and a receiver at the two ends of a link: video through the pacer, speech at once, feedback in return.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use sfu::bandwidth::{Estimator, Probe};
use sfu::pacer::Pacer;

use crate::chance::Chance;
use crate::link::Link;

const FRAME: u64 = 33_333;
const SPEECH: u64 = 20_000;
const SPEECH_BYTES: u64 = 120;
const PACKET_BYTES: u64 = 1_150;
const TICK: u64 = 50_000;
/// Packets beyond this are dropped at the sender, as an encoder would.
const MAX_WAITING: usize = 40;

/// How much video there is to send.
#[derive(Debug, Clone)]
pub enum Video {
    /// An encoder that follows the estimate up to this, bits per second.
    Encoder(u64),
    /// An SFU's ladder: the highest layer that fits, with a fifth to spare to go up.
    Layers(Vec<u64>),
}

/// What was seen in a second.
#[derive(Debug, Clone, Copy, Default)]
pub struct Second {
    /// The estimate at its end, bits per second.
    pub estimate: u64,
    /// Sent, bits.
    pub sent: u64,
    /// Arrived, bits.
    pub arrived: u64,
    /// The longest wait in the queue, microseconds.
    pub longest_wait: u64,
    /// Bits of probes among those sent.
    pub probed: u64,
}

/// Transport sequence numbers, each with its arrival.
type Report = Vec<(u16, Option<Duration>)>;

/// One flow.
pub struct Flow {
    pub estimator: Estimator,
    pub seconds: Vec<Second>,
    /// The wait that each packet met, microseconds.
    pub waits: Vec<(u64, u64)>,
    pacer: Pacer,
    video: Video,
    layer: usize,
    waiting: VecDeque<u64>,
    frame_at: u64,
    speech_at: u64,
    tick_at: u64,
    probe: Option<(Probe, u64, u32, u64)>,
    sequence: u64,
    on_the_way: BTreeMap<(u64, u64), u64>,
    received: BTreeMap<u64, u64>,
    reported: u64,
    feedback_at: u64,
    feedback: BTreeMap<u64, Report>,
    feedback_loss: f64,
    back: u64,
    back_jitter: u64,
    begins: u64,
    epoch: Instant,
    chance: Chance,
}

/// How a flow begins.
pub struct Setup {
    pub initial: u64,
    pub goal: u64,
    pub video: Video,
    /// When it begins to send.
    pub begins: u64,
    /// The way back of the feedback.
    pub back: u64,
    /// Each report by itself is later by up to this, which changes their order.
    pub back_jitter: u64,
    /// Feedback that gets lost.
    pub feedback_loss: f64,
}

impl Setup {
    pub fn encoder(initial: u64, most: u64) -> Self {
        Setup {
            initial,
            goal: most,
            video: Video::Encoder(most),
            begins: 0,
            back: 30_000,
            back_jitter: 0,
            feedback_loss: 0.0,
        }
    }
}

impl Flow {
    pub fn new(setup: Setup, seed: u64, epoch: Instant) -> Self {
        let mut estimator = Estimator::new(setup.initial, epoch + Duration::from_micros(setup.begins));
        estimator.set_goal(setup.goal);
        estimator.round_trip(Duration::from_micros(setup.back * 2));
        Flow {
            estimator,
            seconds: Vec::new(),
            waits: Vec::new(),
            pacer: Pacer::new(setup.initial, epoch),
            video: setup.video,
            layer: 0,
            waiting: VecDeque::new(),
            frame_at: setup.begins,
            speech_at: setup.begins,
            tick_at: setup.begins,
            probe: None,
            sequence: 65_000,
            on_the_way: BTreeMap::new(),
            received: BTreeMap::new(),
            reported: 65_000,
            feedback_at: setup.begins,
            feedback: BTreeMap::new(),
            feedback_loss: setup.feedback_loss,
            back: setup.back,
            back_jitter: setup.back_jitter,
            begins: setup.begins,
            epoch,
            chance: Chance::new(seed),
        }
    }

    fn instant(&self, now: u64) -> Instant {
        self.epoch + Duration::from_micros(now)
    }

    /// Let everything happen that happens at this millisecond.
    pub fn step(&mut self, link: &mut Link, now: u64) {
        let second = (now / 1_000_000) as usize;
        self.seconds.resize(second + 1, Second::default());
        self.seconds[second].estimate = self.estimator.estimate_bps();
        self.seconds[second].longest_wait = self.seconds[second].longest_wait.max(link.wait(now));
        if now < self.begins {
            return;
        }
        self.receive(now);
        self.take_feedback(now);
        self.produce(now);
        self.send_probe(link, now);
        self.send_video(link, now);
    }

    fn produce(&mut self, now: u64) {
        if self.tick_at <= now {
            self.tick_at += TICK;
            self.estimator.tick(self.instant(now));
            self.pacer.set_estimate(self.estimator.estimate_bps(), self.instant(now));
        }
        if self.frame_at <= now {
            self.frame_at += FRAME;
            let bytes = self.video_bps() * FRAME / 8_000_000;
            let packets = bytes.div_ceil(PACKET_BYTES).max(1);
            let room = MAX_WAITING.saturating_sub(self.waiting.len());
            self.waiting.extend((0..packets).take(room).map(|_| bytes / packets));
        }
    }

    fn video_bps(&mut self) -> u64 {
        let speech = SPEECH_BYTES * 8_000_000 / SPEECH;
        let budget = self.estimator.estimate_bps().saturating_sub(speech);
        // Frames differ in size.
        let size = 70 + self.chance.below(61);
        let bps = match &self.video {
            Video::Encoder(most) => budget.min(*most),
            Video::Layers(rates) => {
                let fits = |rate: u64, number: usize| rate * if number > self.layer { 120 } else { 100 } <= budget * 95;
                let best = (0..rates.len()).rev().find(|&number| fits(rates[number], number + 1));
                self.layer = best.map_or(0, |number| number + 1);
                best.map_or(0, |number| rates[number])
            }
        };
        bps * size / 100
    }

    fn send_probe(&mut self, link: &mut Link, now: u64) {
        if self.probe.is_none() {
            self.probe = self.estimator.poll_probe(self.instant(now)).map(|probe| (probe, now, 0, 0));
        }
        let Some((probe, began, mut packets, mut bytes)) = self.probe else { return };
        let due = probe.bitrate_bps * (now - began + 1_000) / 8_000_000;
        let size = (probe.min_bytes as u64 / u64::from(probe.min_packets)).clamp(200, PACKET_BYTES);
        let is_done = |packets, bytes| packets >= probe.min_packets && bytes >= probe.min_bytes as u64;
        while bytes < due && !is_done(packets, bytes) {
            self.transmit(link, size, Some(probe.cluster), now);
            self.seconds.last_mut().unwrap().probed += size * 8;
            packets += 1;
            bytes += size;
        }
        self.probe = (!is_done(packets, bytes)).then_some((probe, began, packets, bytes));
    }

    fn send_video(&mut self, link: &mut Link, now: u64) {
        if self.speech_at <= now {
            self.speech_at += SPEECH;
            self.transmit(link, SPEECH_BYTES, None, now);
        }
        while let Some(&bytes) = self.waiting.front() {
            if !self.pacer.take(bytes as usize, self.instant(now)) {
                break;
            }
            self.waiting.pop_front();
            self.transmit(link, bytes, None, now);
        }
    }

    fn transmit(&mut self, link: &mut Link, bytes: u64, probe: Option<u8>, now: u64) {
        let sequence = self.sequence;
        self.sequence += 1;
        self.estimator.sent(sequence as u16, bytes as usize, probe, self.instant(now));
        self.waits.push((now, link.wait(now)));
        self.seconds.last_mut().unwrap().sent += bytes * 8;
        if let Some(arrival) = link.send(bytes, now) {
            self.on_the_way.insert((arrival, sequence), bytes);
        }
    }

    /// The receiving end: note arrivals, and report them every 50 to 100 ms.
    fn receive(&mut self, now: u64) {
        while let Some(entry) = self.on_the_way.first_entry().filter(|entry| entry.key().0 <= now) {
            let ((arrival, sequence), bytes) = entry.remove_entry();
            self.received.insert(sequence, arrival);
            // What comes late is reported once more, from there on.
            self.reported = self.reported.min(sequence);
            self.seconds.last_mut().unwrap().arrived += bytes * 8;
        }
        if self.feedback_at > now {
            return;
        }
        self.feedback_at = now + 50_000 + self.chance.below(50_000);
        let Some((&last, _)) = self.received.range(self.reported..).next_back() else { return };
        let quantized = |arrival: &u64| Duration::from_micros(arrival / 250 * 250);
        let report = (self.reported..=last).map(|i| (i as u16, self.received.get(&i).map(quantized))).collect();
        self.reported = last + 1;
        if !self.chance.happens(self.feedback_loss) {
            let late = self.chance.below(self.back_jitter + 1);
            self.feedback.insert(now + self.back + late, report);
        }
    }

    fn take_feedback(&mut self, now: u64) {
        while let Some(entry) = self.feedback.first_entry().filter(|entry| *entry.key() <= now) {
            let report = entry.remove();
            self.estimator.feedback(report.into_iter(), self.instant(now));
            self.pacer.set_estimate(self.estimator.estimate_bps(), self.instant(now));
        }
    }

    /// The mean of what arrived in these seconds, bits per second.
    pub fn arrived(&self, seconds: std::ops::Range<usize>) -> u64 {
        let count = seconds.len() as u64;
        self.seconds[seconds].iter().map(|second| second.arrived).sum::<u64>() / count
    }

    /// The mean of what was sent in these seconds, bits per second.
    pub fn sent(&self, seconds: std::ops::Range<usize>) -> u64 {
        let count = seconds.len() as u64;
        self.seconds[seconds].iter().map(|second| second.sent).sum::<u64>() / count
    }

    /// The lowest estimate at the end of these seconds.
    pub fn lowest(&self, seconds: std::ops::Range<usize>) -> u64 {
        self.seconds[seconds].iter().map(|second| second.estimate).min().unwrap_or(0)
    }

    /// The wait that this share of the packets of these seconds did not exceed, microseconds.
    pub fn wait(&self, seconds: std::ops::Range<u64>, share: f64) -> u64 {
        let span = seconds.start * 1_000_000..seconds.end * 1_000_000;
        let mut waits: Vec<u64> = self.waits.iter().filter(|wait| span.contains(&wait.0)).map(|wait| wait.1).collect();
        waits.sort_unstable();
        waits.get((waits.len() as f64 * share) as usize).copied().unwrap_or(0)
    }

    /// The run as a table, for a failed test.
    pub fn table(&self) -> String {
        let row = |(second, seen): (usize, &Second)| {
            let kbit = [seen.estimate, seen.sent, seen.arrived, seen.probed].map(|bits| bits / 1_000);
            let [estimate, sent, arrived, probed] = kbit;
            let wait = seen.longest_wait / 1_000;
            format!(
                "{second:3} s  est {estimate:5}  sent {sent:5}  got {arrived:5}  probe {probed:4}  wait {wait:4} ms\n"
            )
        };
        let rows: String = self.seconds.iter().enumerate().map(row).collect();
        format!("\nkbit/s\n{rows}{:?}", self.estimator.state())
    }
}

/// Let flows share a link for some seconds.
pub fn run(link: &mut Link, flows: &mut [Flow], seconds: u64) {
    run_between(link, flows, 0..seconds);
}

/// Let flows share a link from one second to another.
pub fn run_between(link: &mut Link, flows: &mut [Flow], seconds: std::ops::Range<u64>) {
    for ms in seconds.start * 1_000..seconds.end * 1_000 {
        link.advance(ms * 1_000);
        for flow in flows.iter_mut() {
            flow.step(link, ms * 1_000);
        }
    }
}
