//! Layers by the descriptor in the payload: VP8's temporal layers, VP9's spatial and temporal ones.
//!
//! A spatial layer is *alive* while the receiver has all of it that later pictures can need. A layer that is left out
//! for one picture is dead until one of its frames needs no earlier picture.

use super::history::{Fate, History};
use super::{Decision, Layers};
use crate::codec::{Meta, StreamState};

/// Spatial layers that a picture can have: VP9 has three bits for them.
const SPATIAL: u32 = 8;
/// Pictures that are remembered.
const PICTURES: usize = 16;
/// A keyframe so many pictures back is not a late one.
const RESTARTED_AFTER: u16 = 32;
/// A layer that had no frame in so many pictures is not sent any more.
const ABSENT_AFTER: u32 = 8;

/// The state for one receive slot.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pictures {
    newest: u16,
    history: History,
    /// What was in force in the newest picture and in those before it, by the lowest bits of their number.
    rules: [Rules; PICTURES],
    is_key: bool,
    /// A wanted layer passed by that could not be begun.
    missed: bool,
}

/// What is forwarded of a picture.
#[derive(Debug, Clone, Copy, Default)]
struct Rules {
    alive: u8,
    top: u8,
    temporal: u8,
}

impl Pictures {
    /// Begin before a picture.
    pub(super) fn new(order: u16) -> Self {
        Pictures {
            newest: order.wrapping_sub(1),
            history: History::default(),
            rules: [Rules::default(); PICTURES],
            is_key: false,
            missed: false,
        }
    }

    /// Whether a packet is forwarded.
    pub(super) fn decide(&mut self, meta: &Meta, order: u16, wanted: Layers, stream: &StreamState) -> Decision {
        let ahead = order.wrapping_sub(self.newest);
        if ahead != 0 && ahead < 0x8000 {
            self.begin_picture(meta, order, wanted);
        }
        let age = u32::from(self.newest.wrapping_sub(order));
        let slot = slot(age, meta.spatial);
        let forwarded = match self.history.fate(slot) {
            Fate::Forwarded => true,
            Fate::Dropped | Fate::Gone => false,
            Fate::Unseen => {
                let forwarded = if age == 0 { self.take(meta, wanted, stream) } else { self.take_late(meta, age) };
                self.history.note(slot, forwarded);
                forwarded
            }
        };
        if forwarded { Decision::Forward { marker: self.ends_picture(meta, age) } } else { Decision::Drop }
    }

    /// Whether a picture is so old that its sender must have begun anew.
    pub(super) fn is_past(&self, order: u16) -> bool {
        (RESTARTED_AFTER..0x8000).contains(&self.newest.wrapping_sub(order))
    }

    /// The layers that are forwarded now.
    pub(super) fn current(&self, stream: &StreamState) -> Layers {
        let temporal = self.now().temporal.min(stream.temporal_layers() - 1);
        Layers { spatial: self.now().top, temporal }
    }

    /// Whether the wanted layers can only be had from a keyframe on.
    pub(super) fn needs_keyframe(&self, wanted: Layers) -> bool {
        let now = self.now();
        // In a key picture the higher layers are yet to come.
        let is_dead = now.alive == 0 || (!self.is_key && now.alive & bit(now.top) == 0);
        is_dead || now.top > wanted.spatial || (self.missed && now.top < wanted.spatial)
    }

    fn now(&self) -> Rules {
        self.rules_at(0)
    }

    fn rules_at(&self, age: u32) -> Rules {
        let index = usize::from(self.newest).wrapping_sub(age as usize) % PICTURES;
        self.rules.get(index).copied().unwrap_or_default()
    }

    fn set_rules(&mut self, rules: Rules) {
        if let Some(place) = self.rules.get_mut(usize::from(self.newest) % PICTURES) {
            *place = rules;
        }
    }

    fn begin_picture(&mut self, meta: &Meta, order: u16, wanted: Layers) {
        let mut before = self.now();
        // A key picture hopes for layers that may not have come.
        before.top = highest_alive(before.alive, before.top).unwrap_or(before.top);
        let ahead = order.wrapping_sub(self.newest);
        // Pictures of which nothing came: what arrives of them late is judged like the picture before them.
        for _ in 0..ahead.min(PICTURES as u16) {
            self.newest = self.newest.wrapping_add(1);
            self.set_rules(before);
        }
        self.newest = order;
        self.history.advance(u32::from(ahead) * SPATIAL);
        self.is_key = false;
        self.missed &= (before.top + 1..=wanted.spatial).any(|spatial| !self.is_absent(spatial));
        self.set_rules(self.rules_for(before, meta, wanted));
    }

    fn rules_for(&self, before: Rules, meta: &Meta, wanted: Layers) -> Rules {
        let mut rules = before;
        if self.is_absent(rules.top) {
            rules.alive &= !bit(rules.top);
        }
        rules.top = highest_alive(rules.alive, wanted.spatial).unwrap_or(before.top);
        rules.alive &= up_to(rules.top);
        // A layer above the wanted one is all that can be decoded: as little of it as possible.
        let most = if rules.top > wanted.spatial { 0 } else { wanted.temporal };
        let reached = rules.temporal.min(most);
        // U in layer 0 frees all that follows (RFC 9628). Higher up, encoders mean by it what VP8 means by Y: this
        // picture needs only lower layers.
        rules.temporal = match (meta.switching_up, meta.temporal) {
            (true, 0) => most,
            (true, temporal) if temporal == reached + 1 => temporal.min(most),
            _ => reached,
        };
        rules
    }

    /// Decide about a frame of the newest picture.
    fn take(&mut self, meta: &Meta, wanted: Layers, stream: &StreamState) -> bool {
        if meta.spatial == 0 && !meta.inter_picture {
            self.begin_key(wanted, stream);
        }
        let mut rules = self.now();
        if meta.temporal > rules.temporal {
            return false;
        }
        let layer = bit(meta.spatial);
        let is_above = meta.spatial > rules.top;
        let taken = if is_above {
            meta.spatial <= wanted.spatial && !meta.inter_picture && self.has_lower(meta, 0, false)
        } else {
            self.is_useful(meta, rules) && self.is_decodable(meta, 0, rules)
        };
        if is_above && meta.spatial <= wanted.spatial {
            self.missed = !taken;
        }
        // A lower layer that this frame needs, and that may still come, lives in the same hope.
        let hoped = if meta.inter_layer && !self.is_seen(0, meta.spatial.wrapping_sub(1)) { layer >> 1 } else { 0 };
        rules.alive = if taken { rules.alive | layer | hoped } else { rules.alive & !layer };
        rules.top = if taken { rules.top.max(meta.spatial) } else { rules.top };
        self.set_rules(rules);
        taken
    }

    /// Nothing that came before a key picture is needed after it. Upper layers of it that came first were forwarded in
    /// the hope for all below them.
    fn begin_key(&mut self, wanted: Layers, stream: &StreamState) {
        self.is_key = true;
        self.missed = false;
        let upper = 7u8.saturating_sub((self.history.forwarded(0xff) as u8).leading_zeros() as u8);
        let is_fine = |spatial: &u8| self.history.fate(slot(0, *spatial)) != Fate::Dropped;
        let alive = (0..=upper).filter(is_fine).fold(0, |alive, spatial| alive | bit(spatial));
        let top = wanted.spatial.min(stream.spatial_layers() - 1).max(upper);
        self.set_rules(Rules { alive, top, temporal: wanted.temporal });
    }

    /// Decide about a frame of an older picture by what was in force then.
    fn take_late(&mut self, meta: &Meta, age: u32) -> bool {
        let rules = self.rules_at(age);
        let is_within = rules.alive != 0 && meta.spatial <= rules.top && meta.temporal <= rules.temporal;
        // A layer that was of no use then, and is the top now, had no frame in between: it needs this one.
        let is_top_now = meta.spatial == self.now().top;
        let is_useful = is_top_now || !(meta.not_for_upper && meta.inter_picture && meta.spatial < rules.top);
        let taken = is_within && is_useful && self.is_decodable(meta, age, rules);
        if !taken && !is_useful {
            let mut now = self.now();
            now.alive &= !bit(meta.spatial) | bit(now.top);
            self.set_rules(now);
        }
        taken
    }

    /// Lower layers that nothing in their picture needs are left out, but for key pictures: there the higher layers
    /// may turn out to be missing.
    fn is_useful(&self, meta: &Meta, rules: Rules) -> bool {
        self.is_key || meta.spatial == rules.top || !meta.not_for_upper
    }

    fn is_decodable(&self, meta: &Meta, age: u32, rules: Rules) -> bool {
        let is_alive = rules.alive & bit(meta.spatial) != 0;
        let has_earlier = !meta.inter_picture || (is_alive && !self.lacks_reference(meta, age));
        has_earlier && self.has_lower(meta, age, meta.spatial <= rules.top)
    }

    /// Whether the lower layer of the picture is sent; one that has not come may still come.
    fn has_lower(&self, meta: &Meta, age: u32, hopeful: bool) -> bool {
        let Some(lower) = meta.spatial.checked_sub(1).filter(|_| meta.inter_layer) else {
            return true;
        };
        match self.history.fate(slot(age, lower)) {
            Fate::Forwarded => true,
            Fate::Unseen => hopeful,
            Fate::Dropped | Fate::Gone => false,
        }
    }

    fn lacks_reference(&self, meta: &Meta, age: u32) -> bool {
        let is_dropped = |back: &u8| self.history.fate(slot(age + u32::from(*back), meta.spatial)) == Fate::Dropped;
        meta.references.iter().filter(|back| **back > 0).any(is_dropped)
    }

    fn is_seen(&self, age: u32, spatial: u8) -> bool {
        self.history.fate(slot(age, spatial)) != Fate::Unseen
    }

    fn is_absent(&self, spatial: u8) -> bool {
        let mask = (1..=ABSENT_AFTER).fold(0u128, |mask, age| mask | 1 << slot(age, spatial));
        self.history.seen(mask) == 0
    }

    fn ends_picture(&self, meta: &Meta, age: u32) -> bool {
        meta.ends_frame && meta.spatial == self.rules_at(age).top
    }
}

/// The place of a layer's frame in the history.
fn slot(age: u32, spatial: u8) -> u32 {
    age.saturating_mul(SPATIAL).saturating_add(u32::from(spatial) % SPATIAL)
}

fn bit(spatial: u8) -> u8 {
    1u8.checked_shl(u32::from(spatial)).unwrap_or(0)
}

/// The bits of a layer and all below it.
fn up_to(spatial: u8) -> u8 {
    (u16::MAX >> (15 - spatial.min(7))) as u8
}

/// The highest living layer that is not above the wanted one, else the lowest above it.
fn highest_alive(alive: u8, wanted: u8) -> Option<u8> {
    let within = alive & up_to(wanted);
    if within != 0 {
        return Some(7 - within.leading_zeros() as u8);
    }
    (alive != 0).then(|| alive.trailing_zeros() as u8)
}
