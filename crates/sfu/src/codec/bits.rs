//! Bits of a byte string, the highest first: reading and writing that end where the bytes end.

/// Reads bits from the highest of the first byte on. Every read fails, and moves nothing, beyond the last bit.
#[derive(Debug, Clone, Copy)]
pub struct BitReader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> BitReader<'a> {
    /// A reader at the first bit.
    pub fn new(bytes: &'a [u8]) -> Self {
        BitReader { bytes, at: 0 }
    }

    /// How many bits were read.
    pub fn position(&self) -> usize {
        self.at
    }

    /// The next bit.
    pub fn flag(&mut self) -> Option<bool> {
        self.bits(1).map(|bit| bit == 1)
    }

    /// The next `count` bits as a number; `None` for more than 32 or more than are left.
    pub fn bits(&mut self, count: u32) -> Option<u32> {
        let end = self.at.checked_add(count as usize)?;
        if count > 32 || end > self.bytes.len() * 8 {
            return None;
        }
        let mut value = 0u64;
        while self.at < end {
            let offset = self.at % 8;
            let taken = (8 - offset).min(end - self.at);
            let byte = *self.bytes.get(self.at / 8)?;
            let chunk = (byte << offset) >> (8 - taken);
            value = (value << taken) | u64::from(chunk);
            self.at += taken;
        }
        u32::try_from(value).ok()
    }

    /// The next `count` bits as a byte; `None` for more than eight.
    pub fn small(&mut self, count: u32) -> Option<u8> {
        if count > 8 { None } else { self.bits(count)?.try_into().ok() }
    }

    /// Pass over bits.
    pub fn skip(&mut self, count: u32) -> Option<()> {
        let end = self.at.checked_add(count as usize)?;
        (end <= self.bytes.len() * 8).then(|| self.at = end)
    }

    /// A number below `values`, in the non-symmetric code `ns(n)` of AV1 (AV1 RTP payload format, A.8.2).
    pub fn non_symmetric(&mut self, values: u32) -> Option<u32> {
        let width = 32 - values.leading_zeros();
        let short = (1u32.checked_shl(width)?).checked_sub(values)?;
        let value = self.bits(width.checked_sub(1)?)?;
        if value < short {
            return Some(value);
        }
        let extra = self.bits(1)?;
        ((value << 1) + extra).checked_sub(short)
    }

    /// An unsigned Exp-Golomb number, `ue(v)` of H.264 section 9.1; at most 2^32 - 2.
    pub fn exp_golomb(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        let suffix = u64::from(self.bits(zeros)?);
        u32::try_from((1u64 << zeros) - 1 + suffix).ok()
    }

    /// A signed Exp-Golomb number, `se(v)` of H.264 section 9.1.1.
    pub fn signed_exp_golomb(&mut self) -> Option<i32> {
        let code = i64::from(self.exp_golomb()?);
        let magnitude = (code + 1) / 2;
        i32::try_from(if code % 2 == 1 { magnitude } else { -magnitude }).ok()
    }
}

/// Writes bits from the highest of the first byte on. Every write fails, and writes nothing, beyond the last bit.
#[derive(Debug)]
pub struct BitWriter<'a> {
    bytes: &'a mut [u8],
    at: usize,
}

impl<'a> BitWriter<'a> {
    /// A writer at the first bit of `bytes`, whose content is replaced byte by byte.
    pub fn new(bytes: &'a mut [u8]) -> Self {
        BitWriter { bytes, at: 0 }
    }

    /// The lowest `count` bits of `value`, at most 32.
    pub fn push(&mut self, value: u32, count: u32) -> Option<()> {
        if count > 32 || self.at + count as usize > self.bytes.len() * 8 {
            return None;
        }
        for bit in (0..count).rev() {
            let byte = self.bytes.get_mut(self.at / 8)?;
            let shift = 7 - self.at % 8;
            // The first bit of a byte clears what the buffer held before.
            *byte = if shift == 7 { 0 } else { *byte };
            *byte |= ((value >> bit & 1) as u8) << shift;
            self.at += 1;
        }
        Some(())
    }

    /// Bits `from..to` of another byte string.
    pub fn copy(&mut self, source: &[u8], from: usize, to: usize) -> Option<()> {
        if from >= to {
            return Some(());
        }
        let mut reader = BitReader::new(source);
        reader.skip(u32::try_from(from).ok()?)?;
        for _ in from..to {
            self.push(reader.bits(1)?, 1)?;
        }
        Some(())
    }

    /// How many bytes were begun; the bits left in the last one are zero.
    pub fn len(&self) -> usize {
        self.at.div_ceil(8)
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.at == 0
    }
}
