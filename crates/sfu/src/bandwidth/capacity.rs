//! What the path carried when its queue began to grow.

/// Weight of a new sample.
const WEIGHT: f64 = 0.05;
const INITIAL_DEVIATION: f64 = 0.4;
const MAX_DEVIATION: f64 = 2.5;
/// A rate so many standard deviations away belongs to another capacity.
const DEVIATIONS: f64 = 3.0;

/// A mean in kbit/s with a normalized variance.
#[derive(Debug, Default)]
pub(super) struct Capacity {
    mean: Option<f64>,
    deviation: f64,
}

impl Capacity {
    pub(super) fn is_known(&self) -> bool {
        self.mean.is_some()
    }

    pub(super) fn bps(&self) -> Option<f64> {
        self.mean.map(|kbps| kbps * 1_000.0)
    }

    /// Add the rate that arrived while the queue grew.
    pub(super) fn add(&mut self, bps: f64) {
        let sample = bps / 1_000.0;
        let mean = self.mean.map_or(sample, |mean| mean + WEIGHT * (sample - mean));
        let error = (mean - sample) * (mean - sample) / mean.max(1.0);
        let before = if self.mean.is_some() { self.deviation } else { INITIAL_DEVIATION };
        self.deviation = ((1.0 - WEIGHT) * before + WEIGHT * error).clamp(INITIAL_DEVIATION, MAX_DEVIATION);
        self.mean = Some(mean);
    }

    /// Forget it when the rate is beyond what it could be.
    pub(super) fn forget_if_above(&mut self, bps: f64) {
        if self.bounds().is_some_and(|(_, upper)| bps > upper) {
            self.forget();
        }
    }

    /// Forget it when the rate is below what it could be.
    pub(super) fn forget_if_below(&mut self, bps: f64) {
        if self.bounds().is_some_and(|(lower, _)| bps < lower) {
            self.forget();
        }
    }

    pub(super) fn forget(&mut self) {
        self.mean = None;
    }

    fn bounds(&self) -> Option<(f64, f64)> {
        let mean = self.mean?;
        let spread = DEVIATIONS * (self.deviation * mean).sqrt();
        Some(((mean - spread).max(0.0) * 1_000.0, (mean + spread) * 1_000.0))
    }
}
