//! RFC 9628, section 4.2.

use sfu::codec::PictureId;
use sfu::codec::meta::Located;
use sfu::codec::vp9::{Descriptor, keyframe_size};

#[test]
fn the_non_flexible_mode_has_tl0picidx_behind_the_layer() {
    // I, P, L, B; 15 bits of picture id; TID 2, U, SID 1, D; TL0PICIDX.
    let descriptor = Descriptor::parse(&[0xe8, 0x91, 0x23, 0x53, 0x77, 0xff]).expect("a descriptor");
    assert_eq!(descriptor.picture_id, Some(Located { at: 1, value: PictureId::Long(0x1123) }));
    assert_eq!((descriptor.temporal, descriptor.spatial), (2, 1));
    assert!(descriptor.inter_picture && descriptor.switching_up && descriptor.inter_layer);
    assert!(descriptor.begins_frame && !descriptor.ends_frame && !descriptor.flexible && !descriptor.not_for_upper);
    assert_eq!(descriptor.tl0, Some(Located { at: 4, value: 0x77 }));
    assert_eq!(descriptor.payload_at, 5);
}

#[test]
fn the_flexible_mode_names_up_to_three_references() {
    // I, P, L, F, E, Z; 7 bits of picture id; TID 1, SID 2; three P_DIFF.
    let descriptor = Descriptor::parse(&[0xf5, 0x11, 0x24, 0x03, 0x05, 0x08, 0xff]).expect("a descriptor");
    assert_eq!(descriptor.picture_id, Some(Located { at: 1, value: PictureId::Short(0x11) }));
    assert_eq!(descriptor.references, [1, 2, 4]);
    assert!(descriptor.flexible && descriptor.ends_frame && descriptor.not_for_upper && descriptor.tl0.is_none());
    assert_eq!(Descriptor::parse(&[0xf5, 0x11, 0x24, 0x03, 0x05, 0x09, 0x02, 0xff]), None, "a fourth reference");
}

#[test]
fn the_scalability_structure_tells_layers_and_sizes() {
    let mut payload = vec![0x8a, 0x01];
    // N_S 2, Y, G.
    payload.push(0x58);
    for (width, height) in [(320u16, 180u16), (640, 360), (1280, 720)] {
        payload.extend(width.to_be_bytes());
        payload.extend(height.to_be_bytes());
    }
    // Four pictures: TID 0 with one reference, 2, 1, 2 with two.
    payload.extend([4, 0x14, 4, 0x54, 1, 0x34, 2, 0x58, 1, 2]);
    payload.push(0xff);
    let descriptor = Descriptor::parse(&payload).expect("a descriptor");
    let structure = descriptor.structure.expect("a structure");
    assert_eq!((structure.spatial_layers, structure.temporal_layers), (3, 3));
    assert_eq!(structure.sizes[..3], [(320, 180), (640, 360), (1280, 720)]);
    assert_eq!(descriptor.payload_at, payload.len() - 1);
    assert!(descriptor.starts_keyframe());
    for length in 0..payload.len() {
        assert_eq!(Descriptor::parse(&payload[..length]), None);
    }
}

#[test]
fn only_the_lowest_layer_of_a_key_picture_starts_it() {
    let starts = |bytes: &[u8]| Descriptor::parse(bytes).expect("a descriptor").starts_keyframe();
    assert!(starts(&[0xa8, 0x01, 0x00, 0x00, 0xff]));
    assert!(!starts(&[0xa8, 0x01, 0x03, 0x00, 0xff]), "spatial layer 1");
    assert!(!starts(&[0xe8, 0x01, 0x00, 0x00, 0xff]), "inter");
    assert!(!starts(&[0xa4, 0x01, 0x00, 0x00, 0xff]), "not its first packet");
}

#[test]
fn the_uncompressed_header_of_a_key_frame_tells_the_size() {
    // Marker 2, profile 0, not an existing frame, key, shown; sync code; colour space 1, range 0; 1280 x 720.
    let bits = "10 0 0 0 0 1 0 010010011000001101000010 001 0 0000010011111111 0000001011001111 0";
    let bits: Vec<u8> = bits.bytes().filter(|byte| *byte != b' ').map(|byte| byte - b'0').collect();
    let byte = |bits: &[u8]| bits.iter().enumerate().fold(0, |byte, (i, bit)| byte | bit << (7 - i));
    let frame: Vec<u8> = bits.chunks(8).map(byte).collect();
    assert_eq!(keyframe_size(&frame), Some((1280, 720)));
    assert_eq!(keyframe_size(&frame[..6]), None);
}
