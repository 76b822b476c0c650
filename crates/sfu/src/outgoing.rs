//! The one stream that a slot's receiver sees, made of the packets of changing sources and layers: sequence numbers
//! without a jump, timestamps that only grow, picture ids that follow each other.

use std::time::{Duration, Instant};

use crate::codec::Codec;
use crate::codec::ids::{IdShift, NewestIds, patch, patch_dependency};
use crate::redundancy;
use crate::ring::{Entry, Stored};
use crate::rtcp::SenderStats;
use crate::rtp::extend;
use crate::rtp::extensions::MAX_DEPENDENCY_BYTES;
use crate::rtp::template::{Fields, Template};
use crate::sequence::{MAX_HISTORY, Sequence};
use crate::slab::Key;
use crate::srtp::Sender;
use crate::svc::announce;
use crate::transport::{Payload, SlotLine};

/// Changes of the source that retransmissions can look back over.
const ATTACHMENTS: usize = 4;
/// Retransmissions that are remembered, so that none is doubled.
const REPEATS: usize = 32;
/// RFC 4588: the original sequence number before the payload.
const ORIGINAL_NUMBER_BYTES: usize = 2;

/// Where a stretch of the outgoing stream comes from, and how its numbers were shifted.
#[derive(Debug, Clone, Copy)]
pub struct Attachment {
    /// Who publishes it.
    pub publisher: Key,
    /// Which of their tracks.
    pub track: usize,
    /// Which layer of it.
    pub layer: usize,
    epoch: u32,
    timestamp_shift: u32,
    ids: IdShift,
}

/// Where a packet of the outgoing stream came from.
#[derive(Debug, Clone, Copy)]
pub struct Origin {
    /// Its stretch.
    pub attachment: Attachment,
    /// Its number in the publisher's ring.
    pub incoming: u64,
    outgoing: u64,
}

/// What the receiver calls the source's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Format {
    /// The publisher's payload type.
    incoming: u8,
    codec: Codec,
    /// The receiver's; `None`: it cannot decode it.
    outgoing: Option<Payload>,
    /// Only the primary block of redundant audio goes out.
    unwraps: bool,
}

/// A packet of the outgoing stream that has its numbers.
#[derive(Debug, Clone, Copy)]
pub struct Ready {
    /// The extended sequence number.
    pub sequence: u64,
    /// The timestamp.
    pub timestamp: u32,
    /// The marker bit.
    pub marker: bool,
    /// Bytes of the payload.
    pub payload_bytes: u16,
    /// The decode targets that its receiver is told to be active; `None`: as the publisher told.
    pub active_targets: Option<u32>,
    /// The stretch that it belongs to: see [`Outgoing::attachment`].
    pub epoch: u32,
    ids: IdShift,
    payload_type: u8,
    retransmission_type: Option<u8>,
    unwraps: bool,
}

/// An outgoing stream. What each packet touches lies together; the rest is apart.
#[derive(Debug)]
pub struct Outgoing {
    ssrc: u32,
    template: Template,
    numbers: Sequence,
    newest: Option<Newest>,
    playout_delay: u16,
    newest_ids: NewestIds,
    attached: Option<Attachment>,
    format: Option<Format>,
    /// What sender reports tell.
    pub stats: SenderStats,
    past: Box<Past>,
}

/// What is needed to send a packet again.
#[derive(Debug)]
struct Past {
    retransmissions: Option<Retransmissions>,
    /// Earlier stretches, by their epochs.
    attachments: [Option<Attachment>; ATTACHMENTS],
    repeats: [Option<Repeat>; REPEATS],
    next_repeat: usize,
    /// The packets' numbers, each with the transport-wide one that it went out with: a power of two of them.
    transport: Box<[(u16, u16)]>,
}

#[derive(Debug)]
struct Retransmissions {
    ssrc: u32,
    template: Template,
    next_sequence: u64,
}

/// A packet that was sent again.
#[derive(Debug, Clone, Copy)]
struct Repeat {
    sequence: u16,
    at: Instant,
}

/// The newest packet that was let through.
#[derive(Debug, Clone, Copy)]
struct Newest {
    timestamp: u32,
    at: Instant,
}

impl Outgoing {
    /// The stream of a slot's m-line; so many of its packets can be asked for again.
    pub fn new(line: &SlotLine, history: usize) -> Self {
        let template = |ssrc| Template::new(ssrc, &line.mid, line.extensions);
        let retransmissions =
            line.retransmission_ssrc.map(|ssrc| Retransmissions { ssrc, template: template(ssrc), next_sequence: 1 });
        Outgoing {
            ssrc: line.ssrc,
            template: template(line.ssrc),
            numbers: Sequence::new(history),
            newest: None,
            playout_delay: 0,
            newest_ids: NewestIds::default(),
            attached: None,
            format: None,
            stats: SenderStats::default(),
            past: Box::new(Past {
                retransmissions,
                attachments: [None; ATTACHMENTS],
                repeats: [None; REPEATS],
                next_repeat: 0,
                transport: vec![(0, 0); history.clamp(1, MAX_HISTORY).next_power_of_two()].into_boxed_slice(),
            }),
        }
    }

    /// Its SSRC.
    pub fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// Tell its receiver to show pictures so long after they were taken at least, in units of 10 ms; 0: as soon as it
    /// can. Nothing is told before the first that is not 0.
    pub fn set_playout_delay(&mut self, least: u16) {
        if std::mem::replace(&mut self.playout_delay, least) == least {
            return;
        }
        self.template.set_playout_delay(least);
        if let Some(retransmissions) = &mut self.past.retransmissions {
            retransmissions.template.set_playout_delay(least);
        }
    }

    /// The clock of what it carries, in Hertz; `None`: it carried nothing yet.
    pub fn clock_hz(&self) -> Option<u32> {
        self.format.map(|format| format.codec.clock_hz)
    }

    /// The source will change: the next packet [attaches](Self::attach) anew.
    pub fn detach(&mut self) {
        self.remember();
        self.format = None;
    }

    /// Ask anew how the receiver calls what comes.
    pub fn forget_format(&mut self) {
        self.format = None;
    }

    /// Tell whether the receiver decodes the publisher's payload type; `resolve` is asked once a type.
    pub fn decodes(&mut self, incoming: u8, resolve: impl FnOnce() -> Option<(Codec, Option<Payload>, bool)>) -> bool {
        if self.format.is_none_or(|format| format.incoming != incoming) {
            self.format = resolve().map(|(codec, outgoing, unwraps)| Format { incoming, codec, outgoing, unwraps });
        }
        self.format.is_some_and(|format| format.outgoing.is_some())
    }

    /// Continue the stream with a source's packet, whatever came before.
    pub fn attach(&mut self, publisher: Key, track: usize, layer: usize, stored: &Stored, now: Instant) {
        let Some(format) = self.format else { return };
        self.remember();
        let ids = IdShift::continuing(&self.newest_ids, &stored.entry.meta);
        let epoch = self.numbers.attach(stored.entry.sequence);
        let timestamp = self.newest.map_or(stored.entry.timestamp, |newest| {
            newest.timestamp.wrapping_add(elapsed_ticks(newest.at, now, format.codec.clock_hz))
        });
        let timestamp_shift = timestamp.wrapping_sub(stored.entry.timestamp);
        let attachment = Attachment { publisher, track, layer, epoch, timestamp_shift, ids };
        self.attached = Some(attachment);
    }

    /// The packet is left out on purpose: the numbers close over it.
    pub fn leave_out(&mut self, entry: &Entry) {
        self.numbers.drop(entry.sequence);
        let newest = self.newest_ids;
        if let (Some(format), Some(attachment)) = (self.format, &mut self.attached) {
            attachment.ids.leave_out(format.codec, &entry.meta, &newest);
        }
    }

    /// The stretch in force becomes an earlier one.
    fn remember(&mut self) {
        if let Some(attachment) = self.attached.take() {
            self.past.attachments[attachment.epoch as usize % ATTACHMENTS] = Some(attachment);
        }
    }

    /// A stretch by its epoch; `None`: too long ago.
    pub fn attachment(&self, epoch: u32) -> Option<Attachment> {
        let earlier = self.past.attachments[epoch as usize % ATTACHMENTS];
        self.attached.into_iter().chain(earlier).find(|attachment| attachment.epoch == epoch)
    }

    /// Give the packet its numbers; `None` when it belongs before the last change of the source, or is too old.
    pub fn number(
        &mut self,
        stored: &Stored,
        marker: bool,
        active_targets: Option<u32>,
        now: Instant,
    ) -> Option<Ready> {
        let format = self.format?;
        let payload = format.outgoing?;
        let newest_before = self.numbers.newest();
        let attachment = self.attached.as_mut()?;
        let sequence = self.numbers.forward(stored.entry.sequence)?;
        let timestamp = stored.entry.timestamp.wrapping_add(attachment.timestamp_shift);
        if newest_before.is_none_or(|newest| sequence > newest) {
            self.newest_ids.note(&stored.entry.meta, &mut attachment.ids);
        }
        // By the timestamp, not the number: a late packet takes a number that was kept for it.
        if self.newest.is_none_or(|newest| timestamp.wrapping_sub(newest.timestamp).cast_signed() >= 0) {
            self.newest = Some(Newest { timestamp, at: now });
        }
        self.stats.sent(stored.payload.len(), timestamp, now);
        Some(Ready {
            sequence,
            timestamp,
            marker,
            payload_bytes: stored.entry.payload_bytes,
            active_targets,
            epoch: attachment.epoch,
            ids: attachment.ids,
            payload_type: payload.number,
            retransmission_type: payload.retransmission,
            unwraps: format.unwraps,
        })
    }

    /// Write and seal a packet into `room`; returns its length.
    pub fn write(&self, ready: &Ready, stored: &Stored, number: u16, srtp: &Sender, room: &mut [u8]) -> usize {
        let mut dependency = [0; MAX_DEPENDENCY_BYTES];
        let fields = Fields {
            payload_type: ready.payload_type,
            sequence: ready.sequence as u16,
            ..fields(ready, stored, number, &mut dependency)
        };
        let header = self.template.write(&fields, room);
        if ready.ids.changes_nothing() && !ready.unwraps {
            return srtp.seal_rtp_from(room, header, stored.payload, self.ssrc, ready.sequence);
        }
        let length = header + write_payload(ready, stored, &mut room[header..]);
        srtp.seal_rtp(room, header, length, self.ssrc, ready.sequence)
    }

    /// Write and seal the same packet once more as a retransmission (RFC 4588); `None` where that was not agreed on.
    pub fn write_again(
        &mut self,
        ready: &Ready,
        stored: &Stored,
        number: u16,
        srtp: &Sender,
        room: &mut [u8],
    ) -> Option<usize> {
        let retransmissions = self.past.retransmissions.as_mut()?;
        let payload_type = ready.retransmission_type?;
        let sequence = retransmissions.next_sequence;
        retransmissions.next_sequence += 1;
        let mut dependency = [0; MAX_DEPENDENCY_BYTES];
        let fields =
            Fields { payload_type, sequence: sequence as u16, ..fields(ready, stored, number, &mut dependency) };
        let header = retransmissions.template.write(&fields, room);
        let original = (ready.sequence as u16).to_be_bytes();
        room[header..header + ORIGINAL_NUMBER_BYTES].copy_from_slice(&original);
        let body = header + ORIGINAL_NUMBER_BYTES;
        let length = body + write_payload(ready, stored, &mut room[body..]);
        Some(srtp.seal_rtp(room, header, length, retransmissions.ssrc, sequence))
    }

    /// Write and seal a packet of nothing but padding, to probe the path; `None` where nothing can carry it.
    pub fn write_padding(&mut self, bytes: u8, number: u16, srtp: &Sender, room: &mut [u8]) -> Option<usize> {
        let payload_type = self.format?.outgoing?.retransmission?;
        let timestamp = self.newest?.timestamp;
        let retransmissions = self.past.retransmissions.as_mut()?;
        let sequence = retransmissions.next_sequence;
        retransmissions.next_sequence += 1;
        let fields = Fields {
            payload_type,
            sequence: sequence as u16,
            timestamp,
            transport_sequence: number,
            ..Fields::default()
        };
        let header = retransmissions.template.write(&fields, room);
        room[0] |= 0x20;
        let length = header + usize::from(bytes.max(1));
        room[header..length].fill(0);
        room[length - 1] = bytes.max(1);
        Some(srtp.seal_rtp(room, header, length, retransmissions.ssrc, sequence))
    }

    /// Note the transport-wide number that a packet went out with.
    pub fn note_number(&mut self, sequence: u16, number: u16) {
        let place = usize::from(sequence) & (self.past.transport.len() - 1);
        self.past.transport[place] = (sequence, number);
    }

    /// The transport-wide number that a packet first went out with; `None`: too long ago, or never.
    pub fn number_of(&self, sequence: u16) -> Option<u16> {
        let (own, number) = self.past.transport[usize::from(sequence) & (self.past.transport.len() - 1)];
        (own == sequence).then_some(number)
    }

    /// Where a packet that was sent came from; `None`: too long ago.
    pub fn find(&self, sequence: u16) -> Option<Origin> {
        let sent = self.numbers.find(sequence)?;
        let attachment = self.attachment(sent.epoch)?;
        Some(Origin { attachment, incoming: sent.incoming, outgoing: extend(self.numbers.newest(), sequence) })
    }

    /// As [`find`](Self::find), for a packet that is to be sent again: `None` too when that was done less than
    /// `spacing` ago, since the answer may still be on its way.
    pub fn find_to_repeat(&mut self, sequence: u16, spacing: Duration, now: Instant) -> Option<Origin> {
        let is_it = |repeat: &&Repeat| repeat.sequence == sequence;
        if self.past.repeats.iter().flatten().find(is_it).is_some_and(|repeat| now < repeat.at + spacing) {
            return None;
        }
        let origin = self.find(sequence)?;
        let past = &mut self.past;
        past.repeats[past.next_repeat % REPEATS] = Some(Repeat { sequence, at: now });
        past.next_repeat += 1;
        Some(origin)
    }

    /// The numbers that a packet was sent with.
    pub fn again(&self, origin: &Origin, stored: &Stored) -> Option<Ready> {
        let format = self.format.filter(|format| format.incoming == stored.entry.payload_type)?;
        let payload = format.outgoing?;
        Some(Ready {
            sequence: origin.outgoing,
            timestamp: stored.entry.timestamp.wrapping_add(origin.attachment.timestamp_shift),
            marker: stored.entry.marker,
            payload_bytes: stored.entry.payload_bytes,
            active_targets: None,
            epoch: origin.attachment.epoch,
            ids: origin.attachment.ids,
            payload_type: payload.number,
            retransmission_type: payload.retransmission,
            unwraps: format.unwraps,
        })
    }
}

/// What a packet and its retransmission have in common.
fn fields<'a>(
    ready: &Ready,
    stored: &Stored,
    number: u16,
    dependency: &'a mut [u8; MAX_DEPENDENCY_BYTES],
) -> Fields<'a> {
    if stored.dependency.is_empty() {
        return fields_with(ready, stored, number, &[]);
    }
    let announced =
        ready.active_targets.and_then(|active| announce(stored.dependency, stored.stream, active, dependency));
    let length = announced.unwrap_or_else(|| {
        let length = stored.dependency.len().min(MAX_DEPENDENCY_BYTES);
        dependency[..length].copy_from_slice(&stored.dependency[..length]);
        length
    });
    let dependency = &mut dependency[..length];
    patch_dependency(&ready.ids, dependency);
    fields_with(ready, stored, number, dependency)
}

fn fields_with<'a>(ready: &Ready, stored: &Stored, number: u16, dependency: &'a [u8]) -> Fields<'a> {
    Fields {
        payload_type: 0,
        marker: ready.marker,
        sequence: 0,
        timestamp: ready.timestamp,
        transport_sequence: number,
        audio_level: stored.entry.audio_level,
        orientation: stored.entry.orientation,
        dependency,
    }
}

/// Copy the payload, with its ids shifted; returns its length.
fn write_payload(ready: &Ready, stored: &Stored, room: &mut [u8]) -> usize {
    let payload = match ready.unwraps {
        true => redundancy::primary(stored.payload).unwrap_or_default(),
        false => stored.payload,
    };
    let room = &mut room[..payload.len()];
    room.copy_from_slice(payload);
    patch(&stored.entry.meta, &ready.ids, room);
    payload.len()
}

/// RTP ticks between two times, at least one: a new frame may not share the old one's timestamp.
fn elapsed_ticks(from: Instant, to: Instant, clock_hz: u32) -> u32 {
    let micros = to.saturating_duration_since(from).as_micros();
    ((micros * u128::from(clock_hz) / 1_000_000) as u32).max(1)
}
