//! Asking for missing packets over a link that loses packets and requests.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::{Duration, Instant};

use sfu::reception::{Arrival, MAX_ASKS, MAX_BEHIND, MAX_HOLE, Stream};

use crate::random::Random;

const TICK_MS: u64 = 5;
const CYCLE: u64 = 1 << 16;

/// What happens on the link, by time in milliseconds.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Arrive { number: u64, again: bool },
    Request(u64),
    Tick,
}

struct Link {
    random: Random,
    loss: u64,
    one_way_ms: u64,
    jitter_ms: u64,
    events: BinaryHeap<Reverse<(u64, Event)>>,
}

impl Link {
    fn carry(&mut self, at_ms: u64, event: Event) {
        if !self.random.percent(self.loss) {
            let delay = self.one_way_ms + self.random.below(self.jitter_ms);
            self.events.push(Reverse((at_ms + delay, event)));
        }
    }
}

/// What the receiver could know about a missing packet.
#[derive(Debug, Default)]
struct Loss {
    noticed_ms: u64,
    asked_ms: Vec<u64>,
    came_ms: Option<u64>,
}

struct Outcome {
    losses: BTreeMap<u64, Loss>,
    needs_keyframe: bool,
}

/// 20 s of a packet every 2 ms, over the wrap of the numbers.
fn run(seed: u64, loss: u64, one_way_ms: u64, jitter_ms: u64) -> Outcome {
    let began = Instant::now();
    let mut link = Link { random: Random::new(seed), loss, one_way_ms, jitter_ms, events: BinaryHeap::new() };
    let first = 60_000;
    link.events.push(Reverse((0, Event::Arrive { number: first, again: false })));
    (1..10_000).for_each(|step| link.carry(2 * step, Event::Arrive { number: first + step, again: false }));
    (0..25_000 / TICK_MS).for_each(|tick| link.events.push(Reverse((tick * TICK_MS, Event::Tick))));
    let mut stream = Stream::with_repair(1, 90_000);
    let mut outcome = Outcome { losses: BTreeMap::new(), needs_keyframe: false };
    let round_trip = Duration::from_millis(2 * one_way_ms);
    while let Some(Reverse((at_ms, event))) = link.events.pop() {
        let now = began + Duration::from_millis(at_ms);
        match event {
            Event::Arrive { number, again } => {
                let number_16 = number as u16;
                let arrival = if again { stream.repaired(number_16, now) } else { stream.received(number_16, 0, now) };
                note(&mut outcome, arrival, at_ms);
            }
            Event::Request(number) => link.carry(at_ms, Event::Arrive { number, again: true }),
            Event::Tick => {
                let mut out = [0; 40];
                let count = stream.nacks(now, round_trip, &mut out);
                let newest = stream.newest().unwrap_or(0);
                for &number in &out[..count] {
                    let number = newest - u64::from((newest as u16).wrapping_sub(number));
                    let loss = outcome.losses.get_mut(&number).expect("only what is missing is asked for");
                    assert_eq!(loss.came_ms, None, "not asked after it came");
                    assert!(newest - number <= MAX_BEHIND);
                    loss.asked_ms.push(at_ms);
                    link.carry(at_ms, Event::Request(number - CYCLE));
                }
                outcome.needs_keyframe |= stream.take_needs_keyframe();
            }
        }
    }
    outcome
}

fn note(outcome: &mut Outcome, arrival: Arrival, at_ms: u64) {
    match arrival {
        Arrival::Fresh { extended, gap } => {
            for number in extended - u64::from(gap)..extended {
                outcome.losses.insert(number, Loss { noticed_ms: at_ms, ..Loss::default() });
            }
        }
        Arrival::Late { extended } => {
            // Packets from before the first were never missed.
            if let Some(loss) = outcome.losses.get_mut(&extended) {
                loss.came_ms = Some(at_ms);
            }
        }
        Arrival::Duplicate => {}
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_lost_packet_is_asked_for_within_bounds_until_it_comes() {
    for seed in 0..40 {
        let mut random = Random::new(1_000 + seed);
        let (loss, one_way_ms, jitter_ms) = (1 + random.below(30), 1 + random.below(120), 1 + random.below(12));
        let outcome = run(seed, loss, one_way_ms, jitter_ms);
        assert!(outcome.losses.len() > 50, "seed {seed}");
        let is_long = |loss: &Loss| loss.came_ms.is_none_or(|came| came - loss.noticed_ms > 400 + 4 * one_way_ms);
        assert!(!outcome.needs_keyframe || outcome.losses.values().any(is_long), "seed {seed}");
        let pause_ms = (2 * one_way_ms).max(20);
        for (number, loss) in &outcome.losses {
            let context = format!("seed {seed}, {number}: {loss:?}, pause {pause_ms} ms");
            let gave_up_ms = loss.came_ms.unwrap_or(u64::MAX);
            match loss.asked_ms.first() {
                // Unless it came, it is asked for at the first tick after the tolerance.
                Some(&asked) => assert!(asked - loss.noticed_ms <= 10 + TICK_MS, "{context}"),
                None => assert!(gave_up_ms - loss.noticed_ms <= 10 + TICK_MS, "{context}"),
            }
            assert!(loss.asked_ms.len() <= usize::from(MAX_ASKS), "{context}");
            assert!(loss.asked_ms.last().is_none_or(|&last| last - loss.noticed_ms <= 1_000), "{context}");
            for (at, pair) in loss.asked_ms.windows(2).enumerate() {
                let wait = pause_ms as f64 * 1.5_f64.powi((at as i32 - 2).max(0));
                let waited = (pair[1] - pair[0]) as f64;
                assert!(waited >= wait.floor() && waited <= wait + TICK_MS as f64, "{context}");
            }
            if loss.came_ms.is_none() {
                // Given up for a reason: asked to the end of its time, of its tries, or of the window (1 s of packets).
                let asked = loss.asked_ms.len() as i32;
                let next = pause_ms as f64 * 1.5_f64.powi((asked - 3).max(0));
                let last = loss.asked_ms[loss.asked_ms.len() - 1];
                assert!((last - loss.noticed_ms) as f64 + next > 900.0 || asked == 10, "{context}");
            }
        }
    }
}

#[test]
fn most_of_what_a_lossy_link_loses_is_had_again() {
    let outcome = run(77, 10, 20, 5);
    let came = outcome.losses.values().filter(|loss| loss.came_ms.is_some()).count();
    assert!(came * 1_000 >= outcome.losses.len() * 999, "{came} of {}", outcome.losses.len());
}

fn after(began: Instant, millis: u64) -> Instant {
    began + Duration::from_millis(millis)
}

fn asked(stream: &mut Stream, now: Instant) -> Vec<u16> {
    let mut out = [0; 600];
    let count = stream.nacks(now, Duration::from_millis(30), &mut out);
    out[..count].to_vec()
}

#[test]
fn a_reordered_packet_is_not_asked_for_before_the_third_newer_or_ten_milliseconds() {
    let began = Instant::now();
    let mut stream = Stream::with_repair(1, 90_000);
    [0, 2].iter().for_each(|&number| _ = stream.received(number, 0, began));
    assert!(stream.has_missing());
    assert_eq!(asked(&mut stream, after(began, 9)), []);
    assert_eq!(asked(&mut stream, after(began, 10)), [1]);
    // By packets: a hole of three, and three newer ones.
    [6, 7].iter().for_each(|&number| _ = stream.received(number, 0, after(began, 11)));
    assert_eq!(asked(&mut stream, after(began, 11)), []);
    stream.received(8, 0, after(began, 11));
    assert_eq!(asked(&mut stream, after(began, 11)), [3, 4, 5]);
    [1, 3, 4, 5].iter().for_each(|&number| _ = stream.received(number, 0, after(began, 12)));
    assert!(!stream.has_missing());
    assert_eq!(asked(&mut stream, after(began, 500)), []);
}

#[test]
fn a_packet_that_stays_away_is_replaced_by_a_keyframe_once() {
    let began = Instant::now();
    let mut stream = Stream::with_repair(1, 90_000);
    [0, 2].iter().for_each(|&number| _ = stream.received(number, 0, began));
    let needs_keyframe_at = |millis| {
        asked(&mut stream, after(began, millis));
        stream.take_needs_keyframe()
    };
    // 400 ms and two round trips.
    assert_eq!(
        [100, 300, 440, 460, 480, 600, 999].map(needs_keyframe_at),
        [false, false, false, true, false, false, false]
    );
}

#[test]
fn a_hole_of_three_hundred_is_asked_for_and_a_larger_one_needs_a_keyframe() {
    let began = Instant::now();
    let mut stream = Stream::with_repair(1, 90_000);
    [0, MAX_HOLE as u16 + 1].iter().for_each(|&number| _ = stream.received(number, 0, began));
    assert!(!stream.take_needs_keyframe());
    assert_eq!(asked(&mut stream, after(began, 10)), (1..=MAX_HOLE as u16).collect::<Vec<_>>());
    stream.received(2 * MAX_HOLE as u16 + 3, 0, after(began, 20));
    assert!(stream.take_needs_keyframe());
    assert!(!stream.take_needs_keyframe());
    assert!(!stream.has_missing());
    assert_eq!(asked(&mut stream, after(began, 100)), []);
}

#[test]
fn what_does_not_fit_into_the_callers_slice_comes_with_the_next_call() {
    let began = Instant::now();
    let mut stream = Stream::with_repair(1, 90_000);
    [0, 101].iter().for_each(|&number| _ = stream.received(number, 0, began));
    let mut all: Vec<u16> = Vec::new();
    for _ in 0..20 {
        let mut out = [0; 7];
        let count = stream.nacks(after(began, 10), Duration::ZERO, &mut out);
        all.extend_from_slice(&out[..count]);
    }
    assert_eq!(all, (1..=100).collect::<Vec<_>>());
    assert_eq!(stream.nacks(after(began, 100), Duration::ZERO, &mut []), 0);
}

#[test]
fn packets_too_far_behind_or_too_old_are_given_up() {
    let began = Instant::now();
    let mut stream = Stream::with_repair(1, 90_000);
    [0, 2].iter().for_each(|&number| _ = stream.received(number, 0, began));
    (3..=501).for_each(|number| _ = stream.received(number, 0, began));
    assert_eq!(asked(&mut stream, after(began, 10)), [1]);
    stream.received(502, 0, after(began, 20));
    assert!(!stream.has_missing());
    stream.received(504, 0, after(began, 20));
    assert_eq!(asked(&mut stream, after(began, 1_021)), []);
    assert!(!stream.has_missing());
    // Another packet in the same slot is not closed by the one given up.
    (505..512).for_each(|number| _ = stream.received(number, 0, after(began, 30)));
    (513..1_016).for_each(|number| _ = stream.received(number, 0, after(began, 30)));
    stream.received(1_017, 0, after(began, 30));
    assert_eq!(stream.received(504 - 1, 0, after(began, 30)), Arrival::Late { extended: CYCLE + 503 });
    assert_eq!(asked(&mut stream, after(began, 50)), [1_016]);
}

#[test]
fn a_stream_without_repair_asks_for_nothing() {
    let began = Instant::now();
    let mut stream = Stream::new(1, 48_000);
    [0, 5, 500].iter().for_each(|&number| _ = stream.received(number, 0, began));
    assert!(!stream.has_missing());
    assert!(!stream.take_needs_keyframe());
    assert_eq!(asked(&mut stream, after(began, 100)), []);
}
