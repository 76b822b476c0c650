//! Extended reports (RFC 3611): reference times of receivers and the delays since, for round trips measured by those
//! who send nothing.

use super::fields::{u8_at, u16_at, u32_at, u64_at};

/// Block types (RFC 3611 sections 4.4 and 4.5).
const REFERENCE_TIME: u8 = 4;
const DELAYS: u8 = 5;
/// Bytes of an entry of the delays.
const DELAY_LENGTH: usize = 12;

/// An extended report.
#[derive(Debug, Clone, Copy)]
pub struct ExtendedReport<'a> {
    /// Who reports.
    pub sender_ssrc: u32,
    blocks: &'a [u8],
}

impl<'a> ExtendedReport<'a> {
    pub(super) fn read(body: &'a [u8]) -> Option<Self> {
        Some(ExtendedReport { sender_ssrc: u32_at(body, 0)?, blocks: body.get(4..)? })
    }

    /// The blocks that are understood.
    pub fn blocks(&self) -> ExtendedBlocks<'a> {
        ExtendedBlocks { rest: self.blocks }
    }
}

/// A block of an extended report.
#[derive(Debug, Clone)]
pub enum ExtendedBlock<'a> {
    /// The reporter's clock, seconds since 1900 in 32.32 fixed point.
    ReferenceTime(u64),
    /// Echoes of reference times.
    Delays(DelaysSinceReference<'a>),
}

/// The blocks of an extended report; unknown ones are skipped, a length beyond the report ends them.
#[derive(Debug, Clone)]
pub struct ExtendedBlocks<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for ExtendedBlocks<'a> {
    type Item = ExtendedBlock<'a>;

    fn next(&mut self) -> Option<ExtendedBlock<'a>> {
        loop {
            let (header, rest) = self.rest.split_at_checked(4)?;
            let (content, rest) = rest.split_at_checked(usize::from(u16_at(header, 2)?) * 4)?;
            self.rest = rest;
            match u8_at(header, 0)? {
                REFERENCE_TIME => {
                    if let Some(ntp) = u64_at(content, 0) {
                        return Some(ExtendedBlock::ReferenceTime(ntp));
                    }
                }
                DELAYS => return Some(ExtendedBlock::Delays(DelaysSinceReference { rest: content })),
                _ => {}
            }
        }
    }
}

/// The echo of a receiver's reference time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DelaySinceReference {
    /// The receiver whose time is echoed.
    pub ssrc: u32,
    /// The middle 32 bits of its time; 0: none came.
    pub last_reference: u32,
    /// Time since it came, in 1/65,536 s.
    pub delay: u32,
}

/// The entries of a block of delays.
#[derive(Debug, Clone)]
pub struct DelaysSinceReference<'a> {
    rest: &'a [u8],
}

impl Iterator for DelaysSinceReference<'_> {
    type Item = DelaySinceReference;

    fn next(&mut self) -> Option<DelaySinceReference> {
        let (entry, rest) = self.rest.split_at_checked(DELAY_LENGTH)?;
        self.rest = rest;
        Some(DelaySinceReference {
            ssrc: u32_at(entry, 0)?,
            last_reference: u32_at(entry, 4)?,
            delay: u32_at(entry, 8)?,
        })
    }
}
