//! Which layer of which video fits into what a receiver's path carries.

use std::cmp::Reverse;
use std::ops::Deref;
use std::time::{Duration, Instant};

/// Layers that a demand can name: more than three sizes, of which the smallest has four frame rates.
pub const MAX_LAYERS: usize = 9;
/// More than this share of the estimate is not given away: reports, retransmissions and errors need room.
const USABLE_PERCENT: u64 = 95;
/// To go up, so much more than the cost must be free; else a receiver at the edge would switch all the time.
const UP_PERCENT: u64 = 120;
/// The same for the smallest picture and its frame rates: one that is dropped again is better than none.
const FIRST_PERCENT: u64 = 105;
/// The smallest picture stays as it is while this share of its cost is free: what it takes goes up and down.
const KEEP_PERCENT: u64 = 88;
/// A slot goes up at most once in this time: each step costs a keyframe.
const BETWEEN_RAISES: Duration = Duration::from_secs(2);
/// When no picture fits for this long, there is only sound.
const STARVED_AFTER: Duration = Duration::from_secs(2);
/// After that, pictures come back no sooner than after this time; each time that they did not stay doubles it.
const SOUND_ALONE: Duration = Duration::from_secs(2);
const MAX_SOUND_ALONE: Duration = Duration::from_secs(8);
/// Pictures that stayed for so long had come back for good.
const STAYED: Duration = Duration::from_secs(20);

/// The layers up to the one that fits a tile, the smallest first: number and bits per second.
///
/// Collecting more than [`MAX_LAYERS`] keeps the smallest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Layers {
    layers: [(usize, u64); MAX_LAYERS],
    count: usize,
}

impl Deref for Layers {
    type Target = [(usize, u64)];

    fn deref(&self) -> &[(usize, u64)] {
        self.layers.get(..self.count).unwrap_or_default()
    }
}

impl FromIterator<(usize, u64)> for Layers {
    fn from_iter<T: IntoIterator<Item = (usize, u64)>>(layers: T) -> Self {
        let mut all = Layers::default();
        for (place, layer) in all.layers.iter_mut().zip(layers) {
            *place = layer;
            all.count += 1;
        }
        all
    }
}

/// What one slot could show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demand {
    /// The slot.
    pub slot: usize,
    /// A shared screen goes before faces.
    pub screen: bool,
    /// Who speaks goes before who listens.
    pub speaker: bool,
    /// The tile's width: a pinned tile is the largest, and large tiles go before small ones.
    pub width: u32,
    /// What it could show.
    pub layers: Layers,
    /// So many of the first of them are the smallest picture with fewer pictures a second.
    pub thinned: u8,
    /// The layer that it was given last, even while its keyframe is still awaited.
    pub current: Option<usize>,
    /// When it was last given more than before.
    pub last_raised: Option<Instant>,
}

impl Demand {
    /// The place of the smallest picture with all of its pictures.
    fn smoothest(&self) -> usize {
        usize::from(self.thinned)
    }

    /// No place is higher.
    fn best(&self) -> usize {
        self.layers.len()
    }
}

/// What a slot gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// This layer.
    Flow(usize),
    /// Nothing.
    Pause(Reason),
}

impl Grant {
    /// The layer, if it gets one.
    pub fn layer(self) -> Option<usize> {
        match self {
            Grant::Flow(layer) => Some(layer),
            Grant::Pause(_) => None,
        }
    }
}

/// Why a slot gets nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Others go before it, and the rest is too little.
    Bandwidth,
    /// The path carries no picture at all: there is only sound until it is clearly better.
    AudioOnly,
}

/// Whether a receiver gets only sound. One a receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fallback {
    starved_since: Option<Instant>,
    audio_only: bool,
    /// When there was last only sound.
    fell_at: Option<Instant>,
    /// For how long there is only sound at least.
    pause: Duration,
}

impl Fallback {
    /// Whether all pictures pause because not even one fits.
    pub fn is_audio_only(&self) -> bool {
        self.audio_only
    }

    /// Note whether nothing fitted.
    fn note(&mut self, is_starved: bool, now: Instant) {
        let since = is_starved.then(|| self.starved_since.unwrap_or(now));
        let audio_only = since.is_some_and(|since| now.saturating_duration_since(since) >= STARVED_AFTER);
        if audio_only && !self.audio_only {
            let stayed = self.fell_at.is_none_or(|at| now.saturating_duration_since(at) >= STAYED + self.pause);
            self.pause = if stayed { SOUND_ALONE } else { (self.pause * 2).min(MAX_SOUND_ALONE) };
            self.fell_at = Some(now);
        }
        (self.audio_only, self.starved_since) = (audio_only, since);
    }

    /// Whether it stays with sound alone.
    fn holds(&self, now: Instant) -> bool {
        self.audio_only && self.fell_at.is_some_and(|at| now.saturating_duration_since(at) < self.pause)
    }
}

/// The allocation with its working memory, which is kept: one a worker.
#[derive(Debug, Default)]
pub struct Allocator {
    order: Vec<usize>,
    places: Vec<Option<usize>>,
    grants: Vec<Grant>,
}

impl Allocator {
    /// What each demand gets, in the order of the demands.
    ///
    /// Everybody gets the smallest picture first: screens, who speaks, then by width; in the same order it becomes
    /// smooth for everybody, and what is left then raises layers. `budget_bps` is what all of them may take, `None`
    /// while that is unknown.
    pub fn allocate(
        &mut self,
        demands: &[Demand],
        budget_bps: Option<u64>,
        fallback: &mut Fallback,
        now: Instant,
    ) -> &[Grant] {
        let usable = budget_bps.map_or(u64::MAX, |bps| bps / 100 * USABLE_PERCENT);
        self.places.clear();
        self.places.resize(demands.len(), None);
        if !fallback.holds(now) {
            self.place(demands, usable, now);
            fallback.note(self.is_starved(demands), now);
        }
        let reason = if fallback.audio_only { Reason::AudioOnly } else { Reason::Bandwidth };
        let layer = |(demand, place): (&Demand, &Option<usize>)| Some(demand.layers.get((*place)?)?.0);
        let grants = demands.iter().zip(&self.places).map(layer);
        self.grants.clear();
        self.grants.extend(grants.map(|layer| layer.map_or(Grant::Pause(reason), Grant::Flow)));
        &self.grants
    }

    fn place(&mut self, demands: &[Demand], usable: u64, now: Instant) {
        self.order.clear();
        self.order.extend(0..demands.len());
        self.order.sort_unstable_by_key(|&i| priority(&demands[i]));
        let mut remaining = usable;
        for (rank, &i) in self.order.iter().enumerate() {
            let overshoot = || may_overshoot(&demands[i], rank).then(|| overshooting(&demands[i], remaining))?;
            if let Some(cost) = affordable(&demands[i], 0, 0, remaining).or_else(overshoot) {
                remaining -= cost;
                self.places[i] = Some(0);
            }
        }
        for top in [Demand::smoothest, Demand::best] {
            for &i in &self.order {
                let demand = &demands[i];
                self.places[i] = self.places[i].map(|place| raised(demand, place, top(demand), &mut remaining, now));
            }
        }
    }

    /// Whether nothing fits, though there is something.
    fn is_starved(&self, demands: &[Demand]) -> bool {
        self.places.iter().all(Option::is_none) && demands.iter().any(|demand| !demand.layers.is_empty())
    }
}

/// The lowest goes first.
fn priority(demand: &Demand) -> (bool, bool, Reverse<u32>, usize) {
    (!demand.screen, !demand.speaker, Reverse(demand.width), demand.slot)
}

/// The highest place up to a top that can be paid from what remains, and is not too soon.
fn raised(demand: &Demand, mut place: usize, top: usize, remaining: &mut u64, now: Instant) -> usize {
    while place < top
        && let Some(&(_, paid)) = demand.layers.get(place)
        && !is_too_soon(demand, place + 1, now)
        && let Some(cost) = affordable(demand, place + 1, paid, *remaining)
    {
        *remaining -= cost;
        place += 1;
    }
    place
}

/// Whether a place would be a larger picture shortly after another.
fn is_too_soon(demand: &Demand, place: usize, now: Instant) -> bool {
    let is_recent = |raised: Instant| now.saturating_duration_since(raised) < BETWEEN_RAISES;
    place > demand.smoothest() && demand.last_raised.is_some_and(is_recent) && !is_held(demand, place)
}

fn is_held(demand: &Demand, place: usize) -> bool {
    let number = demand.layers.get(place).map(|layer| layer.0);
    demand.current.zip(number).is_some_and(|(current, number)| current >= number)
}

/// Screens overshoot, and of faces the most important one that is shown with as few pictures as it can be: estimates
/// that fall for a moment shall not make it dark.
fn may_overshoot(demand: &Demand, rank: usize) -> bool {
    demand.screen || (rank == 0 && demand.thinned > 0 && is_held(demand, 0))
}

/// What is taken by what does not quite fit: losing some of it is better than a dark tile.
fn overshooting(demand: &Demand, remaining: u64) -> Option<u64> {
    let (_, bps) = *demand.layers.first()?;
    (remaining >= bps / 2).then(|| bps.min(remaining))
}

/// What a demand's layer costs beyond what is paid, if that remains.
fn affordable(demand: &Demand, place: usize, paid: u64, remaining: u64) -> Option<u64> {
    let (_, bps) = *demand.layers.get(place)?;
    let cost = bps.saturating_sub(paid);
    let needed = match (is_held(demand, place), place <= demand.smoothest()) {
        (true, true) => percent(bps, KEEP_PERCENT).saturating_sub(paid),
        (true, false) => cost,
        (false, true) => percent(cost, FIRST_PERCENT),
        (false, false) => percent(cost, UP_PERCENT),
    };
    let cost = cost.min(remaining);
    (needed <= remaining).then_some(cost)
}

fn percent(bps: u64, percent: u64) -> u64 {
    u64::try_from(u128::from(bps) * u128::from(percent) / 100).unwrap_or(u64::MAX)
}
