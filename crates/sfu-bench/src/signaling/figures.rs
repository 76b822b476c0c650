//! Times and faults, as they are reported.

use serde::Serialize;

/// Milliseconds: how they are spread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Times {
    /// How many there are.
    pub count: usize,
    /// The middle one.
    pub p50_ms: f64,
    /// 99 of 100 are not above it.
    pub p99_ms: f64,
    /// The longest.
    pub max_ms: f64,
}

impl Times {
    /// Of times in microseconds; they are left empty.
    pub fn take(micros: &mut Vec<u32>) -> Self {
        micros.sort_unstable();
        let at = |share: f64| {
            let rank = (share * micros.len() as f64).ceil() as usize;
            micros.get(rank.max(1) - 1).map_or(0.0, |micros| f64::from(*micros) / 1_000.0)
        };
        let times = Times { count: micros.len(), p50_ms: at(0.5), p99_ms: at(0.99), max_ms: at(1.0) };
        micros.clear();
        times
    }
}

/// What was not as promised, summed over all clients.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Faults {
    /// What a client never got.
    pub lost: u64,
    /// What it was given twice.
    pub doubled: u64,
    /// What came after something that was said later.
    pub reordered: u64,
}

/// What one client knows of one talker: how far it has got.
#[derive(Debug, Clone, Copy, Default)]
pub struct Heard {
    next: u32,
    version: u32,
}

impl Heard {
    /// Note what a talker said as its number `said`; `version` counts every change of the talker.
    ///
    /// True: it was new. The last said again with a newer version is a change of something else.
    pub fn note(&mut self, said: u32, version: u32, faults: &mut Faults) -> bool {
        let (is_new, is_again) = (said >= self.next, said + 1 == self.next);
        if is_new {
            faults.lost += u64::from(said - self.next);
            self.next = said + 1;
        } else if !is_again {
            faults.reordered += 1;
        } else if version <= self.version {
            faults.doubled += 1;
        }
        self.version = self.version.max(version);
        is_new
    }

    /// How much is missing of `said`.
    pub fn missing(&self, said: u32) -> u64 {
        u64::from(said.saturating_sub(self.next))
    }

    /// A snapshot showed that a talker had got so far.
    pub fn skip_to(&mut self, next: u32) {
        self.next = self.next.max(next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_99th_percentile_of_a_hundred_is_the_second_longest() {
        let times = Times::take(&mut (1..=100).rev().map(|ms| ms * 1_000).collect());
        assert_eq!(times, Times { count: 100, p50_ms: 50.0, p99_ms: 99.0, max_ms: 100.0 });
    }

    #[test]
    fn a_gap_is_lost_the_same_again_is_doubled_and_an_older_one_is_reordered() {
        let (mut heard, mut faults) = (Heard::default(), Faults::default());
        for (said, version) in [(0, 1), (1, 2), (4, 3), (4, 4), (4, 4), (2, 3)] {
            heard.note(said, version, &mut faults);
        }
        assert_eq!(faults, Faults { lost: 2, doubled: 1, reordered: 1 });
        assert_eq!(heard.missing(7), 2);
    }

    #[test]
    fn what_a_snapshot_stands_for_is_not_lost() {
        let (mut heard, mut faults) = (Heard::default(), Faults::default());
        heard.skip_to(5);
        assert!(heard.note(5, 9, &mut faults));
        assert_eq!(faults, Faults::default());
    }
}
