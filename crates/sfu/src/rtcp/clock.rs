//! Wall-clock time as RTCP writes it (RFC 3550 section 4), and the round trip it measures.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::report::ReportBlock;

/// Seconds from 1900 to 1970.
const UNIX_EPOCH_S: u64 = 2_208_988_800;

/// Turns the engine's monotonic time into NTP time. It keeps the offset it was made with: a step of the wall clock
/// would tear apart the sound and the pictures of a call.
#[derive(Debug, Clone, Copy)]
pub struct NtpClock {
    start: Instant,
    start_ntp: u64,
}

impl NtpClock {
    /// A clock by which `now` is `wall`.
    pub fn new(now: Instant, wall: SystemTime) -> Self {
        let unix = wall.duration_since(UNIX_EPOCH).unwrap_or_default();
        NtpClock { start: now, start_ntp: fixed_point(unix).wrapping_add(UNIX_EPOCH_S << 32) }
    }

    /// Seconds since 1900 in 32.32 fixed point, wrapping in 2036; times before the clock's making are its making.
    pub fn ntp(&self, now: Instant) -> u64 {
        self.start_ntp.wrapping_add(fixed_point(now.saturating_duration_since(self.start)))
    }
}

fn fixed_point(duration: Duration) -> u64 {
    let fraction = (u64::from(duration.subsec_nanos()) << 32) / 1_000_000_000;
    duration.as_secs() << 32 | fraction
}

/// The middle 32 bits of an NTP time: 16.16 fixed point.
pub(crate) fn short_ntp(ntp: u64) -> u32 {
    (ntp >> 16) as u32
}

/// A duration in 1/65,536 s; saturates.
pub(crate) fn short_duration(duration: Duration) -> u32 {
    u32::try_from(fixed_point(duration) >> 16).unwrap_or(u32::MAX)
}

/// The round trip that a report block about our stream shows at the NTP time of its arrival (RFC 3550 section 6.4.1);
/// `None` when the receiver had no report of ours, or echoes a time that cannot be.
pub fn round_trip_time(block: &ReportBlock, arrival_ntp: u64) -> Option<Duration> {
    if block.last_sender_report == 0 {
        return None;
    }
    let elapsed = short_ntp(arrival_ntp).wrapping_sub(block.last_sender_report).wrapping_sub(block.delay);
    let elapsed = u64::try_from(elapsed as i32).ok()?;
    Some(Duration::from_micros((elapsed * 1_000_000) >> 16))
}
