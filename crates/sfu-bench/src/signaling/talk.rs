//! What clients tell of themselves while they talk, and who has talked how much.

use std::time::{Duration, Instant};

use crate::figures::Faults;
use crate::frames::Said;

/// Sums over all clients since they were last taken.
pub struct Tally {
    /// When time began.
    pub start: Instant,
    /// Whether talkers talk in the chat.
    pub durable: bool,
    /// What was not as promised.
    pub faults: Faults,
    /// Events of rooms' logs that came.
    pub deliveries: u64,
    /// Commands acknowledged.
    pub said: u64,
    /// Commands refused.
    pub refused: u64,
    /// Microseconds from a command to its event at a client.
    pub delays: Vec<u32>,
    /// Microseconds from a command to its acknowledgement.
    pub acks: Vec<u32>,
    /// Microseconds from the loss of a socket to the session on the next one.
    pub backs: Vec<u32>,
    /// When the last event came.
    pub last_at: Instant,
}

impl Tally {
    /// Nothing so far.
    pub fn new(start: Instant) -> Self {
        Tally {
            start,
            durable: false,
            faults: Faults::default(),
            deliveries: 0,
            said: 0,
            refused: 0,
            delays: Vec::new(),
            acks: Vec::new(),
            backs: Vec::new(),
            last_at: start,
        }
    }

    /// Count an event whose number has to follow the last one's.
    pub fn count(&mut self, last: &mut u64, off: u64) {
        if off > *last {
            self.faults.lost += off - *last - 1;
            *last = off;
        } else if off == *last {
            self.faults.doubled += 1;
        } else {
            self.faults.reordered += 1;
        }
    }

    /// Somebody heard what was said.
    pub fn delivered(&mut self, said: Said, now: Instant) {
        self.deliveries += 1;
        self.last_at = now;
        let micros = now.duration_since(self.start).as_micros() as u64;
        self.delays.push(micros.saturating_sub(said.at_micros) as u32);
    }

    /// A command was answered.
    pub fn acknowledged(&mut self, is_good: bool, after: Duration) {
        self.said += u64::from(is_good);
        self.refused += u64::from(!is_good);
        self.acks.push(after.as_micros() as u32);
    }
}

/// One who talks: which client, and how much it has said.
pub struct Talker {
    /// Which client.
    pub client: usize,
    /// Which of its room.
    pub index: usize,
    /// What it says next.
    pub number: u32,
    /// When.
    pub next_at: Instant,
}

/// A time of talking.
pub struct Talk {
    /// How long one waits between what it says.
    pub every: Duration,
    /// Whether it is said in the chat.
    pub durable: bool,
    /// When nobody begins anything any more.
    pub until: Instant,
    /// When it began.
    pub began: Instant,
}
