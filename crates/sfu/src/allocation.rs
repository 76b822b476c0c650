//! Which layer of which video fits into what a receiver's path carries.

/// What one slot could show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// The slot.
    pub slot: usize,
    /// A shared screen goes before faces.
    pub screen: bool,
    /// The tile's width: large tiles go before small ones.
    pub width: u32,
    /// The layers up to the one that fits the tile, the smallest first: number and bits per second.
    pub layers: Vec<(usize, u64)>,
    /// The layer that it has now.
    pub current: Option<usize>,
}

/// More than this share of the estimate is not given away: reports, retransmissions and errors need room.
const USABLE_PERCENT: u64 = 95;
/// To go up, so much more than the cost must be free; else a receiver at the edge would switch all the time.
const UP_PERCENT: u64 = 120;

/// The layer for each demand, in the order of the demands; `None` pauses it.
///
/// Everybody gets the smallest layer first, by priority; what is left raises layers, again by priority.
pub fn allocate(demands: &[Demand], budget_bps: Option<u64>) -> Vec<Option<usize>> {
    let mut remaining = budget_bps.map_or(u64::MAX, |bps| bps / 100 * USABLE_PERCENT);
    let order = by_priority(demands);
    let mut places = vec![None; demands.len()];
    for &i in &order {
        let overshoot = || demands[i].screen.then(|| overshooting(&demands[i], remaining))?;
        if let Some(cost) = affordable(&demands[i], 0, 0, remaining).or_else(overshoot) {
            remaining -= cost;
            places[i] = Some(0);
        }
    }
    for &i in &order {
        while let Some(place) = places[i] {
            let paid = demands[i].layers[place].1;
            let Some(cost) = affordable(&demands[i], place + 1, paid, remaining) else {
                break;
            };
            remaining -= cost;
            places[i] = Some(place + 1);
        }
    }
    let number = |(demand, place): (&Demand, Option<usize>)| place.map(|place| demand.layers[place].0);
    demands.iter().zip(places).map(number).collect()
}

/// What a screen takes that does not quite fit: losing some of it is better than a dark screen beside bright faces.
fn overshooting(demand: &Demand, remaining: u64) -> Option<u64> {
    let (_, bps) = *demand.layers.first()?;
    (remaining >= bps / 2).then(|| bps.min(remaining))
}

fn by_priority(demands: &[Demand]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..demands.len()).collect();
    order.sort_by_key(|&i| (!demands[i].screen, u32::MAX - demands[i].width, demands[i].slot));
    order
}

/// What a demand's layer costs beyond what is paid, if that remains.
fn affordable(demand: &Demand, place: usize, paid: u64, remaining: u64) -> Option<u64> {
    let (number, bps) = *demand.layers.get(place)?;
    let cost = bps.saturating_sub(paid);
    let is_held = demand.current.is_some_and(|current| current >= number);
    let needed = if is_held { cost } else { cost.saturating_mul(UP_PERCENT) / 100 };
    (needed <= remaining).then_some(cost)
}
