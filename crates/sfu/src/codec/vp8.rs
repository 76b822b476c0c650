//! VP8: the payload descriptor (RFC 7741, section 4.2) and what a keyframe's header tells (RFC 6386, section 9.1).

use super::meta::{Located, PictureId};

const EXTENDED: u8 = 0x80;
const NOT_A_REFERENCE: u8 = 0x20;
const STARTS_PARTITION: u8 = 0x10;
const PARTITION: u8 = 0x07;

/// A parsed payload descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Descriptor {
    /// N: no other frame needs this one.
    pub discardable: bool,
    /// The packet is the first of its frame.
    pub begins_frame: bool,
    /// The frame's number.
    pub picture_id: Option<Located<PictureId>>,
    /// TL0PICIDX: counts the frames of temporal layer 0.
    pub tl0: Option<Located<u8>>,
    /// TID, when the field is there.
    pub temporal: Option<u8>,
    /// Y: the frame needs only frames of temporal layer 0.
    pub layer_sync: bool,
    /// Where the frame's bytes begin.
    pub payload_at: usize,
}

impl Descriptor {
    /// The descriptor at the start of an RTP payload. `None` when it is cut off, when nothing follows it, or when
    /// TL0PICIDX comes without the layer that it belongs to.
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let first = *payload.first()?;
        let mut descriptor = Descriptor {
            discardable: first & NOT_A_REFERENCE != 0,
            begins_frame: first & STARTS_PARTITION != 0 && first & PARTITION == 0,
            picture_id: None,
            tl0: None,
            temporal: None,
            layer_sync: false,
            payload_at: 1,
        };
        if first & EXTENDED != 0 {
            descriptor.extension(payload)?;
        }
        (descriptor.payload_at < payload.len()).then_some(descriptor)
    }

    /// Whether a decoder can begin at this packet.
    pub fn starts_keyframe(&self, payload: &[u8]) -> bool {
        // The lowest bit of the frame tag is 0 in a keyframe.
        self.begins_frame && payload.get(self.payload_at).is_some_and(|tag| tag & 1 == 0)
    }

    /// Width and height in pixels from the first packet of a keyframe.
    pub fn keyframe_size(&self, payload: &[u8]) -> Option<(u16, u16)> {
        const START_CODE: [u8; 3] = [0x9d, 0x01, 0x2a];
        if !self.starts_keyframe(payload) {
            return None;
        }
        let header = payload.get(self.payload_at..)?.get(3..10)?;
        let (code, size) = header.split_at_checked(3)?;
        let [a, b, c, d] = <[u8; 4]>::try_from(size).ok()?;
        // The two high bits are a scale for display.
        let pixels = |low, high| u16::from_le_bytes([low, high]) & 0x3fff;
        (code == START_CODE).then(|| (pixels(a, b), pixels(c, d)))
    }

    fn extension(&mut self, payload: &[u8]) -> Option<()> {
        let fields = self.byte(payload)?;
        let (has_id, has_tl0) = (fields & 0x80 != 0, fields & 0x40 != 0);
        let (has_temporal, has_key_index) = (fields & 0x20 != 0, fields & 0x10 != 0);
        if has_tl0 && !has_temporal {
            return None;
        }
        if has_id {
            self.picture_id = Some(PictureId::locate(payload, &mut self.payload_at)?);
        }
        if has_tl0 {
            let at = u8::try_from(self.payload_at).ok()?;
            self.tl0 = Some(Located { at, value: self.byte(payload)? });
        }
        if has_temporal || has_key_index {
            let layer = self.byte(payload)?;
            self.temporal = has_temporal.then_some(layer >> 6);
            self.layer_sync = has_temporal && layer & 0x20 != 0;
        }
        Some(())
    }

    fn byte(&mut self, payload: &[u8]) -> Option<u8> {
        let byte = *payload.get(self.payload_at)?;
        self.payload_at += 1;
        Some(byte)
    }
}
