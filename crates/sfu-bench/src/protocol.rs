//! What the driver says on standard input and hears on standard output: one JSON object a line.

use serde::{Deserialize, Serialize};

/// A line from the driver.
#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Command {
    /// Make a client; it answers with [`Reply::Offer`].
    Open {
        /// The driver's name for the client.
        id: String,
        /// Whether it sends a camera in three layers.
        #[serde(default)]
        camera: bool,
        /// Whether it sends a microphone.
        #[serde(default)]
        microphone: bool,
        /// How many video slots it offers.
        #[serde(default = "nine")]
        video_slots: usize,
    },
    /// The server's answer to a client's offer.
    Answer {
        /// Which client.
        id: String,
        /// The complete SDP answer.
        sdp: String,
    },
    /// End a client.
    Close {
        /// Which client.
        id: String,
    },
}

fn nine() -> usize {
    9
}

/// A published m-line.
#[derive(Debug, Serialize)]
pub struct Publish {
    /// The m-line.
    pub mid: String,
    /// `microphone` or `camera`.
    pub source: &'static str,
}

/// A line to the driver.
#[derive(Debug, Serialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
pub enum Reply {
    /// A client's offer, with the roles of its m-lines.
    Offer {
        /// Which client.
        id: String,
        /// The complete SDP offer.
        sdp: String,
        /// What it sends.
        publish: Vec<Publish>,
        /// The m-lines that receive audio.
        audio_slots: Vec<String>,
        /// The m-lines that receive video.
        video_slots: Vec<String>,
    },
    /// A client's media is up.
    Connected {
        /// Which client.
        id: String,
        /// Milliseconds from the answer.
        after_ms: u64,
    },
    /// The first video packet a client received.
    FirstVideo {
        /// Which client.
        id: String,
        /// Milliseconds from the answer.
        after_ms: u64,
    },
    /// A client can't go on, or a command made no sense.
    Failed {
        /// Which client; empty when the line could not be read.
        id: String,
        /// What went wrong.
        detail: String,
    },
    /// Once a second: sums over all clients since the start.
    Totals(Totals),
}

/// Sums over all clients.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Totals {
    /// Clients whose media is up.
    pub connected: usize,
    /// RTP packets sent.
    pub packets_out: u64,
    /// RTP packets received, decrypted and verified.
    pub packets_in: u64,
    /// Payload bytes received.
    pub bytes_in: u64,
    /// Gaps seen in the sequence numbers of received streams, after retransmission had its chance.
    pub packets_missing: u64,
}
