//! What a stream learns from its packets.

use sfu::codec::{Codec, Meta, PictureId, StreamState, inspect};
use str0m::format::Codec as Name;

use crate::dependency::{L1T3, bytes};

pub fn codec(name: Name) -> Codec {
    Codec { name, profile: 0, redundant: false, clock_hz: 90_000 }
}

fn vp8(id: u16) -> Vec<u8> {
    let [high, low] = (0x8000 | id).to_be_bytes();
    vec![0x90, 0x80, high, low, 0x01, 0x02]
}

#[test]
fn the_order_goes_on_where_picture_ids_wrap() {
    let mut stream = StreamState::default();
    let ids = [0x7ffd, 0x7ffe, 0x0001, 0x7fff, 0x0000, 0x0003];
    let metas = ids.map(|id| inspect(codec(Name::Vp8), &vp8(id), None, &mut stream));
    assert_eq!(metas.map(|meta| meta.order), [0x7ffd, 0x7ffe, 0x8001, 0x7fff, 0x8000, 0x8003].map(Some));
    let short = |id: u8| vec![0x90, 0x80, id, 0x01, 0x02];
    let mut stream = StreamState::default();
    let metas = [126, 1, 127, 0, 2].map(|id| inspect(codec(Name::Vp8), &short(id), None, &mut stream));
    assert_eq!(metas.map(|meta| meta.order), [126, 129, 127, 128, 130].map(Some));
    assert_eq!(metas[1].picture_id, Some(PictureId::Short(1)));
}

#[test]
fn sizes_are_kept_by_layer() {
    let mut stream = StreamState::default();
    let keyframe = [0x10, 0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01];
    assert!(inspect(codec(Name::Vp8), &keyframe, None, &mut stream).has_size);
    assert!(!inspect(codec(Name::Vp8), &vp8(1), None, &mut stream).has_size);
    assert_eq!((stream.size(0), stream.size(1), stream.size(255)), (Some((640, 360)), None, None));

    let mut stream = StreamState::default();
    let vp9 = [0xaa, 0x01, 0x00, 0x00, 0x30, 0x01, 0x40, 0x00, 0xb4, 0x02, 0x80, 0x01, 0x68, 0xff];
    let meta = inspect(codec(Name::Vp9), &vp9, None, &mut stream);
    assert!(meta.has_size && meta.starts_keyframe);
    assert_eq!((stream.size(0), stream.size(1), stream.spatial_layers()), (Some((320, 180)), Some((640, 360)), 2));
}

#[test]
fn a_dependency_descriptor_speaks_for_a_payload_that_cannot_be_read() {
    let mut stream = StreamState::default();
    let meta = inspect(codec(Name::Av1), &[0xff; 40], Some(&bytes(L1T3)), &mut stream);
    assert!(meta.starts_keyframe && meta.begins_frame && meta.ends_frame && meta.has_structure && meta.has_size);
    assert_eq!((meta.frame_number, stream.size(0), stream.temporal_layers()), (Some(100), Some((1280, 720)), 3));
    let meta = inspect(codec(Name::Av1), &[0xff; 40], Some(&[0x80 | 8, 0, 101]), &mut stream);
    assert_eq!((meta.temporal, meta.discardable, meta.starts_keyframe), (2, true, false));
    assert!(stream.dependencies().is_some_and(|known| known.frame(101).is_some() && known.frame(102).is_none()));
}

#[test]
fn sound_stands_alone() {
    let meta = inspect(codec(Name::Opus), &[0xfc], None, &mut StreamState::default());
    assert_eq!(meta, Meta { starts_keyframe: true, begins_frame: true, ends_frame: true, ..Meta::default() });
}
