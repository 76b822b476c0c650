//! What is known of a stream (one SSRC) from the packets that came so far, and the inspection of the next one.

use str0m::format::Codec as Name;

use super::dependency::{self, Definition, DependencyStructure};
use super::meta::{Meta, PictureId};
use super::{Codec, av1, h264, vp8, vp9};

/// Spatial layers that are kept apart.
const MAX_SPATIAL: usize = 8;
/// Frames whose definitions are kept. More than a reordering network holds back.
const FRAMES: usize = 128;
/// A frame this far behind the newest is late; one further behind belongs to a sender that began anew.
pub(crate) const LATE_FRAMES: u16 = 256;
/// A keyframe this far behind is not late, its sender began anew.
const LATE_PICTURES: u16 = 32;

/// The state of one incoming stream. It allocates once: when the first dependency structure arrives.
#[derive(Debug, Default)]
pub struct StreamState {
    sizes: [Option<(u16, u16)>; MAX_SPATIAL],
    spatial_layers: u8,
    temporal_layers: u8,
    newest: Option<NewestPicture>,
    dependencies: Option<Box<Dependencies>>,
}

/// The newest picture id and what it is without wraps.
#[derive(Debug, Clone, Copy)]
struct NewestPicture {
    id: PictureId,
    order: u16,
}

/// What the dependency descriptors of a stream said.
#[derive(Debug)]
pub struct Dependencies {
    structure: DependencyStructure,
    generation: u8,
    active_targets: u32,
    newest: u16,
    frames: [Frame; FRAMES],
}

/// A frame that a dependency descriptor described.
#[derive(Debug, Clone, Copy, Default)]
pub struct Frame {
    /// Its number.
    pub number: u16,
    /// Which structure it belongs to: counts the structures of the stream.
    pub generation: u8,
    /// It brought that structure.
    pub is_key: bool,
    /// Layers, references, chains and indications.
    pub definition: Definition,
}

/// Look into a packet once: what forwarding must know of it, and what the stream learns from it.
///
/// `payload` is the RTP payload, `dependency` the content of the dependency descriptor's header extension. A packet
/// that cannot be understood gives a [`Meta`] that says nothing.
pub fn inspect(codec: Codec, payload: &[u8], dependency: Option<&[u8]>, stream: &mut StreamState) -> Meta {
    let mut meta = match codec.name {
        Name::Vp8 => stream.vp8(payload),
        Name::Vp9 => stream.vp9(payload),
        Name::H264 => stream.h264(payload),
        Name::Av1 => stream.av1(payload),
        // Every packet of sound stands alone.
        _ => Meta { starts_keyframe: true, begins_frame: true, ends_frame: true, ..Meta::default() },
    };
    if let Some(bytes) = dependency {
        stream.read_dependency(bytes, &mut meta);
    }
    stream.spatial_layers = stream.spatial_layers.max(meta.spatial + 1);
    stream.temporal_layers = stream.temporal_layers.max(meta.temporal + 1);
    meta
}

impl StreamState {
    /// Width and height in pixels of a spatial layer, as last told.
    pub fn size(&self, spatial: u8) -> Option<(u16, u16)> {
        *self.sizes.get(usize::from(spatial))?
    }

    /// How many spatial layers the stream has; at least one.
    pub fn spatial_layers(&self) -> u8 {
        self.spatial_layers.max(1)
    }

    /// How many temporal layers the stream has; at least one.
    pub fn temporal_layers(&self) -> u8 {
        self.temporal_layers.max(1)
    }

    /// What the dependency descriptors said, once a structure came.
    pub fn dependencies(&self) -> Option<&Dependencies> {
        self.dependencies.as_deref()
    }

    fn vp8(&mut self, payload: &[u8]) -> Meta {
        let Some(descriptor) = vp8::Descriptor::parse(payload) else {
            return Meta::default();
        };
        let temporal = descriptor.temporal.unwrap_or(0);
        let starts_keyframe = descriptor.starts_keyframe(payload);
        let has_size = self.note_size(0, descriptor.keyframe_size(payload));
        let mut meta = Meta {
            starts_keyframe,
            begins_frame: descriptor.begins_frame,
            // What Y says of layer 0 is nothing that it does not always have.
            switching_up: descriptor.layer_sync && temporal > 0,
            discardable: descriptor.discardable,
            // Later packets of a keyframe look like any other; their frame is decided by its first.
            inter_picture: !starts_keyframe,
            has_size,
            temporal,
            tl0: descriptor.tl0,
            ..Meta::default()
        };
        self.note_picture(descriptor.picture_id, &mut meta);
        meta
    }

    fn vp9(&mut self, payload: &[u8]) -> Meta {
        let Some(descriptor) = vp9::Descriptor::parse(payload) else {
            return Meta::default();
        };
        let starts_keyframe = descriptor.starts_keyframe();
        let has_size = match &descriptor.structure {
            Some(structure) => self.note_vp9(structure),
            None => false,
        };
        let in_frame = || starts_keyframe.then(|| vp9::keyframe_size(payload.get(descriptor.payload_at..)?)).flatten();
        let mut meta = Meta {
            starts_keyframe,
            begins_frame: descriptor.begins_frame,
            ends_frame: descriptor.ends_frame,
            switching_up: descriptor.switching_up,
            inter_picture: descriptor.inter_picture,
            inter_layer: descriptor.inter_layer,
            not_for_upper: descriptor.not_for_upper,
            has_size: has_size || self.note_size(0, in_frame()),
            spatial: descriptor.spatial,
            temporal: descriptor.temporal,
            tl0: descriptor.tl0,
            references: descriptor.references,
            ..Meta::default()
        };
        self.note_picture(descriptor.picture_id, &mut meta);
        meta
    }

    fn h264(&mut self, payload: &[u8]) -> Meta {
        let contents = h264::Contents::inspect(payload);
        Meta {
            starts_keyframe: contents.starts_keyframe,
            discardable: contents.discardable,
            // Without a layer's number: what no other picture needs is the layer that can go.
            temporal: u8::from(contents.discardable),
            has_size: self.note_size(0, contents.size),
            ..Meta::default()
        }
    }

    fn av1(&mut self, payload: &[u8]) -> Meta {
        let contents = av1::Contents::inspect(payload);
        let (temporal, spatial) = contents.layer.unwrap_or_default();
        Meta {
            starts_keyframe: contents.starts_keyframe,
            begins_frame: contents.begins_unit,
            has_size: self.note_size(0, contents.size),
            spatial,
            temporal,
            ..Meta::default()
        }
    }

    fn note_size(&mut self, spatial: u8, size: Option<(u16, u16)>) -> bool {
        let known = size.filter(|(width, height)| *width > 0 && *height > 0);
        if let (Some(place), Some(_)) = (self.sizes.get_mut(usize::from(spatial)), known) {
            *place = known;
        }
        known.is_some()
    }

    fn note_vp9(&mut self, structure: &vp9::Structure) -> bool {
        self.spatial_layers = structure.spatial_layers;
        self.temporal_layers = self.temporal_layers.max(structure.temporal_layers);
        for spatial in 0..structure.spatial_layers {
            self.note_size(spatial, structure.sizes.get(usize::from(spatial)).copied());
        }
        structure.has_sizes
    }

    fn note_picture(&mut self, id: Option<super::meta::Located<PictureId>>, meta: &mut Meta) {
        let Some(id) = id else {
            return;
        };
        let picture = NewestPicture { id: id.value, order: self.order_of(id.value) };
        let is_restart = |newest: u16| meta.starts_keyframe && newest.wrapping_sub(picture.order) >= LATE_PICTURES;
        if self.newest.is_none_or(|newest| is_newer(picture.order, newest.order) || is_restart(newest.order)) {
            self.newest = Some(picture);
        }
        (meta.picture_id_at, meta.picture_id, meta.order) = (id.at, Some(id.value), Some(picture.order));
    }

    /// The id as a number of 16 bits near the newest.
    fn order_of(&self, id: PictureId) -> u16 {
        let Some(newest) = self.newest.filter(|newest| newest.id.mask() == id.mask()) else {
            return id.value();
        };
        let ahead = id.value().wrapping_sub(newest.id.value()) & id.mask();
        let is_behind = ahead > id.mask() / 2;
        let distance = if is_behind { ahead.wrapping_sub(id.mask() + 1) } else { ahead };
        newest.order.wrapping_add(distance)
    }

    fn read_dependency(&mut self, bytes: &[u8], meta: &mut Meta) {
        let known = self.dependencies.as_ref().map(|dependencies| &dependencies.structure);
        let Some(descriptor) = dependency::Descriptor::parse(bytes, known) else {
            // A structure was missed: the frame has a number but no description.
            meta.frame_number = dependency::frame_number(bytes);
            return;
        };
        let definition = &descriptor.definition;
        meta.frame_number = Some(descriptor.number);
        meta.has_structure = descriptor.structure.is_some();
        meta.starts_keyframe = meta.has_structure && descriptor.begins_frame;
        meta.has_active_targets = descriptor.active_targets.is_some() && !meta.has_structure;
        (meta.begins_frame, meta.ends_frame) = (descriptor.begins_frame, descriptor.ends_frame);
        (meta.spatial, meta.temporal) = (definition.spatial, definition.temporal);
        (meta.switching_up, meta.discardable) = (definition.is_switch(), definition.is_discardable());
        self.note_dependency(&descriptor, meta);
    }

    fn note_dependency(&mut self, descriptor: &dependency::Descriptor, meta: &mut Meta) {
        if let Some(structure) = &descriptor.structure {
            self.note_structure(structure, descriptor.number, meta);
        }
        let Some(dependencies) = &mut self.dependencies else {
            return;
        };
        dependencies.note(descriptor);
    }

    fn note_structure(&mut self, structure: &DependencyStructure, number: u16, meta: &mut Meta) {
        let (spatial, temporal) = structure.layer_counts();
        (self.spatial_layers, self.temporal_layers) = (spatial, temporal);
        for spatial in 0..spatial {
            meta.has_size |= self.note_size(spatial, structure.resolution(spatial));
        }
        match &mut self.dependencies {
            Some(dependencies) => dependencies.replace(structure, number),
            None => self.dependencies = Some(Box::new(Dependencies::new(structure, number))),
        }
    }
}

impl Dependencies {
    fn new(structure: &DependencyStructure, number: u16) -> Self {
        Dependencies {
            structure: *structure,
            generation: 0,
            active_targets: structure.all_targets(),
            newest: number,
            // No frame has the number that its place would need.
            frames: std::array::from_fn(|i| Frame { number: !(i as u16), ..Frame::default() }),
        }
    }

    /// The structure in force.
    pub fn structure(&self) -> &DependencyStructure {
        &self.structure
    }

    /// Counts the structures, wrapping.
    pub fn generation(&self) -> u8 {
        self.generation
    }

    /// Bit by bit the decode targets that the sender sends.
    pub fn active_targets(&self) -> u32 {
        self.active_targets
    }

    /// A recent frame by its number.
    pub fn frame(&self, number: u16) -> Option<&Frame> {
        let frame = self.frames.get(usize::from(number) % FRAMES)?;
        let is_recent = usize::from(self.newest.wrapping_sub(number)) < FRAMES;
        (frame.number == number && is_recent).then_some(frame)
    }

    /// A newer keyframe begins a new sequence; one that comes late, or again, changes nothing.
    fn replace(&mut self, structure: &DependencyStructure, number: u16) {
        if self.newest.wrapping_sub(number) < LATE_FRAMES {
            return;
        }
        self.structure = *structure;
        self.generation = self.generation.wrapping_add(1);
        self.newest = number;
    }

    fn note(&mut self, descriptor: &dependency::Descriptor) {
        let number = descriptor.number;
        if number == self.newest || is_newer(number, self.newest) {
            self.newest = number;
            self.active_targets = descriptor.active_targets.unwrap_or(self.active_targets);
        }
        let is_key = descriptor.structure.is_some();
        let is_known = self.frame(number).is_some_and(|frame| frame.is_key || !is_key);
        if is_known || usize::from(self.newest.wrapping_sub(number)) >= FRAMES {
            return;
        }
        if let Some(place) = self.frames.get_mut(usize::from(number) % FRAMES) {
            *place = Frame { number, generation: self.generation, is_key, definition: descriptor.definition };
        }
    }
}

/// Whether a number of 16 bits comes after another, by the shorter way round.
pub(crate) fn is_newer(number: u16, other: u16) -> bool {
    number != other && number.wrapping_sub(other) < 0x8000
}
