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

#[cfg(test)]
mod tests {
    use super::{Demand, allocate};

    fn camera(slot: usize, width: u32, current: Option<usize>) -> Demand {
        let layers = vec![(0, 100_000), (1, 300_000), (2, 1_000_000)];
        Demand { slot, screen: false, width, layers, current }
    }

    #[test]
    fn without_an_estimate_everybody_gets_the_best() {
        let demands = [camera(0, 640, None), camera(1, 320, None)];
        assert_eq!(allocate(&demands, None), [Some(2), Some(2)]);
    }

    #[test]
    fn everybody_is_seen_before_anybody_is_seen_well() {
        let demands = [camera(0, 320, None), camera(1, 1280, None), camera(2, 320, None)];
        assert_eq!(allocate(&demands, Some(700_000)), [Some(0), Some(1), Some(0)]);
    }

    #[test]
    fn small_tiles_pause_first() {
        let demands = [camera(0, 160, None), camera(1, 640, None)];
        assert_eq!(allocate(&demands, Some(150_000)), [None, Some(0)]);
    }

    #[test]
    fn going_up_needs_more_room_than_staying() {
        let budget = Some(340_000);
        assert_eq!(allocate(&[camera(0, 640, Some(1))], budget), [Some(1)]);
        assert_eq!(allocate(&[camera(0, 640, Some(0))], Some(330_000)), [Some(0)]);
    }

    #[test]
    fn a_screen_goes_first_and_overshoots_rather_than_pause() {
        let screen = Demand { slot: 9, screen: true, width: 100, layers: vec![(0, 500_000)], current: None };
        let demands = [camera(0, 1280, None), screen];
        assert_eq!(allocate(&demands, Some(400_000)), [None, Some(0)]);
    }
}
