//! What the engine tells the control plane.

use crate::model::{Id, Kind, Source, Transport};

/// Something that happened. The order of a peer's events is the order in which they happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A peer was opened or its ICE restarted; carries the complete answer.
    PeerAnswered {
        /// The request of the command.
        request: u64,
        /// The room.
        room: Id,
        /// The peer.
        peer: Id,
        /// Its generation.
        generation: u64,
        /// The answer with all candidates.
        sdp: String,
    },
    /// A peer could not be opened or restarted.
    PeerRefused {
        /// The request of the command.
        request: u64,
        /// The room.
        room: Id,
        /// The peer.
        peer: Id,
        /// Why, for programs.
        code: RefusalCode,
        /// Why, for people.
        detail: String,
    },
    /// ICE and DTLS are up; sent again when the transport changes or the peer comes back.
    PeerConnected {
        /// The room.
        room: Id,
        /// The peer.
        peer: Id,
        /// Its generation.
        generation: u64,
        /// UDP or TCP.
        transport: Transport,
    },
    /// Nothing was heard for a few seconds; the peer may come back.
    PeerDisconnected {
        /// The room.
        room: Id,
        /// The peer.
        peer: Id,
        /// Its generation.
        generation: u64,
    },
    /// The peer is gone; nothing about this generation follows.
    PeerEnded {
        /// The room.
        room: Id,
        /// The peer.
        peer: Id,
        /// Its generation.
        generation: u64,
        /// Why.
        reason: EndReason,
    },
    /// The whole, current assignment of a peer's slots.
    SlotsChanged {
        /// The room.
        room: Id,
        /// The receiving peer.
        peer: Id,
        /// Its generation.
        generation: u64,
        /// Grows with every change.
        version: u64,
        /// Every slot: audio first, then video, in the order of the offer.
        slots: Vec<SlotEntry>,
    },
    /// Who speaks, the loudest first, with a level of 0 (loudest) to 127 (-dBov).
    SpeakersChanged {
        /// The room.
        room: Id,
        /// Peers with their levels.
        speakers: Vec<(Id, u8)>,
    },
    /// First packets of a track arrived, or flow again.
    TrackStarted {
        /// The room.
        room: Id,
        /// The publishing peer.
        peer: Id,
        /// Which track.
        source: Source,
    },
    /// A track delivered nothing for two seconds.
    TrackStopped {
        /// The room.
        room: Id,
        /// The publishing peer.
        peer: Id,
        /// Which track.
        source: Source,
    },
    /// How many of a track's simulcast layers anybody wants, counted from the smallest; 0: nobody watches. The publisher
    /// may pause the others.
    LayersWanted {
        /// The room.
        room: Id,
        /// The publishing peer.
        peer: Id,
        /// Its generation.
        generation: u64,
        /// Which track.
        source: Source,
        /// How many layers.
        layers: usize,
    },
    /// A relay's other end was heard: for the first time since the relay was opened, or again after
    /// [`RelayLost`](Event::RelayLost).
    RelayUp {
        /// The room.
        room: Id,
        /// The id of the relay.
        relay: u64,
    },
    /// Nothing was heard of a relay's other end for five seconds: its peers are shown nowhere here. It comes back by
    /// itself, unless this engine or the other has failed meanwhile; then it is to be opened again, at both ends.
    RelayLost {
        /// The room.
        room: Id,
        /// The id of the relay.
        relay: u64,
    },
    /// How the network between engine and peer does.
    QualityChanged {
        /// The room.
        room: Id,
        /// The peer.
        peer: Id,
        /// The measured link.
        link: LinkReport,
    },
}

impl Event {
    /// How much the control plane needs it: 0 may be lost first, 2 never.
    pub fn importance(&self) -> usize {
        match self {
            Event::SpeakersChanged { .. } | Event::QualityChanged { .. } => 0,
            Event::SlotsChanged { .. }
            | Event::TrackStarted { .. }
            | Event::TrackStopped { .. }
            | Event::LayersWanted { .. }
            | Event::PeerDisconnected { .. } => 1,
            Event::PeerAnswered { .. }
            | Event::PeerRefused { .. }
            | Event::PeerConnected { .. }
            | Event::RelayUp { .. }
            | Event::RelayLost { .. }
            | Event::PeerEnded { .. } => 2,
        }
    }
}

/// What one receive slot carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotEntry {
    /// The mid of the slot.
    pub mid: String,
    /// Audio or video.
    pub kind: Kind,
    /// Whose track it is and which; `None`: nothing.
    pub track: Option<(Id, Source)>,
    /// Whether packets are held back: width 0, muted, not decodable or no bandwidth.
    pub paused: bool,
    /// Why they are, when nobody meant it.
    pub reason: Option<PauseReason>,
}

/// Why a slot is held back although it is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PauseReason {
    /// The receiver's path carries no more.
    Bandwidth,
    /// The receiver can't decode what is sent.
    Codec,
}

impl PauseReason {
    /// The name used in Python.
    pub fn name(self) -> &'static str {
        match self {
            PauseReason::Bandwidth => "bandwidth",
            PauseReason::Codec => "codec",
        }
    }
}

/// The state of the network between engine and peer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LinkReport {
    /// A word for it.
    pub quality: Quality,
    /// Round-trip time in seconds; 0 when unknown.
    pub rtt_s: f32,
    /// Fraction lost from the peer to the engine.
    pub loss_up: f32,
    /// Fraction lost from the engine to the peer.
    pub loss_down: f32,
    /// Received from the peer.
    pub bitrate_up_bps: u64,
    /// Sent to the peer.
    pub bitrate_down_bps: u64,
}

/// A word for the state of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quality {
    /// Nobody notices the network.
    Good,
    /// Somebody may notice.
    Fair,
    /// Everybody notices.
    Poor,
    /// Nothing arrives.
    Lost,
}

impl Quality {
    /// The name used in Python.
    pub fn name(self) -> &'static str {
        match self {
            Quality::Good => "good",
            Quality::Fair => "fair",
            Quality::Poor => "poor",
            Quality::Lost => "lost",
        }
    }
}

/// Why a peer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndReason {
    /// By command, or the client closed its connection.
    Closed,
    /// A higher generation took its place.
    Replaced,
    /// Nothing was heard from it for too long.
    IceTimeout,
    /// ICE was up but no DTLS session came about.
    DtlsFailed,
    /// The engine failed while serving it.
    WorkerFailed,
    /// The room was closed.
    RoomClosed,
}

impl EndReason {
    /// The name used in Python.
    pub fn name(self) -> &'static str {
        match self {
            EndReason::Closed => "closed",
            EndReason::Replaced => "replaced",
            EndReason::IceTimeout => "ice_timeout",
            EndReason::DtlsFailed => "dtls_failed",
            EndReason::WorkerFailed => "worker_failed",
            EndReason::RoomClosed => "room_closed",
        }
    }
}

/// Why a command was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalCode {
    /// The text is no SDP offer, or one that contradicts itself.
    SdpInvalid,
    /// The offer is valid but asks for what the engine does not do.
    SdpUnsupported,
    /// There is no such peer.
    PeerUnknown,
    /// The room takes no more peers.
    RoomFull,
    /// A peer with this generation or a higher one exists.
    StaleGeneration,
}

impl RefusalCode {
    /// The stable code used in Python.
    pub fn name(self) -> &'static str {
        match self {
            RefusalCode::SdpInvalid => "sdp_invalid",
            RefusalCode::SdpUnsupported => "sdp_unsupported",
            RefusalCode::PeerUnknown => "peer_unknown",
            RefusalCode::RoomFull => "room_full",
            RefusalCode::StaleGeneration => "stale_generation",
        }
    }
}

/// A refusal on its way to becoming [`Event::PeerRefused`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// For programs.
    pub code: RefusalCode,
    /// For people.
    pub detail: String,
}

impl Refusal {
    /// A refusal with a code and a sentence.
    pub fn new(code: RefusalCode, detail: impl Into<String>) -> Self {
        Refusal { code, detail: detail.into() }
    }
}
