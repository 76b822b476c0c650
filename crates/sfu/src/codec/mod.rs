//! Codecs: which payloads two peers agree on, what a packet is to its stream, and how ids inside payloads continue.

pub mod av1;
pub mod bits;
pub mod dependency;
pub mod h264;
pub mod ids;
pub mod meta;
pub mod stream;
pub mod vp8;
pub mod vp9;

use str0m::format::{Codec as Name, PayloadParams};

pub use ids::{IdShift, NewestIds};
pub use meta::{Meta, PictureId};
pub use stream::{StreamState, inspect};

use crate::model::Kind;

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

    /// Sound or picture.
    pub fn kind(self) -> Kind {
        match self.name {
            Name::Vp8 | Name::Vp9 | Name::H264 | Name::Av1 => Kind::Video,
            _ => Kind::Audio,
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
