//! Transport-wide feedback as it is written (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1).

use super::chunk::{Chunk, MAX_RUN, ONE_BIT_STATUSES, Symbol, TWO_BIT_STATUSES};
use super::writer::{MAX_LENGTH, Writer};
use super::{HEADER_LENGTH, format, kind};

/// Both SSRCs, base, count, reference time and the report's own count.
const FIXED_LENGTH: usize = 16;

/// What precedes the statuses of a report.
#[derive(Debug, Clone, Copy)]
pub struct FeedbackHeader {
    /// Who reports.
    pub sender_ssrc: u32,
    /// Any stream of the transport.
    pub media_ssrc: u32,
    /// The number of the first status.
    pub base_sequence: u16,
    /// Counts the reports.
    pub feedback_count: u8,
}

impl Writer<'_> {
    /// Reports arrivals: each status is the time in ticks of 250 µs, wrapping at 32 bits, or `None` for a packet that
    /// did not come. How many statuses went in; the next report continues there. Fewer than given when the bytes are
    /// full or when 8.19 s lie between two arrivals. Nothing is written (0) unless at least one packet came.
    pub fn transport_feedback(
        &mut self,
        header: FeedbackHeader,
        statuses: impl IntoIterator<Item = Option<u32>>,
    ) -> u16 {
        let mut report = Report::new(self.room().saturating_sub(HEADER_LENGTH + FIXED_LENGTH));
        for status in statuses {
            if !report.push(status) {
                break;
            }
        }
        let Some(reference) = report.reference else { return 0 };
        report.finish();
        self.put_report(header, reference, &report).map_or(0, |()| report.statuses)
    }

    fn put_report(&mut self, header: FeedbackHeader, reference: u32, report: &Report) -> Option<()> {
        let content = FIXED_LENGTH + report.chunks.length + report.deltas.length;
        let length = content.next_multiple_of(4);
        let padding = (length - content) as u8;
        let mut fields = self.begin_padded(kind::TRANSPORT_FEEDBACK, format::TRANSPORT_WIDE, length, padding)?;
        fields.put_u32(header.sender_ssrc);
        fields.put_u32(header.media_ssrc);
        fields.put_u16(header.base_sequence);
        fields.put_u16(report.statuses);
        fields.put_u24(reference);
        fields.put_u8(header.feedback_count);
        fields.put(report.chunks.written());
        fields.put(report.deltas.written());
        Some(())
    }
}

/// A report while it grows.
struct Report {
    /// Bytes for chunks, deltas and padding.
    room: usize,
    statuses: u16,
    /// In steps of 64 ms: the first arrival rounded down, so that its delta is small.
    reference: Option<u32>,
    last_ticks: u32,
    chunks: Bytes,
    deltas: Bytes,
    pending: Pending,
}

impl Report {
    fn new(room: usize) -> Self {
        Report {
            // Whole words only: padding must fit too.
            room: room / 4 * 4,
            statuses: 0,
            reference: None,
            last_ticks: 0,
            chunks: Bytes::default(),
            deltas: Bytes::default(),
            pending: Pending::default(),
        }
    }

    /// Whether the status went in.
    fn push(&mut self, status: Option<u32>) -> bool {
        let Some(ticks) = status else { return self.push_symbol(Symbol::Missing, &[]) };
        // 24 bits of reference and 8 bits of the first delta: the 32 bits of a tick.
        let last = if self.reference.is_some() { self.last_ticks } else { ticks & !0xff };
        let delta = ticks.wrapping_sub(last) as i32;
        let fits = match (u8::try_from(delta), i16::try_from(delta)) {
            (Ok(small), _) => self.push_symbol(Symbol::Small, &[small]),
            (_, Ok(large)) => self.push_symbol(Symbol::Large, &large.to_be_bytes()),
            _ => false,
        };
        if fits {
            self.reference.get_or_insert(ticks >> 8);
            self.last_ticks = ticks;
        }
        fits
    }

    fn push_symbol(&mut self, symbol: Symbol, delta: &[u8]) -> bool {
        // What is pending needs one chunk, two when the symbol does not go with it.
        let chunks = if self.pending.takes(symbol) { 1 } else { 2 };
        let length = self.chunks.length + 2 * chunks + self.deltas.length + delta.len();
        if length > self.room || self.statuses == u16::MAX {
            return false;
        }
        if chunks == 2 {
            self.put_chunk();
        }
        self.pending.push(symbol);
        self.deltas.put(delta);
        self.statuses += 1;
        true
    }

    fn put_chunk(&mut self) {
        let chunk = self.pending.take_chunk();
        self.chunks.put(&chunk.0.to_be_bytes());
    }

    fn finish(&mut self) {
        if let Some(chunk) = self.pending.last_chunk() {
            self.chunks.put(&chunk.0.to_be_bytes());
        }
    }
}

/// Statuses that are not yet in a chunk. They always fit into one: they are all the same, or at most 14 without a large
/// delta, or at most 7.
struct Pending {
    symbols: [Symbol; ONE_BIT_STATUSES],
    length: usize,
    uniform: bool,
    large: bool,
}

impl Default for Pending {
    fn default() -> Self {
        Pending { symbols: [Symbol::Missing; ONE_BIT_STATUSES], length: 0, uniform: true, large: false }
    }
}

impl Pending {
    /// Whether all of it still fits into one chunk with this symbol.
    fn takes(&self, symbol: Symbol) -> bool {
        let uniform = self.uniform && (self.length == 0 || self.symbols.first() == Some(&symbol));
        let large = self.large || symbol == Symbol::Large;
        (uniform && self.length < MAX_RUN)
            || (!large && self.length < ONE_BIT_STATUSES)
            || self.length < TWO_BIT_STATUSES
    }

    fn push(&mut self, symbol: Symbol) {
        self.uniform &= self.length == 0 || self.symbols.first() == Some(&symbol);
        self.large |= symbol == Symbol::Large;
        // Beyond 14 all are the same as the first.
        if let Some(place) = self.symbols.get_mut(self.length) {
            *place = symbol;
        }
        self.length += 1;
    }

    /// A full chunk of the first of them; the others stay.
    fn take_chunk(&mut self) -> Chunk {
        let symbols = self.symbols;
        let listed = symbols.get(..self.length).unwrap_or(&symbols);
        let (chunk, taken) = if self.uniform {
            (Chunk::run(symbols[0], self.length), self.length)
        } else if self.length == ONE_BIT_STATUSES {
            (Chunk::one_bit(listed), ONE_BIT_STATUSES)
        } else {
            (Chunk::two_bits(listed), TWO_BIT_STATUSES)
        };
        *self = Pending::default();
        listed.get(taken..).unwrap_or_default().iter().for_each(|&symbol| self.push(symbol));
        chunk
    }

    /// A chunk of all of them, at the end of the report: places left in a vector count as missing and are beyond the
    /// report's count.
    fn last_chunk(&self) -> Option<Chunk> {
        let listed = self.symbols.get(..self.length).unwrap_or(&self.symbols);
        match (self.length, self.uniform, self.large) {
            (0, ..) => None,
            (length, true, _) => Some(Chunk::run(self.symbols[0], length)),
            (_, _, false) => Some(Chunk::one_bit(listed)),
            (_, _, true) => Some(Chunk::two_bits(listed)),
        }
    }
}

/// Bytes of a report that are collected apart until it is written.
struct Bytes {
    bytes: [u8; MAX_LENGTH],
    length: usize,
}

impl Default for Bytes {
    fn default() -> Self {
        Bytes { bytes: [0; MAX_LENGTH], length: 0 }
    }
}

impl Bytes {
    fn put(&mut self, value: &[u8]) {
        let end = self.length + value.len();
        if let Some(place) = self.bytes.get_mut(self.length..end) {
            place.copy_from_slice(value);
            self.length = end;
        }
    }

    fn written(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}
