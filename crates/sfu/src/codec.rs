//! Codecs: which payloads two peers agree on, and where a picture can be begun.

use str0m::format::{Codec as Name, PayloadParams, detect_av1_keyframe, detect_h264_nalu};
use str0m::rtp::Vp8Descriptor;

// First byte of the VP9 descriptor (RFC 9628): P, predicted from another picture, and B, start of a frame.
const VP9_INTER_OR_START: u8 = 0x48;
const VP9_START: u8 = 0x08;
// A decoder starts with the sequence parameter set, which encoders send right before an IDR picture.
const H264_SPS: u8 = 7;

/// A payload format as far as a decoder must know it: two peers with equal values understand each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Codec {
    /// The codec.
    pub name: Name,
    /// What must be equal besides the name: profile and packetization.
    pub profile: u32,
    /// Whether it is wrapped as redundant audio (RFC 2198).
    pub redundant: bool,
    /// The RTP clock in Hertz.
    pub clock_hz: u32,
}

impl Codec {
    /// The format that negotiated parameters describe.
    pub fn from_params(params: &PayloadParams) -> Self {
        let spec = params.spec();
        Codec { name: spec.codec, profile: decoder_profile(params), redundant: false, clock_hz: spec.clock_rate.get() }
    }

    /// Whether a decoder can begin with this payload.
    pub fn starts_keyframe(self, payload: &[u8]) -> bool {
        match self.name {
            Name::Vp8 => Vp8Descriptor::parse(payload).is_ok_and(|d| d.starts_keyframe(payload)),
            Name::Vp9 => payload.first().is_some_and(|b| b & VP9_INTER_OR_START == VP9_START),
            Name::H264 => detect_h264_nalu(payload, H264_SPS),
            Name::Av1 => detect_av1_keyframe(payload),
            _ => true,
        }
    }
}

fn decoder_profile(params: &PayloadParams) -> u32 {
    let spec = params.spec();
    let format = &spec.format;
    match spec.codec {
        // The profile without its level: a level is a promise about size, not a syntax.
        Name::H264 => {
            let profile = format.profile_level_id.unwrap_or(0x42_0000) & 0xff_0000;
            profile | u32::from(format.packetization_mode.unwrap_or(0))
        }
        Name::Vp9 => format.profile_id.unwrap_or(0),
        Name::Av1 => u32::from(format.profile.unwrap_or(0)),
        _ => 0,
    }
}

/// The picture width that the first packet of a VP8 keyframe tells (RFC 6386, section 9.1).
pub fn vp8_keyframe_width(payload: &[u8]) -> Option<u32> {
    const START_CODE: [u8; 3] = [0x9d, 0x01, 0x2a];
    // The descriptor takes at most six bytes, the frame tag three; then comes the start code.
    let head = payload.get(..payload.len().min(16))?;
    let at = head.windows(3).position(|bytes| bytes == START_CODE)? + 3;
    let width = u16::from_le_bytes([*head.get(at)?, *head.get(at + 1)?]);
    Some(u32::from(width & 0x3fff))
}
