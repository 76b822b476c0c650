//! A server that goes away: when a client opens its next socket, beside the present one.

use std::time::{Duration, Instant};

/// In which share of the time that is left everybody tries first.
const FIRST_WITHIN: f64 = 0.4;
/// The pause after a try that failed, as a share of the time.
const PAUSE: f64 = 0.1;

/// The changing over.
pub struct Moving {
    open_at: Instant,
    until: Instant,
    deadline: Duration,
}

impl Moving {
    /// The server stays until `deadline`. `random` is in [0, 1).
    pub fn new(deadline: Duration, now: Instant, random: f64) -> Self {
        Moving { open_at: now + deadline.mul_f64(FIRST_WITHIN * random), until: now + deadline, deadline }
    }

    /// Whether to open a socket now.
    pub fn is_due(&self, now: Instant) -> bool {
        now >= self.open_at && now < self.until
    }

    /// The next socket was refused: this server is the only one, or the way to another isn't there yet.
    pub fn failed(&mut self, now: Instant, random: f64) {
        self.open_at = now + self.deadline.mul_f64(PAUSE * (1.0 + random));
    }
}
