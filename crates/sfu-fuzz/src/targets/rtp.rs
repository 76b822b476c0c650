//! RTP headers and extensions. An input is a packet, and the fields of a header that is written and read back.

use sfu::rtp::template::{Fields, MAX_HEADER_BYTES, Template};
use sfu::rtp::{ExtensionIds, Header, Incoming, extend, incoming};

use super::lies_within;
use crate::input::{Input, Recipe};
use crate::memory::without_allocation;

pub fn run(bytes: &[u8]) {
    without_allocation(|| read(bytes));
    without_allocation(|| write_and_read(&mut Input::new(bytes)));
    without_allocation(|| count(&mut Input::new(bytes)));
}

fn read(bytes: &[u8]) {
    let kind = incoming(bytes);
    let Some(header) = Header::parse(bytes) else { return };
    assert!(matches!(kind, Incoming::Rtp | Incoming::Rtcp), "version 2 is one of these");
    assert!((12..=bytes.len()).contains(&header.bytes));
    let (head, payload) = bytes.split_at(header.bytes);
    let mut length = 0;
    for (_, value) in header.extensions(bytes) {
        assert!(lies_within(value, head));
        length += value.len() + 1;
    }
    assert!(length <= head.len() - 12);
    let unpadded = header.unpadded(payload);
    assert!(unpadded.is_none_or(|length| length <= payload.len() && (header.has_padding || length == payload.len())));
}

fn write_and_read(input: &mut Input) {
    let ids = ExtensionIds {
        audio_level: input.byte(),
        mid: input.byte(),
        transport_sequence: input.byte(),
        orientation: input.byte(),
        dependency: input.byte(),
        ..ExtensionIds::default()
    };
    let flags = input.byte();
    let (ssrc, level, turn) = (input.word(), input.byte(), input.byte());
    let mid = std::str::from_utf8(input.chunk()).unwrap_or("é");
    let fields = Fields {
        payload_type: input.byte() & 0x7f,
        marker: flags & 1 != 0,
        sequence: input.short(),
        timestamp: input.word(),
        transport_sequence: input.short(),
        audio_level: (flags & 2 != 0).then_some(level),
        orientation: (flags & 4 != 0).then_some(turn),
        dependency: input.chunk(),
    };
    let mut out = [0xee; MAX_HEADER_BYTES + 8];
    let length = Template::new(ssrc, mid, ids).write(&fields, &mut out);
    assert!(length <= MAX_HEADER_BYTES && out[MAX_HEADER_BYTES..].iter().all(|byte| *byte == 0xee));
    let header = Header::parse(&out[..length]).expect("what was written is a header");
    assert_eq!((header.bytes, header.ssrc, header.has_padding), (length, ssrc, false));
    assert_eq!((header.payload_type, header.marker), (fields.payload_type, fields.marker));
    assert_eq!((header.sequence, header.timestamp), (fields.sequence, fields.timestamp));
    check_elements(&header, &out[..length], &ids, mid, &fields);
}

/// Whatever is there says what was to be written.
fn check_elements(header: &Header, packet: &[u8], ids: &ExtensionIds, mid: &str, fields: &Fields) {
    let number = fields.transport_sequence.to_be_bytes();
    let values = [
        (ids.transport_sequence, Some(&number[..])),
        (ids.mid, Some(&mid.as_bytes()[..mid.len().min(16)])),
        (ids.audio_level, fields.audio_level.as_ref().map(std::slice::from_ref)),
        (ids.orientation, fields.orientation.as_ref().map(std::slice::from_ref)),
        (ids.dependency, Some(fields.dependency)),
    ];
    for element in header.extensions(packet) {
        assert!(values.iter().any(|(id, value)| element == (*id, value.unwrap_or_default())), "{element:?}");
    }
    let is_short = |id: &u8| (1..=14).contains(id);
    let is_plain = values.iter().all(|(id, _)| is_short(id)) && fields.dependency.len() <= 16;
    if is_plain {
        let expected = values.iter().filter(|(_, value)| value.is_some_and(|value| !value.is_empty())).count();
        assert_eq!(header.extensions(packet).count(), expected);
    }
}

fn count(input: &mut Input) {
    let sequence = input.short();
    let newest = u64::from(input.word()) << 8 | u64::from(input.byte());
    let extended = extend(Some(newest), sequence);
    assert_eq!(extended as u16, sequence);
    assert!(extended.abs_diff(newest) <= 0x8000 || newest < 0x8000);
}

pub fn seeds() -> Vec<Vec<u8>> {
    let fixed = [0x80, 96, 1, 2, 0, 0, 0, 9, 0, 0, 0, 42];
    let packet = |flags: u8, more: &[u8]| {
        let mut packet = fixed.to_vec();
        packet[0] |= flags;
        packet.extend(more);
        packet
    };
    let short = [0xbe, 0xde, 0, 3, 0x10, 0x85, 0x31, 1, 2, 0, 0x40, b'0', 0xa0, b'q', 0xf0, 9, 1, 2, 3];
    let wide = [0x10, 0, 0, 2, 1, 0, 3, 2, 1, 2, 0, 0, 1, 2, 3, 4];
    let ids = [1, 4, 3, 13, 12];
    let written = |flags: u8, mid: &[u8], dependency: &[u8]| {
        let recipe = Recipe::default().raw(&ids).raw(&[flags]).raw(&[0, 0, 0, 42, 30, 1]).chunk(mid);
        recipe.raw(&[96, 0, 7, 0, 0, 0, 9, 0, 5]).chunk(dependency).finish()
    };
    vec![
        packet(0, &[1, 2, 3]),
        packet(0x0f, &[7; 64]),
        packet(0x10, &short),
        packet(0x12, &[&[0; 8], &wide[..]].concat()),
        packet(0x20, &[1, 2, 3, 0, 0, 3]),
        packet(0x30, &[&short[..], &[1]].concat()),
        written(1, b"0", &[]),
        written(6, b"camera", &[1, 2, 3]),
        written(7, b"0123456789abcdef", &[9; 100]),
    ]
}
