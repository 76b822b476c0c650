//! One incoming stream: its numbers without wrap, what came twice, what is missing, its report block.

use std::time::{Duration, Instant};

use super::missing::Missing;
use super::statistics::Statistics;
use super::window::{WINDOW, Window};
use crate::rtcp::ReportBlock;

/// A number further ahead than this is not believed until its successor comes (MAX_DROPOUT of RFC 3550 A.1).
pub const MAX_JUMP: u16 = 3_000;
/// Added to the first number, so that numbers before it exist: packets may be reordered when a stream begins.
const CYCLE: u64 = 1 << 16;

/// What a packet's number says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// The newest of its stream.
    Fresh {
        /// Its number without wrap.
        extended: u64,
        /// Numbers between it and the newest before it.
        gap: u16,
    },
    /// It was missing: reordered or sent again.
    Late {
        /// Its number without wrap.
        extended: u64,
    },
    /// It came before.
    Duplicate,
    /// The source has begun again elsewhere. Numbers still only grow; what was before has no relation to this.
    Restarted {
        /// Its number without wrap.
        extended: u64,
    },
    /// Far from what is expected. It is to be dropped; when its successor follows, the stream restarts there.
    Stray,
}

/// The reception of one SSRC.
#[derive(Debug)]
pub struct Stream {
    ssrc: u32,
    newest: Option<u64>,
    /// The number that would confirm a restart.
    suspect: Option<u16>,
    window: Window,
    statistics: Statistics,
    missing: Option<Box<Missing>>,
}

impl Stream {
    /// A stream that asks for nothing again; its clock is that of its RTP timestamps.
    pub fn new(ssrc: u32, clock_hz: u32) -> Self {
        Stream {
            ssrc,
            newest: None,
            suspect: None,
            window: Window::new(),
            statistics: Statistics::new(clock_hz),
            missing: None,
        }
    }

    /// A stream whose missing packets are asked for (negotiated `nack`).
    pub fn with_repair(ssrc: u32, clock_hz: u32) -> Self {
        Stream { missing: Some(Box::default()), ..Stream::new(ssrc, clock_hz) }
    }

    /// The stream's SSRC.
    pub fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// The newest number without wrap; `None` before the first packet.
    pub fn newest(&self) -> Option<u64> {
        self.newest
    }

    /// Packets that came since the stream began or restarted.
    pub fn packets(&self) -> u64 {
        self.statistics.received()
    }

    /// Interarrival jitter in ticks of the RTP clock (RFC 3550 A.8).
    pub fn jitter(&self) -> u32 {
        self.statistics.jitter()
    }

    /// A packet of the stream came.
    pub fn received(&mut self, sequence: u16, timestamp: u32, now: Instant) -> Arrival {
        let arrival = self.place(sequence, now).unwrap_or_else(|| self.jump(sequence));
        if arrival != Arrival::Stray {
            self.statistics.count(timestamp, now);
        }
        arrival
    }

    /// A packet of the stream came by its retransmission stream (RFC 4588). Reports keep calling it lost, as the
    /// network did lose it, and its time says nothing about jitter. It never restarts the stream.
    pub fn repaired(&mut self, sequence: u16, now: Instant) -> Arrival {
        if self.newest.is_none() {
            return Arrival::Stray;
        }
        self.place(sequence, now).unwrap_or(Arrival::Stray)
    }

    /// The sender's report came with this NTP time.
    pub fn sender_report(&mut self, ntp: u64, now: Instant) {
        self.statistics.sender_report(ntp, now);
    }

    /// The block for a report that leaves now; `None` before the first packet. The fraction lost is that since the
    /// last call.
    pub fn report_block(&mut self, now: Instant) -> Option<ReportBlock> {
        let newest = self.newest?;
        // Cycles count from the first packet.
        Some(self.statistics.report(self.ssrc, newest, (newest - CYCLE) as u32, now))
    }

    /// Numbers to be asked for now, oldest first: how many were written. What does not fit comes with the next call.
    pub fn nacks(&mut self, now: Instant, round_trip: Duration, out: &mut [u16]) -> usize {
        match (self.newest, &mut self.missing) {
            (Some(newest), Some(missing)) => missing.due(newest, now, round_trip, out),
            _ => 0,
        }
    }

    /// Whether any packet is still hoped for: without, [`Stream::nacks`] need not be called.
    pub fn has_missing(&self) -> bool {
        self.missing.as_ref().is_some_and(|missing| !missing.is_empty())
    }

    /// Whether more was lost at once than can be asked for, or something has been missing for long, since the last call:
    /// a keyframe helps.
    pub fn take_needs_keyframe(&mut self) -> bool {
        self.missing.as_mut().is_some_and(|missing| missing.take_needs_keyframe())
    }

    /// `None`: the number is far from all that is expected.
    fn place(&mut self, sequence: u16, now: Instant) -> Option<Arrival> {
        let Some(newest) = self.newest else { return Some(self.start(CYCLE + u64::from(sequence))) };
        let ahead = sequence.wrapping_sub(newest as u16);
        let behind = u64::from(ahead.wrapping_neg());
        match ahead {
            0 => Some(Arrival::Duplicate),
            1..=MAX_JUMP => Some(self.advance(newest, ahead, now)),
            _ if behind < WINDOW => Some(self.fill(newest - behind)),
            _ => None,
        }
    }

    fn start(&mut self, extended: u64) -> Arrival {
        self.newest = Some(extended);
        self.suspect = None;
        self.window = Window::new();
        self.window.insert(extended);
        self.statistics.restart(extended);
        Arrival::Fresh { extended, gap: 0 }
    }

    fn advance(&mut self, newest: u64, ahead: u16, now: Instant) -> Arrival {
        let extended = newest + u64::from(ahead);
        self.newest = Some(extended);
        self.suspect = None;
        self.window.advance(newest, extended);
        self.window.insert(extended);
        if let Some(missing) = &mut self.missing {
            missing.advance(extended);
            if ahead > 1 {
                missing.open(newest + 1..extended, now);
            }
        }
        Arrival::Fresh { extended, gap: ahead - 1 }
    }

    fn fill(&mut self, extended: u64) -> Arrival {
        if !self.window.insert(extended) {
            return Arrival::Duplicate;
        }
        if let Some(missing) = &mut self.missing {
            missing.found(extended);
        }
        Arrival::Late { extended }
    }

    /// RFC 3550 A.1: two packets in a row must agree before a stream is believed to be elsewhere.
    fn jump(&mut self, sequence: u16) -> Arrival {
        if self.suspect != Some(sequence) {
            self.suspect = Some(sequence.wrapping_add(1));
            return Arrival::Stray;
        }
        let newest = self.newest.unwrap_or(CYCLE);
        // The next number with these 16 bits: at least MAX_JUMP ahead, so nothing of the old window is near.
        let extended = newest + u64::from(sequence.wrapping_sub(newest as u16));
        if let Some(missing) = &mut self.missing {
            missing.clear();
        }
        self.start(extended);
        Arrival::Restarted { extended }
    }
}
