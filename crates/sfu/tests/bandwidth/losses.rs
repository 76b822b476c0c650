//! Losses that congestion does not cause, and those that it does.

use std::time::Instant;

use crate::flow::{Flow, Setup, run};
use crate::link::{Gilbert, Link, Shape};

fn over(shape: Shape, setup: Setup, seed: u64) -> Flow {
    let mut flows = [Flow::new(setup, seed, Instant::now())];
    run(&mut Link::new(shape, seed), &mut flows, 60);
    let [flow] = flows;
    flow
}

#[test]
fn random_loss_of_a_tenth_does_not_starve_a_stream() {
    for seed in 0..40 {
        let shape = Shape { loss: 0.1, ..Shape::constant(5_000_000) };
        let flow = over(shape, Setup::encoder(1_000_000, 1_000_000), seed);
        assert!(flow.lowest(5..60) >= 500_000, "seed {seed}{}", flow.table());
        assert!(flow.arrived(5..60) >= 600_000, "seed {seed}{}", flow.table());
    }
}

#[test]
fn bursts_of_loss_do_not_starve_a_stream() {
    for seed in 0..40 {
        let bursts = Some(Gilbert { enter: 0.012, leave: 0.2 });
        let flow = over(Shape { bursts, ..Shape::constant(5_000_000) }, Setup::encoder(1_000_000, 1_000_000), seed);
        assert!(flow.lowest(5..60) >= 400_000, "seed {seed}{}", flow.table());
    }
}

#[test]
fn random_loss_of_two_percent_leaves_a_fast_stream_alone() {
    for seed in 0..40 {
        let shape = Shape { loss: 0.02, ..Shape::constant(5_000_000) };
        let flow = over(shape, Setup::encoder(300_000, 3_000_000), seed);
        assert!(flow.arrived(10..60) >= 2_400_000, "seed {seed}{}", flow.table());
    }
}

#[test]
fn loss_of_nearly_a_third_leaves_speech_and_a_small_picture() {
    for seed in 0..40 {
        let shape = Shape { loss: 0.3, ..Shape::constant(5_000_000) };
        let flow = over(shape, Setup::encoder(1_000_000, 1_000_000), seed);
        assert!(flow.lowest(10..60) >= 150_000, "seed {seed}{}", flow.table());
        assert!(flow.arrived(20..60) <= 500_000, "seed {seed}{}", flow.table());
    }
}

#[test]
fn a_policer_without_a_queue_is_found_by_its_losses() {
    for seed in 0..40 {
        // 3,000 bytes are 24 ms: the delay shows next to nothing.
        let shape = Shape { queue_bytes: 3_000, ..Shape::constant(1_000_000) };
        let flow = over(shape, Setup::encoder(300_000, 4_000_000), seed);
        let (sent, arrived): (u64, u64) =
            flow.seconds[20..].iter().fold((0, 0), |sum, second| (sum.0 + second.sent, sum.1 + second.arrived));
        assert!(arrived * 100 >= sent * 80, "seed {seed}: {arrived} of {sent}{}", flow.table());
        assert!(flow.arrived(20..60) >= 500_000, "seed {seed}{}", flow.table());
    }
}
