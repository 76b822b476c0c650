//! How long packets wait on the way, and how much slower to send until a long queue is gone.
//!
//! Google's algorithm stops a queue from growing but takes seconds to drain one: at 85 % of what a slow path carries,
//! a queue of two seconds lasts thirteen. Speech cannot wait so long.

use super::Micros;

/// The shortest delay is looked for in two windows of this length: routes change, clocks drift.
const WINDOW: Micros = 15_000_000;
/// Reports are gathered for so many times the disorder.
const GATHERED: Micros = 4;
/// What is gathered still differs: this much of it, in percent, is no queue.
const ALLOWED_PERCENT: Micros = 200;
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
    /// When the batch was last complete.
    concluded: Micros,
    delay: Micros,
    is_disordered: bool,
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
    ///
    /// Where packets are overtaken by `spread`, a few of them say too little: reports are gathered, and what is
    /// this much longer than the shortest way is no queue yet.
    pub(super) fn conclude(&mut self, spread: Micros, now: Micros) {
        self.note_disorder(spread > 0);
        if now - self.concluded < GATHERED * spread {
            return;
        }
        let Some(way) = self.batch.take() else { return };
        self.concluded = now;
        if now - self.since > WINDOW {
            self.shortest_before = self.shortest.take();
            self.since = now;
        }
        let shortest = self.shortest.map_or(way, |shortest| shortest.min(way));
        self.shortest = Some(shortest);
        let wait = way - self.shortest_before.map_or(shortest, |before| before.min(shortest));
        self.delay = (wait - spread * ALLOWED_PERCENT / 100).max(0);
    }

    /// A path whose packets begin to overtake each other is another path.
    fn note_disorder(&mut self, is_disordered: bool) {
        if is_disordered && !self.is_disordered {
            *self = Queue { batch: self.batch, since: self.since, ..Queue::default() };
        }
        self.is_disordered = is_disordered;
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
