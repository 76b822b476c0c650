//! The rate that arrives: samples of a short window, joined by their uncertainty (a one-dimensional Kalman filter).

use super::Micros;

/// The first sample gathers this much time.
const FIRST_WINDOW: Micros = 500_000;
/// Later ones gather this much.
const WINDOW: Micros = 150_000;
/// Reports are overtaken by less than this; more is a clock that was set.
const MAX_LATE: Micros = 1_000_000;
/// How much a sample that differs is doubted.
const UNCERTAINTY: f64 = 10.0;
/// A lower sample is doubted more while the application sends little.
const UNCERTAINTY_LIMITED: f64 = 20.0;
/// Variance that each window adds, (kbit/s)^2.
const DRIFT: f64 = 5.0;
/// Variance when the rate is about to change.
const UNSETTLED: f64 = 200.0;
const INITIAL_VARIANCE: f64 = 50.0;

/// The estimator of the acknowledged rate.
#[derive(Debug)]
pub(super) struct Acknowledged {
    /// In kbit/s, which the figures above are made for.
    estimate: Option<f64>,
    variance: f64,
    bytes: u64,
    window: Micros,
    last: Option<Micros>,
}

impl Acknowledged {
    pub(super) fn new() -> Self {
        Acknowledged { estimate: None, variance: INITIAL_VARIANCE, bytes: 0, window: 0, last: None }
    }

    /// Bits per second; `None` until half a second has arrived.
    pub(super) fn bps(&self) -> Option<f64> {
        self.estimate.map(|kbps| kbps * 1_000.0)
    }

    /// The application begins to send more: believe the next samples.
    pub(super) fn expect_change(&mut self) {
        self.variance += UNSETTLED;
    }

    /// Bytes that must have arrived between this report and the one before, though the report on them got lost.
    pub(super) fn credit(&mut self, bytes: f64) {
        self.bytes = self.bytes.saturating_add(bytes as u64);
    }

    /// Add a packet by its arrival.
    pub(super) fn add(&mut self, bytes: u16, arrival: Micros, limited: bool) {
        if self.last.is_some_and(|last| (1..MAX_LATE).contains(&(last - arrival))) {
            // A report that was overtaken by the next one: what it tells has been credited.
            return;
        }
        if let Some(sample) = self.sample(arrival) {
            self.join(sample, limited);
        }
        self.bytes += u64::from(bytes);
    }

    fn sample(&mut self, arrival: Micros) -> Option<f64> {
        let span = if self.estimate.is_some() { WINDOW } else { FIRST_WINDOW };
        let elapsed = arrival - self.last.unwrap_or(arrival);
        self.last = Some(arrival);
        if elapsed < 0 {
            (self.bytes, self.window) = (0, 0);
            return None;
        }
        self.window += elapsed;
        if elapsed > span {
            // Nothing arrived for longer than a window: that silence is no sample.
            (self.bytes, self.window) = (0, self.window % span);
        }
        if self.window < span {
            return None;
        }
        let kbps = self.bytes as f64 * 8_000.0 / span as f64;
        (self.bytes, self.window) = (0, self.window - span);
        Some(kbps)
    }

    fn join(&mut self, sample: f64, limited: bool) {
        let Some(estimate) = self.estimate else {
            self.estimate = Some(sample);
            return;
        };
        let doubt = if limited && sample < estimate { UNCERTAINTY_LIMITED } else { UNCERTAINTY };
        let deviation = doubt * (estimate - sample).abs() / estimate.max(1.0);
        let (sample_variance, variance) = (deviation * deviation, self.variance + DRIFT);
        let sum = sample_variance + variance;
        self.estimate = Some((sample_variance * estimate + variance * sample) / sum);
        self.variance = sample_variance * variance / sum;
    }
}

#[cfg(test)]
mod tests {
    use super::Acknowledged;

    fn feed(rate: &mut Acknowledged, from_ms: i64, to_ms: i64, bytes: u16) {
        (from_ms..to_ms).step_by(10).for_each(|ms| rate.add(bytes, ms * 1_000, false));
    }

    #[test]
    fn a_steady_stream_is_measured_within_a_few_percent() {
        let mut rate = Acknowledged::new();
        feed(&mut rate, 0, 2_000, 1250);
        let bps = rate.bps().unwrap();
        assert!((950_000.0..1_050_000.0).contains(&bps), "{bps}");
    }

    #[test]
    fn a_fall_is_followed_within_a_second() {
        let mut rate = Acknowledged::new();
        feed(&mut rate, 0, 3_000, 1250);
        feed(&mut rate, 3_000, 4_000, 250);
        let bps = rate.bps().unwrap();
        assert!((180_000.0..320_000.0).contains(&bps), "{bps}");
    }

    #[test]
    fn a_clock_that_goes_back_does_no_harm() {
        let mut rate = Acknowledged::new();
        feed(&mut rate, 5_000, 6_000, 1250);
        feed(&mut rate, 0, 1_000, 1250);
        let bps = rate.bps().unwrap();
        assert!((900_000.0..1_100_000.0).contains(&bps), "{bps}");
    }
}
