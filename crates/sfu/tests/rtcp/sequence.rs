//! Outgoing numbers under chance: drops, losses, reordering, switches.

use std::collections::BTreeMap;

use sfu::sequence::{FIRST_SEQUENCE, Sent, Sequence};

use crate::random::Random;

const HISTORY: u64 = 1_024;

fn start() -> Sequence {
    let mut sequence = Sequence::new(HISTORY as usize);
    sequence.attach(5_000);
    sequence
}

#[test]
fn dropped_packets_leave_no_hole_and_missing_ones_do() {
    let mut sequence = start();
    assert_eq!(sequence.newest(), None);
    assert_eq!(sequence.forward(5_000), Some(1_000));
    sequence.drop(5_001);
    assert_eq!(sequence.forward(5_002), Some(1_001));
    // 5,003 is missing when 5,004 is dropped, and comes later.
    sequence.drop(5_004);
    assert_eq!(sequence.forward(5_005), Some(1_003));
    assert_eq!(sequence.find(1_002), None);
    assert_eq!(sequence.forward(5_003), Some(1_002));
    assert_eq!(sequence.find(1_002), Some(Sent { epoch: 1, incoming: 5_003 }));
    // Neither twice, nor what was dropped.
    assert_eq!(sequence.forward(5_003), None);
    assert_eq!(sequence.forward(5_005), None);
    assert_eq!(sequence.forward(5_004), None);
    assert_eq!(sequence.newest(), Some(1_003));
}

#[test]
fn a_late_drop_is_ignored() {
    let mut sequence = start();
    sequence.forward(5_000);
    sequence.forward(5_002);
    sequence.drop(5_001);
    assert_eq!(sequence.forward(5_003), Some(1_003));
    assert_eq!(sequence.find(1_001), None);
}

#[test]
fn a_switch_continues_and_the_old_source_can_be_found_not_forwarded() {
    let mut sequence = start();
    (5_000..5_010).for_each(|incoming| _ = sequence.forward(incoming));
    assert_eq!(sequence.attach(70), 2);
    assert_eq!(sequence.forward(69), None);
    assert_eq!(sequence.forward(70), Some(1_010));
    assert_eq!(sequence.forward(71), Some(1_011));
    assert_eq!(sequence.find(1_009), Some(Sent { epoch: 1, incoming: 5_009 }));
    assert_eq!(sequence.find(1_010), Some(Sent { epoch: 2, incoming: 70 }));
    sequence.detach();
    assert_eq!(sequence.forward(72), None);
    sequence.drop(72);
    assert_eq!(sequence.find(1_011), Some(Sent { epoch: 2, incoming: 71 }));
}

#[test]
fn a_jump_beyond_loss_continues_without_a_hole() {
    let mut sequence = start();
    sequence.forward(5_000);
    assert_eq!(sequence.forward(8_001), Some(4_001));
    assert_eq!(sequence.forward(12_000), Some(4_002));
    assert_eq!(sequence.forward(11_999), None);
    sequence.drop(90_000);
    assert_eq!(sequence.forward(90_001), Some(4_003));
}

#[test]
fn what_is_older_than_the_history_is_neither_found_nor_forwarded() {
    let mut sequence = start();
    sequence.forward(5_000);
    (5_002..5_001 + HISTORY).for_each(|incoming| _ = sequence.forward(incoming));
    assert_eq!(sequence.find(1_000), None);
    assert_eq!(sequence.find(1_002), Some(Sent { epoch: 1, incoming: 5_002 }));
    sequence.forward(5_001 + HISTORY);
    assert_eq!(sequence.forward(5_001), None);
    // Numbers that were never given out.
    assert_eq!(sequence.find(999), None);
    assert_eq!(sequence.find(1_003 + HISTORY as u16), None);
}

#[test]
fn nothing_is_found_before_the_first_packet() {
    let mut sequence = Sequence::new(100);
    assert!((0..=u16::MAX).all(|outgoing| sequence.find(outgoing).is_none()));
    assert_eq!(sequence.forward(1), None);
    sequence.attach(0);
    assert!((0..=u16::MAX).all(|outgoing| sequence.find(outgoing).is_none()));
    assert_eq!(sequence.forward(0), Some(FIRST_SEQUENCE));
}

/// One source: its packets in the order of their arrival, `true` for those to be forwarded.
fn arrivals(random: &mut Random, first: u64) -> Vec<(u64, bool)> {
    let length = 1 + random.below(4_000);
    let (loss, unwanted, reordered) = (random.below(30), random.below(90), random.below(10));
    let mut order = Vec::new();
    for incoming in first..first + length {
        if incoming == first || !random.percent(loss) {
            order.push((incoming, !random.percent(unwanted)));
        }
    }
    for at in 1..order.len().saturating_sub(1) {
        if random.percent(reordered) {
            let other = (at + random.below(20) as usize).min(order.len() - 1);
            order.swap(at, other);
        }
    }
    order
}

/// What must come out, in the simplest form, beside a sequence under test.
struct Model {
    seed: u64,
    sequence: Sequence,
    next_out: u64,
    /// Outgoing number to the packet behind it.
    sent: BTreeMap<u64, Sent>,
}

impl Model {
    fn play(&mut self, random: &mut Random) {
        let first = random.below(1 << 40);
        let epoch = self.sequence.attach(first);
        let mut next_in = first;
        // Packets that were passed over, with the numbers kept for them.
        let mut kept = BTreeMap::new();
        for (incoming, wanted) in arrivals(random, first) {
            let newer = incoming >= next_in;
            for missing in next_in..incoming {
                kept.insert(missing, self.take_number());
            }
            next_in = next_in.max(incoming + 1);
            if !wanted {
                self.sequence.drop(incoming);
                continue;
            }
            let expected = if newer { Some(self.take_number()) } else { self.remembered(kept.remove(&incoming)) };
            self.forward(Sent { epoch, incoming }, expected);
        }
    }

    fn take_number(&mut self) -> u64 {
        self.next_out += 1;
        self.next_out - 1
    }

    fn remembered(&self, outgoing: Option<u64>) -> Option<u64> {
        outgoing.filter(|outgoing| outgoing + HISTORY >= self.next_out)
    }

    fn forward(&mut self, packet: Sent, expected: Option<u64>) {
        let outgoing = self.sequence.forward(packet.incoming);
        assert_eq!(outgoing, expected, "seed {}", self.seed);
        let Some(outgoing) = outgoing else { return };
        assert_eq!(self.sent.insert(outgoing, packet), None, "seed {}: used twice", self.seed);
        assert_eq!(self.sequence.find(outgoing as u16), Some(packet), "seed {}", self.seed);
    }

    fn check(&self) {
        assert_eq!(self.sequence.newest(), Some(self.next_out - 1), "seed {}", self.seed);
        for outgoing in self.next_out.saturating_sub(3_000).max(FIRST_SEQUENCE)..self.next_out {
            let expected = self.remembered(Some(outgoing)).and_then(|outgoing| self.sent.get(&outgoing));
            assert_eq!(self.sequence.find(outgoing as u16).as_ref(), expected, "seed {}", self.seed);
        }
    }
}

#[test]
fn chance_finds_no_number_twice_no_false_hole_and_no_wrong_inverse() {
    for seed in 0..400 {
        let mut random = Random::new(seed);
        let sequence = Sequence::new(HISTORY as usize);
        let mut model = Model { seed, sequence, next_out: FIRST_SEQUENCE, sent: BTreeMap::new() };
        for _ in 0..1 + random.below(8) {
            model.play(&mut random);
        }
        if model.next_out > FIRST_SEQUENCE {
            model.check();
        }
    }
}

#[test]
fn without_loss_there_is_no_hole_whatever_is_dropped() {
    let mut random = Random::new(3);
    let mut sequence = start();
    let mut expected = FIRST_SEQUENCE;
    for incoming in 5_000..300_000 {
        if random.percent(70) {
            sequence.drop(incoming);
        } else {
            assert_eq!(sequence.forward(incoming), Some(expected));
            expected += 1;
        }
    }
    assert!(expected > 65_536, "over the wrap of 16 bits");
}

#[test]
fn more_switches_than_the_epoch_has_bits_in_the_history_stay_apart() {
    let mut sequence = Sequence::new(64);
    for round in 1..=70_000_u32 {
        assert_eq!(sequence.attach(u64::from(round) * 10), round);
        let outgoing = sequence.forward(u64::from(round) * 10).unwrap();
        let before = sequence.find((outgoing - 63) as u16);
        let expected = (round > 63).then(|| Sent { epoch: round - 63, incoming: u64::from(round - 63) * 10 });
        assert_eq!(before, expected);
    }
}
