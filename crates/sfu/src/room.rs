//! A room: who is in it and who speaks.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::event::Event;
use crate::model::Id;
use crate::slab::Key;

/// A room takes no more peers than this.
pub const MAX_PEERS: usize = 2_000;
/// Speakers are told at most this often.
const SPEAKERS_INTERVAL: Duration = Duration::from_millis(250);
/// A change of level below this is not worth telling.
const LEVEL_STEP: u8 = 6;

/// A room.
#[derive(Debug, Default)]
pub struct Room {
    /// Its peers by their ids.
    pub peers: HashMap<Id, Key>,
    /// Its links to other workers that have peers of it.
    pub links: Vec<Key>,
    /// Whether there are links to other workers and to other processes: each side is told here of the other.
    pub is_bridged: bool,
    /// Counts the changes of what other ends are told of.
    pub version: u32,
    /// Another worker tells who speaks.
    pub is_told_elsewhere: bool,
    told: Vec<(Id, u8)>,
    told_at: Option<Instant>,
}

impl Room {
    /// The keys of its peers.
    pub fn keys(&self) -> Vec<Key> {
        self.peers.values().copied().collect()
    }

    /// The event that tells who speaks, if that has changed and the last one is not too recent.
    pub fn speakers_changed(&mut self, id: &Id, speakers: Vec<(Id, u8)>, now: Instant) -> Option<Event> {
        let too_soon = |at| now.saturating_duration_since(at) < SPEAKERS_INTERVAL;
        if self.told_at.is_some_and(too_soon) || !self.differs(&speakers) {
            return None;
        }
        self.told_at = Some(now);
        self.told.clone_from(&speakers);
        Some(Event::SpeakersChanged { room: id.clone(), speakers })
    }

    fn differs(&self, speakers: &[(Id, u8)]) -> bool {
        let same = |((a, x), (b, y)): (&(Id, u8), &(Id, u8))| a == b && x.abs_diff(*y) < LEVEL_STEP;
        speakers.len() != self.told.len() || !speakers.iter().zip(&self.told).all(same)
    }
}
