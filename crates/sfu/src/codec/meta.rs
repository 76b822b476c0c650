//! What forwarding must know of a packet, found once when it arrives and kept beside it.

/// A VP8 or VP9 picture id with the width of its field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureId {
    /// 7 bits.
    Short(u8),
    /// 15 bits.
    Long(u16),
}

/// A field of a payload and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Located<T> {
    /// The field's first byte, counted from the start of the payload.
    pub at: u8,
    /// What it says.
    pub value: T,
}

/// A packet as far as forwarding must understand it. What a payload does not tell is `false`, 0 or `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Meta {
    /// A decoder can begin at this packet.
    pub starts_keyframe: bool,
    /// The first packet of a frame (of one spatial layer).
    pub begins_frame: bool,
    /// The last packet of a frame (of one spatial layer); VP8, H.264 and bare AV1 tell it by the RTP marker only.
    pub ends_frame: bool,
    /// Higher temporal layers can begin here: VP8 Y above layer 0, VP9 U, a switch indication for some decode target.
    pub switching_up: bool,
    /// No other frame needs this one.
    pub discardable: bool,
    /// The frame needs an earlier picture.
    pub inter_picture: bool,
    /// The frame needs the next lower spatial layer of its picture.
    pub inter_layer: bool,
    /// No higher spatial layer of its picture needs this frame.
    pub not_for_upper: bool,
    /// The packet told the picture's size.
    pub has_size: bool,
    /// The dependency descriptor brings a structure of dependencies.
    pub has_structure: bool,
    /// The dependency descriptor brings a set of active decode targets.
    pub has_active_targets: bool,
    /// The spatial layer, 0 the smallest.
    pub spatial: u8,
    /// The temporal layer, 0 the slowest.
    pub temporal: u8,
    /// TL0PICIDX and its place.
    pub tl0: Option<Tl0>,
    /// Where the picture id stands; means nothing without one.
    pub picture_id_at: u8,
    /// VP9 in flexible mode: how many pictures back the references are; 0 where unused.
    pub references: [u8; 3],
    /// The picture id.
    pub picture_id: Option<PictureId>,
    /// The picture id without its wraps at 7 or 15 bits, which wraps at 16.
    pub order: Option<u16>,
    /// The frame number of the dependency descriptor.
    pub frame_number: Option<u16>,
}

/// TL0PICIDX, which counts the pictures of temporal layer 0, and its place in the payload.
pub type Tl0 = Located<u8>;

// A ring holds one beside every packet.
const _: () = assert!(size_of::<Meta>() <= 32);

impl PictureId {
    /// The number.
    pub fn value(self) -> u16 {
        match self {
            PictureId::Short(id) => u16::from(id),
            PictureId::Long(id) => id,
        }
    }

    /// The highest number that the field holds.
    pub fn mask(self) -> u16 {
        match self {
            PictureId::Short(_) => 0x7f,
            PictureId::Long(_) => 0x7fff,
        }
    }

    /// The id at an offset, which moves behind it (RFC 7741, section 4.2; RFC 9628, section 4.2: the same field).
    pub(super) fn locate(payload: &[u8], offset: &mut usize) -> Option<Located<PictureId>> {
        const IS_LONG: u8 = 0x80;
        let at = u8::try_from(*offset).ok()?;
        let first = *payload.get(*offset)?;
        if first & IS_LONG == 0 {
            *offset += 1;
            return Some(Located { at, value: PictureId::Short(first) });
        }
        let second = *payload.get(*offset + 1)?;
        *offset += 2;
        Some(Located { at, value: PictureId::Long(u16::from_be_bytes([first & !IS_LONG, second])) })
    }
}
