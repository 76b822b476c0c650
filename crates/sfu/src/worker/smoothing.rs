//! Pictures over lossy paths are shown a little later, so that what was lost is there in time: repairs take a while, and
//! without that each of them is seen as a standstill.

use std::time::Duration;

use super::Worker;
use crate::model::Kind;
use crate::slab::Key;

/// Pictures are held back while more than this is lost on either path...
const MUCH_LOSS: f32 = 0.03;
/// ...until it is less than this.
const LITTLE_LOSS: f32 = 0.01;
/// What a repair takes beside round trips: a frame until the loss is noticed, and two requests of which one is lost.
const REPAIR_MS: u64 = 180;
/// Round trips of a lossy path that a repair takes.
const ROUND_TRIPS: u64 = 2;
/// Talk becomes difficult beyond this.
const MOST_MS: u64 = 500;
/// Playout delays are told in units of this.
const UNIT_MS: u64 = 10;

impl Worker {
    /// Tell a receiver how long to hold back what it sees.
    pub(super) fn smooth_pictures(&mut self, receiver: Key) {
        let Some(peer) = self.peers.get(receiver) else { return };
        for slot in peer.slots_of(Kind::Video).collect::<Vec<_>>() {
            let Some(units) = self.playout_delay(receiver, slot) else { continue };
            if let Some(peer) = self.peers.get_mut(receiver) {
                peer.slots[slot].outgoing.set_playout_delay(units);
            }
        }
    }

    /// What is to be told for a slot; `None`: what was told before.
    fn playout_delay(&self, receiver: Key, slot: usize) -> Option<u16> {
        let peer = self.peers.get(receiver)?;
        let feed = peer.slots[slot].feed.as_ref()?;
        let publisher = self.peers.get(feed.publisher)?;
        let down = (peer.downlink.loss().unwrap_or(0.0), peer.downlink.round_trip);
        let way = publisher.way();
        let up = (way.loss(), way.round_trip());
        held_back_ms([up, down]).map(|ms| (ms / UNIT_MS) as u16)
    }
}

/// How long pictures are to be held back that come over paths with such losses and round trips.
fn held_back_ms(paths: [(f32, Option<Duration>); 2]) -> Option<u64> {
    let worst = paths.iter().map(|(loss, _)| *loss).fold(0.0, f32::max);
    if worst < LITTLE_LOSS {
        return Some(0);
    }
    if worst < MUCH_LOSS {
        return None;
    }
    let lossy = paths.iter().filter(|(loss, _)| *loss >= LITTLE_LOSS);
    let round_trips: u64 = lossy.filter_map(|(_, round_trip)| Some(round_trip.as_ref()?.as_millis() as u64)).sum();
    Some((REPAIR_MS + ROUND_TRIPS * round_trips).min(MOST_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEAR: Option<Duration> = Some(Duration::from_millis(5));
    const FAR: Option<Duration> = Some(Duration::from_millis(100));

    #[test]
    fn pictures_are_held_back_by_what_a_repair_takes_on_the_lossy_paths() {
        assert_eq!(held_back_ms([(0.1, NEAR), (0.0, FAR)]), Some(190));
        assert_eq!(held_back_ms([(0.1, FAR), (0.02, NEAR)]), Some(390));
        assert_eq!(held_back_ms([(0.3, FAR), (0.3, FAR)]), Some(500));
        assert_eq!(held_back_ms([(0.0, FAR), (0.05, None)]), Some(180));
    }

    #[test]
    fn between_much_and_little_loss_nothing_changes() {
        assert_eq!(held_back_ms([(0.02, NEAR), (0.0, NEAR)]), None);
        assert_eq!(held_back_ms([(0.005, NEAR), (0.0, NEAR)]), Some(0));
    }
}
