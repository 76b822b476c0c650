//! A publisher as it is told over a link, and how that is written.

use str0m::format::Codec as Name;

use super::bytes::{Reader, Write};
use super::message::MAX_LAYERS;
use crate::codec::Codec;
use crate::model::{Id, MAX_ID_BYTES, Source};
use crate::transport::Payload;

/// Tracks and payload types of one publisher.
const MAX_ENTRIES: usize = 64;

/// A publisher and what it publishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The number that its worker gave it; never given again.
    pub number: u64,
    /// Its id in the room.
    pub name: Id,
    /// Its generation.
    pub generation: u64,
    /// Its tracks.
    pub tracks: Vec<ListedTrack>,
    /// What its payload types mean.
    pub payloads: Vec<Payload>,
}

/// A listed track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedTrack {
    /// What it carries.
    pub source: Source,
    /// Its simulcast layers.
    pub layers: u8,
    /// Held back at its server.
    pub muted: bool,
}

impl Listed {
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.u64(self.number);
        out.u64(self.generation);
        out.short(self.name.as_bytes());
        let tracks = &self.tracks[..self.tracks.len().min(MAX_ENTRIES)];
        out.u8(tracks.len() as u8);
        for track in tracks {
            out.extend_from_slice(&[source_number(track.source), track.layers, u8::from(track.muted)]);
        }
        let payloads = self.payloads.iter().filter_map(|payload| Some((payload, codec_number(payload.codec.name)?)));
        let count = payloads.clone().take(MAX_ENTRIES).count();
        out.u8(count as u8);
        for (Payload { number, codec, .. }, name) in payloads.take(MAX_ENTRIES) {
            out.extend_from_slice(&[*number, name, u8::from(codec.redundant)]);
            out.u32(codec.profile);
            out.u32(codec.clock_hz);
        }
    }

    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let (number, generation) = (reader.u64()?, reader.u64()?);
        let name = std::str::from_utf8(reader.short()?).ok()?;
        if name.is_empty() || name.len() > MAX_ID_BYTES {
            return None;
        }
        let tracks = read_entries(reader, |reader| {
            let (source, layers, muted) = (source_of(reader.u8()?)?, reader.u8()?, reader.u8()? != 0);
            (1..=MAX_LAYERS as u8).contains(&layers).then_some(ListedTrack { source, layers, muted })
        })?;
        let payloads = read_entries(reader, |reader| {
            let (number, name, redundant) = (reader.u8()?, codec_of(reader.u8()?), reader.u8()? != 0);
            let (profile, clock_hz) = (reader.u32()?, reader.u32()?);
            let codec = |name| Codec { name, profile, redundant, clock_hz };
            Some(name.map(|name| Payload { number, codec: codec(name), retransmission: None }))
        })?;
        // One that is unknown here is sent to nobody here.
        let payloads = payloads.into_iter().flatten().collect();
        Some(Listed { number, name: name.into(), generation, tracks, payloads })
    }
}

fn read_entries<T>(reader: &mut Reader, mut read: impl FnMut(&mut Reader) -> Option<T>) -> Option<Vec<T>> {
    let count = usize::from(reader.u8()?);
    if count > MAX_ENTRIES {
        return None;
    }
    (0..count).map(|_| read(reader)).collect()
}

const SOURCES: [Source; 4] = [Source::Microphone, Source::Camera, Source::Screen, Source::ScreenAudio];
const CODECS: [Name; 5] = [Name::Opus, Name::Vp8, Name::Vp9, Name::H264, Name::Av1];

fn source_number(source: Source) -> u8 {
    SOURCES.iter().position(|other| *other == source).unwrap_or(0) as u8
}

fn source_of(number: u8) -> Option<Source> {
    SOURCES.get(usize::from(number)).copied()
}

fn codec_number(name: Name) -> Option<u8> {
    CODECS.iter().position(|other| *other == name).map(|number| number as u8)
}

fn codec_of(number: u8) -> Option<Name> {
    CODECS.get(usize::from(number)).copied()
}
