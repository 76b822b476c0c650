//! A link that changes: falls, recoveries, outages and feedback that stays away.

use std::time::Instant;

use crate::flow::{Flow, Setup, Video, run};
use crate::link::{Link, Shape};

const SECOND: u64 = 1_000_000;

fn falling(seed: u64, queue_bytes: u64) -> Flow {
    let rates = vec![(0, 2_000_000), (15 * SECOND, 300_000), (35 * SECOND, 2_000_000)];
    let shape = Shape { rates, queue_bytes, ..Shape::constant(2_000_000) };
    let mut flows = [Flow::new(Setup::encoder(300_000, 3_000_000), seed, Instant::now())];
    run(&mut Link::new(shape, seed), &mut flows, 60);
    let [flow] = flows;
    flow
}

#[test]
fn a_fall_to_300_kbit_is_followed_and_its_queue_drained() {
    for seed in 0..40 {
        let queue_bytes = [20_000, 30_000, 75_000, 150_000][seed as usize % 4];
        let flow = falling(seed, queue_bytes);
        let sent = flow.sent(18..21);
        assert!(sent <= 300_000, "seed {seed}: {sent} bit/s sent{}", flow.table());
        let wait = flow.wait(20..33, 0.95);
        assert!(wait <= 300_000, "seed {seed}: {wait} us wait{}", flow.table());
        assert!(flow.arrived(22..35) >= 180_000, "seed {seed}{}", flow.table());
    }
}

#[test]
fn what_was_lost_comes_back_with_the_link() {
    for seed in 0..40 {
        let flow = falling(seed, 75_000);
        assert!(flow.lowest(47..50) >= 1_400_000, "seed {seed}{}", flow.table());
    }
}

#[test]
fn a_layered_sender_falls_and_comes_back() {
    for seed in 0..40 {
        let rates = vec![(0, 3_000_000), (15 * SECOND, 300_000), (35 * SECOND, 3_000_000)];
        let shape = Shape { rates, queue_bytes: 75_000, ..Shape::constant(3_000_000) };
        let video = Video::Layers(vec![120_000, 500_000, 1_700_000]);
        let setup = Setup { goal: 2_200_000, video, ..Setup::encoder(300_000, 0) };
        let mut flows = [Flow::new(setup, seed, Instant::now())];
        run(&mut Link::new(shape, seed), &mut flows, 60);
        let flow = &flows[0];
        assert!(flow.wait(20..35, 0.95) <= 300_000, "seed {seed}{}", flow.table());
        assert!(flow.arrived(48..60) >= 1_500_000, "seed {seed}{}", flow.table());
    }
}

#[test]
fn an_outage_of_five_seconds_is_survived() {
    for seed in 0..40 {
        let rates = vec![(0, 2_000_000), (15 * SECOND, 0), (20 * SECOND, 2_000_000)];
        let shape = Shape { rates, ..Shape::constant(2_000_000) };
        let mut flows = [Flow::new(Setup::encoder(300_000, 1_500_000), seed, Instant::now())];
        run(&mut Link::new(shape, seed), &mut flows, 40);
        let flow = &flows[0];
        assert!(flow.seconds[19].estimate <= 800_000, "seed {seed}{}", flow.table());
        assert!(flow.lowest(30..40) >= 1_000_000, "seed {seed}{}", flow.table());
    }
}

#[test]
fn half_of_the_feedback_is_enough() {
    for seed in 0..40 {
        let setup = Setup { feedback_loss: 0.5, ..Setup::encoder(300_000, 4_000_000) };
        let mut flows = [Flow::new(setup, seed, Instant::now())];
        run(&mut Link::new(Shape::constant(2_000_000), seed), &mut flows, 60);
        let flow = &flows[0];
        assert!(flow.arrived(20..60) >= 1_200_000, "seed {seed}{}", flow.table());
        assert!(flow.wait(20..60, 0.95) <= 250_000, "seed {seed}{}", flow.table());
    }
}
