//! Transport-wide feedback compared packet by packet with what arrived.

use std::time::{Duration, Instant};

use sfu::reception::ArrivalLog;
use sfu::rtcp::{self, Packet, Writer};

use crate::random::Random;

/// The other side: it knows only what it was told.
#[derive(Default)]
struct Told {
    reference: Option<i64>,
    newest: Option<u64>,
    statuses: Vec<(u64, Option<i64>)>,
    counts: Vec<u8>,
}

impl Told {
    fn read(&mut self, bytes: &[u8]) {
        for packet in rtcp::parse(bytes) {
            let Packet::TransportFeedback(feedback) = packet else { panic!("not feedback") };
            let reference = feedback.reference_ticks(self.reference);
            self.reference = Some(reference);
            self.counts.push(feedback.feedback_count);
            for (number, at) in feedback.arrivals(reference) {
                let newest = self.newest.unwrap_or(u64::from(number));
                let number = newest.wrapping_add_signed(i64::from(number.wrapping_sub(newest as u16) as i16));
                self.newest = Some(newest.max(number));
                self.statuses.push((number, at));
            }
        }
    }
}

/// Tells all that waits by packets of a size.
fn tell(log: &mut ArrivalLog, told: &mut Told, room: usize, now: Instant) {
    while log.has_waiting() {
        let mut bytes = vec![0; room];
        let mut writer = Writer::new(&mut bytes);
        while log.has_waiting() && log.write_feedback(&mut writer, 1, 2, now) {}
        assert!(writer.length() > 0 && writer.length() <= room);
        told.read(writer.written());
    }
}

#[test]
fn every_packet_is_told_once_with_its_time_over_wraps_and_holes() {
    for seed in 0..30 {
        let mut random = Random::new(seed);
        let began = Instant::now();
        let (mut log, mut told) = (ArrivalLog::new(), Told::default());
        let first = random.below(65_536);
        let (loss, room) = (random.below(40), 100 + random.below(1_100) as usize);
        let mut micros = 0;
        let mut expected = Vec::new();
        for number in first..first + 150_000 {
            let pause = if random.percent(1) { 90_000 } else { 1_000 };
            micros += random.below(pause);
            let burst_lost = number % 5_000 < 60;
            if number > first && (burst_lost || random.percent(loss)) {
                expected.push((number, None));
                continue;
            }
            let now = began + Duration::from_micros(micros);
            log.arrived(number as u16, now);
            expected.push((number, Some((micros / 250) as i64)));
            if log.feedback_due(now) {
                tell(&mut log, &mut told, room, now);
            }
        }
        tell(&mut log, &mut told, room, began + Duration::from_micros(micros));
        // The first arrival is the clock's beginning.
        let zero = expected[0].1.unwrap_or(0);
        let last = expected.iter().rposition(|(_, at)| at.is_some()).unwrap();
        let expected: Vec<_> = expected[..=last].iter().map(|&(number, at)| (number, at.map(|at| at - zero))).collect();
        assert_eq!(told.statuses.len(), expected.len(), "seed {seed}");
        for (told, expected) in told.statuses.iter().zip(&expected) {
            assert_eq!(told.0, expected.0, "seed {seed}");
            assert_eq!(told.1.is_some(), expected.1.is_some(), "seed {seed}");
            // Whole ticks since the first arrival and the difference of whole ticks are at most one apart.
            assert!(told.1.unwrap_or(0).abs_diff(expected.1.unwrap_or(0)) <= 1, "seed {seed}: {told:?} {expected:?}");
        }
        let in_turn = told.counts.iter().enumerate().all(|(at, &count)| count == at as u8);
        assert!(in_turn, "seed {seed}");
    }
}

#[test]
fn reordered_packets_are_all_told_in_the_end() {
    for seed in 0..30 {
        let mut random = Random::new(seed);
        let began = Instant::now();
        let (mut log, mut told) = (ArrivalLog::new(), Told::default());
        let mut order: Vec<u64> = (60_000..90_000).collect();
        for at in 1..order.len() - 60 {
            if random.percent(5) {
                order.swap(at, at + random.below(60) as usize);
            }
        }
        let mut at_ticks = vec![0; 90_000];
        for (step, &number) in order.iter().enumerate() {
            let now = began + Duration::from_micros(step as u64 * 1_250);
            at_ticks[number as usize] = step as i64 * 5;
            log.arrived(number as u16, now);
            // Some come twice: the first time counts.
            if random.percent(3) {
                log.arrived(number as u16, now + Duration::from_millis(1));
            }
            if log.feedback_due(now) {
                tell(&mut log, &mut told, 1_200, now);
            }
        }
        tell(&mut log, &mut told, 1_200, began + Duration::from_secs(60));
        let mut latest = std::collections::BTreeMap::new();
        for (number, at) in told.statuses {
            if let Some(at) = at {
                assert_eq!(at, at_ticks[number as usize], "seed {seed}");
            }
            // Never taken back.
            let before = latest.insert(number, at).flatten();
            assert!(before.is_none() || before == at, "seed {seed}");
        }
        assert_eq!(latest.len(), 30_000);
        assert!(latest.values().all(Option::is_some), "seed {seed}");
    }
}

#[test]
fn the_reference_time_wraps_with_the_clock() {
    let began = Instant::now();
    let (mut log, mut told) = (ArrivalLog::new(), Told::default());
    // 30 days at one packet in 5 s: more than two cycles of the 24 bits.
    for step in 0..518_400_u64 {
        let now = began + Duration::from_secs(step * 5);
        log.arrived(step as u16, now);
        tell(&mut log, &mut told, 1_200, now);
    }
    for (step, (number, at)) in told.statuses.iter().enumerate() {
        assert_eq!((*number, *at), (step as u64, Some(step as i64 * 20_000)));
    }
}

#[test]
fn feedback_is_due_after_a_tenth_of_a_second_sooner_when_busy_and_at_once_when_full() {
    let began = Instant::now();
    let after = |millis| began + Duration::from_millis(millis);
    let mut log = ArrivalLog::new();
    assert_eq!(log.feedback_at(), None);
    log.arrived(0, began);
    assert_eq!(log.feedback_at(), Some(after(100)));
    assert!(!log.feedback_due(after(99)) && log.feedback_due(after(100)));
    (1..10).for_each(|number| log.arrived(number, after(1)));
    assert_eq!(log.feedback_at(), Some(after(50)));
    (10..512).for_each(|number| log.arrived(number, after(2)));
    assert!(log.feedback_due(after(2)));
    tell(&mut log, &mut Told::default(), 1_200, after(2));
    assert!(!log.has_waiting() && log.feedback_at().is_none());
    log.arrived(512, after(3));
    assert_eq!(log.feedback_at(), Some(after(102)));
}

#[test]
fn a_bounded_log_that_nobody_asks_keeps_the_newest() {
    let began = Instant::now();
    let (mut log, mut told) = (ArrivalLog::new(), Told::default());
    (0..10_000).for_each(|number| log.arrived(number, began));
    tell(&mut log, &mut told, 1_200, began);
    assert_eq!(told.statuses.first().map(|status| status.0), Some(10_000 - 2_048));
    assert_eq!(told.statuses.len(), 2_048);
    // A jump further than the log, too.
    log.arrived(40_000, began);
    tell(&mut log, &mut told, 1_200, began);
    assert_eq!(told.statuses.last(), Some(&(40_000, Some(0))));
    assert_eq!(told.statuses.len(), 4_096);
}

#[test]
fn a_sender_that_counts_anew_is_followed_and_stragglers_are_not() {
    let began = Instant::now();
    let (mut log, mut told) = (ArrivalLog::new(), Told::default());
    log.arrived(20_000, began);
    (10_000..10_007).for_each(|number| log.arrived(number, began));
    log.arrived(20_001, began);
    tell(&mut log, &mut told, 1_200, began);
    assert_eq!(told.statuses.iter().map(|status| status.0).collect::<Vec<_>>(), [20_000, 20_001]);
    (10_000..10_020).for_each(|number| log.arrived(number, began));
    tell(&mut log, &mut told, 1_200, began);
    assert_eq!(told.statuses.last().map(|status| status.0), Some(10_019));
}
