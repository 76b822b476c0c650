//! What was sent, by transport sequence number, until feedback tells what became of it.

use super::Micros;

/// Packets remembered: 4 s at 10 Mbit/s of full packets. A power of two below 2^16.
const CAPACITY: usize = 4096;
/// Feedback for something sent longer ago than this is not believed.
const MAX_AGE: u32 = 10_000_000;
/// The bits of a sequence number that its place does not tell.
const LAP_SHIFT: u16 = 12;

/// What is known of a packet's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Fate {
    /// The place is empty.
    #[default]
    Unused,
    Outstanding,
    Lost,
    Received,
}

/// Eight bytes a packet: there is one history a receiver.
#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    /// Microseconds since the estimator began, which wrap after 71 minutes.
    sent: u32,
    bytes: u16,
    /// The probe it belongs to, 0 for none.
    cluster: u8,
    /// Which lap of the ring, and the fate: 4 and 2 bits would do, but then it would be the only packed field.
    state: State,
}

#[derive(Debug, Clone, Copy, Default)]
struct State(u8);

impl State {
    fn new(lap: u8, fate: Fate) -> Self {
        State(lap << 2 | fate as u8)
    }

    fn lap(self) -> u8 {
        self.0 >> 2
    }

    fn fate(self) -> Fate {
        [Fate::Unused, Fate::Outstanding, Fate::Lost, Fate::Received][usize::from(self.0 & 3)]
    }
}

/// A packet that feedback names for the first time, or as received after it was taken as lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reported {
    /// When it was sent.
    pub sent: Micros,
    /// Its size on the wire.
    pub bytes: u16,
    /// The probe it belongs to, 0 for none.
    pub cluster: u8,
    /// Whether it was reported as lost before.
    pub was_lost: bool,
}

/// A ring of sent packets.
#[derive(Debug)]
pub(super) struct History {
    entries: Box<[Entry]>,
}

impl History {
    pub(super) fn new() -> Self {
        History { entries: vec![Entry::default(); CAPACITY].into_boxed_slice() }
    }

    /// Remember a packet in place of the one [`CAPACITY`] before it.
    pub(super) fn record(&mut self, sequence: u16, bytes: usize, cluster: u8, now: Micros) {
        let bytes = u16::try_from(bytes).unwrap_or(u16::MAX);
        let state = State::new(lap(sequence), Fate::Outstanding);
        if let Some(entry) = self.entries.get_mut(place(sequence)) {
            *entry = Entry { sent: now as u32, bytes, cluster, state };
        }
    }

    /// Mark a packet as received; `None` if it is unknown, too old, or known as received.
    pub(super) fn receive(&mut self, sequence: u16, now: Micros) -> Option<Reported> {
        self.mark(sequence, Fate::Received, now)
    }

    /// Mark a packet as lost; `None` if it is unknown, too old, or its fate is known.
    pub(super) fn lose(&mut self, sequence: u16, now: Micros) -> Option<Reported> {
        self.mark(sequence, Fate::Lost, now)
    }

    /// Whether a packet is known as received.
    pub(super) fn is_received(&self, sequence: u16) -> bool {
        let entry = self.entries.get(place(sequence));
        entry.is_some_and(|entry| entry.state.fate() == Fate::Received && entry.state.lap() == lap(sequence))
    }

    /// The bytes of packets from one sequence number up to another that no report has named.
    pub(super) fn unreported_bytes(&self, from: u16, to: u16) -> u64 {
        let count = to.wrapping_sub(from);
        if usize::from(count) > CAPACITY / 2 {
            return 0;
        }
        let sequences = (0..count).map(|i| from.wrapping_add(i));
        let bytes = |sequence: u16| {
            let entry = self.entries.get(place(sequence))?;
            let is_open = entry.state.fate() == Fate::Outstanding && entry.state.lap() == lap(sequence);
            is_open.then_some(u64::from(entry.bytes))
        };
        sequences.filter_map(bytes).sum()
    }

    fn mark(&mut self, sequence: u16, fate: Fate, now: Micros) -> Option<Reported> {
        let entry = self.entries.get_mut(place(sequence))?;
        let age = (now as u32).wrapping_sub(entry.sent);
        let known = entry.state.fate();
        let is_news = known == Fate::Outstanding || (known == Fate::Lost && fate == Fate::Received);
        if !is_news || entry.state.lap() != lap(sequence) || age > MAX_AGE {
            return None;
        }
        entry.state = State::new(lap(sequence), fate);
        let sent = now - Micros::from(age);
        Some(Reported { sent, bytes: entry.bytes, cluster: entry.cluster, was_lost: known == Fate::Lost })
    }
}

fn place(sequence: u16) -> usize {
    usize::from(sequence) % CAPACITY
}

fn lap(sequence: u16) -> u8 {
    (sequence >> LAP_SHIFT) as u8
}

#[cfg(test)]
mod tests {
    use super::History;

    #[test]
    fn a_packet_is_reported_lost_once_and_received_once() {
        let mut history = History::new();
        history.record(7, 1200, 3, 1_000);
        let lost = history.lose(7, 50_000).unwrap();
        assert_eq!((lost.sent, lost.bytes, lost.cluster, lost.was_lost), (1_000, 1200, 3, false));
        assert_eq!(history.lose(7, 60_000), None);
        assert!(history.receive(7, 70_000).unwrap().was_lost);
        assert_eq!(history.receive(7, 80_000), None);
        assert_eq!(history.lose(7, 80_000), None);
    }

    #[test]
    fn another_lap_of_the_ring_is_another_packet() {
        let mut history = History::new();
        history.record(5, 100, 0, 0);
        assert_eq!(history.receive(5 + 4096, 1_000), None);
        history.record(5 + 4096, 100, 0, 2_000);
        assert_eq!(history.receive(5, 3_000), None);
        assert!(history.receive(5 + 4096, 3_000).is_some());
    }

    #[test]
    fn feedback_from_long_ago_or_before_the_sending_is_not_believed() {
        let mut history = History::new();
        history.record(1, 100, 0, 5_000_000);
        assert_eq!(history.receive(1, 4_000_000), None);
        assert_eq!(history.receive(1, 16_000_000), None);
        assert!(history.receive(1, 14_000_000).is_some());
    }

    #[test]
    fn times_survive_the_wrap_of_their_low_bits() {
        let mut history = History::new();
        let late = i64::from(u32::MAX) - 500;
        history.record(1, 100, 0, late);
        assert_eq!(history.receive(1, late + 1_000).unwrap().sent, late);
    }
}
