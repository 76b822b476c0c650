//! What two ends of a link say to each other, and how it is written.
//!
//! A message is `[kind: 1 byte][length: 2 bytes][fields]`. The other end may be of another version: kinds and fields are
//! only added, fields at the end of their message. A reader passes over kinds that it does not know and over what follows
//! the fields that it knows; a field that an older end does not send has a default. What can't be done so needs another
//! [`FORMAT`](super::FORMAT).

use super::bytes::{Reader, Write};
use super::listed::Listed;
use super::way::Way;
use crate::layers::{LayerState, MAX_SPATIAL};

/// Simulcast layers of a track that a link carries: as many as a mask of one byte names.
pub const MAX_LAYERS: usize = 8;
/// Packet numbers in one request: as many as a length of one byte allows.
const MAX_NUMBERS: usize = 127;

/// A track of a publisher: the number that its worker gave the publisher, and which of its tracks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TrackId {
    /// The publisher.
    pub peer: u64,
    /// Its track.
    pub track: u8,
}

/// What a layer can be sent as: its spatial layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// How many there are.
    pub count: u8,
    /// Each with all below it.
    pub states: [LayerState; MAX_SPATIAL],
}

impl Default for Told {
    fn default() -> Self {
        Told { count: 1, states: [LayerState { live: false, width: None, bitrate_bps: 0 }; MAX_SPATIAL] }
    }
}

/// What a track's layers can be sent as, and over which way they come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Layers {
    /// Its publisher's way.
    pub way: Way,
    /// How many simulcast layers there are.
    pub count: u8,
    /// Each of them.
    pub told: [Told; MAX_LAYERS],
}

/// A packet out of a layer's ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet<'a> {
    /// Whose it is.
    pub track: TrackId,
    /// Its layer.
    pub layer: u8,
    /// How often the layer's stream began anew, wrapping.
    pub restarts: u8,
    /// The publisher's number.
    pub sequence: u16,
    /// The publisher's timestamp.
    pub timestamp: u32,
    /// The publisher's payload type.
    pub payload_type: u8,
    /// The marker bit.
    pub marker: bool,
    /// Loudness as in RFC 6464.
    pub audio_level: Option<u8>,
    /// Orientation as in 3GPP TS 26.114.
    pub orientation: Option<u8>,
    /// The Dependency Descriptor; empty: none.
    pub dependency: &'a [u8],
    /// The payload.
    pub payload: &'a [u8],
}

/// Numbers of packets that are asked for again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbers<'a>(&'a [u8]);

impl Numbers<'_> {
    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = u16> + '_ {
        self.0.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
    }
}

/// Something that one end tells the other.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "it lives on the stack while it is written or read; a box would allocate")]
pub enum Message<'a> {
    /// The list of publishers has this version, and so many entries.
    Announce {
        /// Grows with every change.
        version: u32,
        /// How many publishers.
        count: u16,
    },
    /// One entry of the list.
    Publisher {
        /// Of which version.
        version: u32,
        /// Which entry.
        index: u16,
        /// The entry.
        listed: Listed,
    },
    /// How much a voice deserves to be heard.
    Voice {
        /// Whose.
        track: TrackId,
        /// Whether packets flow.
        flowing: bool,
        /// Whether somebody speaks.
        speaking: bool,
        /// How loud, 0 to 127.
        score: f32,
    },
    /// What a picture's layers can be sent as.
    Layers {
        /// Whose.
        track: TrackId,
        /// Whether packets flow.
        flowing: bool,
        /// Each of them.
        layers: Layers,
    },
    /// Layers that this end wants to be sent.
    Want {
        /// Of which track.
        track: TrackId,
        /// Bit by bit the layers.
        layers: u8,
        /// How many layers, from the smallest, the publisher shall send.
        desired: u8,
    },
    /// A layer needs a keyframe.
    Keyframe {
        /// Of which track.
        track: TrackId,
        /// The layer.
        layer: u8,
    },
    /// A packet.
    Packet(Packet<'a>),
    /// Packets of a layer did not come.
    Nack {
        /// Of which track.
        track: TrackId,
        /// The layer.
        layer: u8,
        /// Their numbers.
        numbers: Numbers<'a>,
    },
    /// A piece of what is said in a data channel.
    Piece {
        /// Its number: one more than that of the piece before.
        number: u32,
        /// Whether it is the last one of its message.
        ends: bool,
        /// Its bytes.
        bytes: &'a [u8],
    },
    /// Which pieces have come.
    Receipt {
        /// The first that is missing.
        next: u32,
        /// Bit by bit the pieces after it.
        later: u64,
    },
}

const ANNOUNCE: u8 = 1;
const PUBLISHER: u8 = 2;
const VOICE: u8 = 3;
const LAYERS: u8 = 4;
const WANT: u8 = 5;
const KEYFRAME: u8 = 6;
const PACKET: u8 = 7;
const NACK: u8 = 8;
const PIECE: u8 = 9;
const RECEIPT: u8 = 10;

const MARKER: u8 = 1;
const HAS_LEVEL: u8 = 2;
const HAS_ORIENTATION: u8 = 4;

/// The messages in a batch. Unknown and malformed ones are left out.
#[derive(Debug, Clone, Copy)]
pub struct Messages<'a>(pub(super) Reader<'a>);

impl<'a> Iterator for Messages<'a> {
    type Item = Message<'a>;

    fn next(&mut self) -> Option<Message<'a>> {
        while let Some((kind, fields)) = self.next_frame() {
            if let Some(message) = Message::read(kind, &mut Reader(fields)) {
                return Some(message);
            }
        }
        None
    }
}

impl<'a> Messages<'a> {
    fn next_frame(&mut self) -> Option<(u8, &'a [u8])> {
        let (kind, length) = (self.0.u8()?, self.0.u16()?);
        Some((kind, self.0.bytes(usize::from(length))?))
    }
}

impl<'a> Message<'a> {
    /// Append it.
    pub fn write(&self, out: &mut Vec<u8>) {
        frame(self.kind(), out, |out| self.write_fields(out));
    }

    fn kind(&self) -> u8 {
        match self {
            Message::Announce { .. } => ANNOUNCE,
            Message::Publisher { .. } => PUBLISHER,
            Message::Voice { .. } => VOICE,
            Message::Layers { .. } => LAYERS,
            Message::Want { .. } => WANT,
            Message::Keyframe { .. } => KEYFRAME,
            Message::Packet(_) => PACKET,
            Message::Nack { .. } => NACK,
            Message::Piece { .. } => PIECE,
            Message::Receipt { .. } => RECEIPT,
        }
    }

    fn write_fields(&self, out: &mut Vec<u8>) {
        match self {
            Message::Announce { version, count } => {
                out.u32(*version);
                out.u16(*count);
            }
            Message::Publisher { version, index, listed } => {
                out.u32(*version);
                out.u16(*index);
                listed.write(out);
            }
            Message::Voice { track, flowing, speaking, score } => {
                track.write(out);
                out.u8(u8::from(*flowing) | u8::from(*speaking) << 1);
                out.u16((score.clamp(0.0, 127.0) * 256.0) as u16);
            }
            Message::Layers { track, flowing, layers } => {
                track.write(out);
                out.u8(u8::from(*flowing));
                layers.write(out);
            }
            Message::Want { track, layers, desired } => {
                track.write(out);
                out.u8(*layers);
                out.u8(*desired);
            }
            Message::Keyframe { track, layer } => {
                track.write(out);
                out.u8(*layer);
            }
            Message::Packet(packet) => packet.write(out),
            Message::Nack { track, layer, numbers } => {
                track.write(out);
                out.u8(*layer);
                out.short(numbers.0);
            }
            Message::Piece { number, ends, bytes } => {
                out.u32(*number);
                out.u8(u8::from(*ends));
                out.u16(bytes.len() as u16);
                out.extend_from_slice(bytes);
            }
            Message::Receipt { next, later } => {
                out.u32(*next);
                out.u64(*later);
            }
        }
    }

    /// Append a request for packets; what is beyond its bound is left out.
    pub fn write_nack(track: TrackId, layer: u8, numbers: &[u16], out: &mut Vec<u8>) {
        frame(NACK, out, |out| {
            track.write(out);
            out.u8(layer);
            let numbers = &numbers[..numbers.len().min(MAX_NUMBERS)];
            out.u8((numbers.len() * 2) as u8);
            numbers.iter().for_each(|number| out.u16(*number));
        });
    }

    fn read(kind: u8, reader: &mut Reader<'a>) -> Option<Self> {
        Some(match kind {
            ANNOUNCE => Message::Announce { version: reader.u32()?, count: reader.u16()? },
            PUBLISHER => {
                Message::Publisher { version: reader.u32()?, index: reader.u16()?, listed: Listed::read(reader)? }
            }
            VOICE => {
                let (track, flags) = (TrackId::read(reader)?, reader.u8()?);
                let score = (f32::from(reader.u16()?) / 256.0).min(127.0);
                Message::Voice { track, flowing: flags & 1 != 0, speaking: flags & 2 != 0, score }
            }
            LAYERS => {
                let track = TrackId::read(reader)?;
                Message::Layers { track, flowing: reader.u8()? != 0, layers: Layers::read(reader)? }
            }
            WANT => Message::Want { track: TrackId::read(reader)?, layers: reader.u8()?, desired: reader.u8()? },
            KEYFRAME => Message::Keyframe { track: TrackId::read(reader)?, layer: reader.u8()? },
            PACKET => Message::Packet(Packet::read(reader)?),
            NACK => {
                let (track, layer) = (TrackId::read(reader)?, reader.u8()?);
                Message::Nack { track, layer, numbers: Numbers(reader.short()?) }
            }
            PIECE => {
                let (number, ends, length) = (reader.u32()?, reader.u8()? != 0, reader.u16()?);
                Message::Piece { number, ends, bytes: reader.bytes(usize::from(length))? }
            }
            RECEIPT => Message::Receipt { next: reader.u32()?, later: reader.u64()? },
            _ => return None,
        })
    }
}

/// Append a message: its kind, and its fields behind their length.
fn frame(kind: u8, out: &mut Vec<u8>, write_fields: impl FnOnce(&mut Vec<u8>)) {
    out.u8(kind);
    let begins = out.len() + 2;
    out.u16(0);
    write_fields(out);
    let length = (out.len() - begins) as u16;
    out[begins - 2..begins].copy_from_slice(&length.to_be_bytes());
}

impl TrackId {
    fn write(self, out: &mut Vec<u8>) {
        out.u64(self.peer);
        out.u8(self.track);
    }

    fn read(reader: &mut Reader) -> Option<Self> {
        Some(TrackId { peer: reader.u64()?, track: reader.u8()? })
    }
}

impl Packet<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        self.track.write(out);
        let flag = |value: Option<u8>, flag| if value.is_some() { flag } else { 0 };
        let levels = flag(self.audio_level, HAS_LEVEL) | flag(self.orientation, HAS_ORIENTATION);
        out.u8(levels | if self.marker { MARKER } else { 0 });
        out.extend_from_slice(&[self.layer, self.restarts, self.payload_type]);
        out.u16(self.sequence);
        out.u32(self.timestamp);
        out.extend(self.audio_level.into_iter().chain(self.orientation));
        out.short(self.dependency);
        out.u16(self.payload.len() as u16);
        out.extend_from_slice(self.payload);
    }

    fn read<'a>(reader: &mut Reader<'a>) -> Option<Packet<'a>> {
        let (track, flags) = (TrackId::read(reader)?, reader.u8()?);
        let (layer, restarts, payload_type) = (reader.u8()?, reader.u8()?, reader.u8()?);
        let (sequence, timestamp) = (reader.u16()?, reader.u32()?);
        let mut optional = |flag| if flags & flag == 0 { Some(None) } else { reader.u8().map(Some) };
        let (audio_level, orientation) = (optional(HAS_LEVEL)?, optional(HAS_ORIENTATION)?);
        let dependency = reader.short()?;
        let length = reader.u16()?;
        let payload = reader.bytes(usize::from(length))?;
        let marker = flags & MARKER != 0;
        Some(Packet {
            track,
            layer,
            restarts,
            sequence,
            timestamp,
            payload_type,
            marker,
            audio_level,
            orientation,
            dependency,
            payload,
        })
    }
}

impl Layers {
    fn write(&self, out: &mut Vec<u8>) {
        out.u8(self.count.min(MAX_LAYERS as u8));
        for told in self.told.iter().take(usize::from(self.count)) {
            out.u8(told.count.min(MAX_SPATIAL as u8));
            for state in told.states.iter().take(usize::from(told.count)) {
                out.u8(u8::from(state.live));
                out.u16(state.width.unwrap_or(0).min(u32::from(u16::MAX)) as u16);
                out.u32(state.bitrate_bps.min(u64::from(u32::MAX)) as u32);
            }
        }
        self.way.write(out);
    }

    fn read(reader: &mut Reader) -> Option<Self> {
        let mut layers = Layers { count: reader.u8()?, ..Layers::default() };
        for told in layers.told.get_mut(..usize::from(layers.count))? {
            told.count = reader.u8()?;
            for state in told.states.get_mut(..usize::from(told.count))? {
                let (live, width) = (reader.u8()? != 0, reader.u16()?);
                let width = (width > 0).then_some(u32::from(width));
                *state = LayerState { live, width, bitrate_bps: u64::from(reader.u32()?) };
            }
        }
        layers.way = Way::read(reader).unwrap_or_default();
        Some(layers)
    }
}
