//! What one peer sends: keys, whose SSRC is whose, and what is to be reported about it.

use std::time::Instant;

use crate::codec::{Codec, inspect};
use crate::model::Kind;
use crate::reception::{Arrival, ArrivalLog, Stream};
use crate::ring::{Entry, MAX_STORED_BYTES};
use crate::rtp::extensions::MAX_DEPENDENCY_BYTES;
use crate::rtp::{ExtensionIds, Header, extend};
use crate::srtp::Receiver;
use crate::track::{Change, Track};
use crate::transport::Payload;

/// SSRCs that a peer may bring; beyond it unknown ones are refused. Nine layers with retransmissions, some restarts.
const MAX_STREAMS: usize = 64;
/// RFC 4588: the original sequence number before the payload.
const ORIGINAL_NUMBER_BYTES: usize = 2;

/// Where an SSRC belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    track: usize,
    layer: usize,
    repairs: bool,
}

/// An SSRC that packets came from.
#[derive(Debug, Clone, Copy)]
struct Known {
    ssrc: u32,
    place: Place,
    /// The newest SRTP index (RFC 3711, section 3.3.1).
    newest: Option<u64>,
}

/// Why a packet was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejection {
    /// It is no RTP, comes before the keys or belongs to no track.
    Unknown,
    /// Its tag is wrong.
    Forged,
    /// It came before.
    Replayed,
}

/// A packet that was put into a ring.
#[derive(Debug, Clone, Copy)]
pub struct Taken {
    /// The track.
    pub track: usize,
    /// What it changed.
    pub change: Option<Change>,
}

/// What a peer sends.
pub struct Uplink {
    /// Keys; `None` until the handshake is over.
    pub srtp: Option<Receiver>,
    /// Arrivals by transport-wide numbers, when they were agreed on.
    pub arrivals: Option<Box<ArrivalLog>>,
    streams: Vec<Known>,
    scratch: Box<[u8]>,
}

/// The values of the extensions that matter here.
#[derive(Debug, Clone, Copy, Default)]
struct Values<'a> {
    audio_level: Option<u8>,
    orientation: Option<u8>,
    transport_sequence: Option<u16>,
    dependency: &'a [u8],
}

impl Uplink {
    /// Nothing can be taken yet. With `gives_feedback` transport-wide feedback was agreed on.
    pub fn new(tracks: &[Track], gives_feedback: bool) -> Self {
        let mut uplink = Uplink {
            srtp: None,
            arrivals: gives_feedback.then(|| Box::new(ArrivalLog::new())),
            streams: Vec::new(),
            scratch: vec![0; if tracks.is_empty() { 0 } else { MAX_STORED_BYTES }].into(),
        };
        for (track, (ssrc, repair)) in tracks.iter().enumerate().filter_map(|(i, t)| Some((i, t.line.ssrc?))) {
            uplink.know(ssrc, Place { track, layer: 0, repairs: false });
            if let Some(repair) = repair {
                uplink.know(repair, Place { track, layer: 0, repairs: true });
            }
        }
        uplink
    }

    fn know(&mut self, ssrc: u32, place: Place) -> usize {
        self.streams.push(Known { ssrc, place, newest: None });
        self.streams.len() - 1
    }

    /// Verify, decrypt and store an RTP packet.
    pub fn receive(
        &mut self,
        packet: &[u8],
        tracks: &mut [Track],
        payloads: &[Payload],
        now: Instant,
    ) -> Result<Option<Taken>, Rejection> {
        let header = Header::parse(packet).ok_or(Rejection::Unknown)?;
        let srtp = self.srtp.as_ref().ok_or(Rejection::Unknown)?;
        let known = self.streams.iter().position(|known| known.ssrc == header.ssrc);
        let place = match known {
            Some(known) => self.streams[known].place,
            None => place_of(&header, packet, tracks, payloads).ok_or(Rejection::Unknown)?,
        };
        let newest = known.and_then(|known| self.streams[known].newest);
        let index = extend(newest, header.sequence);
        let track = &mut tracks[place.track];
        let values = read_extensions(&header, packet, &track.line.extensions);
        let layer = &mut track.layers[place.layer];
        let dependency_bytes = values.dependency.len();
        let opened = if place.repairs {
            srtp.open_rtp(packet, header.bytes, header.ssrc, index, &mut self.scratch)
        } else {
            let room = &mut layer.ring.room()[dependency_bytes..];
            srtp.open_rtp(packet, header.bytes, header.ssrc, index, room)
        };
        let opened = opened.ok_or(Rejection::Forged)?;
        // Only now it is certain that the peer sent it.
        let known = match known {
            Some(known) => known,
            None if self.streams.len() < MAX_STREAMS => self.know(header.ssrc, place),
            None => return Err(Rejection::Unknown),
        };
        self.streams[known].newest = Some(newest.map_or(index, |newest| newest.max(index)));
        if let (Some(arrivals), Some(number)) = (&mut self.arrivals, values.transport_sequence) {
            arrivals.arrived(number, now);
        }
        let incoming = Incoming { header, values, opened, place };
        match place.repairs {
            true => store_repair(&incoming, &mut self.scratch, track, payloads, now),
            false => store(&incoming, track, payloads, now),
        }
    }

    /// Any SSRC that packets came from.
    pub fn first_ssrc(&self) -> Option<u32> {
        self.streams.first().map(|known| known.ssrc)
    }

    /// The stream of an SSRC, when it is one of the tracks'.
    pub fn stream<'a>(&self, ssrc: u32, tracks: &'a mut [Track]) -> Option<&'a mut Stream> {
        let known = self.streams.iter().find(|known| known.ssrc == ssrc && !known.place.repairs)?;
        tracks[known.place.track].layers[known.place.layer].stream.as_mut()
    }
}

/// A verified packet on its way into a ring.
struct Incoming<'a> {
    header: Header,
    values: Values<'a>,
    opened: usize,
    place: Place,
}

/// Which track and layer an unknown SSRC belongs to: by the names in its extensions, else as the only track of its
/// payload type's kind.
fn place_of(header: &Header, packet: &[u8], tracks: &[Track], payloads: &[Payload]) -> Option<Place> {
    let value = |wanted: u8| {
        let mut elements = header.extensions(packet);
        elements.find(|(id, _)| *id == wanted && wanted != 0).map(|(_, value)| value)
    };
    let is_named = |track: &Track| value(track.line.extensions.mid) == Some(track.line.mid.as_bytes());
    let retransmits = payloads.iter().any(|payload| payload.retransmission == Some(header.payload_type));
    let named = tracks.iter().position(is_named);
    let track = named.or_else(|| only_of_kind(header.payload_type, tracks, payloads))?;
    let line = &tracks[track].line;
    let layer_of = |id: u8| {
        let name = value(id)?;
        line.rids.iter().position(|rid| rid.as_bytes() == name)
    };
    let layer = match line.rids.len() {
        0 => 0,
        _ => layer_of(line.extensions.rid).or_else(|| layer_of(line.extensions.repaired_rid))?,
    };
    Some(Place { track, layer, repairs: retransmits })
}

fn only_of_kind(payload_type: u8, tracks: &[Track], payloads: &[Payload]) -> Option<usize> {
    let is_it = |payload: &&Payload| payload.number == payload_type || payload.retransmission == Some(payload_type);
    let kind = payloads.iter().find(is_it)?.codec.kind();
    let mut of_kind = tracks.iter().enumerate().filter(|(_, track)| track.source.kind() == kind);
    let (only, _) = of_kind.next()?;
    of_kind.next().is_none().then_some(only)
}

fn read_extensions<'a>(header: &Header, packet: &'a [u8], ids: &ExtensionIds) -> Values<'a> {
    let mut values = Values::default();
    for (id, value) in header.extensions(packet).filter(|(id, _)| *id != 0) {
        match value {
            [level] if id == ids.audio_level => values.audio_level = Some(*level),
            [turn] if id == ids.orientation => values.orientation = Some(*turn),
            [a, b] if id == ids.transport_sequence => values.transport_sequence = Some(u16::from_be_bytes([*a, *b])),
            value if id == ids.dependency && value.len() <= MAX_DEPENDENCY_BYTES => values.dependency = value,
            _ => {}
        }
    }
    values
}

/// A packet whose payload lies in the ring's room.
fn store(
    incoming: &Incoming,
    track: &mut Track,
    payloads: &[Payload],
    now: Instant,
) -> Result<Option<Taken>, Rejection> {
    let header = &incoming.header;
    let codec = payloads.iter().find(|payload| payload.number == header.payload_type).map(|payload| payload.codec);
    let codec = codec.ok_or(Rejection::Unknown)?;
    let layer = &mut track.layers[incoming.place.layer];
    let is_video = track.source.kind() == Kind::Video;
    if layer.stream.as_ref().is_some_and(|stream| stream.ssrc() != header.ssrc) {
        layer.replace_stream();
    }
    let stream = layer.stream.get_or_insert_with(|| new_stream(header.ssrc, codec, is_video));
    layer.ssrc = Some(header.ssrc);
    let sequence = match stream.received(header.sequence, header.timestamp, now) {
        Arrival::Fresh { extended, .. } | Arrival::Late { extended } => extended,
        Arrival::Restarted { extended } => {
            layer.restart();
            extended
        }
        Arrival::Duplicate => return Err(Rejection::Replayed),
        Arrival::Stray => return Ok(None),
    };
    commit(incoming, sequence, header.payload_type, codec, track, now)
}

fn new_stream(ssrc: u32, codec: Codec, is_video: bool) -> Stream {
    match is_video {
        true => Stream::with_repair(ssrc, codec.clock_hz),
        false => Stream::new(ssrc, codec.clock_hz),
    }
}

/// A retransmission: its payload is the original's, behind the original's number.
fn store_repair(
    incoming: &Incoming,
    scratch: &mut [u8],
    track: &mut Track,
    payloads: &[Payload],
    now: Instant,
) -> Result<Option<Taken>, Rejection> {
    let is_it = |payload: &&Payload| payload.retransmission == Some(incoming.header.payload_type);
    let original = payloads.iter().find(is_it).ok_or(Rejection::Unknown)?;
    let Some(length) = incoming.header.unpadded(&scratch[..incoming.opened]) else { return Ok(None) };
    // Shorter: padding that probes the path.
    let Some((number, payload)) = scratch[..length].split_first_chunk::<ORIGINAL_NUMBER_BYTES>() else {
        return Ok(None);
    };
    let layer = &mut track.layers[incoming.place.layer];
    let Some(stream) = layer.stream.as_mut() else { return Ok(None) };
    let sequence = match stream.repaired(u16::from_be_bytes(*number), now) {
        Arrival::Fresh { extended, .. } | Arrival::Late { extended } => extended,
        _ => return Ok(None),
    };
    let dependency = incoming.values.dependency.len();
    let Some(room) = layer.ring.room().get_mut(dependency..dependency + payload.len()) else { return Ok(None) };
    room.copy_from_slice(payload);
    let mut header = incoming.header;
    header.has_padding = false;
    let incoming = Incoming { header, opened: payload.len(), ..*incoming };
    commit(&incoming, sequence, original.number, original.codec, track, now)
}

/// Read what a stored payload tells and keep it.
fn commit(
    incoming: &Incoming,
    sequence: u64,
    payload_type: u8,
    codec: Codec,
    track: &mut Track,
    now: Instant,
) -> Result<Option<Taken>, Rejection> {
    let Incoming { header, values, opened, place } = incoming;
    let layer = &mut track.layers[place.layer];
    let dependency = values.dependency.len();
    let room = layer.ring.room();
    room[..dependency].copy_from_slice(values.dependency);
    let Some(length) = header.unpadded(&room[dependency..dependency + opened]) else { return Ok(None) };
    let (descriptor, payload) = room[..dependency + length].split_at(dependency);
    let descriptor = (!descriptor.is_empty()).then_some(descriptor);
    let meta = inspect(codec, payload, descriptor, &mut layer.state);
    let mut entry = Entry::new(sequence, header.timestamp, meta, now);
    entry.payload_type = payload_type;
    entry.marker = header.marker;
    entry.audio_level = values.audio_level;
    entry.orientation = values.orientation;
    entry.dependency_bytes = dependency as u8;
    entry.payload_bytes = length as u16;
    layer.ring.commit(entry, now);
    layer.fresh.push(sequence);
    // Padding keeps nothing alive: a paused camera is still probed with.
    let change = (length > 0).then(|| track.note(place.layer, &entry, now));
    Ok(Some(Taken { track: place.track, change }))
}
