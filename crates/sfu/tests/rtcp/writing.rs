//! What is written is what was meant, to the byte, and never more than fits.

use sfu::rtcp::{FeedbackHeader, FirEntry, MAX_LENGTH, ReportBlock, SenderInfo, Writer};
use str0m::rtp::rtcp::Rtcp;

use crate::random::Random;
use crate::seen::{Seen, ours};

const HEADER: FeedbackHeader =
    FeedbackHeader { sender_ssrc: 1, media_ssrc: 2, base_sequence: 65_500, feedback_count: 9 };

fn block(ssrc: u32) -> ReportBlock {
    ReportBlock { ssrc, fraction_lost: 3, cumulative_lost: -5, highest_sequence: 9, ..ReportBlock::default() }
}

#[test]
fn a_compound_reads_back_as_it_was_written() {
    let mut bytes = [0xaa; 1_500];
    let mut writer = Writer::new(&mut bytes);
    let info = SenderInfo { ssrc: 1, ntp: 5 << 32, rtp_time: 6, packets: 7, octets: 8 };
    let blocks = [block(11), block(12)];
    assert_eq!(writer.sender_report(&info, &blocks), Some(2));
    assert!(writer.canonical_name(1, "meeting"));
    assert_eq!(writer.receiver_report(3, &[]), Some(0));
    assert_eq!(writer.bye(&[4, 5]), 2);
    assert_eq!(writer.nack(1, 2, &[65_530, 65_535, 0, 10, 40]), 5);
    assert!(writer.pli(6, 7));
    assert_eq!(writer.fir(8, &[FirEntry { ssrc: 9, sequence: 255 }]), 1);
    assert!(writer.remb(10, 2_500_000, &[11, 12]));
    let expected = [
        Seen::SenderReport { ssrc: 1, half_seconds: 10, rtp_time: 6, packets: 7, octets: 8, blocks: blocks.to_vec() },
        Seen::Names,
        Seen::ReceiverReport { ssrc: 3, blocks: vec![] },
        Seen::Bye(vec![4, 5]),
        Seen::Nack { sender: 1, media: 2, lost: vec![65_530, 65_535, 0, 10, 40] },
        Seen::Pli { sender: 6, media: 7 },
        Seen::Fir { sender: 8, entries: vec![(9, 255)] },
        Seen::Remb { sender: 10, bitrate: 2_500_000, ssrcs: vec![11, 12] },
    ];
    assert_eq!(ours(writer.written()), expected);
}

#[test]
fn a_canonical_name_ends_with_a_zero_at_a_word_whatever_its_length() {
    for length in 0..300 {
        let name = "é".repeat(length / 2) + &"x".repeat(length % 2);
        let mut bytes = [0xff; 400];
        let mut writer = Writer::new(&mut bytes);
        assert!(writer.canonical_name(7, &name));
        assert_eq!(writer.length() % 4, 0);
        assert_eq!(writer.written().last(), Some(&0));
        let Ok(Rtcp::SourceDescription(names)) = Rtcp::try_from(writer.written()) else { panic!("no names") };
        let expected = if length <= 255 { &name } else { &name[..254] };
        assert_eq!(&names.reports[0].values[0].1, expected);
    }
}

#[test]
fn a_report_of_more_blocks_than_fit_continues_in_the_next_packet() {
    let blocks: Vec<ReportBlock> = (0..100).map(block).collect();
    let mut told = Vec::new();
    let mut rest = &blocks[..];
    let mut packets = 0;
    while !rest.is_empty() {
        let mut bytes = [0; MAX_LENGTH];
        let mut writer = Writer::new(&mut bytes);
        while let Some(count) = writer.receiver_report(1, rest).filter(|&count| count > 0) {
            rest = &rest[count..];
        }
        for seen in ours(writer.written()) {
            let Seen::ReceiverReport { blocks, .. } = seen else { panic!("no report") };
            assert!(blocks.len() <= 31);
            told.extend(blocks);
        }
        packets += 1;
    }
    assert_eq!(told, blocks);
    assert_eq!(packets, 3);
}

#[test]
fn a_nack_of_more_numbers_than_fit_continues_in_the_next_packet() {
    let mut random = Random::new(4);
    for room in [0, 15, 16, 17, 60, 1_200] {
        let mut number = 60_000_u16;
        let mut next = || {
            number = number.wrapping_add(1 + random.below(30) as u16);
            number
        };
        let lost: Vec<u16> = (0..800).map(|_| next()).collect();
        let (mut told, mut rest) = (Vec::new(), &lost[..]);
        loop {
            let mut bytes = vec![0; room];
            let mut writer = Writer::new(&mut bytes);
            let count = writer.nack(1, 2, rest);
            rest = &rest[count..];
            if count == 0 {
                assert_eq!(writer.length(), 0);
                break;
            }
            let Some(Seen::Nack { lost, .. }) = ours(writer.written()).pop() else { panic!("no NACK") };
            assert_eq!(lost.len(), count);
            told.extend(lost);
        }
        assert_eq!(told, if room < 16 { vec![] } else { lost });
    }
}

#[test]
fn seventeen_numbers_in_a_row_are_one_pair() {
    let mut bytes = [0; 100];
    let mut writer = Writer::new(&mut bytes);
    let lost: Vec<u16> = (0..17).map(|offset| 65_530_u16.wrapping_add(offset)).collect();
    assert_eq!(writer.nack(1, 2, &lost), 17);
    assert_eq!(writer.written()[12..], [0xff, 0xfa, 0xff, 0xff]);
}

#[test]
fn nothing_is_written_beyond_the_callers_bytes() {
    let blocks = [block(1); 31];
    let info = SenderInfo { ssrc: 1, ntp: 2, rtp_time: 3, packets: 4, octets: 5 };
    for room in 0..140 {
        let mut bytes = [0xee; 200];
        let length = {
            let mut writer = Writer::new(&mut bytes[..room]);
            writer.transport_feedback(HEADER, [Some(5), None, Some(70_000), Some(6)]);
            writer.sender_report(&info, &blocks);
            writer.receiver_report(1, &blocks);
            writer.canonical_name(1, "a name of some length");
            writer.bye(&[1, 2, 3]);
            writer.nack(1, 2, &[1, 100, 200]);
            writer.pli(1, 2);
            writer.fir(1, &[FirEntry { ssrc: 1, sequence: 2 }; 3]);
            writer.remb(1, 5, &[1, 2]);
            assert_eq!(writer.length() + writer.room(), room);
            writer.length()
        };
        assert!(length <= room);
        assert!(bytes[room..].iter().all(|&byte| byte == 0xee));
        // Whatever went in is whole.
        let framed: usize = lengths(&bytes[..length]).iter().sum();
        assert_eq!(framed, length);
    }
    let mut large = [0; 3_000];
    assert_eq!(Writer::new(&mut large).room(), MAX_LENGTH);
}

fn lengths(bytes: &[u8]) -> Vec<usize> {
    let mut rest = bytes;
    let mut lengths = Vec::new();
    while !rest.is_empty() {
        let length = (usize::from(u16::from_be_bytes([rest[2], rest[3]])) + 1) * 4;
        lengths.push(length);
        rest = &rest[length..];
    }
    lengths
}

#[test]
fn remb_keeps_eighteen_significant_bits() {
    for bitrate in [0, 1, 0x3_ffff, 0x4_0000, 0x4_0001, 1 << 30, u64::MAX] {
        let mut bytes = [0; 40];
        let mut writer = Writer::new(&mut bytes);
        assert!(writer.remb(1, bitrate, &[]));
        let Some(Seen::Remb { bitrate: read, .. }) = ours(writer.written()).pop() else { panic!("no REMB") };
        assert!(read <= bitrate && bitrate - read <= bitrate >> 17, "{bitrate} became {read}");
    }
    let mut bytes = [0; 1_200];
    assert!(!Writer::new(&mut bytes).remb(1, 5, &[0; 256]));
}

/// What reads back from reports that continue each other.
fn told_arrivals(statuses: &[Option<u32>], room: usize) -> Vec<Option<i64>> {
    let mut told = Vec::new();
    while told.len() < statuses.len() {
        let mut bytes = vec![0; room];
        let mut writer = Writer::new(&mut bytes);
        let header = FeedbackHeader { base_sequence: told.len() as u16, ..HEADER };
        let count = writer.transport_feedback(header, statuses[told.len()..].iter().copied());
        if count == 0 {
            break;
        }
        assert!(writer.length() <= room);
        let Some(Seen::Feedback { arrivals, .. }) = ours(writer.written()).pop() else { panic!("no feedback") };
        assert_eq!(arrivals.len(), usize::from(count));
        assert_eq!(arrivals[0].0, told.len() as u16);
        told.extend(arrivals.into_iter().map(|(_, at)| at));
    }
    told
}

#[test]
fn transport_feedback_tells_every_status_exactly_in_any_room() {
    for seed in 0..3_000 {
        let mut random = Random::new(seed);
        let mut ticks = 1_000_000;
        let (missing, far, burst) = (random.below(100), random.below(40), 1 + random.below(60));
        let mut statuses = Vec::new();
        while statuses.len() < 900 {
            let lost = random.percent(missing);
            for _ in 0..=random.below(burst) {
                let step = if random.percent(far) { random.below(60_000) as i32 - 29_000 } else { 3 };
                ticks = 1_000_000.max(ticks + step);
                statuses.push((!lost).then_some(ticks as u32));
            }
        }
        statuses.push(Some(ticks as u32));
        let room = 26 + random.below(1_200) as usize;
        let told = told_arrivals(&statuses, room);
        let expected: Vec<Option<i64>> = statuses.iter().map(|status| status.map(i64::from)).collect();
        // A tiny room may not hold the chunks of the holes before the next arrival.
        assert!(told.len() == expected.len() || room < 60, "seed {seed} room {room}: {} told", told.len());
        assert_eq!(told, expected[..told.len()], "seed {seed} room {room}");
    }
}

#[test]
fn arrivals_too_far_apart_for_one_report_go_into_two() {
    let statuses = [Some(100), Some(100 + 32_767), Some(100 + 32_767 + 32_768), None, Some(5)];
    assert_eq!(told_arrivals(&statuses[..3], 100), [Some(100), Some(32_867), Some(65_635)]);
    let mut bytes = [0; 100];
    assert_eq!(Writer::new(&mut bytes).transport_feedback(HEADER, statuses), 2);
}

#[test]
fn a_report_of_many_equal_statuses_is_one_run() {
    let mut bytes = [0; 1_200];
    let mut writer = Writer::new(&mut bytes);
    let statuses = std::iter::once(Some(256)).chain(std::iter::repeat_n(None, 9_000)).chain([Some(300)]);
    assert_eq!(writer.transport_feedback(HEADER, statuses), 9_002);
    // One vector or run for the first, two runs for the missing, one for the last, two deltas.
    assert!(writer.length() <= 32, "{} bytes", writer.length());
    let mut writer = Writer::new(&mut bytes);
    assert_eq!(writer.transport_feedback(HEADER, [None, None, None]), 0);
    assert_eq!(writer.length(), 0);
}
