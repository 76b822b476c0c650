//! Whether a queue grows on the way: the slope of the one-way delay against a threshold that adapts.
//!
//! The filter of libwebrtc (trendline) with the adaptive threshold of draft-ietf-rmcat-gcc-02 section 5.4.

use super::Micros;
use super::arrival::Gap;

/// Groups that the line is fitted through.
const WINDOW: usize = 20;
/// Weight of the past in the smoothed delay.
const SMOOTHING: f64 = 0.9;
/// Brings the slope to the scale of the threshold, which was meant for the offset of a Kalman filter.
const GAIN: f64 = 4.0;
/// The scale also grows with the number of groups seen, up to this.
const MAX_GROUPS: u32 = 60;
/// How fast the threshold follows a larger trend, per millisecond.
const UP: f64 = 0.0087;
/// How fast it follows a smaller one.
const DOWN: f64 = 0.039;
/// A trend this far beyond the threshold is a sudden spike, which the threshold does not follow.
const MAX_DISTANCE: f64 = 15.0;
const INITIAL_THRESHOLD: f64 = 12.5;
const MIN_THRESHOLD: f64 = 6.0;
const MAX_THRESHOLD: f64 = 600.0;
/// The trend must stay beyond the threshold for this long.
const PERSISTENCE_MS: f64 = 10.0;
/// The threshold moves by at most this much time at once.
const MAX_STEP_MS: f64 = 100.0;

/// What the delay says of the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Usage {
    /// The queue keeps its length.
    #[default]
    Normal,
    /// The queue grows: more is sent than the path carries.
    Over,
    /// The queue shrinks: wait until it is empty.
    Under,
}

/// The filter and the detector.
#[derive(Debug)]
pub(super) struct Trendline {
    /// Milliseconds: arrival and smoothed delay.
    points: [(f64, f64); WINDOW],
    groups: u32,
    first_arrival: Micros,
    delay: f64,
    smoothed: f64,
    slope: f64,
    threshold: f64,
    over_ms: f64,
    over_groups: u32,
    updated: Option<Micros>,
    usage: Usage,
}

impl Trendline {
    pub(super) fn new() -> Self {
        Trendline {
            points: [(0.0, 0.0); WINDOW],
            groups: 0,
            first_arrival: 0,
            delay: 0.0,
            smoothed: 0.0,
            slope: 0.0,
            threshold: INITIAL_THRESHOLD,
            over_ms: 0.0,
            over_groups: 0,
            updated: None,
            usage: Usage::Normal,
        }
    }

    pub(super) fn usage(&self) -> Usage {
        self.usage
    }

    /// Forget the delay, keep the threshold: after a silence the past says nothing of the queue.
    pub(super) fn restart(&mut self) {
        *self = Trendline { threshold: self.threshold, ..Trendline::new() };
    }

    /// Add the gap of two groups.
    pub(super) fn add(&mut self, gap: Gap) {
        if self.groups == 0 {
            self.first_arrival = gap.arrival;
        }
        self.delay += milliseconds(gap.arrived - gap.sent);
        self.smoothed = SMOOTHING * self.smoothed + (1.0 - SMOOTHING) * self.delay;
        let place = self.groups as usize % WINDOW;
        self.points[place] = (milliseconds(gap.arrival - self.first_arrival), self.smoothed);
        self.groups = self.groups.saturating_add(1);
        let slope = if self.groups as usize >= WINDOW { fit(&self.points) } else { None };
        self.detect(slope.unwrap_or(self.slope), milliseconds(gap.sent), gap.arrival);
    }

    fn detect(&mut self, slope: f64, gap_ms: f64, arrival: Micros) {
        let trend = f64::from(self.groups.min(MAX_GROUPS)) * slope * GAIN;
        if self.groups < 2 {
            self.usage = Usage::Normal;
        } else if trend > self.threshold {
            self.count_over(slope, gap_ms);
        } else {
            self.over_ms = 0.0;
            self.over_groups = 0;
            self.usage = if trend < -self.threshold { Usage::Under } else { Usage::Normal };
        }
        self.slope = slope;
        self.adapt(trend.abs(), arrival);
    }

    fn count_over(&mut self, slope: f64, gap_ms: f64) {
        // The first group may have been anywhere within its gap when the queue began to grow.
        self.over_ms += if self.over_groups == 0 { gap_ms / 2.0 } else { gap_ms };
        self.over_groups += 1;
        if self.over_ms > PERSISTENCE_MS && self.over_groups > 1 && slope >= self.slope {
            self.over_ms = 0.0;
            self.over_groups = 0;
            self.usage = Usage::Over;
        }
    }

    fn adapt(&mut self, trend: f64, arrival: Micros) {
        let elapsed = milliseconds(arrival - self.updated.unwrap_or(arrival)).clamp(0.0, MAX_STEP_MS);
        self.updated = Some(arrival);
        if trend > self.threshold + MAX_DISTANCE {
            return;
        }
        let pace = if trend < self.threshold { DOWN } else { UP };
        let threshold = self.threshold + pace * (trend - self.threshold) * elapsed;
        self.threshold = threshold.clamp(MIN_THRESHOLD, MAX_THRESHOLD);
    }
}

/// The slope of the least squares line; `None` when all points have the same time.
fn fit(points: &[(f64, f64)]) -> Option<f64> {
    let count = points.len() as f64;
    let (sum_x, sum_y) = points.iter().fold((0.0, 0.0), |sum, point| (sum.0 + point.0, sum.1 + point.1));
    let (mean_x, mean_y) = (sum_x / count, sum_y / count);
    let product = |point: &(f64, f64)| (point.0 - mean_x) * (point.1 - mean_y);
    let square = |point: &(f64, f64)| (point.0 - mean_x) * (point.0 - mean_x);
    let spread: f64 = points.iter().map(square).sum();
    (spread > 0.0).then(|| points.iter().map(product).sum::<f64>() / spread)
}

fn milliseconds(span: Micros) -> f64 {
    span as f64 / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::{Gap, Trendline, Usage};

    /// Groups 20 ms apart, each delayed by `growth` microseconds more than the one before.
    fn feed(trend: &mut Trendline, groups: std::ops::Range<i64>, growth: i64) {
        for i in groups {
            trend.add(Gap { sent: 20_000, arrived: 20_000 + growth, arrival: i * (20_000 + growth) });
        }
    }

    #[test]
    fn a_steady_delay_is_normal() {
        let mut trend = Trendline::new();
        feed(&mut trend, 0..200, 0);
        assert_eq!(trend.usage(), Usage::Normal);
    }

    #[test]
    fn a_growing_queue_is_noticed_within_a_second() {
        let mut trend = Trendline::new();
        feed(&mut trend, 0..100, 0);
        feed(&mut trend, 100..130, 5_000);
        assert_eq!(trend.usage(), Usage::Over);
    }

    #[test]
    fn a_draining_queue_is_underuse() {
        let mut trend = Trendline::new();
        feed(&mut trend, 0..100, 0);
        feed(&mut trend, 100..150, -5_000);
        assert_eq!(trend.usage(), Usage::Under);
    }
}
