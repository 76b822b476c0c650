//! RFC 7741, section 4.2; RFC 6386, section 9.1.

use sfu::codec::PictureId;
use sfu::codec::meta::Located;
use sfu::codec::vp8::Descriptor;

/// 640 x 360 without scaling.
const KEYFRAME: [u8; 10] = [0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01];

#[test]
fn a_descriptor_of_one_byte_has_no_fields() {
    let payload = [&[0x10][..], &KEYFRAME].concat();
    let descriptor = Descriptor::parse(&payload).expect("a descriptor");
    assert!(descriptor.begins_frame && !descriptor.discardable);
    assert_eq!((descriptor.picture_id, descriptor.tl0, descriptor.temporal), (None, None, None));
    assert!(descriptor.starts_keyframe(&payload));
    assert_eq!(descriptor.keyframe_size(&payload), Some((640, 360)));
}

#[test]
fn all_fields_are_read() {
    // X, N, S; I, L, T, K; picture id of 15 bits; TL0PICIDX; TID 2, Y, KEYIDX 5.
    let payload = [0xb0, 0xf0, 0x92, 0x34, 0x56, 0xa5, 0x01];
    let descriptor = Descriptor::parse(&payload).expect("a descriptor");
    assert!(descriptor.discardable && descriptor.begins_frame && descriptor.layer_sync);
    assert_eq!(descriptor.picture_id, Some(Located { at: 2, value: PictureId::Long(0x1234) }));
    assert_eq!(descriptor.tl0, Some(Located { at: 4, value: 0x56 }));
    assert_eq!(descriptor.temporal, Some(2));
    assert!(!descriptor.starts_keyframe(&payload), "the frame tag says inter");
}

#[test]
fn a_picture_id_of_seven_bits_takes_one_byte() {
    let descriptor = Descriptor::parse(&[0x90, 0x80, 0x7f, 0x00]).expect("a descriptor");
    assert_eq!(descriptor.picture_id, Some(Located { at: 2, value: PictureId::Short(0x7f) }));
    assert_eq!(descriptor.payload_at, 3);
}

#[test]
fn a_later_partition_or_fragment_starts_nothing() {
    for first in [0x00, 0x11, 0x17] {
        let payload = [&[first][..], &KEYFRAME].concat();
        assert!(!Descriptor::parse(&payload).expect("a descriptor").starts_keyframe(&payload));
    }
}

#[test]
fn the_scale_is_not_part_of_the_size() {
    let mut payload = [&[0x10][..], &KEYFRAME].concat();
    payload[8] |= 0xc0;
    payload[10] |= 0x40;
    assert_eq!(Descriptor::parse(&payload).expect("a descriptor").keyframe_size(&payload), Some((640, 360)));
}

#[test]
fn what_is_cut_off_or_forbidden_is_no_descriptor() {
    let whole = [0xb0, 0xf0, 0x92, 0x34, 0x56, 0xa5, 0x01];
    for length in 0..whole.len() {
        assert_eq!(Descriptor::parse(&whole[..length]), None);
    }
    assert_eq!(Descriptor::parse(&[0x90, 0x40, 0x01, 0x02]), None, "TL0PICIDX without TID");
}
