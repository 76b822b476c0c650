//! Payloads that look like VP8 and say at their end which packet they are and when they left.

use std::sync::Arc;

/// RFC 7741 section 4.2 with the picture id, TL0PICIDX and temporal layer that browsers send.
const DESCRIPTOR_BYTES: usize = 6;
/// RFC 6386 section 9.1: the tag, then start code and size of a keyframe.
const KEYFRAME_HEADER_BYTES: usize = 10;
const STAMP_BYTES: usize = 24;
const MAGIC: u32 = 0x7e57_ab1e;
const FILLER: u8 = 0x5a;

/// The shortest payload that has room for all of it.
pub const MIN_BYTES: usize = DESCRIPTOR_BYTES + KEYFRAME_HEADER_BYTES + STAMP_BYTES;

/// What a packet says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Which publisher's.
    pub stream: u32,
    /// Its number there, from 0, without gaps.
    pub number: u64,
    /// When it left, on the monotonic clock.
    pub sent_ns: u64,
}

/// Where in its frame a packet is.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// The frame's number.
    pub frame: u32,
    /// Whether the packet begins the frame.
    pub first: bool,
    /// Whether the frame is a keyframe.
    pub keyframe: bool,
}

/// A payload of exactly so many bytes, at least [`MIN_BYTES`].
pub fn build(place: Place, stamp: Stamp, bytes: usize) -> Arc<[u8]> {
    let picture = (place.frame & 0x7fff) as u16;
    // X, with S on the first packet; I, L, T; fifteen bits of picture id; TL0PICIDX; temporal layer 0.
    let start = if place.first { 0x90 } else { 0x80 };
    let mut payload = Vec::with_capacity(bytes.max(MIN_BYTES));
    payload.extend([start, 0xe0, 0x80 | (picture >> 8) as u8, picture as u8, place.frame as u8, 0]);
    if place.first {
        // The lowest bit is 0 for a keyframe, bit 4 says "shown".
        payload.extend([if place.keyframe { 0x10 } else { 0x11 }, 0, 0]);
    }
    if place.first && place.keyframe {
        payload.extend([0x9d, 0x01, 0x2a, 0x00, 0x05, 0xd0, 0x02]);
    }
    payload.resize(bytes.max(MIN_BYTES) - STAMP_BYTES, FILLER);
    payload.extend(MAGIC.to_be_bytes());
    payload.extend(stamp.stream.to_be_bytes());
    payload.extend(stamp.number.to_be_bytes());
    payload.extend(stamp.sent_ns.to_be_bytes());
    payload.into()
}

/// The stamp of a payload; `None` when it is not what [`build`] made. A server may have rewritten the descriptor.
pub fn read(payload: &[u8]) -> Option<Stamp> {
    let (front, stamp) = payload.split_at_checked(payload.len().checked_sub(STAMP_BYTES)?)?;
    let filler = front.get(DESCRIPTOR_BYTES + KEYFRAME_HEADER_BYTES..)?;
    let number = |at: usize| stamp.get(at..at + 8)?.try_into().ok().map(u64::from_be_bytes);
    let word = |at: usize| stamp.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes);
    if word(0)? != MAGIC || filler.iter().any(|byte| *byte != FILLER) {
        return None;
    }
    Some(Stamp { stream: word(4)?, number: number(8)?, sent_ns: number(16)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAMP: Stamp = Stamp { stream: 3, number: 77, sent_ns: 1 << 50 };

    #[test]
    fn a_stamp_survives_a_rewritten_descriptor_and_nothing_else() {
        for (first, keyframe) in [(true, true), (true, false), (false, false)] {
            let payload = build(Place { frame: 9, first, keyframe }, STAMP, 1_100);
            assert_eq!(payload.len(), 1_100);
            let mut changed = payload.to_vec();
            changed[3] ^= 0xff;
            assert_eq!(read(&changed), Some(STAMP));
            changed[500] ^= 1;
            assert_eq!(read(&changed), None);
        }
    }

    #[test]
    fn short_payloads_are_not_ours() {
        for bytes in 0..MIN_BYTES {
            assert_eq!(read(&vec![FILLER; bytes]), None);
        }
    }
}
