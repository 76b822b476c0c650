//! Numbers without wrap, duplicates, restarts, and the figures of report blocks.

use std::time::{Duration, Instant};

use sfu::reception::{Arrival, Stream, WINDOW};

use crate::random::Random;

const CLOCK_HZ: u32 = 90_000;

fn start() -> (Stream, Instant) {
    (Stream::with_repair(7, CLOCK_HZ), Instant::now())
}

fn receive(stream: &mut Stream, numbers: impl IntoIterator<Item = u16>, now: Instant) -> Vec<Arrival> {
    numbers.into_iter().map(|number| stream.received(number, 0, now)).collect()
}

#[test]
fn numbers_continue_over_the_wrap_and_tell_gaps() {
    let (mut stream, now) = start();
    let base = 1 << 16;
    let expected = [
        Arrival::Fresh { extended: base + 65_534, gap: 0 },
        Arrival::Fresh { extended: base + 65_535, gap: 0 },
        Arrival::Fresh { extended: base + 65_538, gap: 2 },
        Arrival::Late { extended: base + 65_536 },
        Arrival::Duplicate,
        Arrival::Duplicate,
        Arrival::Late { extended: base + 65_537 },
        Arrival::Fresh { extended: base + 65_539, gap: 0 },
    ];
    assert_eq!(receive(&mut stream, [65_534, 65_535, 2, 0, 0, 2, 1, 3], now), expected);
    assert_eq!(stream.newest(), Some(base + 65_539));
}

#[test]
fn a_packet_from_before_the_first_is_late_not_lost_in_the_wrap() {
    let (mut stream, now) = start();
    let arrivals = receive(&mut stream, [0, 65_535, 1], now);
    assert_eq!(arrivals[1], Arrival::Late { extended: 65_535 });
    assert_eq!(arrivals[2], Arrival::Fresh { extended: 65_537, gap: 0 });
}

#[test]
fn every_packet_of_a_shuffled_repeated_stream_is_new_exactly_once() {
    for seed in 0..50 {
        let mut random = Random::new(seed);
        let (mut stream, now) = start();
        let first = random.below(65_536);
        let mut order: Vec<u64> = (0..200_000).collect();
        // Swaps within 900 packets, less than the window.
        for at in 0..order.len() {
            let distance = if random.percent(2) { 100 } else { 3 };
            let other = at + random.below(distance) as usize;
            if other < order.len() {
                order.swap(at, other);
            }
        }
        let mut seen = vec![false; 200_000];
        let mut offset = None;
        for number in order {
            for repeat in 0..=u8::from(random.percent(5)) {
                let arrival = stream.received((first + number) as u16, 0, now);
                let fresh = match arrival {
                    Arrival::Fresh { extended, .. } | Arrival::Late { extended } => Some(extended),
                    Arrival::Duplicate => None,
                    other => panic!("seed {seed}: {other:?}"),
                };
                assert_eq!(fresh.is_none(), repeat > 0, "seed {seed}");
                if let Some(extended) = fresh {
                    let shift = *offset.get_or_insert(extended - number);
                    assert_eq!(extended, number + shift, "seed {seed}");
                    assert!(!std::mem::replace(&mut seen[number as usize], true));
                }
            }
        }
        assert!(seen.iter().all(|&seen| seen));
    }
}

#[test]
fn a_jump_of_three_thousand_is_loss_and_one_more_needs_a_second_packet() {
    let (mut stream, now) = start();
    let base = 1 << 16;
    assert_eq!(receive(&mut stream, [0, 3_000], now)[1], Arrival::Fresh { extended: base + 3_000, gap: 2_999 });
    let expected = [
        Arrival::Stray,
        Arrival::Fresh { extended: base + 3_001, gap: 0 },
        Arrival::Stray,
        Arrival::Stray,
        Arrival::Restarted { extended: base + 40_001 },
        Arrival::Fresh { extended: base + 40_002, gap: 0 },
        Arrival::Stray,
        Arrival::Restarted { extended: 2 * base + 6 },
    ];
    assert_eq!(receive(&mut stream, [6_002, 3_001, 6_003, 40_000, 40_001, 40_002, 5, 6], now), expected);
}

#[test]
fn a_packet_older_than_the_window_is_a_stray() {
    let (mut stream, now) = start();
    receive(&mut stream, [10_000, 10_000 + WINDOW as u16], now);
    assert_eq!(stream.received(10_001, 0, now), Arrival::Late { extended: 75_537 });
    assert_eq!(stream.received(10_000, 0, now), Arrival::Stray);
    // Sent again by the retransmission stream, two in a row: still no restart.
    assert_eq!(stream.repaired(9_000, now), Arrival::Stray);
    assert_eq!(stream.repaired(9_001, now), Arrival::Stray);
}

#[test]
fn a_report_block_counts_losses_since_the_last_and_in_all() {
    let (mut stream, now) = start();
    assert_eq!(stream.report_block(now), None);
    receive(&mut stream, 0..75, now);
    let block = stream.report_block(now).unwrap();
    assert_eq!((block.ssrc, block.fraction_lost, block.cumulative_lost, block.highest_sequence), (7, 0, 0, 74));
    // 75 missing of 100.
    receive(&mut stream, 150..175, now);
    let block = stream.report_block(now).unwrap();
    assert_eq!((block.fraction_lost, block.cumulative_lost, block.highest_sequence), (192, 75, 174));
    // Late ones reduce the sum; an interval without expected packets has no fraction.
    receive(&mut stream, 100..120, now);
    let block = stream.report_block(now).unwrap();
    assert_eq!((block.fraction_lost, block.cumulative_lost), (0, 55));
    // What came by retransmission stays lost.
    stream.repaired(120, now);
    assert_eq!(stream.report_block(now).unwrap().cumulative_lost, 55);
    // Duplicates can turn the sum negative (RFC 3550 section 6.4.1).
    receive(&mut stream, std::iter::repeat_n(174, 60), now);
    assert_eq!(stream.report_block(now).unwrap().cumulative_lost, -5);
}

#[test]
fn an_interval_in_which_all_was_lost_does_not_overflow_the_fraction() {
    let (mut stream, now) = start();
    receive(&mut stream, [0], now);
    stream.report_block(now);
    receive(&mut stream, [2_999], now);
    assert_eq!(stream.report_block(now).unwrap().fraction_lost, 255);
    // All of them: only the retransmission came.
    stream.repaired(3_000, now);
    assert_eq!(stream.report_block(now).unwrap().fraction_lost, 255);
}

#[test]
fn cycles_are_above_the_highest_sequence_of_a_block() {
    let (mut stream, now) = start();
    for number in (65_000..200_000).step_by(1_000) {
        stream.received(number as u16, 0, now);
    }
    assert_eq!(stream.report_block(now).unwrap().highest_sequence, 199_000);
}

#[test]
fn jitter_follows_the_estimator_of_the_rfc() {
    let (mut stream, began) = start();
    let mut random = Random::new(9);
    // The estimator in floating point: J += (|D| - J) / 16.
    let (mut jitter, mut last) = (0.0_f64, None);
    for number in 0..2_000_u32 {
        let spread_us = random.below(20_000);
        let at = Duration::from_micros(u64::from(number) * 20_000 + spread_us);
        stream.received(number as u16, number.wrapping_mul(1_800).wrapping_add(u32::MAX - 1_000), began + at);
        let transit = at.as_secs_f64() * f64::from(CLOCK_HZ) - f64::from(number) * 1_800.0;
        if let Some(last) = last.replace(transit) {
            let step: f64 = transit - last;
            jitter += (step.abs() - jitter) / 16.0;
        }
    }
    assert!((f64::from(stream.jitter()) - jitter).abs() < 3.0, "{} is not {jitter}", stream.jitter());
}

#[test]
fn a_new_timestamp_base_is_not_jitter() {
    let (mut stream, now) = start();
    stream.received(0, 0, now);
    stream.received(1, 1_000_000_000, now);
    assert_eq!(stream.jitter(), 0);
}

#[test]
fn a_block_echoes_the_senders_time_and_the_delay_since() {
    let (mut stream, now) = start();
    stream.received(0, 0, now);
    let block = stream.report_block(now).unwrap();
    assert_eq!((block.last_sender_report, block.delay), (0, 0));
    stream.sender_report(0x1234_5678_9abc_def0, now);
    let block = stream.report_block(now + Duration::from_millis(1_500)).unwrap();
    assert_eq!((block.last_sender_report, block.delay), (0x5678_9abc, 98_304));
}
