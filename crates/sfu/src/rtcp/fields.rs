//! Numbers of the network's byte order, read and written in bounds.

/// The byte at an offset; `None` beyond the end.
pub(super) fn u8_at(bytes: &[u8], at: usize) -> Option<u8> {
    bytes.get(at).copied()
}

/// The two bytes at an offset as a number; `None` beyond the end.
pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    array_at(bytes, at).map(u16::from_be_bytes)
}

/// The three bytes at an offset as a number; `None` beyond the end.
pub(super) fn u24_at(bytes: &[u8], at: usize) -> Option<u32> {
    array_at(bytes, at).map(|[high, middle, low]: [u8; 3]| u32::from_be_bytes([0, high, middle, low]))
}

/// The four bytes at an offset as a number; `None` beyond the end.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    array_at(bytes, at).map(u32::from_be_bytes)
}

/// The eight bytes at an offset as a number; `None` beyond the end.
pub(super) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    array_at(bytes, at).map(u64::from_be_bytes)
}

fn array_at<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

/// Fields written one after another. What does not fit is not written: the writer has checked the length before.
pub(super) struct Fields<'a> {
    rest: &'a mut [u8],
}

impl<'a> Fields<'a> {
    pub(super) fn new(bytes: &'a mut [u8]) -> Self {
        Fields { rest: bytes }
    }

    pub(super) fn put(&mut self, value: &[u8]) {
        let rest = std::mem::take(&mut self.rest);
        if let Some((field, rest)) = rest.split_at_mut_checked(value.len()) {
            field.copy_from_slice(value);
            self.rest = rest;
        }
    }

    pub(super) fn put_u8(&mut self, value: u8) {
        self.put(&[value]);
    }

    pub(super) fn put_u16(&mut self, value: u16) {
        self.put(&value.to_be_bytes());
    }

    /// The lower 24 bits.
    pub(super) fn put_u24(&mut self, value: u32) {
        let [_, high, middle, low] = value.to_be_bytes();
        self.put(&[high, middle, low]);
    }

    pub(super) fn put_u32(&mut self, value: u32) {
        self.put(&value.to_be_bytes());
    }

    pub(super) fn put_u64(&mut self, value: u64) {
        self.put(&value.to_be_bytes());
    }

    /// Zeroes up to the end.
    pub(super) fn fill(self) {
        self.rest.fill(0);
    }
}
