//! How long packets wait on the way, and how much slower to send until a long queue is gone.
//!
//! Google's algorithm stops a queue from growing but takes seconds to drain one: at 85 % of what a slow path carries,
//! a queue of two seconds lasts thirteen. Speech cannot wait so long.

use super::Micros;

/// The shortest delay is looked for in two windows of this length: routes change, clocks drift.
const WINDOW: Micros = 15_000_000;
/// A queue of this length is borne.
const BORNE: Micros = 80_000;
/// What is beyond shall be gone within this time.
const DRAIN: f64 = 1_200_000.0;
/// So much of the rate is always left: speech goes on.
const LEAST: f64 = 0.25;
/// After congestion was seen, a long delay is a queue for so long; later it is rather a new route.
const TRUSTED: Micros = 5_000_000;

/// The delay of the path.
#[derive(Debug, Default)]
pub(super) struct Queue {
    shortest: Option<Micros>,
    shortest_before: Option<Micros>,
    since: Micros,
    batch: Option<Micros>,
    delay: Micros,
}

impl Queue {
    /// How long packets wait, beyond the shortest way seen.
    pub(super) fn delay(&self) -> Micros {
        self.delay
    }

    /// Add a packet of a report.
    pub(super) fn add(&mut self, sent: Micros, arrival: Micros) {
        let way = arrival - sent;
        self.batch = Some(self.batch.map_or(way, |shortest| shortest.min(way)));
    }

    /// The report is complete: its shortest way counts, which jitter does not lengthen.
    pub(super) fn conclude(&mut self, now: Micros) {
        let Some(way) = self.batch.take() else { return };
        if now - self.since > WINDOW {
            self.shortest_before = self.shortest.take();
            self.since = now;
        }
        let shortest = self.shortest.map_or(way, |shortest| shortest.min(way));
        self.shortest = Some(shortest);
        self.delay = way - self.shortest_before.map_or(shortest, |before| before.min(shortest));
    }

    /// The share of the rate to use, so that the queue gets shorter.
    pub(super) fn share(&self, congested: Option<Micros>, now: Micros) -> f64 {
        let trusted = congested.is_some_and(|congested| now - congested < TRUSTED);
        let excess = self.delay - BORNE;
        if !trusted || excess <= 0 {
            return 1.0;
        }
        (1.0 - excess as f64 / DRAIN).max(LEAST)
    }
}
