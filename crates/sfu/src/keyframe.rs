//! Keyframe requests of many receivers merged into few to the publisher.

use std::time::{Duration, Instant};

/// No publisher is asked for the same layer more often than this.
const MIN_INTERVAL: Duration = Duration::from_millis(400);
/// A request may get lost, and so may all of the keyframe: so often it is made for one wish.
const MAX_TRIES: u8 = 5;

/// The requests for one layer.
#[derive(Debug, Default)]
pub struct KeyframeGate {
    asked_at: Option<Instant>,
    /// How often the publisher may still be asked for what is wanted.
    tries: u8,
}

impl KeyframeGate {
    /// Somebody needs a keyframe.
    pub fn want(&mut self) {
        self.tries = MAX_TRIES;
    }

    /// A keyframe came: everybody waiting has it.
    pub fn satisfied(&mut self) {
        self.tries = 0;
    }

    /// Whether the publisher, who is so far away, is to be asked now.
    pub fn is_due(&self, round_trip: Duration, now: Instant) -> bool {
        let interval = MIN_INTERVAL.max(round_trip + round_trip / 2);
        self.tries > 0 && self.asked_at.is_none_or(|at| now.saturating_duration_since(at) >= interval)
    }

    /// The publisher was asked.
    pub fn asked(&mut self, now: Instant) {
        self.asked_at = Some(now);
        self.tries = self.tries.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When the publisher is asked, looked at every 100 ms, for one wish at the start.
    fn asked_ms(keyframe_at_ms: u64, round_trip_ms: u64) -> Vec<u64> {
        let (mut gate, start) = (KeyframeGate::default(), Instant::now());
        gate.want();
        let mut asked = Vec::new();
        for ms in (0..5_000).step_by(100) {
            let now = start + Duration::from_millis(ms);
            if ms == keyframe_at_ms {
                gate.satisfied();
            }
            if gate.is_due(Duration::from_millis(round_trip_ms), now) {
                gate.asked(now);
                asked.push(ms);
            }
        }
        asked
    }

    #[test]
    fn a_publisher_is_asked_again_until_a_keyframe_begins_but_not_for_ever() {
        assert_eq!(asked_ms(300, 10), [0]);
        assert_eq!(asked_ms(900, 10), [0, 400, 800]);
        assert_eq!(asked_ms(u64::MAX, 10), [0, 400, 800, 1_200, 1_600]);
        assert_eq!(asked_ms(u64::MAX, 600), [0, 900, 1_800, 2_700, 3_600]);
    }
}
