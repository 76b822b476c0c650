//! The bytes of an input taken apart into the choices that a run makes. Where they end everything is 0 or empty.

/// What is left of an input.
#[derive(Debug, Clone)]
pub struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    /// All of it.
    pub fn new(bytes: &'a [u8]) -> Self {
        Input { rest: bytes }
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// What is left.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        self.array::<1>()[0]
    }

    /// The next two bytes as a number.
    pub fn short(&mut self) -> u16 {
        u16::from_be_bytes(self.array())
    }

    /// The next four bytes as a number.
    pub fn word(&mut self) -> u32 {
        u32::from_be_bytes(self.array())
    }

    /// A byte string whose length, at most 255, stands before it.
    pub fn chunk(&mut self) -> &'a [u8] {
        let length = usize::from(self.byte()).min(self.rest.len());
        let (chunk, rest) = self.rest.split_at(length);
        self.rest = rest;
        chunk
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut array = [0; N];
        let (taken, rest) = self.rest.split_at(N.min(self.rest.len()));
        array[..taken.len()].copy_from_slice(taken);
        self.rest = rest;
        array
    }
}

/// Writes an input that is read as [`Input`] does: for the seeds.
#[derive(Debug, Clone, Default)]
pub struct Recipe(Vec<u8>);

impl Recipe {
    /// Append bytes as they are.
    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }

    /// Append a byte string of at most 255 bytes with its length.
    pub fn chunk(mut self, bytes: &[u8]) -> Self {
        let bytes = &bytes[..bytes.len().min(255)];
        self.0.push(bytes.len() as u8);
        self.raw(bytes)
    }

    /// The input.
    pub fn finish(self) -> Vec<u8> {
        self.0
    }
}
