//! Which layers of a track anybody wants: publishers pause the others, and spare their processor and their uplink.

use std::time::{Duration, Instant};

/// A layer that nobody wants goes on for so long: who scrolls through a grid wants it back soon.
const LINGER: Duration = Duration::from_secs(5);

/// How many of a track's layers its publisher was told to send, counted from the smallest.
#[derive(Debug, Clone, Copy)]
pub struct WantedLayers {
    told: usize,
    /// Since when fewer are wanted.
    fewer_since: Option<Instant>,
}

impl WantedLayers {
    /// A publisher sends all layers until it is told otherwise.
    pub fn all(layers: usize) -> Self {
        WantedLayers { told: layers, fewer_since: None }
    }

    /// Note how many layers are wanted now; returns how many the publisher is to be told to send, when that changes:
    /// more at once, fewer after a while.
    pub fn note(&mut self, wanted: usize, now: Instant) -> Option<usize> {
        if wanted >= self.told {
            self.fewer_since = None;
            return (wanted > self.told).then(|| {
                self.told = wanted;
                wanted
            });
        }
        let since = *self.fewer_since.get_or_insert(now);
        if now.saturating_duration_since(since) < LINGER {
            return None;
        }
        (self.told, self.fewer_since) = (wanted, None);
        Some(wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_is_told_at_once_and_fewer_after_a_while() {
        let now = Instant::now();
        let at = |seconds| now + Duration::from_secs(seconds);
        let mut wanted = WantedLayers::all(3);
        assert_eq!(wanted.note(3, at(0)), None);
        assert_eq!(wanted.note(1, at(1)), None);
        assert_eq!(wanted.note(1, at(5)), None);
        assert_eq!(wanted.note(1, at(6)), Some(1));
        assert_eq!(wanted.note(3, at(7)), Some(3));
    }

    #[test]
    fn a_short_lull_tells_nothing() {
        let now = Instant::now();
        let mut wanted = WantedLayers::all(2);
        for second in 0..20 {
            let layers = if second % 4 == 0 { 2 } else { 0 };
            assert_eq!(wanted.note(layers, now + Duration::from_secs(second)), None);
        }
    }
}
