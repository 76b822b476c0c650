//! What one peer is sent: keys, way, transport-wide numbers, bandwidth, and packets that wait their turn.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::bandwidth::{Estimator, Probe};
use crate::egress::{Egress, Outbox, Route};
use crate::outgoing::{Outgoing, Ready};
use crate::pacer::Pacer;
use crate::ring::Stored;
use crate::rtcp::TransportFeedback;
use crate::srtp::{RTCP_OVERHEAD, Sender};

/// An answer waits for so many times the disorder of the path, in which feedback may tell that it is not needed.
const PATIENCE: u32 = 2;
/// What a new peer's path is thought to carry until it was measured.
const INITIAL_ESTIMATE_BPS: u64 = 2_500_000;
/// Packets that may wait for the pacer; beyond it they leave at once.
const MAX_WAITING: usize = 512;
/// The most padding that one packet carries (RFC 3550: its length is one byte).
const PADDING_BYTES: u8 = 255;
/// The longest compound of reports.
const MAX_REPORT_BYTES: usize = 1_200;

/// The slab of the pass with its way out.
pub struct Exit<'a> {
    /// Where packets are written.
    pub egress: &'a mut Egress,
    /// Where a full slab goes.
    pub outbox: &'a mut dyn Outbox,
    /// Packets that were sent again.
    pub retransmitted: u64,
    /// Packets that were asked for and not sent again: beyond their share.
    pub refused: u64,
}

impl Exit<'_> {
    /// Room for one packet, after a full slab has left.
    fn room(&mut self) -> &mut [u8] {
        if self.egress.is_full() {
            self.outbox.send(self.egress);
            self.egress.clear();
        }
        self.egress.room()
    }

    /// Send what is written into the room for a packet; of length 0 it is nothing.
    pub fn send_written(&mut self, route: &Route, write: impl FnOnce(&mut [u8]) -> usize) {
        let length = write(self.room());
        if length > 0 {
            self.egress.push(route, length);
        }
    }

    /// Send bytes that are sealed already.
    pub fn send_plain(&mut self, route: &Route, bytes: &[u8]) {
        if let Some(room) = self.room().get_mut(..bytes.len()) {
            room.copy_from_slice(bytes);
            self.egress.push(route, bytes.len());
        }
    }
}

/// A packet that has its numbers and waits for the pacer.
#[derive(Debug, Clone, Copy)]
pub struct Waiting {
    /// The slot that it goes out in.
    pub slot: usize,
    /// Its numbers.
    pub ready: Ready,
    /// Its number in the publisher's ring.
    pub incoming: u64,
}

/// What a peer is sent.
pub struct Downlink {
    /// Where to; `None` until a path was nominated.
    pub route: Option<Route>,
    /// Keys; `None` until the handshake is over.
    pub srtp: Option<Sender>,
    /// Bytes sent, since last taken.
    pub bytes: u64,
    /// Packets that wait for the pacer, in order.
    pub waiting: VecDeque<Waiting>,
    /// The peer's round trip, when it reported one.
    pub round_trip: Option<Duration>,
    next_transport_sequence: u16,
    congestion: Option<Box<Congestion>>,
}

/// Congestion control, for peers that give transport-wide feedback.
struct Congestion {
    estimator: Estimator,
    pacer: Pacer,
    reference_ticks: Option<i64>,
    has_feedback: bool,
    probe: Option<Probing>,
}

/// A probe that is being sent.
#[derive(Debug, Clone, Copy)]
struct Probing {
    probe: Probe,
    began_at: Instant,
    sent_bytes: usize,
    sent_packets: u32,
}

impl Downlink {
    /// Nothing can be sent yet. With `has_feedback` the peer agreed to transport-wide feedback.
    pub fn new(has_feedback: bool, now: Instant) -> Self {
        let congestion = || Congestion {
            estimator: Estimator::new(INITIAL_ESTIMATE_BPS, now),
            pacer: Pacer::new(INITIAL_ESTIMATE_BPS, now),
            reference_ticks: None,
            has_feedback: false,
            probe: None,
        };
        Downlink {
            route: None,
            srtp: None,
            bytes: 0,
            waiting: VecDeque::new(),
            round_trip: None,
            next_transport_sequence: 0,
            congestion: has_feedback.then(|| Box::new(congestion())),
        }
    }

    /// Whether media can be sent.
    pub fn is_open(&self) -> bool {
        self.route.is_some() && self.srtp.is_some()
    }

    /// What the path is thought to carry; `None`: unknown.
    pub fn estimate_bps(&self) -> Option<u64> {
        let congestion = self.congestion.as_ref().filter(|congestion| congestion.has_feedback)?;
        Some(congestion.estimator.estimate_bps())
    }

    /// The fraction that was lost lately, as transport-wide feedback tells.
    pub fn loss(&self) -> Option<f32> {
        let congestion = self.congestion.as_ref().filter(|congestion| congestion.has_feedback)?;
        Some(congestion.estimator.state().loss_fraction)
    }

    /// How long to wait before a packet that is asked for is sent again: it may only have been overtaken.
    pub fn patience(&self) -> Duration {
        let congestion = self.congestion.as_ref().filter(|congestion| congestion.has_feedback);
        congestion.map_or(Duration::ZERO, |congestion| congestion.estimator.disorder() * PATIENCE)
    }

    /// Whether a packet with a transport-wide number is known to have arrived.
    pub fn has_arrived(&self, number: u16) -> bool {
        self.congestion.as_ref().is_some_and(|congestion| congestion.estimator.has_arrived(number))
    }

    /// Say how much the receiver could use at most.
    pub fn set_goal(&mut self, bps: u64) {
        if let Some(congestion) = &mut self.congestion {
            congestion.estimator.set_goal(bps);
        }
    }

    /// Whether a video packet may leave now; else it shall [wait](Self::hold).
    pub fn may_send(&mut self, bytes: usize, now: Instant) -> bool {
        let Some(congestion) = &mut self.congestion else { return true };
        if !congestion.has_feedback {
            return true;
        }
        let is_next = self.waiting.is_empty() || self.waiting.len() >= MAX_WAITING;
        is_next && congestion.pacer.take(bytes, now)
    }

    /// Let a packet wait for the pacer; it is given back when so many wait that it must leave at once.
    pub fn hold(&mut self, waiting: Waiting) -> Option<Waiting> {
        if self.waiting.len() >= MAX_WAITING {
            return Some(waiting);
        }
        self.waiting.push_back(waiting);
        None
    }

    /// When the first waiting packet may leave.
    pub fn next_release_at(&self, now: Instant) -> Option<Instant> {
        self.waiting.front()?;
        Some(self.congestion.as_ref().map_or(now, |congestion| congestion.pacer.next_at(now)))
    }

    /// Take the first waiting packet, if its time has come.
    pub fn release(&mut self, now: Instant) -> Option<Waiting> {
        let front = self.waiting.front()?;
        let bytes = usize::from(front.ready.payload_bytes);
        if let Some(congestion) = &mut self.congestion
            && !congestion.pacer.take(bytes, now)
        {
            return None;
        }
        self.waiting.pop_front()
    }

    /// Send a packet of a slot's stream.
    pub fn send(&mut self, outgoing: &mut Outgoing, ready: &Ready, stored: &Stored, exit: &mut Exit, now: Instant) {
        let (Some(route), Some(srtp)) = (&self.route, &self.srtp) else { return };
        let number = self.next_transport_sequence;
        let length = outgoing.write(ready, stored, number, srtp, exit.room());
        if self.congestion.is_some() {
            outgoing.note_number(ready.sequence as u16, number);
        }
        exit.egress.push(route, length);
        self.sent(length, None, now);
    }

    /// Whether a packet of so many bytes may be sent once more within the share of retransmissions, which counts it.
    pub fn may_repeat(&mut self, bytes: usize, was_asked: bool, now: Instant) -> bool {
        let Some(congestion) = self.congestion.as_mut().filter(|congestion| congestion.has_feedback) else {
            return true;
        };
        match was_asked {
            true => congestion.pacer.allow_retransmission(bytes, now),
            false => congestion.pacer.allow_unasked(bytes, now),
        }
    }

    /// Send a packet once more.
    pub fn send_again(
        &mut self,
        outgoing: &mut Outgoing,
        ready: &Ready,
        stored: &Stored,
        exit: &mut Exit,
        now: Instant,
    ) -> bool {
        let (Some(route), Some(srtp)) = (&self.route, &self.srtp) else { return false };
        let number = self.next_transport_sequence;
        let Some(length) = outgoing.write_again(ready, stored, number, srtp, exit.room()) else { return false };
        exit.egress.push(route, length);
        exit.retransmitted += 1;
        self.sent(length, None, now);
        true
    }

    /// Account for a packet with a transport-wide number.
    fn sent(&mut self, bytes: usize, cluster: Option<u8>, now: Instant) {
        self.bytes += bytes as u64;
        let number = self.next_transport_sequence;
        self.next_transport_sequence = number.wrapping_add(1);
        if let Some(congestion) = &mut self.congestion {
            let cluster = cluster.or(congestion.probe.map(|probing| probing.probe.cluster));
            congestion.estimator.sent(number, bytes, cluster, now);
            if let Some(probing) = &mut congestion.probe {
                probing.sent_bytes += bytes;
                probing.sent_packets += 1;
            }
        }
    }

    /// Take transport-wide feedback.
    pub fn feedback(&mut self, feedback: &TransportFeedback, now: Instant) {
        let Some(congestion) = &mut self.congestion else { return };
        congestion.has_feedback = true;
        let ticks = feedback.reference_ticks(congestion.reference_ticks);
        congestion.reference_ticks = Some(ticks);
        // Times before the first reference do not exist: an offset keeps them positive.
        const OFFSET_TICKS: i64 = 1 << 40;
        let micros = |ticks: i64| Duration::from_micros((ticks + OFFSET_TICKS).max(0) as u64 * crate::rtcp::TICK_US);
        let arrivals = feedback.arrivals(ticks).map(|(number, at)| (number, at.map(micros)));
        congestion.estimator.feedback(arrivals, now);
        congestion.pacer.set_estimate(congestion.estimator.estimate_bps(), now);
        congestion.pacer.set_loss(congestion.estimator.state().loss_fraction);
    }

    /// The round trip, as reports tell.
    pub fn set_round_trip(&mut self, round_trip: Duration) {
        self.round_trip = Some(round_trip);
        if let Some(congestion) = &mut self.congestion {
            congestion.estimator.round_trip(round_trip);
        }
    }

    /// Time has passed: estimate, and probe for more where that is due.
    pub fn pulse(&mut self, outgoing: Option<&mut Outgoing>, exit: &mut Exit, now: Instant) {
        let Some(congestion) = &mut self.congestion else { return };
        if !congestion.has_feedback {
            return;
        }
        congestion.estimator.tick(now);
        congestion.pacer.set_estimate(congestion.estimator.estimate_bps(), now);
        if congestion.probe.is_none() {
            let begin = |probe| Probing { probe, began_at: now, sent_bytes: 0, sent_packets: 0 };
            congestion.probe = congestion.estimator.poll_probe(now).map(begin);
        }
        if let Some(outgoing) = outgoing {
            self.probe(outgoing, exit, now);
        }
    }

    /// Send the padding that a probe still needs, spread over its duration.
    fn probe(&mut self, outgoing: &mut Outgoing, exit: &mut Exit, now: Instant) {
        while let Some(probing) = self.congestion.as_ref().and_then(|congestion| congestion.probe) {
            let elapsed = now.saturating_duration_since(probing.began_at);
            if probing.is_over(elapsed) {
                if let Some(congestion) = &mut self.congestion {
                    congestion.probe = None;
                }
                return;
            }
            if !probing.is_behind(elapsed) || !self.send_padding(outgoing, exit, now) {
                return;
            }
        }
    }

    fn send_padding(&mut self, outgoing: &mut Outgoing, exit: &mut Exit, now: Instant) -> bool {
        let (Some(route), Some(srtp)) = (&self.route, &self.srtp) else { return false };
        let number = self.next_transport_sequence;
        let Some(length) = outgoing.write_padding(PADDING_BYTES, number, srtp, exit.room()) else { return false };
        exit.egress.push(route, length);
        self.sent(length, None, now);
        true
    }

    /// Seal and send a compound of reports that `write` makes; nothing when it writes nothing.
    pub fn send_reports(&mut self, exit: &mut Exit, write: impl FnOnce(&mut [u8]) -> usize) {
        let (Some(route), Some(srtp)) = (&self.route, &mut self.srtp) else { return };
        let room = exit.room();
        let length = write(&mut room[..MAX_REPORT_BYTES]);
        if length == 0 {
            return;
        }
        let sealed = srtp.seal_rtcp(&mut room[..MAX_REPORT_BYTES + RTCP_OVERHEAD], length);
        exit.egress.push(route, sealed);
        self.bytes += sealed as u64;
    }
}

impl Probing {
    fn is_over(&self, elapsed: Duration) -> bool {
        let has_enough = self.sent_bytes >= self.probe.min_bytes && self.sent_packets >= self.probe.min_packets;
        has_enough || elapsed > 4 * self.probe.duration.max(Duration::from_millis(25))
    }

    fn is_behind(&self, elapsed: Duration) -> bool {
        let due = self.probe.bitrate_bps as u128 * elapsed.as_micros() / 8_000_000;
        (self.sent_bytes as u128) <= due
    }
}
