//! Who gets which layer: priorities, hysteresis, pauses, and the way to sound alone and back.

use std::time::{Duration, Instant};

use sfu::allocation::{Allocator, Demand, Fallback, Grant, MAX_LAYERS, Reason};

const CAMERA: [(usize, u64); 3] = [(0, 100_000), (1, 300_000), (2, 1_000_000)];

fn camera(slot: usize, width: u32, current: Option<usize>) -> Demand {
    let layers = CAMERA.into_iter().collect();
    Demand { slot, screen: false, speaker: false, width, layers, thinned: 0, current, last_raised: None }
}

fn screen(slot: usize, bps: u64) -> Demand {
    Demand { screen: true, layers: [(0, bps)].into_iter().collect(), ..camera(slot, 100, None) }
}

fn allocate(demands: &[Demand], budget_bps: Option<u64>) -> Vec<Option<usize>> {
    let mut allocator = Allocator::default();
    let grants = allocator.allocate(demands, budget_bps, &mut Fallback::default(), Instant::now());
    grants.iter().map(|grant| grant.layer()).collect()
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
    assert_eq!(allocate(&[camera(0, 640, Some(1))], Some(340_000)), [Some(1)]);
    assert_eq!(allocate(&[camera(0, 640, Some(0))], Some(330_000)), [Some(0)]);
}

#[test]
fn a_small_picture_comes_when_it_just_fits_and_stays_when_it_just_does_not() {
    assert_eq!(allocate(&[camera(0, 640, None)], Some(110_000)), [None]);
    assert_eq!(allocate(&[camera(0, 640, None)], Some(112_000)), [Some(0)]);
    assert_eq!(allocate(&[camera(0, 640, Some(0))], Some(94_000)), [Some(0)]);
    assert_eq!(allocate(&[camera(0, 640, Some(0))], Some(92_000)), [None]);
}

#[test]
fn a_screen_goes_first_and_overshoots_rather_than_pause() {
    let demands = [camera(0, 1280, None), screen(9, 500_000)];
    assert_eq!(allocate(&demands, Some(400_000)), [None, Some(0)]);
}

#[test]
fn who_speaks_goes_before_who_is_pinned_and_the_screen_before_both() {
    let speaker = Demand { speaker: true, ..camera(2, 160, None) };
    let demands = [camera(0, 1280, None), camera(1, 160, None), speaker, screen(3, 100_000)];
    assert_eq!(allocate(&demands, Some(130_000)), [None, None, None, Some(0)]);
    assert_eq!(allocate(&demands, Some(240_000)), [None, None, Some(0), Some(0)]);
    assert_eq!(allocate(&demands, Some(350_000)), [Some(0), None, Some(0), Some(0)]);
    assert_eq!(allocate(&demands, Some(450_000)), [Some(0), Some(0), Some(0), Some(0)]);
    assert_eq!(allocate(&demands, Some(700_000)), [Some(0), Some(0), Some(1), Some(0)]);
}

/// The same camera, whose smallest picture comes with a quarter, half or all of its pictures.
fn smooth(slot: usize, width: u32, current: Option<usize>) -> Demand {
    let layers = [(0, 40_000), (1, 60_000), (3, 100_000), (19, 300_000)].into_iter().collect();
    Demand { layers, thinned: 2, ..camera(slot, width, current) }
}

#[test]
fn a_small_picture_moves_less_smoothly_before_it_pauses() {
    let at = |bps, current| allocate(&[smooth(0, 640, current)], Some(bps))[0];
    assert_eq!(at(112_000, Some(3)), Some(3));
    assert_eq!(at(94_000, Some(3)), Some(3));
    assert_eq!(at(92_000, Some(3)), Some(1));
    assert_eq!(at(60_000, Some(1)), Some(1));
    assert_eq!(at(50_000, Some(1)), Some(0));
    assert_eq!(at(22_000, Some(0)), Some(0));
    assert_eq!(at(20_000, Some(0)), None);
    assert_eq!(at(42_000, None), None);
    assert_eq!(at(45_000, None), Some(0));
}

#[test]
fn of_those_that_do_not_quite_fit_the_most_important_stays() {
    let demands = [smooth(0, 1280, Some(0)), smooth(1, 320, Some(0))];
    assert_eq!(allocate(&demands, Some(30_000)), [Some(0), None]);
    let demands = [smooth(0, 1280, None), smooth(1, 320, Some(0))];
    assert_eq!(allocate(&demands, Some(30_000)), [None, None], "what is not shown begins when it fits");
}

#[test]
fn everybody_moves_smoothly_before_anybody_is_seen_well() {
    let demands = [smooth(0, 1280, None), smooth(1, 320, None)];
    assert_eq!(allocate(&demands, Some(90_000)), [Some(0), Some(0)]);
    assert_eq!(allocate(&demands, Some(130_000)), [Some(1), Some(1)]);
    assert_eq!(allocate(&demands, Some(400_000)), [Some(3), Some(3)]);
    assert_eq!(allocate(&demands, Some(480_000)), [Some(19), Some(3)]);
}

#[test]
fn a_smoother_picture_waits_for_nothing_since_it_costs_no_keyframe() {
    let now = Instant::now();
    let (mut allocator, mut fallback) = (Allocator::default(), Fallback::default());
    let demand = Demand { last_raised: Some(now), ..smooth(0, 1280, Some(0)) };
    assert_eq!(allocator.allocate(&[demand], Some(5_000_000), &mut fallback, now), [Grant::Flow(3)]);
}

#[test]
fn a_pause_names_bandwidth() {
    let demands = [camera(0, 160, None), camera(1, 640, None)];
    let (mut allocator, mut fallback) = (Allocator::default(), Fallback::default());
    let grants = allocator.allocate(&demands, Some(150_000), &mut fallback, Instant::now());
    assert_eq!(grants, [Grant::Pause(Reason::Bandwidth), Grant::Flow(0)]);
}

#[test]
fn a_slot_goes_up_once_in_two_seconds_and_down_at_once() {
    let now = Instant::now();
    let (mut allocator, mut fallback) = (Allocator::default(), Fallback::default());
    let demand = Demand { last_raised: Some(now), ..camera(0, 1280, Some(1)) };
    let mut at = |ms, bps| allocator.allocate(&[demand], Some(bps), &mut fallback, now + Duration::from_millis(ms))[0];
    assert_eq!(at(1_900, 5_000_000), Grant::Flow(1));
    assert_eq!(at(2_000, 5_000_000), Grant::Flow(2));
    assert_eq!(at(100, 150_000), Grant::Flow(0));
}

#[test]
fn a_slot_that_paused_comes_back_at_its_smallest_soon_after_a_raise() {
    let now = Instant::now();
    let demand = Demand { last_raised: Some(now), ..camera(0, 1280, None) };
    let (mut allocator, mut fallback) = (Allocator::default(), Fallback::default());
    let grants = allocator.allocate(&[demand], Some(5_000_000), &mut fallback, now + Duration::from_secs(1));
    assert_eq!(grants, [Grant::Flow(0)]);
}

#[test]
fn when_no_picture_fits_there_is_only_sound_for_a_while() {
    let start = Instant::now();
    let (mut allocator, mut fallback) = (Allocator::default(), Fallback::default());
    let demands = [camera(0, 640, None), camera(1, 160, None)];
    let mut at = |ms, bps| {
        let now = start + Duration::from_millis(ms);
        allocator.allocate(&demands, Some(bps), &mut fallback, now).to_vec()
    };
    let [bandwidth, audio_only] = [Reason::Bandwidth, Reason::AudioOnly].map(|reason| vec![Grant::Pause(reason); 2]);
    assert_eq!(at(0, 90_000), bandwidth);
    assert_eq!(at(1_900, 90_000), bandwidth);
    assert_eq!(at(2_000, 90_000), audio_only);
    assert_eq!(at(3_900, 200_000), audio_only);
    assert_eq!(at(4_000, 109_000), audio_only);
    assert_eq!(at(4_300, 112_000), [Grant::Flow(0), Grant::Pause(Reason::Bandwidth)]);
}

#[test]
fn pictures_that_did_not_stay_come_back_later_each_time_and_soon_again_once_they_did() {
    let start = Instant::now();
    let (mut allocator, mut fallback) = (Allocator::default(), Fallback::default());
    let mut ms = 0;
    let mut pauses = Vec::new();
    for stays_ms in [0, 0, 0, 0, 0, 60_000, 0] {
        let mut is_shown = |bps, for_ms| {
            ms += for_ms;
            let now = start + Duration::from_millis(ms);
            allocator.allocate(&[camera(0, 640, None)], Some(bps), &mut fallback, now)[0] == Grant::Flow(0)
        };
        assert!(!is_shown(50_000, 100) && !is_shown(50_000, 2_000));
        pauses.push((1..).find(|_| is_shown(200_000, 100)).unwrap() / 10);
        assert!(is_shown(200_000, stays_ms));
    }
    assert_eq!(pauses, [2, 4, 8, 8, 8, 8, 2]);
}

#[test]
fn a_short_dip_does_not_lead_to_sound_alone() {
    let start = Instant::now();
    let (mut allocator, mut fallback) = (Allocator::default(), Fallback::default());
    for second in 0..20 {
        let bps = if second % 2 == 0 { 90_000 } else { 120_000 };
        let now = start + Duration::from_secs(second);
        allocator.allocate(&[camera(0, 640, Some(0))], Some(bps), &mut fallback, now);
        assert!(!fallback.is_audio_only(), "second {second}");
    }
}

#[test]
fn nothing_to_show_is_no_starvation() {
    let start = Instant::now();
    let (mut allocator, mut fallback) = (Allocator::default(), Fallback::default());
    let empty = Demand { layers: [].into_iter().collect(), ..camera(0, 640, None) };
    for second in 0..10 {
        let now = start + Duration::from_secs(second);
        assert_eq!(allocator.allocate(&[], Some(0), &mut fallback, now), []);
        assert_eq!(allocator.allocate(&[empty], Some(0), &mut fallback, now), [Grant::Pause(Reason::Bandwidth)]);
    }
    assert!(!fallback.is_audio_only());
}

#[test]
fn more_layers_than_there_is_room_for_keep_the_smallest() {
    let layers = (0..20).map(|i| (i, 1_000 * (i as u64 + 1))).collect();
    let demands = [Demand { layers, ..camera(0, 640, None) }];
    assert_eq!(allocate(&demands, None), [Some(MAX_LAYERS - 1)]);
    let huge = Demand { layers: [(0, u64::MAX)].into_iter().collect(), screen: true, ..camera(0, 640, None) };
    assert_eq!(allocate(&[huge, huge], Some(u64::MAX)), [Some(0), None]);
}

#[test]
fn grants_never_cost_more_than_the_budget_but_for_a_small_picture_that_stays() {
    let mut seed = 1u64;
    let mut random = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    for _ in 0..10_000 {
        let demands: Vec<Demand> = (0..random(12) as usize)
            .map(|slot| {
                let held = random(4) as usize;
                let current = (held < 3).then_some(held);
                Demand { speaker: random(4) == 0, ..camera(slot, random(1920) as u32, current) }
            })
            .collect();
        let budget = random(8_000_000);
        let layers = allocate(&demands, Some(budget));
        let cost: u64 = layers.iter().flatten().map(|&layer| CAMERA[layer].1).sum();
        assert!(cost <= budget + CAMERA[0].1 * 12 / 100, "{cost} of {budget}: {demands:?} got {layers:?}");
    }
}
