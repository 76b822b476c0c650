//! Which voices a receiver hears: the loudest, without changing its mind at every breath.

use std::time::{Duration, Instant};

use crate::slab::Key;

/// A voice keeps its slot at least this long.
const MIN_HOLD: Duration = Duration::from_millis(400);
/// Between two who both speak, only a voice so much louder (in dB) takes the slot.
const MARGIN: f32 = 9.0;

/// A published audio track: publisher and number.
pub type Voice = (Key, usize);

/// How much a voice deserves to be heard.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Claim {
    /// Whose voice.
    pub voice: Voice,
    /// Packets arrive and it is not muted.
    pub flowing: bool,
    /// The sound of a shared screen goes before people.
    pub screen: bool,
    /// Somebody speaks.
    pub speaking: bool,
    /// How loud, 0 to 127.
    pub score: f32,
}

/// What a slot holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Held {
    /// The voice with its present claim.
    pub claim: Claim,
    /// Since when.
    pub since: Instant,
}

impl Claim {
    fn is_better_than(&self, other: &Claim) -> bool {
        self.rank() > other.rank()
    }

    fn rank(&self) -> (bool, bool, bool, u32) {
        (self.flowing, self.flowing && self.screen, self.speaking, self.score as u32)
    }

    /// Whether this voice, without a slot, takes the slot of another one.
    fn displaces(&self, held: &Held, now: Instant) -> bool {
        if !held.claim.flowing {
            return self.flowing;
        }
        if now.saturating_duration_since(held.since) < MIN_HOLD || !self.flowing {
            return false;
        }
        match (self.screen, held.claim.screen) {
            (true, false) => true,
            (false, true) => false,
            _ if !self.speaking => false,
            _ if !held.claim.speaking => true,
            _ => self.score > held.claim.score + MARGIN,
        }
    }
}

/// Sort claims, the best first.
pub fn sort(claims: &mut [Claim]) {
    claims.sort_by(|a, b| b.rank().cmp(&a.rank()).then(a.voice.cmp(&b.voice)));
}

/// What each slot shall hold. `claims` are sorted and without the receiver's own; a voice that has a slot keeps it.
pub fn assign(held: &[Option<Held>], claims: &[Claim], now: Instant) -> Vec<Option<Voice>> {
    let mut slots = held.to_vec();
    for claim in claims.iter().filter(|claim| claim.flowing) {
        let has_slot = slots.iter().flatten().any(|held| held.claim.voice == claim.voice);
        if has_slot {
            continue;
        }
        if let Some(place) = place_for(claim, &slots, now) {
            slots[place] = Some(Held { claim: *claim, since: now });
        }
    }
    slots.iter().map(|held| held.map(|held| held.claim.voice)).collect()
}

fn place_for(claim: &Claim, slots: &[Option<Held>], now: Instant) -> Option<usize> {
    if let Some(free) = slots.iter().position(Option::is_none) {
        return Some(free);
    }
    let mut weakest = 0;
    for (i, held) in slots.iter().enumerate() {
        let (Some(held), Some(other)) = (held, slots[weakest].as_ref()) else { continue };
        if other.claim.is_better_than(&held.claim) {
            weakest = i;
        }
    }
    let held = slots.get(weakest)?.as_ref()?;
    claim.displaces(held, now).then_some(weakest)
}
