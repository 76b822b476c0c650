//! A million mutated inputs: no parser panics, and where str0m has an opinion, it is ours.

use sfu::codec::dependency::{Descriptor, with_active_targets};
use sfu::codec::ids::{patch, patch_dependency};
use sfu::codec::{IdShift, NewestIds, StreamState, av1, h264, inspect, vp8, vp9};
use sfu::svc::{Decision, Layers, Selector, announce};
use str0m::format::{Codec as Name, detect_av1_keyframe, detect_h264_nalu};
use str0m::rtp::Vp8Descriptor;

use crate::dependency::{L1T3, bytes};
use crate::inspection::codec;

const INPUTS: u64 = 1_000_000;

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// Cut, flipped, overwritten, prolonged; or nothing but noise.
    fn mutate(&mut self, seed: &[u8], into: &mut Vec<u8>) {
        into.clear();
        into.extend(seed);
        if self.below(8) == 0 {
            into.clear();
            let length = self.below(48);
            into.extend((0..length).map(|_| self.next() as u8));
        }
        for _ in 0..self.below(6) {
            let at = self.below(into.len());
            match (self.below(5), into.get_mut(at)) {
                (0, _) => into.truncate(at),
                (1, _) => into.insert(at, self.next() as u8),
                (2, Some(byte)) => *byte = self.next() as u8,
                (_, Some(byte)) => *byte ^= 1 << self.below(8),
                _ => {}
            }
        }
    }
}

fn payloads() -> Vec<Vec<u8>> {
    vec![
        vec![0xb0, 0xf0, 0x92, 0x34, 0x56, 0xa5, 0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01],
        vec![0xea, 0x91, 0x23, 0x53, 0x77, 0x38, 1, 64, 0, 180, 2, 128, 1, 104, 2, 0x14, 4, 0x54, 1, 0xff],
        vec![0xf5, 0x11, 0x24, 0x03, 0x05, 0x08, 0x82, 0x49, 0x83, 0x42],
        vec![0x78, 0, 11, 0x67, 0x42, 0xc0, 0x1f, 0x8c, 0x8d, 0x40, 0x50, 0x1e, 0xd0, 0x0f, 0, 3, 0x65, 0x88, 0x84],
        vec![0x67, 0x64, 0, 0x1f, 0xac, 0xd9, 0x40, 0x50, 5, 0xbb, 1, 0x10, 0, 0, 3, 0, 0x10, 0, 0, 3, 3, 0xc0],
        vec![0x7c, 0x85, 0x88, 0x84, 0x00],
        vec![0x28, 12, 0x0a, 10, 0, 0, 0, 2, 0xab, 0xfe, 5, 0x9b, 0x5f, 0xd0, 0x36, 0x48, 2, 1, 2],
    ]
}

#[test]
fn a_million_mutated_packets_do_no_harm() {
    let names = [Name::Vp8, Name::Vp9, Name::H264, Name::Av1, Name::Opus];
    let (payloads, structure) = (payloads(), bytes(L1T3));
    let mut random = Random(0x5eed);
    let (mut payload, mut dependency) = (Vec::new(), Vec::new());
    let mut streams = names.map(|_| (StreamState::default(), Selector::new(Layers::ALL)));
    let (mut forwarded, mut announced) = (0, 0);
    for round in 0..INPUTS {
        let seed = random.below(payloads.len());
        random.mutate(&payloads[seed], &mut payload);
        let short = [0x80 | (5 + random.below(5) as u8), 0, round as u8];
        let seed: &[u8] = if random.below(3) == 0 { &structure } else { &short };
        random.mutate(seed, &mut dependency);
        let index = random.below(names.len());
        let (stream, selector) = &mut streams[index];
        if random.below(5_000) == 0 {
            (*stream, *selector) = (StreamState::default(), Selector::new(Layers::ALL));
        }
        selector.want(Layers { spatial: random.below(9) as u8, temporal: random.below(9) as u8 });
        let has_dependency = random.below(2) == 0;
        let meta = inspect(codec(names[index]), &payload, has_dependency.then_some(&dependency[..]), stream);
        if matches!(selector.decide(&meta, stream), Decision::Forward { .. }) {
            forwarded += 1;
        }
        let _ = (selector.needs_keyframe(), selector.current(stream));
        if let Some(active) = selector.announcement(&meta, stream) {
            let mut out = [0; 128];
            announced += u64::from(announce(&dependency, stream, active, &mut out).is_some());
        }
        let mut newest = NewestIds::default();
        let mut shift = IdShift::continuing(&newest, &meta);
        newest.note(&meta, &mut shift);
        shift.leave_out(codec(names[index]), &meta, &newest);
        patch(&meta, &shift, &mut payload);
        patch_dependency(&shift, &mut dependency);
    }
    assert!(forwarded > INPUTS / 10 && announced > 100, "{forwarded} forwarded, {announced} announced");
}

#[test]
fn a_million_mutated_inputs_to_each_parser_do_no_harm() {
    let payloads = payloads();
    let key = bytes(L1T3);
    let structure = Descriptor::parse(&key, None).and_then(|key| key.structure).expect("a structure");
    let own = bytes("1 1 000111 0000000000000001 0 1 1 1 1 101 111000 01 0010 10 00010000 11 111111111111 00 11111111");
    let mut random = Random(0xf00d);
    let mut input = Vec::new();
    let mut understood = 0;
    for _ in 0..INPUTS {
        let seed = random.below(payloads.len());
        random.mutate(&payloads[seed], &mut input);
        let _ = (vp9::Descriptor::parse(&input), vp9::keyframe_size(&input), h264::sps_size(&input));
        let _ = (h264::Contents::inspect(&input), av1::Contents::inspect(&input), av1::sequence_size(&input));
        let _ = vp8::Descriptor::parse(&input).map(|descriptor| descriptor.keyframe_size(&input));
        let seed = if random.below(2) == 0 { &key } else { &own };
        random.mutate(seed, &mut input);
        let mut out = [0; 128];
        let known = [None, Some(&structure)][random.below(2)];
        let length = with_active_targets(&input, known, random.next() as u32, &mut out);
        assert_eq!(length.is_some(), Descriptor::parse(&input, known).is_some());
        if let Some(length) = length {
            understood += 1;
            let (old, new) = (Descriptor::parse(&input, known), Descriptor::parse(&out[..length], known));
            assert_eq!(old.map(|old| (old.number, old.definition)), new.map(|new| (new.number, new.definition)));
        }
    }
    assert!(understood > INPUTS / 20, "{understood} understood");
}

#[test]
fn str0m_reads_the_same() {
    let payloads = payloads();
    let mut random = Random(0xcafe);
    let mut input = Vec::new();
    let mut seen = [0; 3];
    for _ in 0..INPUTS {
        let seed = random.below(payloads.len());
        random.mutate(&payloads[seed], &mut input);
        let (ours, theirs) = (vp8::Descriptor::parse(&input), Vp8Descriptor::parse(&input).ok());
        assert_eq!(ours.is_some(), theirs.is_some(), "{input:02x?}");
        if let (Some(ours), Some(theirs)) = (ours, theirs) {
            assert_eq!(ours.picture_id.map(|id| id.value.value()), theirs.picture_id());
            assert_eq!(ours.tl0.map(|tl0| tl0.value), theirs.tl0_pic_idx());
            assert_eq!(ours.starts_keyframe(&input), theirs.starts_keyframe(&input));
            seen[0] += 1;
        }
        let is_key = [5, 7].into_iter().any(|unit| detect_h264_nalu(&input, unit));
        let starts = h264::Contents::inspect(&input).starts_keyframe;
        // In a unit of no length str0m sees the byte that follows it.
        let has_empty_unit =
            input.first().is_some_and(|header| header & 0x1f == 24) && input.windows(2).any(|length| length == [0, 0]);
        assert!(starts == is_key || has_empty_unit, "{input:02x?}");
        seen[1] += u64::from(is_key);
        // str0m looks at N alone.
        let starts = av1::Contents::inspect(&input).starts_keyframe;
        assert!(!starts || detect_av1_keyframe(&input), "{input:02x?}");
        seen[2] += u64::from(starts);
    }
    assert!(seen.iter().all(|count| *count > 10_000), "{seen:?}");
}
