//! Several flows on one link.

use std::time::Instant;

use crate::flow::{Flow, Setup, run};
use crate::link::{Link, Shape};

#[test]
fn two_estimators_share_a_link_no_worse_than_one_to_three() {
    for seed in 0..40 {
        let begins = [0, 10_000_000, 20_000_000][seed as usize % 3];
        let epoch = Instant::now();
        let second = Setup { begins, ..Setup::encoder(300_000, 3_000_000) };
        let mut flows =
            [Flow::new(Setup::encoder(300_000, 3_000_000), seed, epoch), Flow::new(second, seed + 100, epoch)];
        run(&mut Link::new(Shape::constant(2_000_000), seed), &mut flows, 90);
        let [one, two] = flows.each_ref().map(|flow| flow.arrived(40..90));
        let tables = || format!("{one} : {two}{}{}", flows[0].table(), flows[1].table());
        assert!(one * 3 >= two && two * 3 >= one, "seed {seed}: {}", tables());
        assert!(one + two >= 1_500_000, "seed {seed}: {}", tables());
        assert!(flows[0].wait(40..90, 0.95) <= 200_000, "seed {seed}: {}", tables());
    }
}

#[test]
fn others_that_come_and_go_are_made_room_for() {
    for seed in 0..40 {
        let cross = vec![(15_000_000, 1_200_000), (35_000_000, 0)];
        let mut flows = [Flow::new(Setup::encoder(300_000, 1_800_000), seed, Instant::now())];
        run(&mut Link::new(Shape { cross, ..Shape::constant(2_000_000) }, seed), &mut flows, 60);
        let flow = &flows[0];
        assert!(flow.wait(20..35, 0.95) <= 250_000, "seed {seed}{}", flow.table());
        assert!(flow.arrived(20..35) >= 400_000, "seed {seed}{}", flow.table());
        assert!(flow.arrived(47..60) >= 1_300_000, "seed {seed}{}", flow.table());
    }
}
