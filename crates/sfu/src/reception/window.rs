//! Which of the newest packets came: tells a late packet from a duplicate.

/// How many numbers back a packet is recognised; older ones are strays.
pub const WINDOW: u64 = 1_024;

const WORD_BITS: u64 = u64::BITS as u64;

/// A bit for each of the newest [`WINDOW`] numbers.
#[derive(Debug, Clone)]
pub(super) struct Window {
    words: [u64; (WINDOW / WORD_BITS) as usize],
}

impl Window {
    pub(super) fn new() -> Self {
        Window { words: [0; (WINDOW / WORD_BITS) as usize] }
    }

    /// The newest number was `from` and is now `to`: those between have not come.
    pub(super) fn advance(&mut self, from: u64, to: u64) {
        if to - from >= WINDOW {
            *self = Window::new();
            return;
        }
        for number in from + 1..=to {
            let (word, bit) = self.place(number);
            *word &= !bit;
        }
    }

    /// Notes that a number of the window came: whether it was the first time.
    pub(super) fn insert(&mut self, number: u64) -> bool {
        let (word, bit) = self.place(number);
        let first = *word & bit == 0;
        *word |= bit;
        first
    }

    fn place(&mut self, number: u64) -> (&mut u64, u64) {
        let at = number % WINDOW;
        // In bounds: the remainder divided by a word's bits is less than the number of words.
        (&mut self.words[(at / WORD_BITS) as usize], 1 << (at % WORD_BITS))
    }
}
