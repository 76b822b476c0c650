//! Two implementations read the same from the same bytes.

use sfu::rtcp::{FeedbackHeader, FirEntry, ReportBlock, SenderInfo, Writer};

use crate::encode;
use crate::random::Random;
use crate::seen::{UNIX_EPOCH_S, by_str0m, ours};

#[test]
fn random_compounds_read_the_same_as_by_str0m() {
    for seed in 0..20_000 {
        let bytes = encode::random_compound(&mut Random::new(seed));
        let seen = ours(&bytes);
        assert!(!seen.is_empty());
        assert_eq!(seen, by_str0m(&bytes), "seed {seed}");
    }
}

#[test]
fn what_the_writer_writes_reads_the_same_as_by_str0m() {
    for seed in 0..20_000 {
        let mut bytes = [0; 1_200];
        let mut writer = Writer::new(&mut bytes);
        let mut random = Random::new(seed);
        let packets = 1 + random.below(6) as usize;
        (0..packets).for_each(|_| write_random(&mut random, &mut writer));
        let seen = ours(writer.written());
        assert!(!seen.is_empty() || writer.length() == 0, "seed {seed}");
        assert_eq!(seen, by_str0m(writer.written()), "seed {seed}");
    }
}

fn write_random(random: &mut Random, writer: &mut Writer<'_>) {
    let (sender, media) = (random.u32(), random.u32());
    match random.below(9) {
        0 => _ = writer.sender_report(&random_info(random), &random_blocks(random)),
        1 => _ = writer.receiver_report(sender, &random_blocks(random)),
        2 => _ = writer.canonical_name(sender, &"n".repeat(random.below(300) as usize)),
        3 => _ = writer.bye(&random.ssrcs(40)),
        4 => {
            let mut number = random.u32() as u16;
            // At most 31 pairs: the other reader takes no more.
            let lost: Vec<u16> = (0..random.below(30)).map(|_| next_lost(random, &mut number)).collect();
            writer.nack(sender, media, &lost);
        }
        5 => _ = writer.pli(sender, media),
        6 => {
            let entries = (0..random.below(20)).map(|_| FirEntry { ssrc: random.u32(), sequence: random.u32() as u8 });
            writer.fir(sender, &entries.collect::<Vec<_>>());
        }
        7 => _ = writer.remb(sender, random.below(1 << 24), &random.ssrcs(20)),
        _ => {
            let header = FeedbackHeader {
                sender_ssrc: sender,
                media_ssrc: media,
                base_sequence: random.u32() as u16,
                feedback_count: random.u32() as u8,
            };
            let statuses = random_statuses(random);
            writer.transport_feedback(header, statuses);
        }
    }
}

fn next_lost(random: &mut Random, number: &mut u16) -> u16 {
    *number = number.wrapping_add(1 + random.below(40) as u16);
    *number
}

fn random_info(random: &mut Random) -> SenderInfo {
    SenderInfo {
        ssrc: random.u32(),
        ntp: (UNIX_EPOCH_S + 1_700_000_000 + random.below(300_000_000)) << 32 | random.below(2) << 31,
        rtp_time: random.u32(),
        packets: random.u32(),
        octets: random.u32(),
    }
}

fn random_blocks(random: &mut Random) -> Vec<ReportBlock> {
    let block = |random: &mut Random| ReportBlock {
        ssrc: random.u32(),
        fraction_lost: random.u32() as u8,
        cumulative_lost: random.u32() as i32 >> 8,
        highest_sequence: random.u32(),
        jitter: random.u32(),
        last_sender_report: random.u32(),
        delay: random.u32(),
    };
    (0..random.below(40)).map(|_| block(random)).collect()
}

fn random_statuses(random: &mut Random) -> Vec<Option<u32>> {
    let mut ticks = 2_000_000 + random.u32() % 20_000_000;
    let (missing, far) = (random.below(100), random.below(60));
    let mut far_in_a_row = 0;
    let mut status = || {
        if random.percent(missing) {
            far_in_a_row = 0;
            return None;
        }
        // Seven in a row would become a run, behind which str0m 0.25 loses its way.
        let is_far = random.percent(far) && far_in_a_row < 6;
        far_in_a_row = if is_far { far_in_a_row + 1 } else { 0 };
        let step = if is_far { random.below(60_000) as i32 - 30_000 } else { random.below(200) as i32 };
        ticks = ticks.wrapping_add_signed(step);
        Some(ticks)
    };
    (0..1_000).map(|_| status()).collect()
}
