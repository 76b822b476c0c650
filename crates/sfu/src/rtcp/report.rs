//! Sender and receiver reports and BYE (RFC 3550 sections 6.4 and 6.6).

use super::fields::{Fields, u8_at, u24_at, u32_at, u64_at};

/// Bytes of a report block.
pub(super) const BLOCK_LENGTH: usize = 24;
/// Bytes of [`SenderInfo`], its SSRC included.
pub(super) const SENDER_INFO_LENGTH: usize = 24;

/// What a sender tells about its stream (RFC 3550 section 6.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SenderInfo {
    /// The stream.
    pub ssrc: u32,
    /// Wall clock, seconds since 1900 in 32.32 fixed point.
    pub ntp: u64,
    /// The stream's RTP timestamp of the same moment.
    pub rtp_time: u32,
    /// Packets sent since the stream began, wrapping.
    pub packets: u32,
    /// Payload bytes sent since the stream began, without headers and padding, wrapping.
    pub octets: u32,
}

impl SenderInfo {
    fn read(body: &[u8]) -> Option<Self> {
        Some(SenderInfo {
            ssrc: u32_at(body, 0)?,
            ntp: u64_at(body, 4)?,
            rtp_time: u32_at(body, 12)?,
            packets: u32_at(body, 16)?,
            octets: u32_at(body, 20)?,
        })
    }

    pub(super) fn put(&self, fields: &mut Fields<'_>) {
        fields.put_u32(self.ssrc);
        fields.put_u64(self.ntp);
        fields.put_u32(self.rtp_time);
        fields.put_u32(self.packets);
        fields.put_u32(self.octets);
    }
}

/// How one stream arrived at a receiver (RFC 3550 section 6.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReportBlock {
    /// The stream reported about.
    pub ssrc: u32,
    /// Lost since the last report, in 1/256.
    pub fraction_lost: u8,
    /// Lost since the beginning; negative when duplicates outnumber losses. 24 bits on the wire.
    pub cumulative_lost: i32,
    /// The highest sequence number with its cycles above 16 bits.
    pub highest_sequence: u32,
    /// Interarrival jitter in ticks of the RTP clock.
    pub jitter: u32,
    /// The middle 32 bits of the last sender report's NTP time; 0: none came.
    pub last_sender_report: u32,
    /// Time between that report's arrival and this block, in 1/65,536 s.
    pub delay: u32,
}

impl ReportBlock {
    fn read(bytes: &[u8]) -> Option<Self> {
        Some(ReportBlock {
            ssrc: u32_at(bytes, 0)?,
            fraction_lost: u8_at(bytes, 4)?,
            // Shifted up and down again: the sign of 24 bits.
            cumulative_lost: ((u24_at(bytes, 5)? << 8) as i32) >> 8,
            highest_sequence: u32_at(bytes, 8)?,
            jitter: u32_at(bytes, 12)?,
            last_sender_report: u32_at(bytes, 16)?,
            delay: u32_at(bytes, 20)?,
        })
    }

    pub(super) fn put(&self, fields: &mut Fields<'_>) {
        fields.put_u32(self.ssrc);
        fields.put_u8(self.fraction_lost);
        fields.put_u24(self.cumulative_lost.clamp(-0x80_0000, 0x7f_ffff) as u32);
        fields.put_u32(self.highest_sequence);
        fields.put_u32(self.jitter);
        fields.put_u32(self.last_sender_report);
        fields.put_u32(self.delay);
    }
}

/// A sender report.
#[derive(Debug, Clone, Copy)]
pub struct SenderReport<'a> {
    /// What was sent.
    pub info: SenderInfo,
    blocks: &'a [u8],
}

impl<'a> SenderReport<'a> {
    pub(super) fn read(body: &'a [u8], count: u8) -> Option<Self> {
        Some(SenderReport { info: SenderInfo::read(body)?, blocks: blocks(body, SENDER_INFO_LENGTH, count)? })
    }

    /// What was received, at most 31 streams.
    pub fn blocks(&self) -> ReportBlocks<'a> {
        ReportBlocks { rest: self.blocks }
    }
}

/// A receiver report.
#[derive(Debug, Clone, Copy)]
pub struct ReceiverReport<'a> {
    /// Who reports.
    pub sender_ssrc: u32,
    blocks: &'a [u8],
}

impl<'a> ReceiverReport<'a> {
    pub(super) fn read(body: &'a [u8], count: u8) -> Option<Self> {
        Some(ReceiverReport { sender_ssrc: u32_at(body, 0)?, blocks: blocks(body, 4, count)? })
    }

    /// What was received, at most 31 streams.
    pub fn blocks(&self) -> ReportBlocks<'a> {
        ReportBlocks { rest: self.blocks }
    }
}

fn blocks(body: &[u8], at: usize, count: u8) -> Option<&[u8]> {
    body.get(at..)?.get(..usize::from(count) * BLOCK_LENGTH)
}

/// The blocks of a report.
#[derive(Debug, Clone)]
pub struct ReportBlocks<'a> {
    rest: &'a [u8],
}

impl Iterator for ReportBlocks<'_> {
    type Item = ReportBlock;

    fn next(&mut self) -> Option<ReportBlock> {
        let (block, rest) = self.rest.split_at_checked(BLOCK_LENGTH)?;
        self.rest = rest;
        ReportBlock::read(block)
    }
}

/// Streams that end; a reason behind them is not read.
#[derive(Debug, Clone, Copy)]
pub struct Bye<'a> {
    ssrcs: &'a [u8],
}

impl<'a> Bye<'a> {
    pub(super) fn read(body: &'a [u8], count: u8) -> Option<Self> {
        Some(Bye { ssrcs: body.get(..usize::from(count) * 4)? })
    }

    /// The streams, at most 31.
    pub fn ssrcs(&self) -> Ssrcs<'a> {
        Ssrcs::new(self.ssrcs)
    }
}

/// A list of SSRCs.
#[derive(Debug, Clone)]
pub struct Ssrcs<'a> {
    rest: &'a [u8],
}

impl<'a> Ssrcs<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Ssrcs { rest: bytes }
    }
}

impl Iterator for Ssrcs<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let (ssrc, rest) = self.rest.split_at_checked(4)?;
        self.rest = rest;
        u32_at(ssrc, 0)
    }
}
