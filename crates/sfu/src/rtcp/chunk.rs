//! The packet status chunks of transport feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1).

/// What became of a packet, in two bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Symbol {
    /// Did not come (0). The reserved symbol 3 carries no delta and is read as this, too.
    Missing = 0,
    /// Came 0 to 63.75 ms after the one before: a delta of one byte (1).
    Small = 1,
    /// Came earlier or later than that: a signed delta of two bytes (2).
    Large = 2,
}

impl Symbol {
    fn from_bits(bits: u16) -> Self {
        match bits & 3 {
            1 => Symbol::Small,
            2 => Symbol::Large,
            _ => Symbol::Missing,
        }
    }

    /// Bytes of its delta.
    pub(super) fn delta_length(self) -> usize {
        self as usize
    }
}

/// Statuses in a vector of one bit each.
pub(super) const ONE_BIT_STATUSES: usize = 14;
/// Statuses in a vector of two bits each.
pub(super) const TWO_BIT_STATUSES: usize = 7;
/// The longest run: 13 bits.
pub(super) const MAX_RUN: usize = 0x1fff;

const VECTOR: u16 = 0x8000;
const TWO_BITS: u16 = 0x4000;

/// A chunk of 16 bits: a run of one symbol, or a vector of 14 or 7.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chunk(pub(super) u16);

impl Chunk {
    pub(super) fn run(symbol: Symbol, length: usize) -> Self {
        Chunk((symbol as u16) << 13 | length.min(MAX_RUN) as u16)
    }

    /// Of at most 14 statuses, each missing or small; what is not given is missing.
    pub(super) fn one_bit(symbols: &[Symbol]) -> Self {
        let bits = symbols.iter().take(ONE_BIT_STATUSES).enumerate();
        Chunk(bits.fold(VECTOR, |chunk, (index, &symbol)| chunk | (symbol as u16 & 1) << (13 - index)))
    }

    /// Of at most 7 statuses; what is not given is missing.
    pub(super) fn two_bits(symbols: &[Symbol]) -> Self {
        let bits = symbols.iter().take(TWO_BIT_STATUSES).enumerate();
        Chunk(bits.fold(VECTOR | TWO_BITS, |chunk, (index, &symbol)| chunk | (symbol as u16) << (12 - 2 * index)))
    }

    /// How many statuses it has.
    pub(super) fn length(self) -> u32 {
        match (self.0 & VECTOR, self.0 & TWO_BITS) {
            (0, _) => u32::from(self.0 & MAX_RUN as u16),
            (_, 0) => ONE_BIT_STATUSES as u32,
            _ => TWO_BIT_STATUSES as u32,
        }
    }

    /// The status at an index below [`Chunk::length`].
    pub(super) fn symbol(self, index: u32) -> Symbol {
        match (self.0 & VECTOR, self.0 & TWO_BITS) {
            (0, _) => Symbol::from_bits(self.0 >> 13),
            (_, 0) => Symbol::from_bits((self.0 >> 13u32.saturating_sub(index)) & 1),
            _ => Symbol::from_bits(self.0 >> 12u32.saturating_sub(2 * index)),
        }
    }

    /// Bytes of the deltas of its first statuses.
    pub(super) fn deltas_length(self, statuses: u32) -> usize {
        if self.0 & VECTOR == 0 {
            return self.symbol(0).delta_length() * statuses as usize;
        }
        (0..statuses.min(self.length())).map(|index| self.symbol(index).delta_length()).sum()
    }
}
