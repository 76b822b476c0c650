//! RTCP written into the caller's bytes, packet behind packet, never beyond what one datagram carries.

use super::feedback::{FIR_ENTRY_LENGTH, FirEntry, REMB_NAME};
use super::fields::Fields;
use super::report::{BLOCK_LENGTH, ReportBlock, SENDER_INFO_LENGTH, SenderInfo};
use super::{HEADER_LENGTH, PADDING, VERSION, format, kind};

/// The most that is written, however large the caller's bytes: what passes every path unfragmented.
pub const MAX_LENGTH: usize = 1_200;
/// Entries that the five bits of the header count (RFC 3550 section 6.4.1).
const MAX_COUNT: usize = 31;
/// The two SSRCs of a feedback message.
const SSRCS_LENGTH: usize = 8;
/// The name, count and bitrate of a REMB.
const REMB_LENGTH: usize = 8;
/// The type of the one SDES item that is mandatory (RFC 3550 section 6.5.1).
const CNAME: u8 = 1;

/// Writes a compound packet. Every method says how much of what it was given went in; the rest belongs in a next
/// packet. What does not fit leaves the bytes as they were.
#[derive(Debug)]
pub struct Writer<'a> {
    bytes: &'a mut [u8],
    length: usize,
}

impl<'a> Writer<'a> {
    /// An empty packet in these bytes; at most [`MAX_LENGTH`] of them are used.
    pub fn new(bytes: &'a mut [u8]) -> Self {
        let usable = bytes.len().min(MAX_LENGTH);
        Writer { bytes: bytes.get_mut(..usable).unwrap_or_default(), length: 0 }
    }

    /// Bytes written.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Bytes left.
    pub fn room(&self) -> usize {
        self.bytes.len() - self.length
    }

    /// The packet so far.
    pub fn written(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// A sender report with the first of the blocks: how many of them went in, at most 31; `None`: nothing did.
    pub fn sender_report(&mut self, info: &SenderInfo, blocks: &[ReportBlock]) -> Option<usize> {
        let count = self.fitting(SENDER_INFO_LENGTH, BLOCK_LENGTH, blocks.len().min(MAX_COUNT))?;
        let mut fields = self.begin(kind::SENDER_REPORT, count as u8, SENDER_INFO_LENGTH + count * BLOCK_LENGTH)?;
        info.put(&mut fields);
        blocks.iter().take(count).for_each(|block| block.put(&mut fields));
        Some(count)
    }

    /// A receiver report with the first of the blocks: how many of them went in, at most 31; `None`: nothing did.
    pub fn receiver_report(&mut self, sender_ssrc: u32, blocks: &[ReportBlock]) -> Option<usize> {
        let count = self.fitting(4, BLOCK_LENGTH, blocks.len().min(MAX_COUNT))?;
        let mut fields = self.begin(kind::RECEIVER_REPORT, count as u8, 4 + count * BLOCK_LENGTH)?;
        fields.put_u32(sender_ssrc);
        blocks.iter().take(count).for_each(|block| block.put(&mut fields));
        Some(count)
    }

    /// The canonical name of a source (RFC 3550 section 6.5.1), at most 255 bytes of it: whether it went in.
    pub fn canonical_name(&mut self, ssrc: u32, name: &str) -> bool {
        let name = name.get(..name.floor_char_boundary(255)).unwrap_or_default();
        // SSRC, item header, text and at least one zero that ends the list, up to a word.
        let length = (4 + 2 + name.len() + 1).next_multiple_of(4);
        let Some(mut fields) = self.begin(kind::SOURCE_DESCRIPTION, 1, length) else { return false };
        fields.put_u32(ssrc);
        fields.put_u8(CNAME);
        fields.put_u8(name.len() as u8);
        fields.put(name.as_bytes());
        fields.fill();
        true
    }

    /// The end of streams: how many of them went in, at most 31.
    pub fn bye(&mut self, ssrcs: &[u32]) -> usize {
        let count = self.fitting(0, 4, ssrcs.len().min(MAX_COUNT)).unwrap_or(0);
        if count == 0 {
            return 0;
        }
        let Some(mut fields) = self.begin(kind::BYE, count as u8, count * 4) else { return 0 };
        ssrcs.iter().take(count).for_each(|&ssrc| fields.put_u32(ssrc));
        count
    }

    /// Asks for packets again (RFC 4585 section 6.2.1). The numbers ascend, over the wrap too: how many of them went
    /// in.
    pub fn nack(&mut self, sender_ssrc: u32, media_ssrc: u32, lost: &[u16]) -> usize {
        let pairs = Pairs { rest: lost };
        let count = self.fitting(SSRCS_LENGTH, 4, pairs.clone().count()).unwrap_or(0);
        if count == 0 {
            return 0;
        }
        let length = SSRCS_LENGTH + count * 4;
        let Some(mut fields) = self.begin(kind::TRANSPORT_FEEDBACK, format::NACK, length) else { return 0 };
        fields.put_u32(sender_ssrc);
        fields.put_u32(media_ssrc);
        let mut written = 0;
        for pair in pairs.take(count) {
            fields.put_u16(pair.first);
            fields.put_u16(pair.mask);
            written += pair.numbers;
        }
        written
    }

    /// A picture is lost (RFC 4585 section 6.3.1): whether it went in.
    pub fn pli(&mut self, sender_ssrc: u32, media_ssrc: u32) -> bool {
        let Some(mut fields) = self.begin(kind::PAYLOAD_FEEDBACK, format::PLI, SSRCS_LENGTH) else { return false };
        fields.put_u32(sender_ssrc);
        fields.put_u32(media_ssrc);
        true
    }

    /// Demands keyframes (RFC 5104 section 4.3.1): how many of the entries went in.
    pub fn fir(&mut self, sender_ssrc: u32, entries: &[FirEntry]) -> usize {
        let count = self.fitting(SSRCS_LENGTH, FIR_ENTRY_LENGTH, entries.len()).unwrap_or(0);
        if count == 0 {
            return 0;
        }
        let length = SSRCS_LENGTH + count * FIR_ENTRY_LENGTH;
        let Some(mut fields) = self.begin(kind::PAYLOAD_FEEDBACK, format::FIR, length) else { return 0 };
        fields.put_u32(sender_ssrc);
        // The media SSRC is unused: the entries name the streams.
        fields.put_u32(0);
        for entry in entries.iter().take(count) {
            fields.put_u32(entry.ssrc);
            fields.put_u8(entry.sequence);
            fields.put_u24(0);
        }
        count
    }

    /// The bandwidth in bits per second for at most 255 streams (draft-alvestrand-rmcat-remb-03), rounded down to its
    /// 18 significant bits: whether it went in.
    pub fn remb(&mut self, sender_ssrc: u32, bitrate_bps: u64, ssrcs: &[u32]) -> bool {
        let Ok(count) = u8::try_from(ssrcs.len()) else { return false };
        let length = SSRCS_LENGTH + REMB_LENGTH + ssrcs.len() * 4;
        let Some(mut fields) = self.begin(kind::PAYLOAD_FEEDBACK, format::APPLICATION, length) else { return false };
        let exponent = (u64::BITS - bitrate_bps.leading_zeros()).saturating_sub(18);
        fields.put_u32(sender_ssrc);
        fields.put_u32(0);
        fields.put(&REMB_NAME);
        fields.put_u8(count);
        fields.put_u24(exponent << 18 | (bitrate_bps >> exponent) as u32);
        ssrcs.iter().for_each(|&ssrc| fields.put_u32(ssrc));
        true
    }

    /// How many entries of a length fit behind the fixed part of a packet; `None` when not even that does.
    fn fitting(&self, fixed: usize, entry: usize, wanted: usize) -> Option<usize> {
        let room = self.room().checked_sub(HEADER_LENGTH + fixed)?;
        Some(wanted.min(room / entry))
    }

    /// The body of a new packet behind its header; its length is a multiple of four. `None`: it does not fit.
    pub(super) fn begin(&mut self, kind: u8, count: u8, length: usize) -> Option<Fields<'_>> {
        self.begin_padded(kind, count, length, 0)
    }

    /// The same, with the last bytes as padding (RFC 3550 section 6.4.1).
    pub(super) fn begin_padded(&mut self, kind: u8, count: u8, length: usize, padding: u8) -> Option<Fields<'_>> {
        let end = self.length.checked_add(HEADER_LENGTH + length)?;
        let packet = self.bytes.get_mut(self.length..end)?;
        self.length = end;
        if padding > 0 {
            let start = packet.len().saturating_sub(usize::from(padding));
            packet.get_mut(start..)?.fill(0);
            *packet.last_mut()? = padding;
        }
        let mut fields = Fields::new(packet);
        fields.put_u8(VERSION | if padding > 0 { PADDING } else { 0 } | count);
        fields.put_u8(kind);
        fields.put_u16((length / 4) as u16);
        Some(fields)
    }
}

/// Ascending numbers as pairs of a number and a mask of the 16 behind it.
#[derive(Debug, Clone)]
struct Pairs<'a> {
    rest: &'a [u16],
}

struct Pair {
    first: u16,
    mask: u16,
    /// How many of the numbers it covers.
    numbers: usize,
}

impl Iterator for Pairs<'_> {
    type Item = Pair;

    fn next(&mut self) -> Option<Pair> {
        let (&first, rest) = self.rest.split_first()?;
        let mut pair = Pair { first, mask: 0, numbers: 1 };
        for number in rest {
            match number.wrapping_sub(first) {
                0 => {}
                distance @ 1..=16 => pair.mask |= 1 << (distance - 1),
                _ => break,
            }
            pair.numbers += 1;
        }
        self.rest = self.rest.get(pair.numbers..)?;
        Some(pair)
    }
}
