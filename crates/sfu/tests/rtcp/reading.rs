//! Packets by hand, byte for byte as the documents draw them.

use sfu::rtcp::{self, Packet, ReportBlock};

use crate::encode::{packet, words};
use crate::seen::{Extended, Seen, ours};

#[test]
fn a_sender_report_is_read_field_by_field() {
    #[rustfmt::skip]
    let bytes = [
        0x81, 200, 0x00, 0x0c,
        0x11, 0x22, 0x33, 0x44, // SSRC
        0xe9, 0x00, 0x00, 0x01, 0x80, 0x00, 0x00, 0x00, // NTP time
        0x00, 0x01, 0x5f, 0x90, // RTP time
        0x00, 0x00, 0x00, 0x0a, // packets
        0x00, 0x00, 0x27, 0x10, // octets
        0x55, 0x66, 0x77, 0x88, // reported SSRC
        0x40, 0xff, 0xff, 0xfe, // a quarter lost, cumulative -2
        0x00, 0x01, 0x00, 0x05, // one cycle and 5
        0x00, 0x00, 0x00, 0x30, // jitter
        0x00, 0x01, 0x80, 0x00, // last report
        0x00, 0x01, 0x00, 0x00, // one second since
    ];
    let Some(Packet::SenderReport(report)) = rtcp::parse(&bytes).next() else { panic!("no sender report") };
    assert_eq!(report.info.ssrc, 0x1122_3344);
    assert_eq!(report.info.ntp, 0xe900_0001_8000_0000);
    assert_eq!((report.info.rtp_time, report.info.packets, report.info.octets), (90_000, 10, 10_000));
    let block = ReportBlock {
        ssrc: 0x5566_7788,
        fraction_lost: 64,
        cumulative_lost: -2,
        highest_sequence: 65_541,
        jitter: 48,
        last_sender_report: 0x1_8000,
        delay: 65_536,
    };
    assert_eq!(report.blocks().collect::<Vec<_>>(), [block]);
}

#[test]
fn a_nack_names_the_first_number_and_those_of_its_mask_over_the_wrap() {
    let bytes = packet(1, 205, &words(&[1, 2, 0xfffe_8005]));
    let lost = vec![65_534, 65_535, 1, 14];
    assert_eq!(ours(&bytes), [Seen::Nack { sender: 1, media: 2, lost }]);
}

#[test]
fn transport_feedback_adds_up_small_large_and_negative_deltas() {
    #[rustfmt::skip]
    let body = [
        0, 0, 0, 1,  0, 0, 0, 2,
        0xff, 0xfe, 0x00, 0x0c, // base 65,534, twelve statuses
        0x00, 0x00, 0x10, 0x07, // reference 16 · 64 ms, the eighth report
        0x00, 0x02, // a run of two missing
        0xda, 0x40, // two bits: small, large, large, small, missing, missing, missing
        0x40, 0x02, // a run of two large
        0x20, 0x01, // a run of one small
        0x04, 0x01, 0x00, 0xff, 0xfe, 0x02, // 4, 256, -2, 2
        0x80, 0x00, 0x7f, 0xff, // -32,768, 32,767
        0xff, // 255
    ];
    let arrivals = vec![
        (65_534, None),
        (65_535, None),
        (0, Some(4_100)),
        (1, Some(4_356)),
        (2, Some(4_354)),
        (3, Some(4_356)),
        (4, None),
        (5, None),
        (6, None),
        (7, Some(4_356 - 32_768)),
        (8, Some(4_355)),
        (9, Some(4_610)),
    ];
    assert_eq!(ours(&packet(15, 205, &body)), [Seen::Feedback { sender: 1, media: 2, count: 7, arrivals }]);
}

#[test]
fn the_symbols_of_the_drafts_examples_are_read_bit_by_bit() {
    // Section 3.1.4: 10 011111000011 in one bit each; section 3.1.3: a run of 221 missing.
    let body = |chunk: u16, count: u32, deltas: usize| {
        let mut body = words(&[1, 2, count, 0]);
        body.extend(chunk.to_be_bytes());
        body.resize(body.len() + deltas, 0);
        packet(15, 205, &body)
    };
    let came = |bytes: &[u8]| match ours(bytes).pop() {
        Some(Seen::Feedback { arrivals, .. }) => arrivals.iter().map(|(_, at)| at.is_some()).collect::<Vec<_>>(),
        other => panic!("no feedback: {other:?}"),
    };
    assert_eq!(came(&body(0x00dd, 221, 0)), vec![false; 221]);
    let bits = [0, 1, 1, 1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0].map(|bit| bit == 1);
    assert_eq!(came(&body(0x9f1c, 14, 8)), bits);
    // 11 00 11 01 01 01 00 00: the reserved symbol 3 carries no delta.
    assert_eq!(came(&body(0xcd50, 7, 3)), [false, false, true, true, true, false, false]);
}

#[test]
fn the_reference_time_continues_over_its_wrap_in_both_directions() {
    let body = |reference: u32| {
        let mut body = words(&[1, 2, 1, reference << 8]);
        body.extend([0x20, 0x01, 0x00]);
        packet(15, 205, &body)
    };
    let read = |reference: u32, last: Option<i64>| match rtcp::parse(&body(reference)).next() {
        Some(Packet::TransportFeedback(feedback)) => feedback.reference_ticks(last),
        other => panic!("no feedback: {other:?}"),
    };
    let cycle = 1_i64 << 32;
    assert_eq!(read(0xff_ffff, None), cycle - 256);
    assert_eq!(read(0, Some(cycle - 256)), cycle);
    assert_eq!(read(0xff_ffff, Some(cycle)), cycle - 256);
    assert_eq!(read(5, Some(7 * cycle + 100)), 7 * cycle + 1_280);
}

#[test]
fn feedback_with_fewer_chunks_or_deltas_than_promised_is_skipped() {
    let feedback = |count: u32, chunks_and_deltas: &[u8]| {
        let mut body = words(&[1, 2, count, 0]);
        body.extend(chunks_and_deltas);
        ours(&packet(15, 205, &body)).len()
    };
    assert_eq!(feedback(3, &[0x20, 0x03, 1, 2, 3]), 1);
    assert_eq!(feedback(4, &[0x20, 0x03, 1, 2, 3]), 0);
    assert_eq!(feedback(3, &[0x20, 0x03, 1, 2]), 0);
    assert_eq!(feedback(3, &[0x40, 0x03, 1, 2, 3]), 0);
    assert_eq!(feedback(0, &[]), 0);
    // Runs of nothing take bytes and bring no status.
    assert_eq!(feedback(1, &[0x00, 0x00, 0x20, 0x00, 0x20, 0x01, 9]), 1);
    // A run longer than the count needs the deltas of the count only.
    assert_eq!(feedback(1, &[0x20, 0x09, 1, 0]), 1);
}

#[test]
fn remb_shifts_its_mantissa_and_saturates() {
    let remb = |bitrate: u32| {
        let bytes = packet(15, 206, &words(&[1, 0, u32::from_be_bytes(*b"REMB"), 0x0100_0000 | bitrate, 9]));
        match ours(&bytes).pop() {
            Some(Seen::Remb { bitrate, ssrcs, .. }) => (bitrate, ssrcs),
            other => panic!("no REMB: {other:?}"),
        }
    };
    assert_eq!(remb(3 << 18 | 0x2_0000), (0x10_0000, vec![9]));
    assert_eq!(remb(63 << 18 | 0x3_ffff), (u64::MAX, vec![9]));
}

#[test]
fn extended_reports_tell_times_and_delays_and_skip_what_is_unknown() {
    let delays = [5 << 24 | 3, 7, 8, 9];
    let unknown = [99 << 24 | 1, 0];
    let time = [4 << 24 | 2, 0x10, 0x8000_0000];
    let broken = [4 << 24 | 200, 1, 2];
    let bytes = packet(0, 207, &words(&[&[3][..], &unknown, &delays, &time, &broken].concat()));
    let blocks = vec![Extended::Delays(vec![(7, 8, 9)]), Extended::ReferenceTime { half_seconds: 0x21 }];
    assert_eq!(ours(&bytes), [Seen::Extended { sender: 3, blocks }]);
}

#[test]
fn unknown_and_malformed_packets_are_skipped_and_the_next_is_read() {
    let pli = packet(1, 206, &words(&[1, 2]));
    let skipped = [
        packet(0, 204, &words(&[1, 0x41414141])),
        packet(0, 210, &[]),
        packet(7, 205, &words(&[1, 2])),
        packet(2, 206, &words(&[1, 2])),
        packet(15, 206, &words(&[1, 2, 3, 4])),
        // A report block fewer, an SSRC fewer, and half a PLI.
        packet(2, 201, &words(&[1, 0, 0, 0, 0, 0, 0])),
        packet(3, 203, &words(&[1, 2])),
        packet(1, 206, &words(&[1])),
        // Padding longer than the packet, and of no length.
        vec![0xa1, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 9],
        vec![0xa1, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0],
    ];
    for malformed in skipped {
        let bytes = [&malformed[..], &pli].concat();
        assert_eq!(ours(&bytes), [Seen::Pli { sender: 1, media: 2 }], "{malformed:?}");
    }
}

#[test]
fn padding_is_no_content_in_any_length() {
    for words_of_padding in 1..=60_u8 {
        let mut bytes = packet(1, 205, &words(&[1, 2, 5 << 16]));
        let padding = words_of_padding * 4;
        bytes.resize(bytes.len() + usize::from(padding), 0);
        bytes[0] |= 0x20;
        bytes[3] += words_of_padding;
        *bytes.last_mut().unwrap() = padding;
        assert_eq!(ours(&bytes), [Seen::Nack { sender: 1, media: 2, lost: vec![5] }]);
    }
}

#[test]
fn a_wrong_version_or_a_length_beyond_the_end_ends_the_reading() {
    let pli = packet(1, 206, &words(&[1, 2]));
    for end in [vec![0x41, 206, 0, 0], vec![0x81, 206, 0, 200], vec![0x81], vec![0x81, 206, 0]] {
        let bytes = [&pli[..], &end, &pli].concat();
        assert_eq!(ours(&bytes).len(), 1, "{end:?}");
    }
    let mut packets = rtcp::parse(&[0x41, 206, 0, 0]);
    assert!(packets.next().is_none() && packets.next().is_none());
}
