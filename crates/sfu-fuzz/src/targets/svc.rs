//! The selection of layers. An input is a codec, and a stream's packets with wishes between them.

use sfu::codec::{StreamState, inspect};
use sfu::svc::{Decision, Layers, MAX_DESCRIPTOR, Selector, announce};

use super::codec::{Piece, codec, model_streams, piece};
use crate::input::{Input, Recipe};
use crate::memory::without_allocation;

pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let codec = codec(&mut input);
    let mut stream = StreamState::default();
    let mut selector = Selector::new(layers(input.byte()));
    let mut forwards = false;
    while !input.is_empty() {
        let choice = input.byte();
        match choice {
            0..16 => selector.want(layers(input.byte())),
            16 => {
                selector.restart();
                forwards = false;
            }
            _ => {}
        }
        let piece = Piece::read(&mut input);
        let meta = inspect(codec, piece.payload, piece.dependency, &mut stream);
        let decision = without_allocation(|| selector.decide(&meta, &stream));
        forwards |= meta.starts_keyframe;
        assert!(forwards || decision == Decision::Drop, "nothing goes out before a keyframe");
        check_announcement(&selector, &meta, &stream, piece.dependency, decision);
        if let Some(current) = selector.current(&stream) {
            assert!(current.spatial < 64 && current.temporal < 64);
        }
    }
}

fn layers(byte: u8) -> Layers {
    Layers { spatial: byte >> 4 & 7, temporal: byte & 7 }
}

fn check_announcement(
    selector: &Selector,
    meta: &sfu::codec::Meta,
    stream: &StreamState,
    descriptor: Option<&[u8]>,
    decision: Decision,
) {
    let (Some(active), Some(known)) = (selector.announcement(meta, stream), stream.dependencies()) else { return };
    assert_eq!(active & !known.structure().all_targets(), 0, "only targets that there are");
    let (Some(descriptor), Decision::Forward { .. }) = (descriptor, decision) else { return };
    let mut out = [0; MAX_DESCRIPTOR];
    if let Some(length) = without_allocation(|| announce(descriptor, stream, active, &mut out)) {
        assert!(length <= MAX_DESCRIPTOR.min(descriptor.len() + 5));
    }
}

pub fn seeds() -> Vec<Vec<u8>> {
    let models = model_streams();
    let wishes = [0x77, 0x00, 0x12, 0x21];
    let seed = |((codec, packets), wish): (&(u8, Vec<crate::source::Packet>), &u8)| {
        let mut recipe = Recipe::default().raw(&[*codec, *wish]);
        for (i, packet) in packets.iter().enumerate() {
            recipe = if i % 6 == 5 { recipe.raw(&[1, wish ^ 0x77]) } else { recipe.raw(&[32]) };
            recipe = piece(recipe, &packet.payload, packet.dependency.as_deref());
        }
        recipe.finish()
    };
    models.iter().flat_map(|model| wishes.iter().map(move |wish| (model, wish))).map(seed).collect()
}
