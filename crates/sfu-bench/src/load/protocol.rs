//! What the driver says on standard input and hears on standard output: one JSON object a line.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A line from the driver.
#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Command {
    /// Make a publisher of one video stream; it answers with [`Reply::Offer`].
    Publish {
        /// The driver's name for it.
        id: String,
        /// The number that its packets carry.
        #[serde(default)]
        stream: u32,
    },
    /// Make a receiver of so many video streams; it answers with [`Reply::Offer`].
    Receive {
        /// The driver's name for it.
        id: String,
        /// How many m-lines it offers.
        #[serde(default = "one")]
        streams: usize,
        /// Whether it decrypts and checks what comes, rather than have the kernel drop and count it.
        #[serde(default)]
        probe: bool,
    },
    /// Make a receiver from the server's offer, or give one that exists another; it answers with [`Reply::Answer`].
    Accept {
        /// The driver's name for it.
        id: String,
        /// The server's offer.
        sdp: String,
        /// As for `receive`.
        #[serde(default)]
        probe: bool,
    },
    /// The server's answer to an offer.
    Answer {
        /// Whose offer.
        id: String,
        /// The complete SDP answer.
        sdp: String,
    },
    /// A candidate of the server that its SDP did not have.
    Candidate {
        /// For whom.
        id: String,
        /// As in SDP, with or without `a=`.
        candidate: String,
    },
    /// What every publisher sends from now on.
    Media {
        /// Packets a second and publisher; 0: nothing.
        packets_per_second: f64,
        /// Packets of one frame, sent back to back.
        burst: usize,
        /// Bytes of RTP payload in each packet.
        payload_bytes: usize,
    },
    /// Forget what the probes have measured.
    Reset,
    /// Ask for [`Reply::Counters`].
    Counters,
    /// End a participant.
    Close {
        /// Which.
        id: String,
    },
}

fn one() -> usize {
    1
}

/// A line to the driver.
#[derive(Debug, Serialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
pub enum Reply {
    /// A participant's offer.
    Offer {
        /// Whose.
        id: String,
        /// The complete SDP.
        sdp: String,
    },
    /// A receiver's answer.
    Answer {
        /// Whose.
        id: String,
        /// The complete SDP.
        sdp: String,
    },
    /// ICE and DTLS are up.
    Connected {
        /// Whose.
        id: String,
        /// Milliseconds since its offer was answered.
        after_ms: u64,
    },
    /// A participant can't go on, or a command made no sense.
    Failed {
        /// Which; empty when the line could not be read.
        id: String,
        /// What went wrong.
        detail: String,
    },
    /// Everything that is counted.
    Counters(Counters),
}

/// Sums over all participants since the start; of the probes since the last `reset`.
#[derive(Debug, Default, Serialize)]
pub struct Counters {
    /// When this was read, on the monotonic clock.
    pub at_ns: u64,
    /// CPU time of this process.
    pub cpu_s: f64,
    /// Participants whose media is up.
    pub connected: usize,
    /// How many connections agreed on each cipher.
    pub ciphers: BTreeMap<&'static str, usize>,
    /// RTP packets that publishers sent.
    pub sent: u64,
    /// Frames that were not sent in time, and so never: this process was too slow.
    pub late_frames: u64,
    /// Keyframes that servers asked for.
    pub keyframe_requests: u64,
    /// Receivers whose RTP the kernel drops and counts.
    pub bulk: Bulk,
    /// Receivers that decrypt and check.
    pub probes: Probes,
}

/// Receivers whose RTP the kernel counts.
#[derive(Debug, Default, Serialize)]
pub struct Bulk {
    /// How many.
    pub receivers: usize,
    /// RTP datagrams of all.
    pub packets: u64,
    /// Of the one that got fewest.
    pub fewest: u64,
    /// Of the one that got most.
    pub most: u64,
    /// Receiver reports sent.
    pub reports: u64,
}

/// Receivers that decrypt and check.
#[derive(Debug, Default, Serialize)]
pub struct Probes {
    /// How many.
    pub receivers: usize,
    /// Packets of all since the start.
    pub packets: u64,
    /// Numbers that never came, between the first and the last that did.
    pub missing: u64,
    /// Packets that came again.
    pub duplicated: u64,
    /// Packets whose content was not what was sent.
    pub corrupt: u64,
    /// Time from a publisher's call to the receiver's, in microseconds.
    pub latency_us: Latency,
}

/// A distribution, in microseconds.
#[derive(Debug, Default, Serialize)]
pub struct Latency {
    /// How many packets.
    pub packets: usize,
    /// Half came sooner.
    pub p50: f64,
    /// Of a hundred, 99 came sooner.
    pub p99: f64,
    /// The last.
    pub max: f64,
}
