//! Ids inside payloads go on without a seam over changes of the source and pictures that are left out.

use std::collections::BTreeMap;

use sfu::codec::ids::{patch, patch_dependency};
use sfu::codec::{Codec, IdShift, Meta, NewestIds, PictureId, StreamState, inspect};
use sfu::svc::{Decision, Layers, Selector};

use crate::run::codec;
use crate::source::{Packet, Prediction, Source, Syntax};

/// A receiver of sources that follow each other.
struct Receiver {
    codec: Codec,
    selector: Selector,
    stream: StreamState,
    newest: NewestIds,
    shift: Option<IdShift>,
    /// What went out: the ids as a receiver reads them.
    sent: Vec<Meta>,
    out: StreamState,
}

impl Receiver {
    fn new(syntax: Syntax, wanted: Layers) -> Self {
        Receiver {
            codec: codec(syntax),
            selector: Selector::new(wanted),
            stream: StreamState::default(),
            newest: NewestIds::default(),
            shift: None,
            sent: Vec::new(),
            out: StreamState::default(),
        }
    }

    fn attach(&mut self) {
        self.selector.restart();
        self.stream = StreamState::default();
        self.shift = None;
    }

    fn take(&mut self, mut packet: Packet) {
        let meta = inspect(self.codec, &packet.payload, packet.dependency.as_deref(), &mut self.stream);
        let decision = self.selector.decide(&meta, &self.stream);
        if decision == Decision::Drop {
            if let Some(shift) = &mut self.shift {
                shift.leave_out(self.codec, &meta, &self.newest);
            }
            return;
        }
        let shift = self.shift.get_or_insert_with(|| IdShift::continuing(&self.newest, &meta));
        let length = packet.payload.len();
        patch(&meta, shift, &mut packet.payload);
        assert_eq!(packet.payload.len(), length);
        if let Some(dependency) = &mut packet.dependency {
            patch_dependency(shift, dependency);
        }
        self.newest.note(&meta, shift);
        let out = inspect(self.codec, &packet.payload, packet.dependency.as_deref(), &mut self.out);
        // Nothing but the ids has changed.
        let ids = (meta.picture_id, meta.order, meta.tl0, meta.frame_number);
        let (picture_id, order, tl0, frame_number) = ids;
        assert_eq!(Meta { picture_id, order, tl0, frame_number, ..out }, meta);
        self.sent.push(out);
    }
}

fn pictures(source: &mut Source, count: usize) -> Vec<Packet> {
    (0..count).flat_map(|_| source.next_picture(false, 2)).collect()
}

#[test]
fn sources_follow_each_other_without_a_gap() {
    for syntax in [Syntax::Vp8, Syntax::Vp9 { flexible: false, up_at_base: false }, Syntax::Dependency] {
        let mut receiver = Receiver::new(syntax, Layers::ALL);
        for first in [32_760, 5, 65_530, 20_000, 32_767] {
            receiver.attach();
            let mut source = Source::new(1, 3, Prediction::Full, syntax, first);
            for packet in pictures(&mut source, 12) {
                receiver.take(packet);
            }
        }
        for pair in receiver.sent.windows(2) {
            let step = u16::from(pair[1].begins_frame || (pair[0].ends_frame && !pair[1].ends_frame));
            let id = |meta: &Meta| meta.picture_id.map_or(0, PictureId::value);
            match syntax {
                Syntax::Dependency => {
                    let numbers = (pair[0].frame_number.unwrap(), pair[1].frame_number.unwrap());
                    assert_eq!(numbers.1.wrapping_sub(numbers.0), step);
                }
                _ => assert_eq!(id(&pair[1]).wrapping_sub(id(&pair[0])) & 0x7fff, step),
            }
            if let (Some(before), Some(after)) = (pair[0].tl0, pair[1].tl0) {
                let begins_base = step == 1 && pair[1].temporal == 0;
                assert_eq!(after.value.wrapping_sub(before.value), u8::from(begins_base));
            }
        }
    }
}

#[test]
fn vp8_pictures_that_are_left_out_leave_no_gap() {
    for temporal in 0..3 {
        let mut receiver = Receiver::new(Syntax::Vp8, Layers { spatial: 0, temporal });
        for first in [32_760, 77] {
            receiver.attach();
            let mut source = Source::new(1, 3, Prediction::Full, Syntax::Vp8, first);
            for packet in pictures(&mut source, 200) {
                receiver.take(packet);
            }
        }
        for pair in receiver.sent.windows(2) {
            let ids = [0, 1].map(|i| pair[i].picture_id.map_or(0, PictureId::value));
            assert_eq!(ids[1].wrapping_sub(ids[0]) & 0x7fff, u16::from(pair[1].begins_frame));
        }
    }
}

#[test]
fn a_late_vp8_packet_has_the_id_of_its_picture() {
    let mut receiver = Receiver::new(Syntax::Vp8, Layers { spatial: 0, temporal: 1 });
    let mut source = Source::new(1, 3, Prediction::Full, Syntax::Vp8, 32_700);
    let mut packets = pictures(&mut source, 150);
    // The second packet of every picture but the first comes ten packets late.
    for i in (4..packets.len() - 12).rev().filter(|i| i % 2 == 1) {
        packets[i..i + 11].rotate_left(1);
    }
    let mut ids: BTreeMap<u64, Vec<u16>> = BTreeMap::new();
    for packet in packets {
        let (frame, before) = (packet.frame, receiver.sent.len());
        receiver.take(packet);
        let sent = receiver.sent.get(before..).unwrap_or_default();
        let entry = ids.entry(frame).or_default();
        entry.extend(sent.iter().filter_map(|meta| meta.picture_id.map(PictureId::value)));
    }
    let ids: Vec<_> = ids.into_values().filter(|ids| !ids.is_empty()).collect();
    assert!(ids.len() > 70);
    assert!(ids.iter().all(|ids| ids.len() == 2 && ids[0] == ids[1]), "packets of a picture have other ids: {ids:?}");
    assert!(ids.windows(2).all(|pair| pair[1][0] == (pair[0][0] + 1) & 0x7fff), "a gap: {ids:?}");
}
