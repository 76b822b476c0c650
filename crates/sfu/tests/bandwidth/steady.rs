//! A link that stays as it is: how soon the estimate finds it, and how well it is used.

use std::time::Instant;

use crate::flow::{Flow, Setup, Video, run};
use crate::link::{Link, Shape};

fn alone(shape: Shape, setup: Setup, seed: u64, seconds: u64) -> Flow {
    let mut flows = [Flow::new(setup, seed, Instant::now())];
    run(&mut Link::new(shape, seed), &mut flows, seconds);
    let [flow] = flows;
    flow
}

#[test]
fn a_fast_link_is_found_within_five_seconds() {
    for seed in 0..40 {
        let flow = alone(Shape::constant(5_000_000), Setup::encoder(300_000, 4_000_000), seed, 10);
        assert!(flow.seconds[4].estimate >= 3_000_000, "seed {seed}{}", flow.table());
        assert!(flow.lowest(5..10) >= 3_000_000, "seed {seed}{}", flow.table());
    }
}

#[test]
fn a_constant_link_is_used_well_with_a_short_queue() {
    for seed in 0..40 {
        let rate = [400_000, 1_000_000, 2_000_000, 5_000_000][seed as usize % 4];
        let flow = alone(Shape::constant(rate), Setup::encoder(300_000, 8_000_000), seed, 60);
        let (used, wait) = (flow.arrived(20..60), flow.wait(20..60, 0.95));
        assert!(used * 10 >= rate * 8, "seed {seed}: {used} of {rate} bit/s used{}", flow.table());
        assert!(wait <= 150_000, "95 % of packets wait up to {wait} us at {rate} bit/s{}", flow.table());
    }
}

#[test]
fn a_layered_sender_reaches_its_top_layer_and_stays_there() {
    for seed in 0..40 {
        let video = Video::Layers(vec![150_000, 500_000, 1_700_000]);
        let setup = Setup { goal: 2_200_000, video, ..Setup::encoder(300_000, 0) };
        let flow = alone(Shape::constant(4_000_000), setup, seed, 40);
        assert!(flow.arrived(10..40) >= 1_600_000, "seed {seed}{}", flow.table());
    }
}

#[test]
fn a_sender_that_sends_little_keeps_its_estimate() {
    let setup = Setup { goal: 3_000_000, ..Setup::encoder(300_000, 100_000) };
    let flow = alone(Shape::constant(4_000_000), setup, 1, 60);
    assert!(flow.lowest(10..60) >= 2_000_000, "{}", flow.table());
}

#[test]
fn nothing_is_probed_without_a_goal() {
    let flow = alone(Shape::constant(4_000_000), Setup { goal: 0, ..Setup::encoder(300_000, 100_000) }, 1, 10);
    assert!(flow.seconds.iter().all(|second| second.probed == 0), "{}", flow.table());
}

#[test]
fn jitter_is_not_taken_for_congestion() {
    for seed in 0..40 {
        let shape = Shape { delay: 250_000, jitter: 100_000, reorders: seed % 2 == 0, ..Shape::constant(3_000_000) };
        let flow = alone(shape, Setup::encoder(1_000_000, 1_500_000), seed, 60);
        assert!(flow.lowest(5..60) >= 500_000, "seed {seed}{}", flow.table());
        assert!(flow.arrived(10..60) >= 750_000, "seed {seed}{}", flow.table());
    }
}
