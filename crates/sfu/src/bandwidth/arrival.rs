//! Groups of packets sent together, and how the gap between two groups changed on the way.
//!
//! draft-ietf-rmcat-gcc-02 section 5.2: packets of a pacer's burst, and packets that a link released together, count
//! as one.

use super::Micros;

/// Packets sent within this time are one group.
const GROUP: Micros = 5_000;
/// Packets that arrive within this time, earlier than their gap at sending, were held and released together.
const BURST: Micros = 5_000;
/// A group of released packets ends after this.
const MAX_BURST: Micros = 100_000;
/// So many groups that arrive before their predecessor say that the arrival clock was set.
const MAX_BACKWARDS: u8 = 3;
/// An arrival gap that exceeds the gap of our own clock by more than this says the same.
const MAX_JUMP: Micros = 3_000_000;

/// Two neighbouring groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gap {
    /// Between their last packets, at sending.
    pub sent: Micros,
    /// Between their last packets, at arrival.
    pub arrived: Micros,
    /// When the later one had arrived completely.
    pub arrival: Micros,
}

#[derive(Debug, Clone, Copy)]
struct Group {
    first_sent: Micros,
    last_sent: Micros,
    first_arrival: Micros,
    last_arrival: Micros,
    /// When feedback told of it, by our clock.
    told: Micros,
}

impl Group {
    fn new(sent: Micros, arrival: Micros, now: Micros) -> Self {
        Group { first_sent: sent, last_sent: sent, first_arrival: arrival, last_arrival: arrival, told: now }
    }

    fn takes(&self, sent: Micros, arrival: Micros) -> bool {
        sent - self.first_sent <= GROUP || self.was_released_with(sent, arrival)
    }

    fn was_released_with(&self, sent: Micros, arrival: Micros) -> bool {
        let gap = arrival - self.last_arrival;
        let shrank = gap < sent - self.last_sent;
        // A clock that was set back must not look like a release without end.
        shrank && gap <= BURST && (0..MAX_BURST).contains(&(arrival - self.first_arrival))
    }

    fn add(&mut self, sent: Micros, arrival: Micros, now: Micros) {
        self.last_sent = self.last_sent.max(sent);
        self.last_arrival = self.last_arrival.max(arrival);
        self.told = now;
    }
}

/// The group that is being gathered and the one before it.
#[derive(Debug, Default)]
pub(super) struct Groups {
    current: Option<Group>,
    previous: Option<Group>,
    backwards: u8,
}

impl Groups {
    /// Add a received packet; the gap of the last two groups when it begins a new one.
    pub(super) fn add(&mut self, sent: Micros, arrival: Micros, now: Micros) -> Option<Gap> {
        let Some(current) = self.current.as_mut() else {
            self.current = Some(Group::new(sent, arrival, now));
            return None;
        };
        if sent < current.first_sent {
            return None;
        }
        if current.takes(sent, arrival) {
            current.add(sent, arrival, now);
            return None;
        }
        self.complete(Group::new(sent, arrival, now))
    }

    fn complete(&mut self, next: Group) -> Option<Gap> {
        let ended = self.current.replace(next)?;
        let Some(before) = self.previous else {
            self.previous = Some(ended);
            return None;
        };
        let arrived = ended.last_arrival - before.last_arrival;
        if arrived >= 0 {
            // One that is left out must not take its gap with it: only the negative ones would be missing in the sum.
            self.previous = Some(ended);
        }
        self.backwards = if arrived < 0 { self.backwards + 1 } else { 0 };
        if self.backwards >= MAX_BACKWARDS || arrived - (ended.told - before.told) > MAX_JUMP {
            *self = Groups { current: Some(next), ..Groups::default() };
            return None;
        }
        (arrived >= 0).then_some(Gap { sent: ended.last_sent - before.last_sent, arrived, arrival: ended.last_arrival })
    }
}

#[cfg(test)]
mod tests {
    use super::{Gap, Groups};

    #[test]
    fn packets_of_one_burst_are_one_group() {
        let mut groups = Groups::default();
        for (sent, arrival) in [(0, 50_000), (1_000, 51_000), (4_000, 54_000), (20_000, 72_000), (24_000, 80_000)] {
            assert_eq!(groups.add(sent, arrival, arrival), None);
        }
        let gap = groups.add(40_000, 95_000, 95_000);
        assert_eq!(gap, Some(Gap { sent: 20_000, arrived: 26_000, arrival: 80_000 }));
    }

    #[test]
    fn packets_that_a_link_held_and_released_are_one_group() {
        let mut groups = Groups::default();
        groups.add(0, 100_000, 0);
        groups.add(20_000, 100_500, 0);
        groups.add(40_000, 101_000, 0);
        groups.add(60_000, 130_000, 0);
        let gap = groups.add(80_000, 150_000, 0).unwrap();
        assert_eq!((gap.sent, gap.arrived), (20_000, 29_000));
    }

    #[test]
    fn a_clock_that_was_set_back_begins_anew() {
        let mut groups = Groups::default();
        for i in 0..10 {
            groups.add(i * 10_000, 5_000_000 + i * 10_000, 0);
        }
        let gaps: Vec<_> = (10..20).filter_map(|i| groups.add(i * 10_000, i * 10_000, 0)).collect();
        assert!(gaps.len() >= 6, "{gaps:?}");
        assert!(gaps.iter().all(|gap| gap.arrived == 10_000), "{gaps:?}");
    }
}
