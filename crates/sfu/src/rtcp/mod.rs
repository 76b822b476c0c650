//! RTCP read where it lies and written where it goes: views that borrow the datagram, a writer into the caller's
//! bytes, no allocation.
//!
//! RFC 3550 (reports), RFC 4585 (NACK, PLI), RFC 5104 (FIR), RFC 3611 (extended reports), RFC 5506 (reduced size),
//! draft-holmer-rmcat-transport-wide-cc-extensions-01 (transport feedback), draft-alvestrand-rmcat-remb-03 (REMB).

mod chunk;
mod clock;
mod extended;
mod feedback;
mod fields;
mod report;
mod sending;
mod transport;
mod transport_writer;
mod writer;

pub use clock::{NtpClock, round_trip_time};
pub use extended::{DelaySinceReference, DelaysSinceReference, ExtendedBlock, ExtendedBlocks, ExtendedReport};
pub use feedback::{Fir, FirEntries, FirEntry, LostNumbers, Nack, Pli, Remb};
pub use report::{Bye, ReceiverReport, ReportBlock, ReportBlocks, SenderInfo, SenderReport, Ssrcs};
pub use sending::SenderStats;
pub use transport::{Arrivals, TICK_US, TransportFeedback};
pub use transport_writer::FeedbackHeader;
pub use writer::{MAX_LENGTH, Writer};

pub(crate) use clock::{short_duration, short_ntp};
pub(crate) use sending::ticks;

use fields::{u8_at, u16_at};

/// Packet types (RFC 3550 section 12.1, RFC 4585 section 6.1, RFC 3611 section 2).
mod kind {
    pub const SENDER_REPORT: u8 = 200;
    pub const RECEIVER_REPORT: u8 = 201;
    pub const SOURCE_DESCRIPTION: u8 = 202;
    pub const BYE: u8 = 203;
    pub const TRANSPORT_FEEDBACK: u8 = 205;
    pub const PAYLOAD_FEEDBACK: u8 = 206;
    pub const EXTENDED_REPORT: u8 = 207;
}

/// Feedback message types: what the header's count field means in types 205 and 206.
mod format {
    pub const NACK: u8 = 1;
    pub const TRANSPORT_WIDE: u8 = 15;
    pub const PLI: u8 = 1;
    pub const FIR: u8 = 4;
    pub const APPLICATION: u8 = 15;
}

/// The padding bit of the first header byte.
const PADDING: u8 = 0x20;
/// The version, in its place in the first header byte.
const VERSION: u8 = 0x80;
/// What precedes every packet's body: version, padding, count, type and length.
const HEADER_LENGTH: usize = 4;
/// Packet statuses that are read from one datagram. Sixteen bytes of transport feedback can claim 65,535 statuses;
/// a datagram full of them would keep a core busy for milliseconds. Honest feedback, every 50 to 100 ms, stays far
/// below even at 40,000 packets a second.
const MAX_STATUSES: u32 = 8_192;

/// One RTCP packet out of a datagram; its lists are iterators over the datagram's bytes.
#[derive(Debug, Clone, Copy)]
pub enum Packet<'a> {
    /// What a sender sent, and what it received (RFC 3550 section 6.4.1).
    SenderReport(SenderReport<'a>),
    /// What a receiver received (RFC 3550 section 6.4.2).
    ReceiverReport(ReceiverReport<'a>),
    /// Names of sources (RFC 3550 section 6.5): known to be there, not read.
    SourceDescription,
    /// Sources that end (RFC 3550 section 6.6).
    Bye(Bye<'a>),
    /// Packets to send again (RFC 4585 section 6.2.1).
    Nack(Nack<'a>),
    /// A picture is lost: a keyframe is needed (RFC 4585 section 6.3.1).
    Pli(Pli),
    /// A keyframe is demanded (RFC 5104 section 4.3.1).
    Fir(Fir<'a>),
    /// When each packet of the transport arrived.
    TransportFeedback(TransportFeedback<'a>),
    /// The receiver's estimate of the bandwidth.
    Remb(Remb<'a>),
    /// Reference times and their echoes (RFC 3611).
    ExtendedReport(ExtendedReport<'a>),
}

/// The packets of a decrypted datagram, compound or of reduced size. A packet that is malformed or unknown is skipped;
/// a malformed header or a length beyond the datagram ends the iteration. Time is linear in the bytes.
pub fn parse(bytes: &[u8]) -> Packets<'_> {
    Packets { rest: bytes, statuses_left: MAX_STATUSES }
}

/// See [`parse`].
#[derive(Debug, Clone)]
pub struct Packets<'a> {
    rest: &'a [u8],
    statuses_left: u32,
}

impl<'a> Iterator for Packets<'a> {
    type Item = Packet<'a>;

    fn next(&mut self) -> Option<Packet<'a>> {
        loop {
            let Some((frame, rest)) = Frame::split(self.rest) else {
                self.rest = &[];
                return None;
            };
            self.rest = rest;
            if let Some(packet) = self.read(frame) {
                return Some(packet);
            }
        }
    }
}

impl<'a> Packets<'a> {
    fn read(&mut self, frame: Frame<'a>) -> Option<Packet<'a>> {
        let body = frame.body()?;
        match frame.kind {
            kind::SENDER_REPORT => SenderReport::read(body, frame.count).map(Packet::SenderReport),
            kind::RECEIVER_REPORT => ReceiverReport::read(body, frame.count).map(Packet::ReceiverReport),
            kind::SOURCE_DESCRIPTION => Some(Packet::SourceDescription),
            kind::BYE => Bye::read(body, frame.count).map(Packet::Bye),
            kind::TRANSPORT_FEEDBACK => self.read_transport_feedback(body, frame.count),
            kind::PAYLOAD_FEEDBACK => read_payload_feedback(body, frame.count),
            kind::EXTENDED_REPORT => ExtendedReport::read(body).map(Packet::ExtendedReport),
            _ => None,
        }
    }

    fn read_transport_feedback(&mut self, body: &'a [u8], format: u8) -> Option<Packet<'a>> {
        match format {
            format::NACK => Nack::read(body).map(Packet::Nack),
            format::TRANSPORT_WIDE => {
                let feedback = TransportFeedback::read(body)?;
                self.statuses_left = self.statuses_left.checked_sub(u32::from(feedback.status_count))?;
                Some(Packet::TransportFeedback(feedback))
            }
            _ => None,
        }
    }
}

fn read_payload_feedback(body: &[u8], format: u8) -> Option<Packet<'_>> {
    match format {
        format::PLI => Pli::read(body).map(Packet::Pli),
        format::FIR => Fir::read(body).map(Packet::Fir),
        format::APPLICATION => Remb::read(body).map(Packet::Remb),
        _ => None,
    }
}

/// A packet by its header (RFC 3550 section 6.4.1): what every type shares.
#[derive(Debug, Clone, Copy)]
struct Frame<'a> {
    count: u8,
    kind: u8,
    padded: bool,
    payload: &'a [u8],
}

impl<'a> Frame<'a> {
    /// The first packet of the bytes and what follows it.
    fn split(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let first = u8_at(bytes, 0)?;
        if first & 0xc0 != VERSION {
            return None;
        }
        let length = (usize::from(u16_at(bytes, 2)?) + 1) * 4;
        let (packet, rest) = bytes.split_at_checked(length)?;
        let (_, payload) = packet.split_at_checked(HEADER_LENGTH)?;
        let frame = Frame { count: first & 0x1f, kind: u8_at(bytes, 1)?, padded: first & PADDING != 0, payload };
        Some((frame, rest))
    }

    /// The payload without its padding, whose last byte counts it. RFC 3550 wants padding in the last packet only and
    /// in multiples of four; transport feedback is padded by 1 to 3 bytes anywhere.
    fn body(&self) -> Option<&'a [u8]> {
        if !self.padded {
            return Some(self.payload);
        }
        let padding = usize::from(*self.payload.last()?);
        let length = self.payload.len().checked_sub(padding)?;
        if padding == 0 { None } else { self.payload.get(..length) }
    }
}
