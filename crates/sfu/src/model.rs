//! The words that commands and events share: what a peer sends, what it receives, and how it is named.

use std::sync::Arc;

/// An opaque id of a room or a peer, at most [`MAX_ID_BYTES`] long.
pub type Id = Arc<str>;

/// The longest id that commands may carry.
pub const MAX_ID_BYTES: usize = 64;

/// What a published track shows or sounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// A person's voice.
    Microphone,
    /// A person's picture.
    Camera,
    /// A shared screen or window.
    Screen,
    /// The sound that belongs to a shared screen.
    ScreenAudio,
}

impl Source {
    /// Audio or video.
    pub fn kind(self) -> Kind {
        match self {
            Source::Microphone | Source::ScreenAudio => Kind::Audio,
            Source::Camera | Source::Screen => Kind::Video,
        }
    }

    /// The name used on the wire and in Python.
    pub fn name(self) -> &'static str {
        match self {
            Source::Microphone => "microphone",
            Source::Camera => "camera",
            Source::Screen => "screen",
            Source::ScreenAudio => "screen_audio",
        }
    }

    /// The source with this [`name`](Self::name).
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "microphone" => Some(Source::Microphone),
            "camera" => Some(Source::Camera),
            "screen" => Some(Source::Screen),
            "screen_audio" => Some(Source::ScreenAudio),
            _ => None,
        }
    }
}

/// Sound or picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Sound.
    Audio,
    /// Picture.
    Video,
}

impl Kind {
    /// The name used in SDP, on the wire and in Python.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Audio => "audio",
            Kind::Video => "video",
        }
    }
}

/// How packets travel between a peer and the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// UDP, the usual way.
    Udp,
    /// ICE-TCP (RFC 6544), for networks that drop UDP.
    Tcp,
}

impl Transport {
    /// The name used in candidates and in Python.
    pub fn name(self) -> &'static str {
        match self {
            Transport::Udp => "udp",
            Transport::Tcp => "tcp",
        }
    }
}

/// A track that a client sends: the mid of its m-line and what it carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedTrack {
    /// The mid of the m-line in the offer.
    pub mid: String,
    /// What it carries.
    pub source: Source,
}

/// What a client wants to see in one of its video slots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayoutEntry {
    /// The mid of the receive slot.
    pub mid: String,
    /// Who shall be shown.
    pub peer: Id,
    /// Which of their tracks.
    pub source: Source,
    /// The width of the tile in device pixels; 0 pauses.
    pub width: u32,
}
