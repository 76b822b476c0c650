//! Feedback that makes no sense: the estimate stays within its bounds and nothing panics.

use std::time::{Duration, Instant};

use sfu::bandwidth::{Estimator, MAX_BPS, MIN_BPS};

use crate::chance::Chance;

/// A sequence number near what was sent, or any.
fn sequence(chance: &mut Chance, sent: u16) -> u16 {
    if chance.happens(0.8) { sent.wrapping_sub(chance.below(200) as u16) } else { chance.bits() as u16 }
}

/// An arrival that may be sensible, or not at all.
fn arrival(chance: &mut Chance, now: Duration) -> Option<Duration> {
    match chance.below(10) {
        0 => None,
        1 => Some(Duration::from_micros(chance.bits())),
        2 => Some(Duration::MAX),
        3 => Some(Duration::ZERO),
        4 => Some(now.saturating_sub(Duration::from_micros(chance.below(10_000_000)))),
        _ => Some(now + Duration::from_micros(chance.below(300_000))),
    }
}

fn step(estimator: &mut Estimator, chance: &mut Chance, sent: &mut u16, elapsed: Duration, epoch: Instant) {
    let now = epoch + elapsed;
    for _ in 0..chance.below(8) {
        *sent = sent.wrapping_add(1 + (chance.below(100) / 99) as u16);
        let probe = chance.happens(0.1).then(|| chance.bits() as u8);
        let bytes = if chance.happens(0.01) { usize::MAX } else { chance.below(1500) as usize };
        estimator.sent(*sent, bytes, probe, now);
    }
    let count = chance.below(30);
    let report: Vec<_> = (0..count).map(|_| (sequence(chance, *sent), arrival(chance, elapsed))).collect();
    estimator.feedback(report.into_iter(), now);
    match chance.below(8) {
        0 => estimator.round_trip(Duration::from_micros(chance.bits())),
        1 => estimator.set_goal(chance.bits() >> chance.below(64)),
        2 => estimator.set_maximum(MAX_BPS),
        _ => estimator.tick(now),
    }
    if let Some(probe) = estimator.poll_probe(now) {
        assert!(probe.cluster != 0 && probe.bitrate_bps <= MAX_BPS);
    }
}

#[test]
fn a_hundred_thousand_random_reports_do_no_harm() {
    for seed in 0..40 {
        let (mut chance, epoch) = (Chance::new(seed), Instant::now());
        let mut estimator = Estimator::new(chance.bits() >> chance.below(64), epoch);
        let (mut sent, mut elapsed) = (0, Duration::ZERO);
        for _ in 0..10_000 {
            elapsed += Duration::from_micros(chance.below(120_000));
            let skewed = if chance.happens(0.01) { elapsed.saturating_sub(Duration::from_secs(2)) } else { elapsed };
            step(&mut estimator, &mut chance, &mut sent, skewed, epoch);
            let estimate = estimator.estimate_bps();
            assert!((MIN_BPS..=MAX_BPS).contains(&estimate), "seed {seed}: {estimate}");
            let state = estimator.state();
            assert!((0.0..=1.0).contains(&state.loss_fraction), "seed {seed}: {state:?}");
        }
    }
}

#[test]
fn the_maximum_holds_even_below_the_minimum() {
    let now = Instant::now();
    let mut estimator = Estimator::new(5_000_000, now);
    estimator.set_maximum(1_000_000);
    assert_eq!(estimator.estimate_bps(), 1_000_000);
    estimator.set_maximum(0);
    assert_eq!(estimator.estimate_bps(), MIN_BPS);
}

#[test]
fn unknown_packets_do_not_count_as_an_answer() {
    let epoch = Instant::now();
    let mut estimator = Estimator::new(1_000_000, epoch);
    for ms in (0..5_000).step_by(50) {
        let now = epoch + Duration::from_millis(ms);
        estimator.sent((ms / 50) as u16, 1_000, None, now);
        estimator.feedback([(40_000, Some(Duration::from_millis(ms)))].into_iter(), now);
        estimator.tick(now);
    }
    assert_eq!(estimator.estimate_bps(), 250_000);
    assert!(estimator.state().silent);
}
