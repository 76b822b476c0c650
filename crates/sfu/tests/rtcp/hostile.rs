//! Bytes of strangers: whatever comes, reading ends soon and without a panic.

use std::time::{Duration, Instant};

use sfu::rtcp::{self, ExtendedBlock, Packet};

use crate::encode;
use crate::random::Random;

/// A debug build takes a part of them.
const MUTATIONS: u64 = if cfg!(debug_assertions) { 50_000 } else { 1_000_000 };

/// Reads everything there is: how many items.
fn items(bytes: &[u8]) -> usize {
    rtcp::parse(bytes)
        .map(|packet| match packet {
            Packet::SenderReport(report) => report.blocks().count(),
            Packet::ReceiverReport(report) => report.blocks().count(),
            Packet::Bye(bye) => bye.ssrcs().count(),
            Packet::Nack(nack) => nack.lost().count(),
            Packet::Fir(fir) => fir.entries().count(),
            Packet::TransportFeedback(feedback) => {
                let read = feedback.arrivals(feedback.reference_ticks(Some(77))).count();
                assert_eq!(read, usize::from(feedback.status_count), "what is accepted is complete");
                read
            }
            Packet::Remb(remb) => remb.ssrcs().count(),
            Packet::ExtendedReport(report) => report.blocks().map(extended_items).sum(),
            Packet::Pli(_) | Packet::SourceDescription => 1,
        })
        .sum()
}

fn extended_items(block: ExtendedBlock<'_>) -> usize {
    match block {
        ExtendedBlock::ReferenceTime(_) => 1,
        ExtendedBlock::Delays(delays) => delays.count(),
    }
}

fn mutate(random: &mut Random, bytes: &mut Vec<u8>) {
    let at = random.below(bytes.len().max(1) as u64) as usize;
    match random.below(6) {
        0 => bytes.truncate(at),
        1 => bytes.extend((0..random.below(20)).map(|_| random.u32() as u8)),
        2 => drop(bytes.drain(..at)),
        3 => bytes.rotate_left(at),
        _ => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = if random.percent(50) { random.u32() as u8 } else { *byte ^ 1 << random.below(8) };
            }
        }
    }
}

#[test]
fn a_million_mutated_datagrams_are_read_without_a_panic_in_bounded_time() {
    let mut random = Random::new(1);
    let corpus: Vec<Vec<u8>> = (0..200).map(|_| encode::random_compound(&mut random)).collect();
    let began = Instant::now();
    for _ in 0..MUTATIONS {
        let mut bytes = corpus[random.below(200) as usize].clone();
        (0..=random.below(4)).for_each(|_| mutate(&mut random, &mut bytes));
        // 17 numbers a NACK pair, and the statuses' own bound.
        assert!(items(&bytes) <= 8_192 + bytes.len() * 17 / 4);
    }
    // Generous: a loop that hangs fails, a slow machine does not.
    assert!(began.elapsed() < Duration::from_secs(300));
}

#[test]
fn random_bytes_are_read_without_a_panic() {
    let mut random = Random::new(2);
    for _ in 0..MUTATIONS / 5 {
        let bytes: Vec<u8> = (0..random.below(64)).map(|_| random.u32() as u8).collect();
        items(&bytes);
        // With a header that is let through, too.
        let kind = 200 + random.below(8) as u8;
        items(&encode::packet(random.below(32) as u8, kind, &bytes));
    }
}

#[test]
fn a_datagram_full_of_empty_feedback_is_cut_short() {
    // Each claims 65,535 missing packets in nine runs, 38 bytes.
    let mut body = encode::words(&[1, 2, 0xffff, 0]);
    (0..9).for_each(|_| body.extend([0x1f, 0xff]));
    let datagram = encode::packet(15, 205, &body).repeat(37);
    assert_eq!(items(&datagram), 0);
    // Each claims 4,000.
    let mut body = encode::words(&[1, 2, 4_000, 0]);
    body.extend([0x0f, 0xa0]);
    let datagram = encode::packet(15, 205, &body).repeat(60);
    assert_eq!(items(&datagram), 8_000);
}
