//! Simulcast layers: their order, and which one fits a tile.

use str0m::media::Rid;

/// Spatial layers of one stream that are told apart.
pub const MAX_SPATIAL: usize = 4;

/// Temporal layers of the smallest picture that are told apart.
pub const MAX_TEMPORAL: usize = 4;

/// What a track can be sent as: a simulcast layer, up to one of its spatial layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quality {
    /// The simulcast layer, 0 the smallest.
    pub layer: usize,
    /// The highest spatial layer of its stream; 0 where a stream has one only.
    pub spatial: u8,
    /// The highest temporal layer; [`EVERY_PICTURE`](Self::EVERY_PICTURE) but in thin forms of the smallest picture.
    pub temporal: u8,
}

impl Quality {
    /// The temporal layer of who leaves out no picture.
    pub const EVERY_PICTURE: u8 = MAX_TEMPORAL as u8 - 1;

    /// Every picture of a layer, up to one of its spatial layers.
    pub fn whole(layer: usize, spatial: u8) -> Self {
        Quality { layer, spatial, temporal: Quality::EVERY_PICTURE }
    }

    /// Whether it is another picture than another one, and a better one: then it begins at a keyframe.
    pub fn is_larger_than(self, other: Quality) -> bool {
        (self.layer, self.spatial) > (other.layer, other.spatial)
    }

    /// One number for it, which grows with the quality.
    pub fn number(self) -> usize {
        (self.layer * MAX_SPATIAL + usize::from(self.spatial)) * MAX_TEMPORAL + usize::from(self.temporal)
    }

    /// The quality with this [`number`](Self::number).
    pub fn from_number(number: usize) -> Self {
        let (picture, temporal) = (number / MAX_TEMPORAL, (number % MAX_TEMPORAL) as u8);
        Quality { layer: picture / MAX_SPATIAL, spatial: (picture % MAX_SPATIAL) as u8, temporal }
    }
}

/// The width that a source is thought to have until a keyframe tells.
pub const ASSUMED_SOURCE_WIDTH: u32 = 1_280;

/// The rids of an m-line from the smallest layer to the largest.
///
/// `q`, `h`, `f` (quarter, half, full) say it by name; other names are taken in the order of the offer, which
/// browsers write from small to large.
pub fn order_of(rids: &[Rid]) -> Vec<Rid> {
    let mut ordered = rids.to_vec();
    let named = |rid: &Rid| "qhf".find(&**rid);
    if ordered.iter().all(|rid| named(rid).is_some()) {
        ordered.sort_by_key(named);
    }
    ordered
}

/// What is known about a layer when one is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayerState {
    /// Whether packets arrive.
    pub live: bool,
    /// The picture's width, when a keyframe has told.
    pub width: Option<u32>,
    /// What it costs.
    pub bitrate_bps: u64,
}

/// The smallest live layer that is at least as wide as the tile, else the widest live one.
pub fn fitting(layers: &[LayerState], tile_width: u32) -> Option<usize> {
    let widths = widths(layers);
    let mut live = (0..layers.len()).filter(|&i| layers[i].live);
    let wide_enough = live.clone().find(|&i| widths[i] >= tile_width);
    wide_enough.or_else(|| live.next_back())
}

/// The width of each layer: as told, else by halving (or doubling) a told one, else from an assumed source.
fn widths(layers: &[LayerState]) -> Vec<u32> {
    let top = layers.len().saturating_sub(1);
    let told = layers.iter().enumerate().find_map(|(i, layer)| Some((i, layer.width?)));
    let full = told.map_or(ASSUMED_SOURCE_WIDTH, |(i, width)| width << (top - i));
    let width = |(i, layer): (usize, &LayerState)| layer.width.unwrap_or(full >> (top - i));
    layers.iter().enumerate().map(width).collect()
}
