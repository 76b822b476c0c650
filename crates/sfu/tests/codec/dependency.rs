//! AV1 RTP payload format, A.8 and the structure of A.10.2.1, bit by bit.

use sfu::codec::dependency::{Descriptor, Indication, frame_number};

/// Bits as text, spaces for the reader.
pub fn bytes(bits: &str) -> Vec<u8> {
    let bits: Vec<u8> = bits.bytes().filter(|byte| !byte.is_ascii_whitespace()).map(|byte| byte - b'0').collect();
    let byte = |bits: &[u8]| bits.iter().enumerate().fold(0, |byte, (i, bit)| byte | bit << (7 - i));
    bits.chunks(8).map(byte).collect()
}

/// L1T3 by the table: five templates, decode targets of 30, 15 and 7.5 pictures a second, one chain.
pub const L1T3: &str = "
    1 1 000101 0000000001100100
    1 0 0 0 0
    000101 00010
    00 01 01 00 11
    101010 101010 100100 010000 010000
    0 1 0011 0 1 0001 0 1 0000 0 1 0000 0
    01
    0000 0100 0010 0001 0011
    1 0000010011111111 0000001011001111";

#[test]
fn the_structure_of_l1t3_is_read_as_its_table_says() {
    let descriptor = Descriptor::parse(&bytes(L1T3), None).expect("a descriptor");
    assert!(descriptor.begins_frame && descriptor.ends_frame);
    assert_eq!(descriptor.number, 100);
    assert_eq!(descriptor.active_targets, Some(0b111), "all are active when nothing else is said");
    let structure = descriptor.structure.expect("a structure");
    assert_eq!((structure.targets(), structure.chains(), structure.layer_counts()), (3, 1, (1, 3)));
    assert_eq!([0, 1, 2].map(|target| structure.layer(target)), [(0, 2), (0, 1), (0, 0)]);
    assert_eq!([0, 1, 2].map(|target| structure.chain(target)), [0, 0, 0]);
    assert_eq!(structure.resolution(0), Some((1280, 720)));
    assert_eq!(structure.resolution(1), None);
    assert_eq!([0, 1, 2].map(|target| structure.covered_by(target)), [0b111, 0b110, 0b100]);
    assert!(descriptor.definition.references.is_empty());
}

#[test]
fn three_bytes_refer_to_a_template() {
    let structure = Descriptor::parse(&bytes(L1T3), None).and_then(|key| key.structure).expect("a structure");
    // Template 5 + 2: temporal layer 1.
    let descriptor = Descriptor::parse(&[0x80 | 7, 0xff, 0xfe], Some(&structure)).expect("a descriptor");
    assert_eq!((descriptor.number, descriptor.begins_frame, descriptor.ends_frame), (0xfffe, true, false));
    let frame = descriptor.definition;
    assert_eq!((frame.spatial, frame.temporal), (0, 1));
    assert_eq!(frame.references.iter().collect::<Vec<_>>(), [2]);
    assert_eq!(frame.chain_distances[0], 2);
    assert_eq!(
        [0, 1, 2].map(|target| frame.indication(target)),
        [Indication::Switch, Indication::Discardable, Indication::NotPresent]
    );
    assert_eq!(frame.present(), 0b011);
    assert!(frame.is_switch() && !frame.is_discardable());
    assert_eq!(descriptor.active_targets, None);
}

#[test]
fn a_frame_may_define_everything_itself() {
    let structure = Descriptor::parse(&bytes(L1T3), None).and_then(|key| key.structure).expect("a structure");
    let own = "1 1 000111 0000000000000001  0 1 1 1 1  101  111000  01 0010 10 00010000 11 111111111111 00 11111111";
    let descriptor = Descriptor::parse(&bytes(own), Some(&structure)).expect("a descriptor");
    assert_eq!(descriptor.active_targets, Some(0b101));
    assert_eq!(descriptor.definition.references.iter().collect::<Vec<_>>(), [3, 17, 4096]);
    assert_eq!(descriptor.definition.chain_distances[0], 255);
    assert_eq!(
        [0, 1, 2].map(|target| descriptor.definition.indication(target)),
        [Indication::Required, Indication::Switch, Indication::NotPresent]
    );
}

#[test]
fn a_template_that_is_not_there_is_refused() {
    let structure = Descriptor::parse(&bytes(L1T3), None).and_then(|key| key.structure).expect("a structure");
    for template in (0..64).filter(|id| !(5..10).contains(id)) {
        assert_eq!(Descriptor::parse(&[template, 0, 1], Some(&structure)), None);
    }
    assert_eq!(Descriptor::parse(&[5, 0, 1], None), None, "no structure at all");
    assert_eq!(frame_number(&[5, 1, 2]), Some(0x0102));
}

#[test]
fn what_is_cut_off_is_refused() {
    let whole = bytes(L1T3);
    for length in 0..whole.len() {
        assert_eq!(Descriptor::parse(&whole[..length], None), None);
    }
}

#[test]
fn more_than_is_bounded_is_refused() {
    let structure = Descriptor::parse(&bytes(L1T3), None).and_then(|key| key.structure).expect("a structure");
    let references = |count: usize| format!("1 1 000101 0000000000000001 0 0 0 1 0 {} 00", "01 0000".repeat(count));
    assert!(Descriptor::parse(&bytes(&references(8)), Some(&structure)).is_some());
    assert_eq!(Descriptor::parse(&bytes(&references(9)), Some(&structure)), None);
    // 32 targets and as many chains; spatial layers without end; more than 64 templates.
    let head = "1 1 000000 0000000000000001 1 0 0 0 0 000000 11111";
    let tail = "1".repeat(2_000);
    assert_eq!(Descriptor::parse(&bytes(&format!("{head} 11 {} 0 {tail}", "10".repeat(32))), None), None);
    assert_eq!(Descriptor::parse(&bytes(&format!("{head} {} {tail}", "10".repeat(8))), None), None);
    assert_eq!(Descriptor::parse(&bytes(&format!("{head} {} {tail}", "00".repeat(64))), None), None);
}
