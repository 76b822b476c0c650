//! H.264: the packets of RFC 6184 (single NAL unit, STAP-A, FU-A) and the size in a sequence parameter set.

use super::bits::BitReader;

const NON_IDR_SLICE: u8 = 1;
const IDR_SLICE: u8 = 5;
const SPS: u8 = 7;
const STAP_A: u8 = 24;
const FU_A: u8 = 28;
/// A set longer than this is not read to its end; the size stands in the first bytes.
const SPS_BYTES: usize = 256;

/// What a payload holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Contents {
    /// A sequence parameter set or the first bytes of an IDR slice: a decoder can begin here.
    pub starts_keyframe: bool,
    /// Slices that no other picture needs (`nal_ref_idc` 0), and nothing else.
    pub discardable: bool,
    /// Width and height in pixels, when a sequence parameter set tells.
    pub size: Option<(u16, u16)>,
}

impl Contents {
    /// Look into an RTP payload; a malformed rest is passed over.
    pub fn inspect(payload: &[u8]) -> Self {
        let mut contents = Contents::default();
        let Some(&header) = payload.first() else {
            return contents;
        };
        match header & 0x1f {
            STAP_A => contents.aggregated(payload.get(1..).unwrap_or_default()),
            FU_A => contents.fragment(header, payload.get(1).copied().unwrap_or_default()),
            1..=23 => contents.unit(payload),
            _ => {}
        }
        contents
    }

    fn aggregated(&mut self, mut units: &[u8]) {
        let mut only_discardable = true;
        while let Some((length, rest)) = units.split_first_chunk::<2>() {
            let Some((unit, rest)) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length))) else {
                break;
            };
            self.unit(unit);
            only_discardable &= self.discardable;
            units = rest;
        }
        self.discardable &= only_discardable;
    }

    fn fragment(&mut self, indicator: u8, header: u8) {
        const START: u8 = 0x80;
        let kind = header & 0x1f;
        // Only the first fragment: at a later one there is nothing to begin with.
        self.starts_keyframe = header & START != 0 && matches!(kind, IDR_SLICE | SPS);
        self.discardable = is_discardable(indicator, kind);
    }

    fn unit(&mut self, unit: &[u8]) {
        let Some(&header) = unit.first() else {
            return;
        };
        let kind = header & 0x1f;
        self.starts_keyframe |= matches!(kind, IDR_SLICE | SPS);
        self.discardable = is_discardable(header, kind);
        if kind == SPS {
            self.size = sps_size(unit).or(self.size);
        }
    }
}

fn is_discardable(header: u8, kind: u8) -> bool {
    kind == NON_IDR_SLICE && header & 0x60 == 0
}

/// Width and height in pixels from a sequence parameter set with its NAL unit header (H.264, 7.3.2.1.1). `None` when
/// it is cut off or its size is not one of a picture.
pub fn sps_size(unit: &[u8]) -> Option<(u16, u16)> {
    let mut buffer = [0; SPS_BYTES];
    let mut bits = BitReader::new(unescape(unit.get(1..)?, &mut buffer));
    let profile = bits.bits(8)?;
    bits.skip(16)?;
    bits.exp_golomb()?;
    let chroma = chroma_format(&mut bits, profile)?;
    bits.exp_golomb()?;
    picture_order(&mut bits)?;
    bits.exp_golomb()?;
    bits.skip(1)?;
    let (columns, rows) = (bits.exp_golomb()?, bits.exp_golomb()?);
    let frames_only = bits.flag()?;
    // Frame or field coding of macroblocks; direct inference.
    bits.skip(if frames_only { 1 } else { 2 })?;
    let fields = if frames_only { 1 } else { 2 };
    let (across, down) = cropping(&mut bits)?;
    let (unit_across, unit_down) = match chroma {
        1 => (2, 2 * fields),
        2 => (2, fields),
        _ => (1, fields),
    };
    let width = pixels(columns, 1, across.checked_mul(unit_across)?)?;
    let height = pixels(rows, fields, down.checked_mul(unit_down)?)?;
    Some((width, height))
}

/// The bytes without the 3 that keeps two zeros from looking like a start code, as many as the buffer holds.
fn unescape<'a>(escaped: &[u8], buffer: &'a mut [u8; SPS_BYTES]) -> &'a [u8] {
    let (mut zeros, mut length) = (0, 0);
    for &byte in escaped {
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        let Some(place) = buffer.get_mut(length) else {
            break;
        };
        *place = byte;
        length += 1;
        zeros = if byte == 0 { zeros + 1 } else { 0 };
    }
    buffer.get(..length).unwrap_or_default()
}

/// The format of chroma, 1 (4:2:0) for profiles that don't tell.
fn chroma_format(bits: &mut BitReader, profile: u32) -> Option<u32> {
    if !matches!(profile, 100 | 110 | 122 | 244 | 44 | 83 | 86 | 118 | 128 | 138 | 139 | 134 | 135) {
        return Some(1);
    }
    let chroma = bits.exp_golomb()?;
    let separate_planes = chroma == 3 && bits.flag()?;
    bits.exp_golomb()?;
    bits.exp_golomb()?;
    bits.skip(1)?;
    if bits.flag()? {
        for list in 0..if chroma == 3 { 12 } else { 8 } {
            if bits.flag()? {
                scaling_list(bits, if list < 6 { 16 } else { 64 })?;
            }
        }
    }
    Some(if separate_planes { 0 } else { chroma })
}

fn scaling_list(bits: &mut BitReader, entries: u32) -> Option<()> {
    let (mut last, mut next) = (8, 8);
    for _ in 0..entries {
        if next != 0 {
            next = (last + bits.signed_exp_golomb()?.rem_euclid(256)) % 256;
        }
        last = if next == 0 { last } else { next };
    }
    Some(())
}

fn picture_order(bits: &mut BitReader) -> Option<()> {
    match bits.exp_golomb()? {
        0 => bits.exp_golomb().map(drop),
        1 => {
            bits.skip(1)?;
            bits.exp_golomb()?;
            bits.exp_golomb()?;
            let cycle = bits.exp_golomb()?;
            (cycle <= 255).then_some(())?;
            (0..cycle).try_for_each(|_| bits.exp_golomb().map(drop))
        }
        _ => Some(()),
    }
}

/// What is cut off, in units of cropping: left and right, top and bottom.
fn cropping(bits: &mut BitReader) -> Option<(u32, u32)> {
    if !bits.flag()? {
        return Some((0, 0));
    }
    let across = bits.exp_golomb()?.checked_add(bits.exp_golomb()?)?;
    let down = bits.exp_golomb()?.checked_add(bits.exp_golomb()?)?;
    Some((across, down))
}

fn pixels(macroblocks_minus_one: u32, fields: u32, cropped: u32) -> Option<u16> {
    let whole = macroblocks_minus_one.checked_add(1)?.checked_mul(16 * fields)?;
    let pixels = u16::try_from(whole.checked_sub(cropped)?).ok()?;
    (pixels > 0).then_some(pixels)
}
