//! Deadlines of many peers: at most one entry each in a heap, corrected when it comes up.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::time::Instant;

use crate::slab::Key;

/// Which peer is to be woken when.
#[derive(Debug, Default)]
pub struct Timers {
    heap: BinaryHeap<Reverse<(Instant, Key)>>,
    armed: HashMap<Key, Instant>,
}

impl Timers {
    /// Wake the peer at this time or before.
    ///
    /// A later time than the armed one costs nothing: the peer is woken early and says again when it wants to be.
    pub fn arm(&mut self, key: Key, at: Instant) {
        match self.armed.get(&key) {
            Some(armed) if *armed <= at => {}
            _ => {
                self.armed.insert(key, at);
                self.heap.push(Reverse((at, key)));
            }
        }
    }

    /// Forget a peer.
    pub fn disarm(&mut self, key: Key) {
        self.armed.remove(&key);
    }

    /// The earliest deadline.
    pub fn next_at(&mut self) -> Option<Instant> {
        while let Some(Reverse((at, key))) = self.heap.peek() {
            if self.armed.get(key) == Some(at) {
                return Some(*at);
            }
            self.heap.pop();
        }
        None
    }

    /// A peer whose deadline has passed.
    pub fn pop(&mut self, now: Instant) -> Option<Key> {
        self.next_at().filter(|at| *at <= now)?;
        let Reverse((_, key)) = self.heap.pop()?;
        self.armed.remove(&key);
        Some(key)
    }
}
