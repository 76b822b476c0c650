//! Losses and jitter of one incoming stream, as a report block tells them (RFC 3550 sections 6.4.1, A.3 and A.8).

use std::time::{Duration, Instant};

use crate::rtcp::ReportBlock;
use crate::rtcp::{short_duration, short_ntp, ticks};

/// A step of the transit time beyond this is a new timestamp base or a pause, not jitter.
const MAX_TRANSIT_STEP: Duration = Duration::from_secs(5);

/// The counters between reports.
#[derive(Debug, Clone)]
pub(super) struct Statistics {
    clock_hz: u32,
    first: u64,
    received: u64,
    expected_prior: u64,
    received_prior: u64,
    /// Sixteen times the jitter: the estimator's fraction (RFC 3550 A.8).
    jitter_q4: u32,
    transit: Option<u32>,
    start: Option<Instant>,
    sender_report: Option<EchoedReport>,
}

/// The middle of the sender's NTP time and when it came.
#[derive(Debug, Clone, Copy)]
struct EchoedReport {
    short_ntp: u32,
    at: Instant,
}

impl Statistics {
    pub(super) fn new(clock_hz: u32) -> Self {
        Statistics {
            clock_hz,
            first: 0,
            received: 0,
            expected_prior: 0,
            received_prior: 0,
            jitter_q4: 0,
            transit: None,
            start: None,
            sender_report: None,
        }
    }

    /// The stream begins, or begins again, with this number.
    pub(super) fn restart(&mut self, first: u64) {
        let Statistics { clock_hz, start, sender_report, .. } = *self;
        *self = Statistics { first, start, sender_report, ..Statistics::new(clock_hz) };
    }

    /// A packet came; late ones and duplicates count too (RFC 3550 section 6.4.1).
    pub(super) fn count(&mut self, timestamp: u32, now: Instant) {
        self.received += 1;
        let start = *self.start.get_or_insert(now);
        let arrival = ticks(now.saturating_duration_since(start), self.clock_hz);
        let transit = arrival.wrapping_sub(timestamp);
        if let Some(last) = self.transit.replace(transit) {
            self.spread(transit.wrapping_sub(last) as i32);
        }
    }

    fn spread(&mut self, step: i32) {
        let step = step.unsigned_abs();
        if step <= ticks(MAX_TRANSIT_STEP, self.clock_hz) {
            let decay = self.jitter_q4.saturating_add(8) >> 4;
            self.jitter_q4 = self.jitter_q4.saturating_add(step).saturating_sub(decay);
        }
    }

    pub(super) fn sender_report(&mut self, ntp: u64, now: Instant) {
        self.sender_report = Some(EchoedReport { short_ntp: short_ntp(ntp), at: now });
    }

    pub(super) fn jitter(&self) -> u32 {
        self.jitter_q4 >> 4
    }

    pub(super) fn received(&self) -> u64 {
        self.received
    }

    /// The block for a report now; the fraction lost counts from the last call.
    pub(super) fn report(&mut self, ssrc: u32, newest: u64, highest_sequence: u32, now: Instant) -> ReportBlock {
        let expected = newest.saturating_sub(self.first) + 1;
        let fraction_lost = self.fraction_lost(expected);
        let lost = expected as i64 - self.received as i64;
        ReportBlock {
            ssrc,
            fraction_lost,
            cumulative_lost: lost.clamp(-0x80_0000, 0x7f_ffff) as i32,
            highest_sequence,
            jitter: self.jitter(),
            last_sender_report: self.sender_report.map_or(0, |report| report.short_ntp),
            delay: self.sender_report.map_or(0, |report| short_duration(now.saturating_duration_since(report.at))),
        }
    }

    fn fraction_lost(&mut self, expected: u64) -> u8 {
        let expected_interval = expected.saturating_sub(self.expected_prior);
        let received_interval = self.received - self.received_prior;
        self.expected_prior = expected;
        self.received_prior = self.received;
        let lost = expected_interval.saturating_sub(received_interval);
        // All lost would be 256.
        (lost * 256).checked_div(expected_interval).map_or(0, |fraction| fraction.min(255) as u8)
    }
}
