//! NACK and PLI (RFC 4585), FIR (RFC 5104) and REMB (draft-alvestrand-rmcat-remb-03).

use super::fields::{u8_at, u16_at, u24_at, u32_at};
use super::report::Ssrcs;

/// Where the feedback control information begins: behind the two SSRCs (RFC 4585 section 6.1).
const CONTROL_AT: usize = 8;
/// Bytes of a FIR entry (RFC 5104 section 4.3.1.1).
pub(super) const FIR_ENTRY_LENGTH: usize = 8;
/// What tells REMB from other messages of applications.
pub(super) const REMB_NAME: [u8; 4] = *b"REMB";

/// Packets that a receiver misses.
#[derive(Debug, Clone, Copy)]
pub struct Nack<'a> {
    /// Who asks.
    pub sender_ssrc: u32,
    /// The stream that has holes.
    pub media_ssrc: u32,
    pairs: &'a [u8],
}

impl<'a> Nack<'a> {
    pub(super) fn read(body: &'a [u8]) -> Option<Self> {
        Some(Nack { sender_ssrc: u32_at(body, 0)?, media_ssrc: u32_at(body, 4)?, pairs: body.get(CONTROL_AT..)? })
    }

    /// The missing sequence numbers in the order of the message; at most 17 for four bytes.
    pub fn lost(&self) -> LostNumbers<'a> {
        LostNumbers { rest: self.pairs, first: 0, mask: 0 }
    }
}

/// The sequence numbers of a NACK.
#[derive(Debug, Clone)]
pub struct LostNumbers<'a> {
    rest: &'a [u8],
    first: u16,
    /// Which of the 16 numbers behind `first` are still to come, the nearest in bit 0.
    mask: u16,
}

impl Iterator for LostNumbers<'_> {
    type Item = u16;

    fn next(&mut self) -> Option<u16> {
        if self.mask != 0 {
            let bit = self.mask.trailing_zeros() as u16;
            self.mask &= self.mask - 1;
            return Some(self.first.wrapping_add(bit + 1));
        }
        let (pair, rest) = self.rest.split_at_checked(4)?;
        self.rest = rest;
        self.first = u16_at(pair, 0)?;
        self.mask = u16_at(pair, 2)?;
        Some(self.first)
    }
}

/// A decoder lost a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pli {
    /// Who asks.
    pub sender_ssrc: u32,
    /// The stream that needs a keyframe.
    pub media_ssrc: u32,
}

impl Pli {
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        Some(Pli { sender_ssrc: u32_at(body, 0)?, media_ssrc: u32_at(body, 4)? })
    }
}

/// A decoder demands keyframes.
#[derive(Debug, Clone, Copy)]
pub struct Fir<'a> {
    /// Who asks.
    pub sender_ssrc: u32,
    entries: &'a [u8],
}

impl<'a> Fir<'a> {
    pub(super) fn read(body: &'a [u8]) -> Option<Self> {
        Some(Fir { sender_ssrc: u32_at(body, 0)?, entries: body.get(CONTROL_AT..)? })
    }

    /// The streams asked.
    pub fn entries(&self) -> FirEntries<'a> {
        FirEntries { rest: self.entries }
    }
}

/// A stream of which a keyframe is demanded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirEntry {
    /// The stream.
    pub ssrc: u32,
    /// Counts the demands: the same number again is the same demand.
    pub sequence: u8,
}

/// The entries of a FIR.
#[derive(Debug, Clone)]
pub struct FirEntries<'a> {
    rest: &'a [u8],
}

impl Iterator for FirEntries<'_> {
    type Item = FirEntry;

    fn next(&mut self) -> Option<FirEntry> {
        let (entry, rest) = self.rest.split_at_checked(FIR_ENTRY_LENGTH)?;
        self.rest = rest;
        Some(FirEntry { ssrc: u32_at(entry, 0)?, sequence: u8_at(entry, 4)? })
    }
}

/// What a receiver believes the path carries.
#[derive(Debug, Clone, Copy)]
pub struct Remb<'a> {
    /// Who estimates.
    pub sender_ssrc: u32,
    /// Bits per second over all the streams; saturates.
    pub bitrate_bps: u64,
    ssrcs: &'a [u8],
}

impl<'a> Remb<'a> {
    pub(super) fn read(body: &'a [u8]) -> Option<Self> {
        let control = body.get(CONTROL_AT..)?;
        if control.get(..4)? != REMB_NAME {
            return None;
        }
        let count = usize::from(u8_at(control, 4)?);
        let exponent = u32::from(u8_at(control, 5)? >> 2);
        let mantissa = u24_at(control, 5)? & 0x3_ffff;
        let bitrate = u128::from(mantissa) << exponent;
        Some(Remb {
            sender_ssrc: u32_at(body, 0)?,
            bitrate_bps: u64::try_from(bitrate).unwrap_or(u64::MAX),
            ssrcs: control.get(8..)?.get(..count * 4)?,
        })
    }

    /// The streams the estimate speaks about.
    pub fn ssrcs(&self) -> Ssrcs<'a> {
        Ssrcs::new(self.ssrcs)
    }
}
