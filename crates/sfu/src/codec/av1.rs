//! AV1: the aggregation header and the open bitstream units in a payload (AV1 RTP payload format, section 4), and the
//! size in a sequence header (AV1 bitstream, 5.5).

use super::bits::BitReader;

const SEQUENCE_HEADER: u8 = 1;

/// The aggregation header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Aggregation {
    /// Z: the first element continues a unit of the packet before.
    pub continues: bool,
    /// Y: the last element goes on in the next packet.
    pub goes_on: bool,
    /// W: how many elements; 0 when every one is told its length.
    pub elements: u8,
    /// N: a coded video sequence begins with this packet.
    pub new_sequence: bool,
}

/// An open bitstream unit, or the part of it that the packet has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unit<'a> {
    /// `obu_type`.
    pub kind: u8,
    /// Temporal and spatial id, when the unit has an extension.
    pub layer: Option<(u8, u8)>,
    /// What follows header, extension and size.
    pub payload: &'a [u8],
}

/// What a payload holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Contents {
    /// A coded video sequence begins, with its header.
    pub starts_keyframe: bool,
    /// The packet begins with a whole or a first part of a unit.
    pub begins_unit: bool,
    /// Temporal and spatial id of the first unit that tells them.
    pub layer: Option<(u8, u8)>,
    /// Width and height in pixels, when a sequence header tells.
    pub size: Option<(u16, u16)>,
}

impl Aggregation {
    /// The header at the start of an RTP payload.
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let first = *payload.first()?;
        Some(Aggregation {
            continues: first & 0x80 != 0,
            goes_on: first & 0x40 != 0,
            elements: first >> 4 & 0x03,
            new_sequence: first & 0x08 != 0,
        })
    }
}

impl Contents {
    /// Look into an RTP payload; a malformed rest is passed over.
    pub fn inspect(payload: &[u8]) -> Self {
        let mut contents = Contents::default();
        let Some(header) = Aggregation::parse(payload) else {
            return contents;
        };
        contents.begins_unit = !header.continues;
        for unit in Elements::new(payload, header).filter_map(Unit::parse) {
            contents.layer = contents.layer.or(unit.layer);
            if unit.kind == SEQUENCE_HEADER {
                contents.starts_keyframe |= header.new_sequence;
                contents.size = sequence_size(unit.payload).or(contents.size);
            }
        }
        contents
    }
}

impl<'a> Unit<'a> {
    /// A unit from an element that begins with its header.
    pub fn parse(element: &'a [u8]) -> Option<Self> {
        let (&header, mut rest) = element.split_first()?;
        let mut layer = None;
        if header & 0x04 != 0 {
            let (&extension, after) = rest.split_first()?;
            layer = Some((extension >> 5, extension >> 3 & 0x03));
            rest = after;
        }
        if header & 0x02 != 0 {
            let (size, after) = leb128(rest)?;
            rest = after.get(..size).unwrap_or(after);
        }
        Some(Unit { kind: header >> 3 & 0x0f, layer, payload: rest })
    }
}

/// The elements of a payload that begin with a unit's header.
struct Elements<'a> {
    rest: &'a [u8],
    /// How many are left where the count is told.
    left: Option<u8>,
}

impl<'a> Elements<'a> {
    fn new(payload: &'a [u8], header: Aggregation) -> Self {
        let left = (header.elements > 0).then_some(header.elements);
        let mut elements = Elements { rest: payload.get(1..).unwrap_or_default(), left };
        if header.continues {
            elements.next();
        }
        elements
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() || self.left == Some(0) {
            return None;
        }
        let is_last = self.left == Some(1);
        self.left = self.left.map(|left| left - 1);
        let (length, rest) = if is_last { (self.rest.len(), self.rest) } else { leb128(self.rest)? };
        // A length beyond the packet ends it.
        let (element, rest) = rest.split_at_checked(length).unwrap_or_default();
        self.rest = rest;
        Some(element)
    }
}

/// A number of seven bits a byte, the lowest first, and what follows it (AV1 bitstream, 4.10.5).
fn leb128(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0u64;
    for (i, &byte) in bytes.iter().take(8).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            return Some((usize::try_from(value).ok()?, bytes.get(i + 1..)?));
        }
    }
    None
}

/// Width and height in pixels of the largest frame, from a sequence header.
pub fn sequence_size(header: &[u8]) -> Option<(u16, u16)> {
    let mut bits = BitReader::new(header);
    bits.skip(4)?;
    let reduced = bits.flag()?;
    if reduced {
        bits.skip(5)?;
    } else {
        operating_points(&mut bits)?;
    }
    let (width_bits, height_bits) = (bits.bits(4)? + 1, bits.bits(4)? + 1);
    let pixels = |minus_one: u32| u16::try_from(minus_one + 1).ok();
    Some((pixels(bits.bits(width_bits)?)?, pixels(bits.bits(height_bits)?)?))
}

fn operating_points(bits: &mut BitReader) -> Option<()> {
    let delay_bits = decoder_model(bits)?;
    let has_display_delay = bits.flag()?;
    for _ in 0..=bits.bits(5)? {
        bits.skip(12)?;
        // The tier is told for levels above 3.3.
        if bits.bits(5)? > 7 {
            bits.skip(1)?;
        }
        if let Some(delay_bits) = delay_bits
            && bits.flag()?
        {
            bits.skip(2 * delay_bits + 1)?;
        }
        if has_display_delay && bits.flag()? {
            bits.skip(4)?;
        }
    }
    Some(())
}

/// Pass over the timing; how many bits a delay of the decoder's buffer takes, when there is a model of it.
fn decoder_model(bits: &mut BitReader) -> Option<Option<u32>> {
    if !bits.flag()? {
        return Some(None);
    }
    bits.skip(64)?;
    if bits.flag()? {
        // uvlc() is written like ue(v).
        bits.exp_golomb()?;
    }
    if !bits.flag()? {
        return Some(None);
    }
    let delay_bits = bits.bits(5)? + 1;
    bits.skip(42)?;
    Some(Some(delay_bits))
}
