//! How many messages of data channels a peer may send: enough for pointers and cursors, not for a flood.

use std::time::Instant;

/// Messages a second, over time.
const RATE: f64 = 60.0;
/// Messages at once.
const BURST: f64 = 120.0;
/// The longest message, in bytes.
pub const MAX_BYTES: usize = 16 * 1_024;

/// What is left.
#[derive(Debug, Clone, Copy, Default)]
pub struct Allowance {
    used: f64,
    at: Option<Instant>,
}

impl Allowance {
    /// Take a message of so many bytes; whether it may pass.
    pub fn take(&mut self, bytes: usize, now: Instant) -> bool {
        let elapsed = self.at.map_or(0.0, |at| now.saturating_duration_since(at).as_secs_f64());
        self.at = Some(now);
        self.used = (self.used - elapsed * RATE).max(0.0);
        let passes = bytes <= MAX_BYTES && self.used + 1.0 <= BURST;
        if passes {
            self.used += 1.0;
        }
        passes
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_burst_passes_and_then_the_rate() {
        let (mut allowance, now) = (Allowance::default(), Instant::now());
        assert_eq!((0..1_000).filter(|_| allowance.take(10, now)).count(), 120);
        let later = now + Duration::from_secs(1);
        assert_eq!((0..1_000).filter(|_| allowance.take(10, later)).count(), 60);
        assert!(!allowance.take(MAX_BYTES + 1, later + Duration::from_secs(60)));
    }
}
