//! The frames of ICE-TCP. The first byte of an input says in which portions the rest arrives.

use sfu::frames;

use super::lies_within;
use crate::memory::without_allocation;

pub fn run(bytes: &[u8]) {
    let Some((portion, stream)) = bytes.split_first() else { return };
    let whole = read(stream);
    let mut arrived = Vec::new();
    let mut in_portions: Vec<Vec<u8>> = Vec::new();
    for portion in stream.chunks(usize::from(*portion) + 1) {
        arrived.extend_from_slice(portion);
        let taken: Vec<Vec<u8>> = read(&arrived).into_iter().map(<[u8]>::to_vec).collect();
        arrived.drain(..taken.iter().map(|frame| frame.len() + 2).sum::<usize>());
        in_portions.extend(taken);
    }
    assert!(whole.iter().copied().eq(in_portions.iter().map(Vec::as_slice)), "frames do not depend on portions");
    let written: Vec<u8> =
        whole.iter().flat_map(|frame| [&(frame.len() as u16).to_be_bytes(), *frame].concat()).collect();
    assert!(stream.starts_with(&written), "what was read is what was written");
}

/// All frames that have come as a whole.
fn read(stream: &[u8]) -> Vec<&[u8]> {
    let mut frames = Vec::new();
    let mut rest = stream;
    while let Some((frame, after)) = without_allocation(|| frames::split(rest)) {
        assert!(lies_within(frame, stream) && frame.len() + 2 + after.len() == rest.len());
        frames.push(frame);
        rest = after;
    }
    frames
}

pub fn seeds() -> Vec<Vec<u8>> {
    let frame = |bytes: &[u8]| [&(bytes.len() as u16).to_be_bytes(), bytes].concat();
    let two = [frame(&[22, 254, 253]), frame(&[0x80; 40])].concat();
    vec![
        [&[0][..], &two].concat(),
        [&[6][..], &two, &frame(&[]), &frame(&[1; 300])].concat(),
        [&[255][..], &two, &[0xff, 0xff, 1]].concat(),
    ]
}
