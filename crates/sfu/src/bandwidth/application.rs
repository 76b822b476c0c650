//! Whether the application sends less than it may: then what arrives says little about the path.

use super::Micros;

/// Less than this share of the estimate is little.
const SHARE: f64 = 0.65;
/// The budget gathers at most this much time.
const WINDOW: Micros = 500_000;
/// Unused budget beyond this share of the window begins the state...
const BEGIN: f64 = 0.8;
/// ...and below this one ends it.
const END: f64 = 0.5;
/// What is sent is measured over about this much time, in seconds...
const SENT_OVER: f64 = 0.25;
/// ...and compared with what was sent over this.
const USUAL_OVER: f64 = 2.0;
/// More than this multiple of it is the beginning of something.
const RISING: f64 = 1.3;

/// The detector (in libwebrtc: ALR).
#[derive(Debug, Default)]
pub(super) struct Application {
    bytes: u64,
    /// Bits.
    unused: f64,
    counted: Micros,
    limited: bool,
    /// Bits per second, lately and for longer.
    sent: f64,
    usual: f64,
}

impl Application {
    pub(super) fn is_limited(&self) -> bool {
        self.limited
    }

    /// What is sent, bits per second.
    pub(super) fn sent_bps(&self) -> f64 {
        self.sent
    }

    /// Whether it has just begun to send more than before.
    pub(super) fn is_rising(&self) -> bool {
        self.sent > RISING * self.usual
    }

    pub(super) fn sent(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_add(bytes as u64);
    }

    /// Count what was sent since the last time; whether the state has just ended.
    pub(super) fn count(&mut self, estimate_bps: f64, now: Micros) -> bool {
        let elapsed = (now - self.counted).clamp(0, WINDOW) as f64 / 1e6;
        if elapsed > 0.0 {
            let bps = self.bytes as f64 * 8.0 / elapsed;
            self.sent += (bps - self.sent) * (elapsed / SENT_OVER).min(1.0);
            self.usual += (bps - self.usual) * (elapsed / USUAL_OVER).min(1.0);
        }
        let most = estimate_bps * SHARE * WINDOW as f64 / 1e6;
        let unused = self.unused + estimate_bps * SHARE * elapsed - self.bytes as f64 * 8.0;
        self.unused = unused.clamp(-most, most);
        self.bytes = 0;
        self.counted = now;
        let was_limited = self.limited;
        self.limited = self.unused > most * if was_limited { END } else { BEGIN };
        was_limited && !self.limited
    }
}

#[cfg(test)]
mod tests {
    use super::Application;

    fn send(application: &mut Application, from_ms: i64, to_ms: i64, bps: i64) {
        for ms in (from_ms..to_ms).step_by(25) {
            application.sent((bps * 25 / 8_000) as usize);
            application.count(1e6, ms * 1_000);
        }
    }

    #[test]
    fn sending_half_of_the_estimate_is_limited_and_three_quarters_is_not() {
        let mut application = Application::default();
        send(&mut application, 0, 3_000, 500_000);
        assert!(application.is_limited());
        send(&mut application, 3_000, 6_000, 750_000);
        assert!(!application.is_limited());
    }
}
