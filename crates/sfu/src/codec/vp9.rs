//! VP9: the payload descriptor with its scalability structure (RFC 9628, section 4.2).

use super::bits::BitReader;
use super::meta::{Located, PictureId};

/// Spatial layers that the three bits of the field can name.
pub const MAX_SPATIAL: usize = 8;
/// References that a descriptor of the flexible mode can name.
pub const MAX_REFERENCES: usize = 3;

/// A parsed payload descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Descriptor {
    /// The picture's number.
    pub picture_id: Option<Located<PictureId>>,
    /// P: the frame needs an earlier picture.
    pub inter_picture: bool,
    /// L: the layer fields are there.
    pub layered: bool,
    /// F: the descriptor names its references itself.
    pub flexible: bool,
    /// B: the packet is the first of its layer frame.
    pub begins_frame: bool,
    /// E: the packet is the last of its layer frame.
    pub ends_frame: bool,
    /// Z: no higher spatial layer of the picture needs this frame.
    pub not_for_upper: bool,
    /// TID.
    pub temporal: u8,
    /// U: from this picture on higher temporal layers need nothing older of their own.
    pub switching_up: bool,
    /// SID.
    pub spatial: u8,
    /// D: the frame needs the next lower spatial layer of its picture.
    pub inter_layer: bool,
    /// TL0PICIDX: counts the pictures of temporal layer 0 (not in flexible mode).
    pub tl0: Option<Located<u8>>,
    /// P_DIFF of the flexible mode: how many pictures back; 0 where unused.
    pub references: [u8; MAX_REFERENCES],
    /// V: the scalability structure, which comes with keyframes.
    pub structure: Option<Structure>,
    /// Where the frame's bytes begin.
    pub payload_at: usize,
}

/// The scalability structure: the layers of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Structure {
    /// How many spatial layers, 1 to 8.
    pub spatial_layers: u8,
    /// How many temporal layers the description of the group of pictures names; 0 without one.
    pub temporal_layers: u8,
    /// Whether the sizes are told.
    pub has_sizes: bool,
    /// Width and height in pixels of each spatial layer.
    pub sizes: [(u16, u16); MAX_SPATIAL],
}

impl Descriptor {
    /// The descriptor at the start of an RTP payload. `None` when it is cut off, when nothing follows it, or when it
    /// names a fourth reference.
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let first = *payload.first()?;
        let bit = |mask: u8| first & mask != 0;
        let mut descriptor = Descriptor {
            picture_id: None,
            inter_picture: bit(0x40),
            layered: bit(0x20),
            flexible: bit(0x10),
            begins_frame: bit(0x08),
            ends_frame: bit(0x04),
            not_for_upper: bit(0x01),
            temporal: 0,
            switching_up: false,
            spatial: 0,
            inter_layer: false,
            tl0: None,
            references: [0; MAX_REFERENCES],
            structure: None,
            payload_at: 1,
        };
        if bit(0x80) {
            descriptor.picture_id = Some(PictureId::locate(payload, &mut descriptor.payload_at)?);
        }
        descriptor.layers(payload)?;
        descriptor.read_references(payload)?;
        if bit(0x02) {
            descriptor.structure = Some(Structure::parse(payload, &mut descriptor.payload_at)?);
        }
        (descriptor.payload_at < payload.len()).then_some(descriptor)
    }

    /// Whether a decoder can begin at this packet: the lowest layer of a picture that needs no other picture.
    pub fn starts_keyframe(&self) -> bool {
        self.begins_frame && !self.inter_picture && self.spatial == 0
    }

    fn layers(&mut self, payload: &[u8]) -> Option<()> {
        if !self.layered {
            return Some(());
        }
        let fields = byte(payload, &mut self.payload_at)?;
        self.temporal = fields >> 5;
        self.switching_up = fields & 0x10 != 0;
        self.spatial = fields >> 1 & 0x07;
        self.inter_layer = fields & 0x01 != 0;
        if !self.flexible {
            let at = u8::try_from(self.payload_at).ok()?;
            self.tl0 = Some(Located { at, value: byte(payload, &mut self.payload_at)? });
        }
        Some(())
    }

    fn read_references(&mut self, payload: &[u8]) -> Option<()> {
        if !(self.flexible && self.inter_picture) {
            return Some(());
        }
        for reference in &mut self.references {
            let field = byte(payload, &mut self.payload_at)?;
            *reference = field >> 1;
            if field & 1 == 0 {
                return Some(());
            }
        }
        None
    }
}

impl Structure {
    fn parse(payload: &[u8], at: &mut usize) -> Option<Self> {
        let fields = byte(payload, at)?;
        let mut structure = Structure { spatial_layers: (fields >> 5) + 1, ..Structure::default() };
        structure.has_sizes = fields & 0x10 != 0;
        if structure.has_sizes {
            for size in structure.sizes.iter_mut().take(usize::from(structure.spatial_layers)) {
                *size = (short(payload, at)?, short(payload, at)?);
            }
        }
        if fields & 0x08 != 0 {
            structure.temporal_layers = group_of_pictures(payload, at)?;
        }
        Some(structure)
    }
}

/// Pass over the description of the group of pictures, and count its temporal layers.
fn group_of_pictures(payload: &[u8], at: &mut usize) -> Option<u8> {
    let mut layers = 0;
    for _ in 0..byte(payload, at)? {
        let fields = byte(payload, at)?;
        layers = layers.max((fields >> 5) + 1);
        *at += usize::from(fields >> 2 & 0x03);
    }
    Some(layers)
}

fn byte(payload: &[u8], at: &mut usize) -> Option<u8> {
    let byte = *payload.get(*at)?;
    *at += 1;
    Some(byte)
}

fn short(payload: &[u8], at: &mut usize) -> Option<u16> {
    Some(u16::from_be_bytes([byte(payload, at)?, byte(payload, at)?]))
}

/// Width and height in pixels from the first bytes of a key frame (VP9 bitstream, 6.2: the uncompressed header), for
/// senders whose scalability structure has no sizes.
pub fn keyframe_size(frame: &[u8]) -> Option<(u16, u16)> {
    const SYNC_CODE: u32 = 0x49_8342;
    const RGB: u32 = 7;
    let mut bits = BitReader::new(frame);
    let marker_is_right = bits.bits(2)? == 2;
    let profile = bits.bits(1)? | bits.bits(1)? << 1;
    bits.skip(u32::from(profile == 3))?;
    let (shows_existing, is_inter) = (bits.flag()?, bits.flag()?);
    bits.skip(2)?;
    if !marker_is_right || shows_existing || is_inter || bits.bits(24)? != SYNC_CODE {
        return None;
    }
    bits.skip(u32::from(profile >= 2))?;
    let is_rgb = bits.bits(3)? == RGB;
    // The range of colours; the subsampling of the odd profiles; a reserved bit.
    bits.skip(match (is_rgb, profile % 2) {
        (false, 0) => 1,
        (false, _) => 4,
        (true, 0) => 0,
        (true, _) => 1,
    })?;
    let pixels = |minus_one: u32| u16::try_from(minus_one + 1).ok();
    Some((pixels(bits.bits(16)?)?, pixels(bits.bits(16)?)?))
}
