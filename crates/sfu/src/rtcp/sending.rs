//! What was sent on one outgoing stream, for its sender reports.

use std::time::{Duration, Instant};

use super::clock::NtpClock;
use super::report::SenderInfo;

/// Counters of one outgoing stream and the anchor of its timestamps.
#[derive(Debug, Clone, Copy, Default)]
pub struct SenderStats {
    packets: u32,
    octets: u32,
    anchor: Option<Anchor>,
}

/// A timestamp and when its first packet went out.
#[derive(Debug, Clone, Copy)]
struct Anchor {
    timestamp: u32,
    at: Instant,
}

impl SenderStats {
    /// A packet went out: its payload's length without header and padding, its RTP timestamp. Packets of an older
    /// timestamp (reordered, sent again) count but do not move the anchor.
    pub fn sent(&mut self, payload_length: usize, timestamp: u32, now: Instant) {
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(payload_length as u32);
        let newer = self.anchor.is_none_or(|anchor| (timestamp.wrapping_sub(anchor.timestamp) as i32) > 0);
        if newer {
            self.anchor = Some(Anchor { timestamp, at: now });
        }
    }

    /// Packets sent, wrapping.
    pub fn packets(&self) -> u32 {
        self.packets
    }

    /// Payload bytes sent, wrapping.
    pub fn octets(&self) -> u32 {
        self.octets
    }

    /// The RTP timestamp that a packet would have now; `None` before the first.
    pub fn rtp_time(&self, clock_hz: u32, now: Instant) -> Option<u32> {
        let anchor = self.anchor?;
        Some(anchor.timestamp.wrapping_add(ticks(now.saturating_duration_since(anchor.at), clock_hz)))
    }

    /// What a sender report says now (RFC 3550 section 6.4.1); `None` before the first packet.
    pub fn sender_info(&self, ssrc: u32, clock_hz: u32, clock: &NtpClock, now: Instant) -> Option<SenderInfo> {
        let rtp_time = self.rtp_time(clock_hz, now)?;
        Some(SenderInfo { ssrc, ntp: clock.ntp(now), rtp_time, packets: self.packets, octets: self.octets })
    }
}

/// A duration in ticks of the RTP clock, wrapping. In 64 bits: it is needed for every packet, and a division of 128
/// bits would cost more than all the rest of a packet's reception.
pub(crate) fn ticks(duration: Duration, clock_hz: u32) -> u32 {
    let clock_hz = u64::from(clock_hz);
    let fraction = u64::from(duration.subsec_nanos()) * clock_hz / 1_000_000_000;
    duration.as_secs().wrapping_mul(clock_hz).wrapping_add(fraction) as u32
}
