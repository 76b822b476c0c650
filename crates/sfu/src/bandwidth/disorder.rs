//! How far a path mixes up the order of packets.
//!
//! A queue lets nothing overtake. Where packets overtake each other, each has its own time on the way, and what looks
//! like a queue between two of them is none.

use super::Micros;

/// Weight of a new packet.
const WEIGHT: f64 = 1.0 / 128.0;
/// A packet that was overtaken by more than this counts as little as one that was overtaken by so much.
const MAX_DEPTH: Micros = 300_000;
/// Below this the path counts as orderly.
const NOTICED: Micros = 10_000;
/// No more than this: a path that is trusted with less could hide any queue.
const MAX_SPREAD: Micros = 150_000;

/// By how much packets are overtaken.
#[derive(Debug, Default)]
pub(super) struct Disorder {
    /// When the latest packet that has arrived was sent.
    latest_sent: Micros,
    latest_arrival: Micros,
    mean_square: f64,
}

impl Disorder {
    /// Add a packet, in order of arrival.
    pub(super) fn add(&mut self, sent: Micros, arrival: Micros) {
        if arrival < self.latest_arrival {
            // The reports were mixed up, which says nothing of the packets.
            self.latest_arrival = if self.latest_arrival - arrival > MAX_DEPTH { arrival } else { self.latest_arrival };
            return;
        }
        let depth = (self.latest_sent - sent).clamp(0, MAX_DEPTH) as f64;
        self.mean_square += WEIGHT * (depth * depth - self.mean_square);
        self.latest_sent = self.latest_sent.max(sent);
        self.latest_arrival = arrival;
    }

    /// By how much packets are overtaken (root of the mean square), a little more than the standard deviation of their
    /// time on the way; 0 where that is next to nothing.
    pub(super) fn spread(&self) -> Micros {
        let spread = self.mean_square.sqrt() as Micros;
        if spread < NOTICED { 0 } else { spread.min(MAX_SPREAD) }
    }
}

#[cfg(test)]
mod tests {
    use super::Disorder;

    #[test]
    fn a_queue_that_grows_is_no_disorder() {
        let mut disorder = Disorder::default();
        (0..200).for_each(|i| disorder.add(i * 10_000, i * 25_000));
        assert_eq!(disorder.spread(), 0);
    }

    #[test]
    fn one_packet_that_was_held_is_no_disorder() {
        let mut disorder = Disorder::default();
        (0..200).for_each(|i| disorder.add(i * 10_000, i * 10_000));
        disorder.add(1_950_000, 2_000_000);
        assert_eq!(disorder.spread(), 0);
    }

    #[test]
    fn packets_that_overtake_each_other_are_disorder() {
        let mut disorder = Disorder::default();
        for pair in 0..200 {
            disorder.add(pair * 100_000 + 50_000, pair * 100_000 + 50_000);
            disorder.add(pair * 100_000, pair * 100_000 + 51_000);
        }
        assert!((30_000..40_000).contains(&disorder.spread()), "{}", disorder.spread());
    }

    #[test]
    fn reports_that_come_in_another_order_are_no_disorder() {
        let mut disorder = Disorder::default();
        for report in [1, 0, 3, 2, 5, 4, 7, 6] {
            (0..10).for_each(|i| disorder.add(report * 100_000 + i * 10_000, report * 100_000 + i * 10_000));
        }
        assert_eq!(disorder.spread(), 0);
    }
}
