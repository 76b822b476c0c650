//! AV1 RTP payload format, section 4; AV1 bitstream, 5.5.

use sfu::codec::av1::{Aggregation, Contents, sequence_size};

/// Main profile, one operating point, 16 bits for each side: 1280 x 720.
const SEQUENCE: [u8; 11] = [0x00, 0x00, 0x00, 0x02, 0xab, 0xfe, 0x05, 0x9b, 0x5f, 0xd0, 0x08];

/// A sequence header written bit by bit.
fn sequence(fields: &[(u64, u32)]) -> Vec<u8> {
    let bits: Vec<bool> =
        fields.iter().flat_map(|(value, count)| (0..*count).rev().map(move |bit| value >> bit & 1 == 1)).collect();
    let byte = |bits: &[bool]| bits.iter().enumerate().fold(0, |byte, (i, bit)| byte | u8::from(*bit) << (7 - i));
    bits.chunks(8).map(byte).collect()
}

#[test]
fn the_aggregation_header_has_its_bits_in_order() {
    let expected = Aggregation { continues: true, goes_on: false, elements: 2, new_sequence: true };
    assert_eq!(Aggregation::parse(&[0xa8]), Some(expected));
    assert_eq!(Aggregation::parse(&[]), None);
}

#[test]
fn a_sequence_header_tells_the_size() {
    // Level 8 with its tier; no timing; 1280 x 720 in 11 and 10 bits.
    let plain = sequence(&[
        (0, 3),
        (0, 2),
        (0, 1),
        (0, 1),
        (0, 5),
        (0, 12),
        (8, 5),
        (0, 1),
        (10, 4),
        (9, 4),
        (1279, 11),
        (719, 10),
    ]);
    assert_eq!(sequence_size(&plain), Some((1280, 720)));
    let reduced = sequence(&[(0, 3), (3, 2), (8, 5), (15, 4), (15, 4), (639, 16), (359, 16)]);
    assert_eq!(sequence_size(&reduced), Some((640, 360)));
    for length in 0..plain.len() - 1 {
        assert_eq!(sequence_size(&plain[..length]), None);
    }
}

#[test]
fn timing_and_the_decoder_model_are_passed_over() {
    let fields = [
        (0, 5),
        (1, 1),
        (1, 32),
        (30, 32),
        (1, 1),
        (0b00101, 5),
        (1, 1),
        (9, 5),
        (1, 32),
        (0, 10),
        (1, 1),
        (1, 5),
        (0, 12),
        (4, 5),
        (1, 1),
        (0, 21),
        (1, 1),
        (3, 4),
        (1, 12),
        (9, 5),
        (0, 1),
        (0, 1),
        (0, 1),
        (10, 4),
        (9, 4),
        (1919, 11),
        (1023, 10),
        (0, 8),
    ];
    assert_eq!(sequence_size(&sequence(&fields)), Some((1920, 1024)));
}

#[test]
fn a_keyframe_starts_where_a_sequence_begins_with_its_header() {
    let header = |first: u8, rest: &[u8]| [&[first][..], rest].concat();
    // One element without its length; two, the first with its length; any number, all with their lengths.
    let unit = [&[0x08][..], &SEQUENCE].concat();
    let one = header(0x18, &unit);
    let two = header(0x28, &[&[unit.len() as u8][..], &unit, &[0x30, 1, 2]].concat());
    let any = header(0x08, &[&[unit.len() as u8][..], &unit, &[3, 0x30, 1, 2]].concat());
    for payload in [&one, &two, &any] {
        assert!(Contents::inspect(payload).starts_keyframe && Contents::inspect(payload).begins_unit);
    }
    assert!(!Contents::inspect(&header(0x10, &unit)).starts_keyframe, "no new sequence");
    assert!(!Contents::inspect(&header(0x18, &[0x30, 1, 2])).starts_keyframe, "no header");
    assert!(!Contents::inspect(&header(0x98, &unit)).starts_keyframe, "the rest of an earlier unit");
}

#[test]
fn extension_and_size_of_a_unit_are_read() {
    // Temporal unit 2, spatial 1, with its size.
    let payload = [0x10, 0x36, 0x48, 0x02, 1, 2];
    assert_eq!(Contents::inspect(&payload).layer, Some((2, 1)));
}
