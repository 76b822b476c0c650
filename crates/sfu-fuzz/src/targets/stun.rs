//! STUN as routing reads it. An input is the message, and the parts of one that is written and read back.

use sfu::stun;

use super::lies_within;
use crate::input::{Input, Recipe};
use crate::memory::without_allocation;

const USERNAME: u16 = 0x0006;
const USE_CANDIDATE: u16 = 0x0025;
const SOFTWARE: u16 = 0x8022;

pub fn run(bytes: &[u8]) {
    without_allocation(|| read(bytes));
    write_and_read(&mut Input::new(bytes));
}

fn read(bytes: &[u8]) {
    if let Some(name) = stun::local_ufrag(bytes) {
        assert!(stun::is_stun(bytes) && lies_within(name.as_bytes(), bytes) && !name.contains(':'));
    }
    assert!(!stun::nominates(bytes) || (stun::is_stun(bytes) && bytes.starts_with(&[0, 1])));
}

fn write_and_read(input: &mut Input) {
    let flags = input.byte();
    let (software, name) = (input.chunk(), input.chunk());
    let mut attributes = vec![(SOFTWARE, software)];
    attributes.extend((flags & 1 != 0).then_some((USERNAME, name)));
    attributes.extend((flags & 2 != 0).then_some((USE_CANDIDATE, &[][..])));
    let message = request(&attributes);
    assert_eq!(stun::nominates(&message), flags & 2 != 0);
    let expected = std::str::from_utf8(name).ok().and_then(|name| name.split(':').next());
    assert_eq!(stun::local_ufrag(&message), expected.filter(|_| flags & 1 != 0));
}

/// A binding request (RFC 8489, sections 5 and 14) without a signature.
pub fn request(attributes: &[(u16, &[u8])]) -> Vec<u8> {
    let mut message = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    message.extend([7; 12]);
    for (kind, value) in attributes {
        message.extend(kind.to_be_bytes());
        message.extend((value.len() as u16).to_be_bytes());
        message.extend(*value);
        message.resize(message.len().next_multiple_of(4), 0);
    }
    let length = (message.len() - 20) as u16;
    message[2..4].copy_from_slice(&length.to_be_bytes());
    message
}

pub fn seeds() -> Vec<Vec<u8>> {
    let name = &b"abcd:efghijkl"[..];
    let all = [(0x0024, &[1, 2, 3, 4][..]), (USERNAME, name), (0x802a, &[9; 8]), (USE_CANDIDATE, &[])];
    let signed = [(USERNAME, name), (0x0008, &[5; 20][..]), (0x8028, &[6; 4])];
    let mut response = request(&[(0x0020, &[0, 1, 0x12, 0x34, 1, 2, 3, 4])]);
    response[0] = 1;
    let written = Recipe::default().raw(&[3]).chunk(b"software").chunk(name).finish();
    vec![request(&[]), request(&all), request(&signed), response, request(&all)[..30].to_vec(), written]
}
