//! What the control plane may ask of the engine.

use std::net::SocketAddr;

use crate::model::{Id, LayoutEntry, PublishedTrack, Source};
use crate::relay::RelayKey;

/// A request to a worker. Outcomes arrive as [`Event`](crate::event::Event)s.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Create a peer, or replace its lower generation.
    OpenPeer(OpenPeer),
    /// Accept an offer with new ICE credentials for the same m-lines.
    RestartIce(RestartIce),
    /// Say what each video slot shall carry; slots not named carry nothing.
    SetLayout {
        /// The room.
        room: Id,
        /// The receiving peer.
        peer: Id,
        /// The wanted content, by slot.
        entries: Vec<LayoutEntry>,
    },
    /// Stop (or go on) forwarding a track, whatever the client sends.
    SetMuted {
        /// The room.
        room: Id,
        /// The publishing peer.
        peer: Id,
        /// Which of its tracks.
        source: Source,
        /// Whether to hold the track back.
        muted: bool,
    },
    /// End a peer.
    ClosePeer {
        /// The room.
        room: Id,
        /// The peer.
        peer: Id,
    },
    /// Link a room with the same room in another process, which is told the same with the roles exchanged.
    ///
    /// Its id again: the relay begins anew.
    OpenRelay(OpenRelay),
    /// End a relay.
    CloseRelay {
        /// The room.
        room: Id,
        /// The id of the relay.
        relay: u64,
    },
    /// End every peer of a room, and its relays.
    CloseRoom {
        /// The room.
        room: Id,
    },
}

/// The parts of [`Command::OpenPeer`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenPeer {
    /// Returned in the outcome.
    pub request: u64,
    /// The room to enter.
    pub room: Id,
    /// The peer's id in the room.
    pub peer: Id,
    /// Grows with every attempt of this peer to connect.
    pub generation: u64,
    /// The complete SDP offer.
    pub offer: String,
    /// What the client sends.
    pub publish: Vec<PublishedTrack>,
    /// The mids of the recvonly audio m-lines, in order.
    pub audio_slots: Vec<String>,
    /// The mids of the recvonly video m-lines, in order.
    pub video_slots: Vec<String>,
}

/// The parts of [`Command::OpenRelay`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenRelay {
    /// The room.
    pub room: Id,
    /// The id of the relay, the same at both ends and for no other relay of either.
    pub relay: u64,
    /// The media address of the other process.
    pub remote: SocketAddr,
    /// A secret that both ends are given, made by a secure random generator for this relay alone.
    pub key: RelayKey,
    /// Exactly one of the two ends is the first.
    pub first: bool,
    /// Whether the other end tells who speaks. Of all processes with the room exactly one shall.
    pub is_told_elsewhere: bool,
}

/// The parts of [`Command::RestartIce`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestartIce {
    /// Returned in the outcome.
    pub request: u64,
    /// The room.
    pub room: Id,
    /// The peer.
    pub peer: Id,
    /// The generation that restarts.
    pub generation: u64,
    /// The SDP offer with new credentials.
    pub offer: String,
}

impl Command {
    /// The peer that the command is about; `None`: the whole room.
    pub fn peer(&self) -> Option<&Id> {
        match self {
            Command::OpenPeer(open) => Some(&open.peer),
            Command::RestartIce(restart) => Some(&restart.peer),
            Command::SetLayout { peer, .. } | Command::SetMuted { peer, .. } | Command::ClosePeer { peer, .. } => {
                Some(peer)
            }
            Command::OpenRelay(_) | Command::CloseRelay { .. } | Command::CloseRoom { .. } => None,
        }
    }

    /// The room that the command is about; it decides the worker.
    pub fn room(&self) -> &Id {
        match self {
            Command::OpenPeer(open) => &open.room,
            Command::RestartIce(restart) => &restart.room,
            Command::OpenRelay(open) => &open.room,
            Command::SetLayout { room, .. }
            | Command::SetMuted { room, .. }
            | Command::ClosePeer { room, .. }
            | Command::CloseRelay { room, .. }
            | Command::CloseRoom { room } => room,
        }
    }
}
