//! Transport-wide feedback as it is read (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1).

use super::chunk::{Chunk, Symbol};
use super::fields::{u8_at, u16_at, u24_at, u32_at};

/// The resolution of arrival times.
pub const TICK_US: u64 = 250;
/// Ticks of one step of the reference time: 64 ms.
const REFERENCE_TICKS: i64 = 256;
/// Ticks after which the 24 bits of the reference time begin again: 12.4 days.
const REFERENCE_CYCLE: i64 = REFERENCE_TICKS << 24;
/// Where the chunks begin.
const CHUNKS_AT: usize = 16;

/// When each packet of a range came to the other side, by the sequence numbers of the transport.
#[derive(Debug, Clone, Copy)]
pub struct TransportFeedback<'a> {
    /// Who reports.
    pub sender_ssrc: u32,
    /// Any of the streams; meaningless, as the report is about all of them.
    pub media_ssrc: u32,
    /// The first number reported.
    pub base_sequence: u16,
    /// How many numbers are reported, at least one.
    pub status_count: u16,
    /// The reporter's clock in steps of 64 ms, 24 bits, of an unknown beginning.
    pub reference_time: u32,
    /// Counts the reports, to notice a lost one.
    pub feedback_count: u8,
    chunks: &'a [u8],
    deltas: &'a [u8],
}

impl<'a> TransportFeedback<'a> {
    /// `None` when chunks or deltas are fewer than the count promises.
    pub(super) fn read(body: &'a [u8]) -> Option<Self> {
        let status_count = u16_at(body, 10).filter(|&count| count > 0)?;
        let control = body.get(CHUNKS_AT..)?;
        let (chunks_length, deltas_length) = lengths(control, u32::from(status_count))?;
        let (chunks, rest) = control.split_at_checked(chunks_length)?;
        Some(TransportFeedback {
            sender_ssrc: u32_at(body, 0)?,
            media_ssrc: u32_at(body, 4)?,
            base_sequence: u16_at(body, 8)?,
            status_count,
            reference_time: u24_at(body, 12)?,
            feedback_count: u8_at(body, 15)?,
            chunks,
            deltas: rest.get(..deltas_length)?,
        })
    }

    /// The reference time in ticks of 250 µs without its wrap: of all the times it may mean the one nearest to the
    /// last report's, which the caller kept; `None` for the first report.
    pub fn reference_ticks(&self, last: Option<i64>) -> i64 {
        let ticks = i64::from(self.reference_time) * REFERENCE_TICKS;
        let Some(last) = last else { return ticks };
        let ahead = (ticks - last).rem_euclid(REFERENCE_CYCLE);
        if ahead < REFERENCE_CYCLE / 2 { last + ahead } else { last + ahead - REFERENCE_CYCLE }
    }

    /// Every number with its arrival in ticks of 250 µs, `None` for a packet that did not come. The times count from
    /// where `reference_ticks`, of [`TransportFeedback::reference_ticks`], counts.
    pub fn arrivals(&self, reference_ticks: i64) -> Arrivals<'a> {
        Arrivals {
            chunks: self.chunks,
            deltas: self.deltas,
            chunk: Chunk::run(Symbol::Missing, 0),
            index: 0,
            sequence: self.base_sequence,
            left: self.status_count,
            ticks: reference_ticks,
        }
    }
}

/// Bytes of the chunks and of the deltas for so many statuses.
fn lengths(control: &[u8], statuses: u32) -> Option<(usize, usize)> {
    let (mut left, mut chunks, mut deltas) = (statuses, 0, 0);
    for bytes in control.chunks_exact(2) {
        let chunk = Chunk(u16_at(bytes, 0)?);
        let used = chunk.length().min(left);
        left -= used;
        chunks += bytes.len();
        deltas += chunk.deltas_length(used);
        if left == 0 {
            return Some((chunks, deltas));
        }
    }
    None
}

/// See [`TransportFeedback::arrivals`].
#[derive(Debug, Clone)]
pub struct Arrivals<'a> {
    chunks: &'a [u8],
    deltas: &'a [u8],
    chunk: Chunk,
    index: u32,
    sequence: u16,
    left: u16,
    ticks: i64,
}

impl Iterator for Arrivals<'_> {
    type Item = (u16, Option<i64>);

    fn next(&mut self) -> Option<(u16, Option<i64>)> {
        self.left = self.left.checked_sub(1)?;
        let arrival = self.arrival()?;
        let sequence = self.sequence;
        self.sequence = sequence.wrapping_add(1);
        Some((sequence, arrival))
    }
}

impl Arrivals<'_> {
    fn arrival(&mut self) -> Option<Option<i64>> {
        while self.index >= self.chunk.length() {
            let (bytes, rest) = self.chunks.split_at_checked(2)?;
            self.chunk = Chunk(u16_at(bytes, 0)?);
            self.chunks = rest;
            self.index = 0;
        }
        let symbol = self.chunk.symbol(self.index);
        self.index += 1;
        let (delta, rest) = self.deltas.split_at_checked(symbol.delta_length())?;
        self.deltas = rest;
        self.ticks += match symbol {
            Symbol::Missing => return Some(None),
            Symbol::Small => i64::from(u8_at(delta, 0)?),
            Symbol::Large => i64::from(u16_at(delta, 0)? as i16),
        };
        Some(Some(self.ticks))
    }
}
