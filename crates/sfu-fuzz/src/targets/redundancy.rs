//! Redundant audio. An input is the payload, and the blocks of one that is written and read back.

use sfu::redundancy::primary;

use super::lies_within;
use crate::input::{Input, Recipe};
use crate::memory::without_allocation;

pub fn run(bytes: &[u8]) {
    if let Some(block) = without_allocation(|| primary(bytes)) {
        assert!(!block.is_empty() && lies_within(block, bytes) && bytes.ends_with(block));
    }
    let mut input = Input::new(bytes);
    let count = input.byte() % 8;
    let redundant: Vec<&[u8]> = (0..count).map(|_| input.chunk()).collect();
    let newest = input.chunk();
    let expected = (!newest.is_empty()).then_some(newest);
    assert_eq!(primary(&payload(&redundant, newest)), expected);
}

/// RFC 2198, section 3.
fn payload(redundant: &[&[u8]], newest: &[u8]) -> Vec<u8> {
    let mut payload = Vec::new();
    for block in redundant {
        let [high, low] = (block.len() as u16).to_be_bytes();
        payload.extend([0x80 | 111, 0x0f, 0x80 | high, low]);
    }
    payload.push(111);
    redundant.iter().for_each(|block| payload.extend(*block));
    payload.extend(newest);
    payload
}

pub fn seeds() -> Vec<Vec<u8>> {
    let blocks = Recipe::default().raw(&[2]).chunk(&[1; 40]).chunk(&[2; 30]).chunk(&[3; 50]).finish();
    vec![payload(&[], &[1, 2, 3]), payload(&[&[4; 60], &[5; 9]], &[6; 70]), payload(&[&[]], &[1]), blocks]
}
