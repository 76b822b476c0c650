//! A path on which each packet takes its own time: satellites, bonded links, busy radio.

use std::time::Instant;

use crate::flow::{Flow, Setup, Video, run, run_between};
use crate::link::{Link, Shape};

/// 300 ms, 50 ms earlier or later (standard deviation), 1 % lost, and nothing that is too narrow.
fn disordered() -> Shape {
    Shape { delay: 300_000, spread: 50_000, loss: 0.01, ..Shape::constant(20_000_000) }
}

/// What a report meets on its way back.
fn answered(setup: Setup) -> Setup {
    Setup { back: 200_000, back_jitter: 200_000, feedback_loss: 0.01, ..setup }
}

fn over(setup: Setup, seed: u64) -> Flow {
    let mut flows = [Flow::new(answered(setup), seed, Instant::now())];
    run(&mut Link::new(disordered(), seed), &mut flows, 60);
    let [flow] = flows;
    flow
}

#[test]
fn disorder_does_not_take_the_rate_of_a_stream() {
    for seed in 0..40 {
        let flow = over(Setup::encoder(300_000, 1_500_000), seed);
        assert!(flow.lowest(15..60) >= 1_000_000, "seed {seed}{}", flow.table());
        assert!(flow.arrived(15..60) >= 900_000, "seed {seed}{}", flow.table());
    }
}

#[test]
fn disorder_takes_no_layer_away() {
    for seed in 0..40 {
        let setup =
            Setup { goal: 1_100_000, video: Video::Layers(vec![150_000, 700_000]), ..Setup::encoder(300_000, 0) };
        let flow = over(setup, seed);
        let dark = flow.seconds[5..].iter().filter(|second| second.arrived < 150_000).count();
        assert!(dark == 0, "seed {seed}: dark for {dark} s{}", flow.table());
        assert!(flow.lowest(15..60) >= 700_000, "seed {seed}{}", flow.table());
    }
}

#[test]
fn a_path_that_falls_into_disorder_keeps_its_layers() {
    for seed in 0..40 {
        let setup =
            Setup { goal: 1_100_000, video: Video::Layers(vec![150_000, 700_000]), ..Setup::encoder(300_000, 0) };
        let mut flows = [Flow::new(setup, seed, Instant::now())];
        run(&mut Link::new(Shape::constant(20_000_000), seed), &mut flows, 10);
        run_between(&mut Link::new(disordered(), seed), &mut flows, 10..60);
        let [flow] = flows;
        let dark = flow.seconds[11..].iter().filter(|second| second.arrived < 150_000).count();
        assert!(dark == 0, "seed {seed}: dark for {dark} s{}", flow.table());
        assert!(flow.lowest(20..60) >= 700_000, "seed {seed}{}", flow.table());
    }
}

#[test]
fn a_narrow_path_is_found_in_disorder_too() {
    for seed in 0..40 {
        let rates = vec![(0, 2_000_000), (20_000_000, 300_000)];
        let shape = Shape { rates, queue_bytes: 75_000, ..disordered() };
        let mut flows = [Flow::new(answered(Setup::encoder(300_000, 1_500_000)), seed, Instant::now())];
        run(&mut Link::new(shape, seed), &mut flows, 60);
        let [flow] = flows;
        assert!(flow.seconds[22].estimate <= 300_000, "seed {seed}{}", flow.table());
        assert!(flow.sent(22..25) <= 300_000, "seed {seed}{}", flow.table());
        let (mostly, worst) = (flow.wait(30..60, 0.75), flow.wait(30..60, 0.95));
        // What chance lets a probe find is undone within two seconds.
        assert!(mostly <= 400_000 && worst <= 1_000_000, "seed {seed}: {mostly}, {worst} us{}", flow.table());
        assert!(flow.arrived(30..60) >= 150_000, "seed {seed}{}", flow.table());
    }
}
