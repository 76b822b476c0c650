//! What moves packets between the engine and one peer, as a trait.
//!
//! The worker decides who gets what; a [`Connection`] encrypts, retransmits and measures. Today it is str0m in RTP
//! mode ([`str0m`]); an own RTP plane takes its place behind the same trait.

mod answer;
pub mod guard;
pub mod str0m;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ::str0m::rtp::{ExtensionValues, Vp8Patch};

use crate::codec::Codec;
use crate::command::OpenPeer;
use crate::event::Refusal;
use crate::model::Transport;

/// Creates connections from offers.
pub trait Plane: Send {
    /// Accept the offer of a new peer: its connection and the complete answer.
    fn open(&mut self, open: &OpenPeer, now: Instant) -> Result<Opened, Refusal>;
}

/// A connection that was just created.
pub struct Opened {
    /// The connection.
    pub connection: Box<dyn Connection>,
    /// The complete SDP answer.
    pub answer: String,
    /// How many layers each published track has, in the order of the command.
    pub layers: Vec<usize>,
}

/// A datagram (or a TCP frame) that arrived.
#[derive(Debug, Clone, Copy)]
pub struct Datagram<'a> {
    /// UDP or TCP.
    pub transport: Transport,
    /// Who sent it.
    pub source: SocketAddr,
    /// The local candidate at which it arrived.
    pub destination: SocketAddr,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// A datagram (or a TCP frame) to send.
#[derive(Debug)]
pub struct Transmit {
    /// UDP or TCP.
    pub transport: Transport,
    /// The local candidate to send from.
    pub source: SocketAddr,
    /// Whom to send it to.
    pub destination: SocketAddr,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Whether it carries a packet that was sent before.
    pub is_retransmission: bool,
}

/// A decrypted RTP packet of a published track.
#[derive(Debug, Clone)]
pub struct PacketIn {
    /// The published track, by its place in the command that opened the peer.
    pub track: usize,
    /// The simulcast layer, 0 the smallest.
    pub layer: usize,
    /// How the payload is encoded.
    pub codec: Codec,
    /// The extended sequence number.
    pub sequence: u64,
    /// The RTP timestamp.
    pub timestamp: u32,
    /// The marker bit.
    pub marker: bool,
    /// The payload, without header.
    pub payload: Arc<[u8]>,
    /// The header extensions.
    pub extensions: ExtensionValues,
}

/// An RTP packet for a receive slot.
#[derive(Debug)]
pub struct PacketOut {
    /// The receiver's number for the codec.
    pub payload_type: u8,
    /// The extended sequence number in the slot's stream.
    pub sequence: u64,
    /// The RTP timestamp in the slot's stream.
    pub timestamp: u32,
    /// The marker bit.
    pub marker: bool,
    /// The payload; `patch` is applied when it is sent.
    pub payload: Arc<[u8]>,
    /// Rewritten bytes of the VP8 payload descriptor.
    pub patch: Option<Vp8Patch>,
    /// The header extensions.
    pub extensions: ExtensionValues,
}

/// What a connection has measured since the last report.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Measured {
    /// Round-trip time, when known.
    pub rtt: Option<Duration>,
    /// Fraction of packets lost from the peer to the engine.
    pub loss_up: Option<f32>,
    /// Fraction of packets lost from the engine to the peer.
    pub loss_down: Option<f32>,
}

/// What a connection yields when polled.
#[derive(Debug)]
pub enum Output {
    /// Nothing more until this time.
    Timeout(Instant),
    /// Send this.
    Transmit(Transmit),
    /// A packet of a published track.
    Packet(PacketIn),
    /// The client needs a keyframe in this slot.
    KeyframeRequested {
        /// The slot, audio slots first.
        slot: usize,
    },
    /// ICE and DTLS are up.
    Connected,
    /// The client closed the connection.
    Closed,
    /// What the path to the client is thought to carry; `None`: unknown.
    Estimate(Option<u64>),
    /// Network measurements.
    Measured(Measured),
}

/// A connection that cannot go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionError(pub String);

/// One peer's transport. After every call that changes it, it must be polled until it yields a timeout.
pub trait Connection: Send {
    /// The local ICE user name fragment, which routes the first datagrams of a path.
    fn ufrag(&mut self) -> String;
    /// Whether the datagram belongs to this peer.
    fn accepts(&self, datagram: &Datagram, now: Instant) -> bool;
    /// Take a datagram. An error means it was dropped.
    fn receive(&mut self, datagram: &Datagram, now: Instant) -> Result<(), ConnectionError>;
    /// Time has passed.
    fn advance(&mut self, now: Instant);
    /// The next output.
    fn poll(&mut self) -> Result<Output, ConnectionError>;
    /// Whether it can still be used.
    fn is_alive(&self) -> bool;
    /// Queue a packet for a slot.
    fn send(&mut self, slot: usize, packet: PacketOut, now: Instant);
    /// Ask the client for a keyframe; false when the layer is not known yet.
    fn request_keyframe(&mut self, track: usize, layer: usize) -> bool;
    /// The number under which the slot's receiver decodes a codec; `None`: it cannot.
    fn payload_type(&self, slot: usize, codec: Codec) -> Option<u8>;
    /// Tell the estimator how much is sent and how much is wanted.
    fn set_bitrate_goal(&mut self, minimum_bps: u64, desired_bps: u64);
    /// Accept an offer with new ICE credentials; returns the answer.
    fn restart_ice(&mut self, offer: &str) -> Result<String, Refusal>;
    /// Begin to say good-bye.
    fn close(&mut self);
}
