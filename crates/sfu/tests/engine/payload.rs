//! What clients send: payloads as codecs make them, with a tag by which a receiver knows them.

/// Who sent a packet, of which layer and frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag {
    pub client: u8,
    pub layer: u8,
    pub frame: u32,
}

/// A frame's temporal layer, whether it needs only layer 0, and its TL0PICIDX.
#[derive(Debug, Clone, Copy, Default)]
pub struct Temporal {
    pub layer: u8,
    pub is_sync: bool,
    pub tl0: u8,
}

/// Marks the six bytes of a tag at the end of a payload.
const TAG_MARK: [u8; 2] = [0xca, 0xfe];

pub fn write_tag(mut payload: Vec<u8>, tag: Tag) -> Vec<u8> {
    payload.extend(TAG_MARK);
    payload.extend([tag.client, tag.layer]);
    payload.extend(tag.frame.to_be_bytes());
    payload
}

pub fn read_tag(payload: &[u8]) -> Option<Tag> {
    let [.., 0xca, 0xfe, client, layer, a, b, c, d] = payload else { return None };
    let frame = u32::from_be_bytes([*a, *b, *c, *d]);
    Some(Tag { client: *client, layer: *layer, frame })
}

/// Descriptor with a picture id of 15 bits, TL0PICIDX and TID; then the frame header of RFC 6386.
pub fn vp8_payload(keyframe: bool, start: bool, width: u16, bytes: usize, tag: Tag, temporal: Temporal) -> Vec<u8> {
    let picture_id = (tag.frame as u16).wrapping_add(u16::from(tag.layer) * 5_000) & 0x7fff;
    let mut payload = vec![if start { 0x90 } else { 0x80 }, 0xe0];
    payload.extend((0x8000 | picture_id).to_be_bytes());
    payload.push(temporal.tl0.wrapping_add(tag.layer.wrapping_mul(40)));
    payload.push(temporal.layer << 6 | u8::from(temporal.is_sync) << 5);
    if start {
        payload.push(u8::from(!keyframe) | 0x10);
        payload.extend([0, 0]);
        if keyframe {
            payload.extend([0x9d, 0x01, 0x2a]);
            payload.extend(width.to_le_bytes());
            payload.extend((width / 16 * 9).to_le_bytes());
        }
    }
    payload.resize(payload.len() + bytes, 0x55);
    write_tag(payload, tag)
}

/// A single NAL unit: a parameter set for a keyframe, else a slice.
pub fn h264_payload(keyframe: bool, bytes: usize, tag: Tag) -> Vec<u8> {
    let mut payload = vec![if keyframe { 0x67 } else { 0x41 }];
    payload.resize(bytes, 0x55);
    write_tag(payload, tag)
}
