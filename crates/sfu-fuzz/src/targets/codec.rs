//! Payloads and dependency descriptors. An input is a codec and a stream's packets, read one after another.

use sfu::codec::dependency::{Descriptor, with_active_targets};
use sfu::codec::{Codec, IdShift, Meta, NewestIds, PictureId, StreamState, ids, inspect};
use sfu::svc::MAX_DESCRIPTOR;
use str0m::format::Codec as Name;

use crate::input::{Input, Recipe};
use crate::memory::allocations;
use crate::source::{Packet, Prediction, Source, Syntax};

/// A packet as an input tells it.
pub struct Piece<'a> {
    pub payload: &'a [u8],
    pub dependency: Option<&'a [u8]>,
}

impl<'a> Piece<'a> {
    pub fn read(input: &mut Input<'a>) -> Self {
        let has_dependency = input.byte() & 1 != 0;
        let payload = input.chunk();
        Piece { payload, dependency: has_dependency.then(|| input.chunk()) }
    }
}

/// The codec that an input begins with.
pub fn codec(input: &mut Input) -> Codec {
    let names = [Name::Vp8, Name::Vp9, Name::H264, Name::Av1, Name::Opus];
    let name = names[usize::from(input.byte()) % names.len()];
    Codec { name, profile: 0, redundant: false, clock_hz: 90_000 }
}

pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let codec = codec(&mut input);
    let mut stream = StreamState::default();
    let mut newest = NewestIds::default();
    let mut shift = IdShift::default();
    while !input.is_empty() {
        let choice = input.byte();
        let piece = Piece::read(&mut input);
        let known = stream.dependencies().map(|known| *known.structure());
        let had_structure = known.is_some();
        let (meta, count) = allocations(|| inspect(codec, piece.payload, piece.dependency, &mut stream));
        assert!(count == 0 || (count == 1 && !had_structure), "only the first structure is worth an allocation");
        check(&meta, piece.payload, &stream);
        if let Some(descriptor) = piece.dependency {
            check_descriptor(descriptor, known.as_ref(), u32::from(choice).wrapping_mul(0x0101_0101));
        }
        match choice % 8 {
            0 => shift = IdShift::continuing(&newest, &meta),
            1 => shift.leave_out(codec, &meta, &newest),
            _ => newest.note(&meta, &mut shift),
        }
        patch(&meta, &shift, piece.payload, codec);
    }
}

fn check(meta: &Meta, payload: &[u8], stream: &StreamState) {
    assert!(meta.spatial < stream.spatial_layers() && meta.temporal < stream.temporal_layers());
    assert!(stream.spatial_layers() <= 8 && stream.temporal_layers() <= 64);
    assert!(meta.tl0.is_none_or(|tl0| payload.get(usize::from(tl0.at)) == Some(&tl0.value)));
    let id = &payload[usize::from(meta.picture_id_at).min(payload.len())..];
    match meta.picture_id {
        Some(PictureId::Short(short)) => assert_eq!(id[0], short),
        Some(PictureId::Long(long)) => assert_eq!(id[..2], (0x8000 | long).to_be_bytes()),
        None => {}
    }
    assert_eq!(meta.picture_id.is_some(), meta.order.is_some());
    for spatial in 0..8 {
        assert!(stream.size(spatial).is_none_or(|(width, height)| width > 0 && height > 0));
    }
}

/// A patched payload is the same to a decoder but for its numbers.
fn patch(meta: &Meta, shift: &IdShift, payload: &[u8], codec: Codec) {
    let mut copy = payload.to_vec();
    ids::patch(meta, &IdShift::default(), &mut copy);
    assert_eq!(copy, payload, "no shift changes nothing");
    ids::patch(meta, shift, &mut copy);
    let changed = copy.iter().zip(payload).filter(|(a, b)| a != b).count();
    assert!(copy.len() == payload.len() && changed <= 3);
    let [before, after] = [payload, &copy].map(|bytes| inspect(codec, bytes, None, &mut StreamState::default()));
    let (id, order, tl0) = (before.picture_id, before.order, before.tl0);
    let bits = |id: Option<PictureId>| id.map(PictureId::mask);
    assert_eq!(bits(after.picture_id), bits(id));
    assert_eq!(after.tl0.map(|tl0| tl0.at), tl0.map(|tl0| tl0.at));
    assert_eq!(Meta { picture_id: id, order, tl0, ..after }, before);
}

fn check_descriptor(bytes: &[u8], known: Option<&sfu::codec::dependency::DependencyStructure>, active: u32) {
    let Some(before) = Descriptor::parse(bytes, known) else { return };
    let targets = before.structure.as_ref().or(known).expect("what it was read by").targets();
    let mut out = [0xee; 2 * MAX_DESCRIPTOR + 8];
    let length = with_active_targets(bytes, known, active, &mut out).expect("there is room");
    assert!(length <= bytes.len() + 5);
    let after = Descriptor::parse(&out[..length], known).expect("what was written is a descriptor");
    assert_eq!(after.active_targets, Some(active & (u32::MAX >> (32 - u32::from(targets)))));
    assert_eq!((after.number, after.structure, after.definition), (before.number, before.structure, before.definition));
    assert_eq!((after.begins_frame, after.ends_frame), (before.begins_frame, before.ends_frame));
    let mut moved = bytes.to_vec();
    ids::patch_dependency(&IdShift::default(), &mut moved);
    assert_eq!(moved, bytes);
}

/// What model encoders send: a codec's number and a few pictures each.
pub fn model_streams() -> Vec<(u8, Vec<Packet>)> {
    let vp9 = |flexible| Syntax::Vp9 { flexible, up_at_base: true };
    let shapes = [
        (0, 1, 3, Prediction::Full, Syntax::Vp8),
        (1, 3, 3, Prediction::Full, vp9(true)),
        (1, 2, 2, Prediction::KeyOnly, vp9(false)),
        (3, 1, 3, Prediction::Full, Syntax::Dependency),
        (3, 3, 3, Prediction::KeyOnly, Syntax::Dependency),
        (1, 2, 1, Prediction::Full, Syntax::Dependency),
    ];
    let pictures = |(codec, spatial, temporal, prediction, syntax)| {
        let mut source = Source::new(spatial, temporal, prediction, syntax, 65_530);
        let packets = (0..6).flat_map(|picture| {
            source.verbose = picture == 3;
            source.next_picture(picture % 5 == 0, 2 - usize::from(picture > 1))
        });
        (codec, packets.collect())
    };
    shapes.map(pictures).into()
}

/// A packet as [`Piece`] reads it.
pub fn piece(recipe: Recipe, payload: &[u8], dependency: Option<&[u8]>) -> Recipe {
    let recipe = recipe.raw(&[u8::from(dependency.is_some())]).chunk(payload);
    dependency.into_iter().fold(recipe, |recipe, bytes| recipe.chunk(bytes))
}

/// A sequence parameter set (baseline, 640 x 360) in a STAP-A with an IDR slice, a fragment, a slice nobody needs.
const H264: [&[u8]; 4] = [
    &[0x78, 0, 10, 0x67, 0x42, 0xc0, 0x1f, 0xda, 0x02, 0x80, 0xbf, 0xe5, 0xc0, 0, 3, 0x65, 1, 2],
    &[0x7c, 0x85, 1, 2, 3],
    &[0x01, 9, 9],
    // High profile with scaling lists.
    &[0x67, 0x64, 0x00, 0x1f, 0xad, 0x84, 0x01, 0x0c, 0x20, 0x08, 0x61, 0x00, 0x43, 0x08, 0x02, 0x18, 0x40, 0x10, 0xc2],
];
/// Sequence headers with and without operating points, units with extension and size, fragments.
const AV1: [&[u8]; 4] = [
    &[0x18, 0x0a, 0x0b, 0, 0, 0, 0x24, 0xcf, 0x7f, 0x0d, 0xbf, 0xff, 0x38, 0x18],
    &[0x28, 5, 0x0c, 0x08, 0x10, 0xff, 0x00, 0x32, 0x01, 0x02],
    &[0x90, 1, 2, 3],
    &[0x40, 3, 0x36, 0x28, 0x01, 0x00],
];

pub fn seeds() -> Vec<Vec<u8>> {
    let models = model_streams();
    let mut seeds: Vec<Vec<u8>> = models
        .iter()
        .map(|(codec, packets)| {
            let add = |recipe: Recipe, (i, packet): (usize, &Packet)| {
                piece(recipe.raw(&[i as u8]), &packet.payload, packet.dependency.as_deref())
            };
            packets.iter().enumerate().fold(Recipe::default().raw(&[*codec]), add).finish()
        })
        .collect();
    for (codec, payloads) in [(2, H264), (3, AV1)] {
        let add = |recipe: Recipe, payload: &&[u8]| piece(recipe.raw(&[2]), payload, None);
        seeds.push(payloads.iter().fold(Recipe::default().raw(&[codec]), add).finish());
    }
    seeds
}
