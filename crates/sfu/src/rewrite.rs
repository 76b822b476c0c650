//! Makes the packets of changing sources and layers look like one stream: sequence numbers without a jump,
//! timestamps that only grow, VP8 picture ids that follow each other.

use std::time::Instant;

use str0m::format::Codec as Name;
use str0m::rtp::{ExtensionValues, Vp8Descriptor, Vp8Patch};

use crate::plane::{PacketIn, PacketOut};

/// Where an outgoing stream begins. Low, because the rollover counter of a new stream must be 0.
const FIRST_SEQUENCE: u64 = 1_000;
/// A jump of the source's sequence numbers beyond this is a new stream, not loss.
const MAX_JUMP: u64 = 3_000;

/// The state of one outgoing stream.
#[derive(Debug, Default)]
pub struct Rewriter {
    source: Option<SourceOffsets>,
    newest: Option<Newest>,
    vp8: Vp8Ids,
}

/// How the current source's numbers map to ours.
#[derive(Debug, Clone, Copy)]
struct SourceOffsets {
    first_in: u64,
    first_out: u64,
    newest_in: u64,
    timestamp_shift: u32,
}

/// The newest packet that was let through.
#[derive(Debug, Clone, Copy)]
struct Newest {
    sequence: u64,
    timestamp: u32,
    at: Instant,
}

/// VP8 picture id (15 bits) and TL0PICIDX (8 bits): shifts of the source and the newest sent.
#[derive(Debug, Default)]
struct Vp8Ids {
    picture_shift: u16,
    tl0_shift: u8,
    newest_picture: Option<u16>,
    newest_tl0: Option<u8>,
    rebase: bool,
}

impl Rewriter {
    /// Forget the source: the next packet continues the stream from wherever it comes.
    pub fn detach(&mut self) {
        self.source = None;
    }

    /// The packet as part of the outgoing stream; `None` when it belongs before the last switch.
    pub fn rewrite(&mut self, packet: &PacketIn, payload_type: u8, now: Instant) -> Option<PacketOut> {
        let offsets = self.offsets_for(packet, now)?;
        let sequence = offsets.first_out + (packet.sequence - offsets.first_in);
        let timestamp = packet.timestamp.wrapping_add(offsets.timestamp_shift);
        let newest = self.newest.is_none_or(|n| sequence > n.sequence);
        let patch = match packet.codec.name {
            Name::Vp8 => self.vp8.patch(&packet.payload, newest),
            _ => None,
        };
        if newest {
            self.newest = Some(Newest { sequence, timestamp, at: now });
        }
        Some(PacketOut {
            payload_type,
            sequence,
            timestamp,
            marker: packet.marker,
            payload: packet.payload.clone(),
            patch,
            extensions: end_to_end(&packet.extensions),
        })
    }

    fn offsets_for(&mut self, packet: &PacketIn, now: Instant) -> Option<SourceOffsets> {
        if let Some(offsets) = &mut self.source {
            let jump = packet.sequence.abs_diff(offsets.newest_in);
            if jump <= MAX_JUMP {
                offsets.newest_in = offsets.newest_in.max(packet.sequence);
                // Older than the switch: the receiver has moved on.
                return (packet.sequence >= offsets.first_in).then_some(*offsets);
            }
        }
        let offsets = self.attach(packet, now);
        self.source = Some(offsets);
        Some(offsets)
    }

    fn attach(&mut self, packet: &PacketIn, now: Instant) -> SourceOffsets {
        self.vp8.rebase = true;
        let (first_out, timestamp) = match self.newest {
            None => (FIRST_SEQUENCE, packet.timestamp),
            Some(newest) => (
                newest.sequence + 1,
                newest.timestamp.wrapping_add(elapsed_ticks(newest.at, now, packet.codec.clock_hz)),
            ),
        };
        SourceOffsets {
            first_in: packet.sequence,
            first_out,
            newest_in: packet.sequence,
            timestamp_shift: timestamp.wrapping_sub(packet.timestamp),
        }
    }
}

/// The extensions that speak about the media; the others speak about one hop.
fn end_to_end(extensions: &ExtensionValues) -> ExtensionValues {
    ExtensionValues {
        audio_level: extensions.audio_level,
        voice_activity: extensions.voice_activity,
        video_orientation: extensions.video_orientation,
        ..ExtensionValues::default()
    }
}

/// RTP ticks between two times, at least one: a new frame may not share the old one's timestamp.
fn elapsed_ticks(from: Instant, to: Instant, clock_hz: u32) -> u32 {
    let micros = to.saturating_duration_since(from).as_micros();
    ((micros * u128::from(clock_hz) / 1_000_000) as u32).max(1)
}

impl Vp8Ids {
    fn patch(&mut self, payload: &[u8], newest: bool) -> Option<Vp8Patch> {
        let descriptor = Vp8Descriptor::parse(payload).ok()?;
        if std::mem::take(&mut self.rebase) {
            self.rebase_on(&descriptor);
        }
        let mut patch = descriptor.patch();
        if let Some(id) = descriptor.picture_id() {
            let id = id.wrapping_add(self.picture_shift) & 0x7fff;
            patch = patch.picture_id(id);
            self.newest_picture = if newest { Some(id) } else { self.newest_picture };
        }
        if let Some(tl0) = descriptor.tl0_pic_idx() {
            let tl0 = tl0.wrapping_add(self.tl0_shift);
            patch = patch.tl0_pic_idx(tl0);
            self.newest_tl0 = if newest { Some(tl0) } else { self.newest_tl0 };
        }
        // Fails for a 7-bit picture id that outgrew its field: such an encoder's ids are left as they are.
        patch.build().ok()
    }

    fn rebase_on(&mut self, first: &Vp8Descriptor) {
        self.picture_shift = match (self.newest_picture, first.picture_id()) {
            (Some(newest), Some(id)) => newest.wrapping_add(1).wrapping_sub(id),
            _ => 0,
        };
        self.tl0_shift = match (self.newest_tl0, first.tl0_pic_idx()) {
            (Some(newest), Some(tl0)) => newest.wrapping_add(1).wrapping_sub(tl0),
            _ => 0,
        };
    }
}
