//! Keyframe requests of many receivers merged into few to the publisher.

use std::time::{Duration, Instant};

/// No publisher is asked for the same layer more often than this.
const MIN_INTERVAL: Duration = Duration::from_millis(400);

/// The requests for one layer.
#[derive(Debug, Default)]
pub struct KeyframeGate {
    asked_at: Option<Instant>,
    pending: bool,
}

impl KeyframeGate {
    /// Somebody needs a keyframe.
    pub fn want(&mut self) {
        self.pending = true;
    }

    /// A keyframe came: everybody waiting has it.
    pub fn satisfied(&mut self) {
        self.pending = false;
    }

    /// Whether the publisher is to be asked now.
    pub fn is_due(&self, now: Instant) -> bool {
        self.pending && self.asked_at.is_none_or(|at| now.saturating_duration_since(at) >= MIN_INTERVAL)
    }

    /// The publisher was asked.
    pub fn asked(&mut self, now: Instant) {
        self.asked_at = Some(now);
        self.pending = false;
    }
}
