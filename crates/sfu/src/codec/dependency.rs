//! The dependency descriptor: which frames a frame needs, told in an RTP header extension (AV1 RTP payload format,
//! appendix A.8). It serves any codec, and payloads that are encrypted from end to end.

use super::bits::BitReader;

/// Decode targets that a structure can name.
pub const MAX_TARGETS: usize = 32;
/// Templates that a structure can name.
pub const MAX_TEMPLATES: usize = 64;
/// Chains that are followed: one for each spatial layer is what encoders send. A structure with more is refused.
pub const MAX_CHAINS: usize = 8;
/// References of one frame; AV1 has seven. A frame with more is refused.
pub const MAX_REFERENCES: usize = 8;
/// Spatial layers of a structure; AV1 has four, VP9 eight.
pub const MAX_SPATIAL: usize = 8;
/// The mandatory fields.
const MANDATORY_BITS: usize = 24;
/// Where a structure begins: behind the mandatory fields and the five flags.
const STRUCTURE_AT: usize = MANDATORY_BITS + 5;

/// What a frame is to a decode target (table A.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Indication {
    /// It has nothing of the target.
    NotPresent,
    /// No frame of the target needs it.
    Discardable,
    /// Whoever can decode it can decode everything of the target from here on.
    Switch,
    /// Later frames of the target need it.
    Required,
}

/// The frames that a frame needs, as distances back in frame numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct References {
    count: u8,
    distances: [u16; MAX_REFERENCES],
}

/// What a template says of its frames, or a frame of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Definition {
    /// The spatial layer.
    pub spatial: u8,
    /// The temporal layer.
    pub temporal: u8,
    /// Two bits a decode target, the lowest for target 0.
    indications: u64,
    /// What the frame needs.
    pub references: References,
    /// How far back the last frame of each chain is; 0 where a chain begins anew.
    pub chain_distances: [u8; MAX_CHAINS],
}

/// The structure that a keyframe brings, by which the short descriptors after it are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DependencyStructure {
    template_offset: u8,
    template_count: u8,
    targets: u8,
    chains: u8,
    templates: [Definition; MAX_TEMPLATES],
    protected_by: [u8; MAX_TARGETS],
    layers: [(u8, u8); MAX_TARGETS],
    resolutions: Option<[(u16, u16); MAX_SPATIAL]>,
}

/// A parsed descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Descriptor {
    /// The packet is the first of its frame.
    pub begins_frame: bool,
    /// The packet is the last of its frame.
    pub ends_frame: bool,
    /// Counts the frames in the order of decoding.
    pub number: u16,
    /// A structure that replaces the known one.
    pub structure: Option<DependencyStructure>,
    /// Bit by bit the decode targets that the sender sends; `None` leaves what was said before.
    pub active_targets: Option<u32>,
    /// The frame.
    pub definition: Definition,
    /// Bits 27 to 29: the flags of what the frame defines itself.
    pub(super) custom: u32,
    /// Where a structure ends, in bits.
    pub(super) structure_end: usize,
    /// From where to where the frame's own definitions stand, in bits.
    pub(super) custom_at: (usize, usize),
}

/// The frame number that every descriptor has, even one that cannot be read without its structure.
pub fn frame_number(bytes: &[u8]) -> Option<u16> {
    let (_, rest) = bytes.split_first()?;
    rest.first_chunk().map(|number| u16::from_be_bytes(*number))
}

impl Descriptor {
    /// A descriptor, by the structure known so far unless it brings its own. `None` when it is cut off, when it names
    /// a template that the structure has not, or when it is beyond the bounds of this module.
    pub fn parse(bytes: &[u8], known: Option<&DependencyStructure>) -> Option<Self> {
        let mut bits = BitReader::new(bytes);
        let (begins_frame, ends_frame) = (bits.flag()?, bits.flag()?);
        let template = bits.small(6)?;
        let number = u16::try_from(bits.bits(16)?).ok()?;
        let is_extended = bytes.len() * 8 > MANDATORY_BITS;
        let (has_structure, has_active) = if is_extended { (bits.flag()?, bits.flag()?) } else { (false, false) };
        let custom = if is_extended { bits.bits(3)? } else { 0 };
        let structure = if has_structure { Some(DependencyStructure::read(&mut bits)?) } else { None };
        let structure_end = if is_extended { bits.position() } else { STRUCTURE_AT };
        let rules = structure.as_ref().or(known)?;
        let mut active_targets = has_structure.then(|| rules.all_targets());
        if has_active {
            active_targets = Some(bits.bits(u32::from(rules.targets))?);
        }
        let custom_from = bits.position();
        let mut definition = *rules.template(template)?;
        definition.customize(&mut bits, custom, rules)?;
        let custom_at = (custom_from, bits.position());
        let descriptor = Descriptor {
            begins_frame,
            ends_frame,
            number,
            structure,
            active_targets,
            definition,
            custom,
            structure_end,
            custom_at,
        };
        Some(descriptor)
    }
}

impl References {
    /// The distances, 1 to 4096.
    pub fn iter(&self) -> impl Iterator<Item = u16> + '_ {
        self.distances.iter().take(usize::from(self.count)).copied()
    }

    /// Whether the frame needs no other.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn push(&mut self, distance: u32) -> Option<()> {
        *self.distances.get_mut(usize::from(self.count))? = u16::try_from(distance).ok()?;
        self.count += 1;
        Some(())
    }
}

impl Definition {
    /// What the frame is to a decode target.
    pub fn indication(&self, target: u8) -> Indication {
        match self.indications.checked_shr(2 * u32::from(target)).unwrap_or(0) & 3 {
            1 => Indication::Discardable,
            2 => Indication::Switch,
            3 => Indication::Required,
            _ => Indication::NotPresent,
        }
    }

    /// Bit by bit the decode targets that have this frame.
    pub fn present(&self) -> u32 {
        let has = |target: &u8| self.indication(*target) != Indication::NotPresent;
        (0..MAX_TARGETS as u8).filter(has).fold(0, |set, target| set | 1 << target)
    }

    /// Whether some decode target may be switched to here.
    pub fn is_switch(&self) -> bool {
        // Switch is 10, in a place of two bits.
        self.indications >> 1 & !self.indications & 0x5555_5555_5555_5555 != 0
    }

    /// Whether no frame of any decode target needs this one.
    pub fn is_discardable(&self) -> bool {
        self.indications & 0xaaaa_aaaa_aaaa_aaaa == 0
    }

    fn customize(&mut self, bits: &mut BitReader, custom: u32, rules: &DependencyStructure) -> Option<()> {
        if custom & 4 != 0 {
            self.indications = read_indications(bits, rules.targets)?;
        }
        if custom & 2 != 0 {
            self.references = References::default();
            loop {
                let size = bits.bits(2)?;
                if size == 0 {
                    break;
                }
                self.references.push(bits.bits(4 * size)? + 1)?;
            }
        }
        if custom & 1 != 0 {
            for distance in self.chain_distances.iter_mut().take(usize::from(rules.chains)) {
                *distance = bits.small(8)?;
            }
        }
        Some(())
    }
}

fn read_indications(bits: &mut BitReader, targets: u8) -> Option<u64> {
    let mut indications = 0;
    for target in 0..targets {
        indications |= u64::from(bits.bits(2)?) << (2 * target);
    }
    Some(indications)
}

impl DependencyStructure {
    /// How many decode targets there are, 1 to 32.
    pub fn targets(&self) -> u8 {
        self.targets
    }

    /// How many chains there are; 0 when the sender uses none.
    pub fn chains(&self) -> u8 {
        self.chains
    }

    /// Spatial and temporal layer of a decode target.
    pub fn layer(&self, target: u8) -> (u8, u8) {
        self.layers.get(usize::from(target)).copied().unwrap_or_default()
    }

    /// The chain that protects a decode target.
    pub fn chain(&self, target: u8) -> u8 {
        self.protected_by.get(usize::from(target)).copied().unwrap_or_default()
    }

    /// All decode targets, bit by bit.
    pub fn all_targets(&self) -> u32 {
        u32::MAX >> (MAX_TARGETS as u32 - u32::from(self.targets))
    }

    /// Bit by bit the decode targets that are whole when just the frames of `target` are sent.
    pub fn covered_by(&self, target: u8) -> u32 {
        let missing = |definition: &&Definition| definition.indication(target) == Indication::NotPresent;
        self.templates().iter().filter(missing).fold(self.all_targets(), |set, frame| set & !frame.present())
    }

    /// How many spatial and temporal layers the templates have.
    pub fn layer_counts(&self) -> (u8, u8) {
        let highest = |most: (u8, u8), frame: &Definition| (most.0.max(frame.spatial), most.1.max(frame.temporal));
        let (spatial, temporal) = self.templates().iter().fold((0, 0), highest);
        (spatial + 1, temporal + 1)
    }

    /// Width and height in pixels of a spatial layer's largest frame.
    pub fn resolution(&self, spatial: u8) -> Option<(u16, u16)> {
        if spatial >= self.layer_counts().0 {
            return None;
        }
        self.resolutions?.get(usize::from(spatial)).copied()
    }

    fn templates(&self) -> &[Definition] {
        self.templates.get(..usize::from(self.template_count)).unwrap_or_default()
    }

    fn template(&self, id: u8) -> Option<&Definition> {
        let index = (id + MAX_TEMPLATES as u8 - self.template_offset) % MAX_TEMPLATES as u8;
        self.templates().get(usize::from(index))
    }

    fn read(bits: &mut BitReader) -> Option<Self> {
        let mut structure = DependencyStructure {
            template_offset: bits.small(6)?,
            template_count: 0,
            targets: bits.small(5)? + 1,
            chains: 0,
            templates: [Definition::default(); MAX_TEMPLATES],
            protected_by: [0; MAX_TARGETS],
            layers: [(0, 0); MAX_TARGETS],
            resolutions: None,
        };
        structure.read_layers(bits)?;
        structure.read_templates(bits)?;
        structure.read_chains(bits)?;
        structure.find_target_layers();
        if bits.flag()? {
            structure.read_resolutions(bits)?;
        }
        Some(structure)
    }

    fn read_layers(&mut self, bits: &mut BitReader) -> Option<()> {
        let (mut spatial, mut temporal) = (0, 0);
        for template in &mut self.templates {
            (template.spatial, template.temporal) = (spatial, temporal);
            self.template_count += 1;
            match bits.bits(2)? {
                0 => {}
                1 => temporal += 1,
                2 => (spatial, temporal) = (spatial + 1, 0),
                _ => return Some(()),
            }
            if usize::from(spatial) >= MAX_SPATIAL {
                return None;
            }
        }
        None
    }

    fn read_templates(&mut self, bits: &mut BitReader) -> Option<()> {
        let (count, targets) = (usize::from(self.template_count), self.targets);
        for template in self.templates.iter_mut().take(count) {
            template.indications = read_indications(bits, targets)?;
        }
        for template in self.templates.iter_mut().take(count) {
            while bits.flag()? {
                template.references.push(bits.bits(4)? + 1)?;
            }
        }
        Some(())
    }

    fn read_chains(&mut self, bits: &mut BitReader) -> Option<()> {
        self.chains = u8::try_from(bits.non_symmetric(u32::from(self.targets) + 1)?).ok()?;
        if self.chains == 0 {
            return Some(());
        }
        if usize::from(self.chains) > MAX_CHAINS {
            return None;
        }
        for chain in self.protected_by.iter_mut().take(usize::from(self.targets)) {
            *chain = u8::try_from(bits.non_symmetric(u32::from(self.chains))?).ok()?;
        }
        for template in self.templates.iter_mut().take(usize::from(self.template_count)) {
            for distance in template.chain_distances.iter_mut().take(usize::from(self.chains)) {
                *distance = bits.small(4)?;
            }
        }
        Some(())
    }

    /// A decode target is as high as the highest frame in it.
    fn find_target_layers(&mut self) {
        for target in 0..self.targets {
            let has = |frame: &&Definition| frame.indication(target) != Indication::NotPresent;
            let higher = |most: (u8, u8), frame: &Definition| (most.0.max(frame.spatial), most.1.max(frame.temporal));
            let layer = self.templates().iter().filter(has).fold((0, 0), higher);
            if let Some(place) = self.layers.get_mut(usize::from(target)) {
                *place = layer;
            }
        }
    }

    fn read_resolutions(&mut self, bits: &mut BitReader) -> Option<()> {
        let mut resolutions = [(0, 0); MAX_SPATIAL];
        let pixels = |minus_one: u32| u16::try_from(minus_one + 1).unwrap_or(u16::MAX);
        for resolution in resolutions.iter_mut().take(usize::from(self.layer_counts().0)) {
            *resolution = (pixels(bits.bits(16)?), pixels(bits.bits(16)?));
        }
        self.resolutions = Some(resolutions);
        Some(())
    }
}

/// Write a descriptor anew with another set of active decode targets.
///
/// `known` is the structure that the descriptor is read by unless it brings its own, `active` the set bit by bit.
/// The new descriptor is at most five bytes longer than the old. Returns its length; `None` when the descriptor cannot
/// be read or does not fit into `out`.
pub fn with_active_targets(
    bytes: &[u8],
    known: Option<&DependencyStructure>,
    active: u32,
    out: &mut [u8],
) -> Option<usize> {
    let descriptor = Descriptor::parse(bytes, known)?;
    let targets = descriptor.structure.as_ref().or(known)?.targets;
    let mut writer = super::bits::BitWriter::new(out);
    writer.copy(bytes, 0, MANDATORY_BITS)?;
    writer.push(u32::from(descriptor.structure.is_some()), 1)?;
    writer.push(1, 1)?;
    writer.push(descriptor.custom, 3)?;
    writer.copy(bytes, STRUCTURE_AT, descriptor.structure_end)?;
    writer.push(active, u32::from(targets))?;
    writer.copy(bytes, descriptor.custom_at.0, descriptor.custom_at.1)?;
    Some(writer.len())
}
