//! Layers by the dependency descriptor: one decode target is forwarded, and its chain tells whether it is whole (AV1 RTP
//! payload format, A.5 to A.7).
//!
//! A frame goes out only when all that it needs went out, or may still come. A frame missing from the chain is waited
//! for as long as a retransmission takes; then the chain is broken.

use super::history::{Fate, History};
use super::{Decision, Layers};
use crate::codec::Meta;
use crate::codec::dependency::{DependencyStructure, Indication, MAX_TARGETS};
use crate::codec::stream::{Dependencies, Frame, LATE_FRAMES};

/// How many pictures a frame of a chain may be late; 0.4 s at 30 pictures a second.
const PATIENCE: u16 = 12;
/// Changes of the decode target that late frames are judged by.
const CHANGES: usize = 4;
/// Missing frames that are waited for at a time.
const MISSING: usize = 4;

/// The state for one receive slot.
#[derive(Debug, Clone, Copy)]
pub(super) struct Targets {
    newest: u16,
    history: History,
    generation: u8,
    /// The keyframe with which the structure came: what is older has no part in chains and targets of now.
    key: u16,
    /// The decode targets forwarded, the newest first, and with which frame each began.
    changes: [Change; CHANGES],
    /// Bit by bit the chains of which everything was sent or may still come.
    intact: u8,
    missing: [Missing; MISSING],
    last_spatial: u8,
    /// Decode targets that are whole when the current one is sent.
    covered: u32,
    announces: bool,
    /// A wanted decode target is out of reach.
    missed: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Change {
    since: u16,
    target: Option<u8>,
    /// It has frames that were not sent before.
    widens: bool,
}

/// A frame that some chains need, and that has not come; no chains where the place is free.
#[derive(Debug, Clone, Copy, Default)]
struct Missing {
    number: u16,
    chains: u8,
}

/// What is known of the frames that a frame needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    Sent,
    MayCome,
    LeftOut,
}

impl Targets {
    /// Begin before a keyframe.
    pub(super) fn new(number: u16, generation: u8) -> Self {
        let newest = number.wrapping_sub(1);
        Targets {
            newest,
            history: History::default(),
            generation: generation.wrapping_sub(1),
            key: number,
            changes: [Change { since: newest, ..Change::default() }; CHANGES],
            intact: 0,
            missing: [Missing::default(); MISSING],
            last_spatial: 0,
            covered: 0,
            announces: false,
            missed: true,
        }
    }

    /// Whether a packet is forwarded.
    pub(super) fn decide(&mut self, meta: &Meta, number: u16, wanted: Layers, known: &Dependencies) -> Decision {
        let ahead = number.wrapping_sub(self.newest);
        let is_newest = ahead != 0 && ahead < 0x8000;
        if is_newest {
            self.history.advance(u32::from(ahead));
            self.newest = number;
            self.age_changes();
        }
        let age = u32::from(self.newest.wrapping_sub(number));
        let forwarded = match self.history.fate(age) {
            Fate::Forwarded => true,
            Fate::Dropped | Fate::Gone => false,
            Fate::Unseen => {
                let forwarded = self.judge(number, is_newest, wanted, known);
                self.history.note(age, forwarded);
                forwarded
            }
        };
        if forwarded { Decision::Forward { marker: self.ends_picture(meta, number, known) } } else { Decision::Drop }
    }

    /// Whether a frame is so old that its sender must have begun anew.
    pub(super) fn is_past(&self, number: u16) -> bool {
        (LATE_FRAMES..0x8000).contains(&self.newest.wrapping_sub(number))
    }

    /// The layers of the decode target.
    pub(super) fn current(&self, known: &Dependencies) -> Layers {
        let layer = self.target().map(|target| known.structure().layer(target));
        let (spatial, temporal) = layer.unwrap_or_default();
        Layers { spatial, temporal }
    }

    /// Whether the wanted layers can only be had from a keyframe on.
    pub(super) fn needs_keyframe(&self) -> bool {
        self.missed
    }

    /// The active decode targets that a packet must tell the receiver.
    pub(super) fn announcement(&self, meta: &Meta, known: &Dependencies) -> Option<u32> {
        let is_due = meta.has_active_targets || (self.announces && meta.begins_frame);
        is_due.then_some(self.covered & known.active_targets())
    }

    fn target(&self) -> Option<u8> {
        self.changes.first().and_then(|change| change.target)
    }

    /// The decode target in force when a frame was sent; `None` also when that was too many changes ago.
    fn target_at(&self, number: u16) -> Option<u8> {
        self.changes.iter().find(|change| !is_older(number, change.since)).and_then(|change| change.target)
    }

    /// Whether the decode target of its time has a frame.
    fn is_wanted(&self, frame: &Frame) -> bool {
        let indication = |target: u8| frame.definition.indication(target);
        self.target_at(frame.number).is_some_and(|target| indication(target) != Indication::NotPresent)
    }

    fn judge(&mut self, number: u16, is_newest: bool, wanted: Layers, known: &Dependencies) -> bool {
        let Some(frame) = known.frame(number) else {
            if is_newest {
                self.lose();
            }
            return false;
        };
        let mut needs = self.needs(frame);
        if is_newest && !self.follow(frame, &mut needs, wanted, known) {
            return false;
        }
        let is_decodable = match needs {
            Needs::Sent => true,
            Needs::MayCome => !self.hopes_in_vain(frame),
            Needs::LeftOut => false,
        };
        let forwarded = is_decodable && self.is_wanted(frame);
        if !forwarded {
            self.break_chains(frame, known.structure());
        } else if needs == Needs::MayCome {
            self.history.doubt(u32::from(self.newest.wrapping_sub(number)));
        }
        forwarded
    }

    /// Whether a frame needs an unseen one from before the decode target widened, which was not wanted then. What
    /// the chain has was wanted.
    fn hopes_in_vain(&self, frame: &Frame) -> bool {
        let Some(change) = self.changes.iter().find(|change| change.widens) else {
            return false;
        };
        let was_unwanted = |number: u16| {
            let fate = self.history.fate(u32::from(self.newest.wrapping_sub(number)));
            let is_in_chain = self.missing.iter().any(|missing| missing.chains != 0 && missing.number == number);
            is_older(number, change.since) && fate == Fate::Unseen && !is_in_chain
        };
        let mut needed = frame.definition.references.iter().map(|back| frame.number.wrapping_sub(back));
        !is_older(frame.number, change.since) && needed.any(was_unwanted)
    }

    fn needs(&self, frame: &Frame) -> Needs {
        let age = u32::from(self.newest.wrapping_sub(frame.number));
        let ages = frame.definition.references.iter().map(|back| age + u32::from(back));
        ages.fold(Needs::Sent, |needs, age| match (needs, self.history.fate(age)) {
            (Needs::LeftOut, _) | (_, Fate::Dropped) => Needs::LeftOut,
            (Needs::Sent, Fate::Forwarded) if !self.history.is_doubtful(age) => Needs::Sent,
            _ => Needs::MayCome,
        })
    }

    /// Bring chains and decode target up to the newest frame. `false` when its structure's keyframe was missed.
    fn follow(&mut self, frame: &Frame, needs: &mut Needs, wanted: Layers, known: &Dependencies) -> bool {
        if frame.generation != self.generation {
            if !frame.is_key {
                self.lose();
                return false;
            }
            self.begin_generation(frame);
        }
        self.follow_chains(frame, *needs, known.structure());
        if *needs == Needs::MayCome && self.is_proven(frame, known.structure()) {
            *needs = Needs::Sent;
        }
        self.follow_switches(frame, *needs, known.structure());
        let best = self.choose(frame, *needs, wanted, known);
        self.set_target(best, known);
        self.last_spatial = frame.definition.spatial;
        true
    }

    /// A structure was missed: everything is unreadable until the next.
    fn lose(&mut self) {
        self.push_change(None, false);
        self.covered = 0;
        self.missed = true;
    }

    fn begin_generation(&mut self, frame: &Frame) {
        self.generation = frame.generation;
        self.key = frame.number;
        self.intact = 0;
        self.missing = [Missing::default(); MISSING];
        self.last_spatial = u8::MAX;
        self.announces = false;
        self.push_change(None, false);
        self.covered = 0;
    }

    fn follow_chains(&mut self, frame: &Frame, needs: Needs, structure: &DependencyStructure) {
        for chain in 0..structure.chains() {
            let back = frame.definition.chain_distances.get(usize::from(chain)).copied().unwrap_or(0);
            match (back, self.history.fate(u32::from(back))) {
                (0, _) => self.reset_chain(chain, needs),
                (_, Fate::Dropped) => self.intact &= !(1 << chain),
                (_, Fate::Unseen) => self.wait_for(frame.number.wrapping_sub(u16::from(back)), chain),
                (_, Fate::Forwarded | Fate::Gone) => {}
            }
        }
        let patience = PATIENCE * u16::from(structure.layer_counts().0);
        for missing in &mut self.missing {
            let age = self.newest.wrapping_sub(missing.number);
            let fate = self.history.fate(u32::from(age));
            if fate == Fate::Dropped || (fate != Fate::Forwarded && age >= patience) {
                self.intact &= !missing.chains;
            }
            if fate != Fate::Unseen || age >= patience {
                *missing = Missing::default();
            }
        }
    }

    /// Whoever can decode a switch indication can decode all that follows.
    fn follow_switches(&mut self, frame: &Frame, needs: Needs, structure: &DependencyStructure) {
        if needs != Needs::Sent || structure.chains() == 0 {
            return;
        }
        for target in 0..structure.targets() {
            if frame.definition.indication(target) == Indication::Switch {
                self.intact |= 1 << structure.chain(target);
            }
        }
    }

    /// A chain begins anew at a frame that can be decoded.
    fn reset_chain(&mut self, chain: u8, needs: Needs) {
        self.missing.iter_mut().for_each(|missing| missing.chains &= !(1 << chain));
        if needs == Needs::Sent {
            self.intact |= 1 << chain;
        } else {
            self.intact &= !(1 << chain);
        }
    }

    fn wait_for(&mut self, number: u16, chain: u8) {
        let fits = |missing: &&mut Missing| missing.number == number || missing.chains == 0;
        match self.missing.iter_mut().find(fits) {
            Some(missing) if missing.chains == 0 => *missing = Missing { number, chains: 1 << chain },
            Some(missing) => missing.chains |= 1 << chain,
            None => self.intact &= !(1 << chain),
        }
    }

    /// The best decode target from this frame on: the highest wanted one, else the lowest that can be decoded at all.
    fn choose(&mut self, frame: &Frame, needs: Needs, wanted: Layers, known: &Dependencies) -> Option<u8> {
        let structure = known.structure();
        let height = |target: &u8| structure.layer(*target);
        let within = |target: &u8| {
            let (spatial, temporal) = height(target);
            spatial <= wanted.spatial && temporal <= wanted.temporal
        };
        let active = (0..MAX_TARGETS as u8).filter(|target| known.active_targets() >> target & 1 == 1);
        let usable = active.clone().filter(|target| self.is_usable(*target, frame, needs, structure));
        let best = usable.clone().filter(within).max_by_key(height).or_else(|| usable.clone().min_by_key(height));
        let is_new_picture = frame.definition.spatial <= self.last_spatial;
        let current = self.target().filter(|target| self.is_usable(*target, frame, needs, structure));
        let chosen = match current {
            // Down only between pictures: the receiver was not told that this one has ended.
            Some(current) if !is_new_picture && best.is_none_or(|best| height(&best) < height(&current)) => {
                Some(current)
            }
            _ => best,
        };
        let aim = active.clone().filter(within).max_by_key(height).or_else(|| active.min_by_key(height));
        let spatial = |target: Option<u8>| target.map(|target| height(&target).0);
        self.missed = spatial(aim) != spatial(chosen);
        chosen
    }

    fn is_usable(&self, target: u8, frame: &Frame, needs: Needs, structure: &DependencyStructure) -> bool {
        if needs == Needs::Sent && frame.definition.indication(target) == Indication::Switch {
            return true;
        }
        let current = self.target();
        if structure.chains() == 0 {
            let breaks = needs == Needs::LeftOut && frame.definition.indication(target) == Indication::Required;
            return current == Some(target) && !breaks;
        }
        let chain = structure.chain(target);
        let is_followed = current.is_some_and(|current| structure.chain(current) == chain);
        self.intact >> chain & 1 == 1 && (is_followed || !self.is_waited_for(chain))
    }

    fn is_waited_for(&self, chain: u8) -> bool {
        self.missing.iter().any(|missing| missing.chains >> chain & 1 == 1)
    }

    /// Whether a chain that lacks nothing has this frame: then all that it needs has come after all.
    fn is_proven(&self, frame: &Frame, structure: &DependencyStructure) -> bool {
        let is_whole = |chain: u8| self.intact >> chain & 1 == 1 && !self.is_waited_for(chain);
        (0..structure.chains()).any(|chain| is_whole(chain) && is_in_chain(frame, chain, structure))
    }

    fn set_target(&mut self, target: Option<u8>, known: &Dependencies) {
        if target != self.target() {
            let widens = target.is_some_and(|target| self.covered >> target & 1 == 0);
            self.push_change(target, widens);
            self.covered = target.map_or(0, |target| known.structure().covered_by(target));
        }
        self.announces |= self.covered & known.active_targets() != known.structure().all_targets();
    }

    /// Keep the numbers of old changes from wrapping into the future.
    fn age_changes(&mut self) {
        for number in self.changes.iter_mut().map(|change| &mut change.since).chain([&mut self.key]) {
            if self.newest.wrapping_sub(*number) > 0x4000 {
                *number = self.newest.wrapping_sub(0x2000);
            }
        }
    }

    fn push_change(&mut self, target: Option<u8>, widens: bool) {
        if let [first, ..] = &self.changes
            && first.since != self.newest
        {
            self.changes.rotate_right(1);
        }
        if let Some(first) = self.changes.first_mut() {
            *first = Change { since: self.newest, target, widens };
        }
    }

    /// A frame that is left out breaks the chains that it is part of.
    fn break_chains(&mut self, frame: &Frame, structure: &DependencyStructure) {
        if frame.generation != self.generation || is_older(frame.number, self.key) {
            return;
        }
        for chain in 0..structure.chains() {
            if is_in_chain(frame, chain, structure) {
                self.intact &= !(1 << chain);
            }
        }
    }

    fn ends_picture(&self, meta: &Meta, number: u16, known: &Dependencies) -> bool {
        let top = self.target_at(number).map(|target| known.structure().layer(target).0);
        meta.ends_frame && top == Some(meta.spatial)
    }
}

/// Whether a frame number comes before another, by the shorter way round.
fn is_older(number: u16, other: u16) -> bool {
    number.wrapping_sub(other) >= 0x8000
}

/// Whether a frame is part of a chain: every decode target under its protection needs the frame (A.6).
fn is_in_chain(frame: &Frame, chain: u8, structure: &DependencyStructure) -> bool {
    let mut protected = (0..structure.targets()).filter(|target| structure.chain(*target) == chain);
    protected.all(|target| matches!(frame.definition.indication(target), Indication::Switch | Indication::Required))
}
