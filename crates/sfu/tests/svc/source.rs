//! Model encoders: scalable streams as real payload descriptors and dependency descriptors, with the truth beside them.

/// How spatial layers depend on each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prediction {
    /// Every frame needs the next lower layer (L3T3).
    Full,
    /// Only in key pictures (L3T3_KEY).
    KeyOnly,
}

/// How the stream tells its layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    Vp8,
    Vp9 { flexible: bool, up_at_base: bool },
    Dependency,
}

/// A frame of one spatial layer and what it truly needs.
#[derive(Debug, Clone)]
pub struct Frame {
    pub number: u64,
    pub picture: u64,
    pub spatial: u8,
    pub temporal: u8,
    pub is_key: bool,
    pub needs: Vec<u64>,
    /// The frame before in each chain; itself where the chain begins.
    pub chains: Vec<u64>,
}

#[derive(Debug, Clone)]
pub struct Packet {
    pub frame: u64,
    pub payload: Vec<u8>,
    pub dependency: Option<Vec<u8>>,
    pub marker: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Template {
    layer: (u8, u8),
    indications: Vec<u8>,
    distances: Vec<u64>,
    chains: Vec<u64>,
}

/// An encoder of a scalable stream.
pub struct Source {
    pub spatial: u8,
    pub temporal: u8,
    pub prediction: Prediction,
    pub syntax: Syntax,
    pub frames: Vec<Frame>,
    first_number: u64,
    picture: u64,
    key_picture: u64,
    tl0: u8,
    chain_ends: Vec<u64>,
    templates: Vec<Template>,
    template_offset: u64,
    /// Uses custom fields where a template would do.
    pub verbose: bool,
}

/// The temporal layer of a picture by its place in the group.
fn temporal_pattern(layers: u8) -> &'static [u8] {
    match layers {
        1 => &[0],
        2 => &[0, 1],
        _ => &[0, 2, 1, 2],
    }
}

impl Source {
    pub fn new(spatial: u8, temporal: u8, prediction: Prediction, syntax: Syntax, first: u64) -> Self {
        let mut source = Source {
            spatial,
            temporal,
            prediction,
            syntax,
            frames: Vec::new(),
            first_number: first,
            picture: first,
            key_picture: first,
            tl0: first as u8,
            chain_ends: vec![0; usize::from(spatial)],
            templates: Vec::new(),
            template_offset: first % 64,
            verbose: false,
        };
        source.learn_templates();
        source
    }

    fn learn_templates(&mut self) {
        for _ in 0..9 {
            self.next_frames(false);
        }
        let mut templates: Vec<Template> = Vec::new();
        for frame in &self.frames {
            let template = self.template_of(frame);
            if !templates.contains(&template) {
                templates.push(template);
            }
        }
        templates.sort_by_key(|template| template.layer);
        self.templates = templates;
        self.frames.clear();
        (self.picture, self.key_picture, self.tl0) = (self.first_number, self.first_number, self.first_number as u8);
    }

    pub fn frame(&self, number: u64) -> &Frame {
        &self.frames[(number - self.first_number) as usize]
    }

    fn next_frames(&mut self, key: bool) -> Vec<Frame> {
        if key {
            self.key_picture = self.picture;
        }
        let pattern = temporal_pattern(self.temporal);
        let place = (self.picture - self.key_picture) % pattern.len() as u64;
        let is_key = self.picture == self.key_picture;
        let temporal = pattern[place as usize];
        let back = match (pattern.len(), place) {
            (1, _) => 1,
            (n, 0) => n as u64,
            (_, 2) => 2,
            _ => 1,
        };
        let mut frames = Vec::new();
        for spatial in 0..self.spatial {
            let number = self.first_number + self.frames.len() as u64;
            let mut needs = Vec::new();
            if !is_key {
                needs.push(number - back * u64::from(self.spatial));
            }
            if spatial > 0 && (is_key || self.prediction == Prediction::Full) {
                needs.push(number - 1);
            }
            let chains = self.follow_chains(number, spatial, temporal, is_key);
            let frame = Frame { number, picture: self.picture, spatial, temporal, is_key, needs, chains };
            self.frames.push(frame.clone());
            frames.push(frame);
        }
        self.picture += 1;
        frames
    }

    fn follow_chains(&mut self, number: u64, spatial: u8, temporal: u8, is_key: bool) -> Vec<u64> {
        let mut previous = Vec::new();
        for chain in 0..self.spatial {
            let end = &mut self.chain_ends[usize::from(chain)];
            previous.push(if is_key && spatial == 0 { number } else { *end });
            let is_whole = is_key || self.prediction == Prediction::Full;
            if temporal == 0 && (spatial == chain || (is_whole && spatial < chain)) {
                *end = number;
            }
        }
        previous
    }

    /// Decode targets from the highest to the lowest, as encoders number them.
    pub fn targets(&self) -> Vec<(u8, u8)> {
        let layers = (0..self.spatial).flat_map(|s| (0..self.temporal).map(move |t| (s, t)));
        layers.rev().collect()
    }

    /// What a frame is to a decode target: 0 nothing, 1 discardable, 2 switch, 3 required.
    pub fn indication(&self, frame: &Frame, (spatial, temporal): (u8, u8)) -> u8 {
        let is_within = match self.prediction {
            Prediction::KeyOnly if !frame.is_key => frame.spatial == spatial,
            _ => frame.spatial <= spatial,
        };
        if !is_within || frame.temporal > temporal {
            0
        } else if frame.is_key {
            2
        } else if frame.spatial < spatial {
            3
        } else if frame.temporal == temporal && temporal > 0 {
            1
        } else {
            2
        }
    }

    fn template_of(&self, frame: &Frame) -> Template {
        Template {
            layer: (frame.spatial, frame.temporal),
            indications: self.targets().iter().map(|target| self.indication(frame, *target)).collect(),
            distances: frame.needs.iter().map(|needed| frame.number - needed).collect(),
            chains: frame.chains.iter().map(|previous| frame.number - previous).collect(),
        }
    }

    /// Encode a picture: its packets in the order of sending.
    pub fn next_picture(&mut self, key: bool, packets_each: usize) -> Vec<Packet> {
        let frames = self.next_frames(key);
        if frames[0].temporal == 0 {
            self.tl0 = self.tl0.wrapping_add(1);
        }
        let mut packets = Vec::new();
        for frame in &frames {
            for i in 0..packets_each {
                let (begins, ends) = (i == 0, i + 1 == packets_each);
                packets.push(Packet {
                    frame: frame.number,
                    payload: self.payload(frame, begins, ends),
                    dependency: (self.syntax == Syntax::Dependency).then(|| self.descriptor(frame, begins, ends)),
                    marker: ends && frame.spatial + 1 == self.spatial,
                });
            }
        }
        packets
    }

    fn payload(&self, frame: &Frame, begins: bool, ends: bool) -> Vec<u8> {
        let id = (frame.picture & 0x7fff) as u16 | 0x8000;
        match self.syntax {
            Syntax::Vp8 => {
                let layer = frame.temporal << 6 | u8::from(self.is_sync(frame)) << 5;
                let [high, low] = id.to_be_bytes();
                let tag = if frame.is_key && begins { 0x10 } else { 0x11 };
                let mut payload = vec![0x80 | u8::from(begins) << 4, 0xe0, high, low, self.tl0, layer, tag];
                payload.extend([0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01]);
                payload
            }
            Syntax::Vp9 { flexible, up_at_base } => self.vp9(frame, (begins, ends), id, flexible, up_at_base),
            // The first packet of an AV1 sequence: N, one element, a sequence header.
            Syntax::Dependency if frame.is_key && begins && frame.spatial == 0 => vec![0x18, 0x08, 0, 0, 0],
            Syntax::Dependency => vec![0x10, 0x30, 1, 2, 3],
        }
    }

    /// The frame needs only pictures of lower temporal layers.
    fn is_sync(&self, frame: &Frame) -> bool {
        frame.temporal > 0
    }

    fn vp9(&self, frame: &Frame, (begins, ends): (bool, bool), id: u16, flexible: bool, up: bool) -> Vec<u8> {
        let is_inter = !frame.is_key;
        let needs_lower = frame.spatial > 0 && frame.needs.contains(&(frame.number - 1));
        let is_top = frame.spatial + 1 == self.spatial;
        let not_for_upper = is_top || (self.prediction == Prediction::KeyOnly && is_inter);
        let has_structure = frame.is_key && begins && frame.spatial == 0;
        let flags = 0xa0
            | u8::from(is_inter) << 6
            | u8::from(flexible) << 4
            | u8::from(begins) << 3
            | u8::from(ends) << 2
            | u8::from(has_structure) << 1
            | u8::from(not_for_upper);
        let switching_up = self.is_sync(frame) || (up && frame.temporal == 0);
        let layer = frame.temporal << 5 | u8::from(switching_up) << 4 | frame.spatial << 1 | u8::from(needs_lower);
        let [high, low] = id.to_be_bytes();
        let mut payload = vec![flags, high, low, layer];
        if !flexible {
            payload.push(self.tl0);
        } else if is_inter {
            let back = frame.picture - self.frame(frame.needs[0]).picture;
            payload.push((back as u8) << 1);
        }
        if has_structure {
            payload.push((self.spatial - 1) << 5);
        }
        payload.extend([1, 2, 3]);
        payload
    }

    fn descriptor(&self, frame: &Frame, begins: bool, ends: bool) -> Vec<u8> {
        let wanted = self.template_of(frame);
        let exact = self.templates.iter().position(|template| *template == wanted);
        let near = self.templates.iter().position(|template| template.layer == wanted.layer).expect("a template");
        let is_custom = self.verbose || exact.is_none();
        let index = if is_custom { near } else { exact.unwrap_or(near) };
        let has_structure = frame.is_key && frame.spatial == 0 && begins;
        let mut bits = Bits::default();
        bits.push(u64::from(begins), 1);
        bits.push(u64::from(ends), 1);
        bits.push((self.template_offset + index as u64) % 64, 6);
        bits.push(frame.number & 0xffff, 16);
        if has_structure || is_custom {
            bits.push(u64::from(has_structure), 1);
            bits.push(0, 1);
            bits.push(if is_custom { 7 } else { 0 }, 3);
        }
        if has_structure {
            self.write_structure(&mut bits);
        }
        if is_custom {
            wanted.write_custom(&mut bits);
        }
        bits.bytes()
    }

    fn write_structure(&self, bits: &mut Bits) {
        bits.push(self.template_offset, 6);
        bits.push(self.targets().len() as u64 - 1, 5);
        for pair in self.templates.windows(2) {
            let idc = match (pair[0].layer, pair[1].layer) {
                (a, b) if a == b => 0,
                (a, b) if a.0 == b.0 => 1,
                _ => 2,
            };
            bits.push(idc, 2);
        }
        bits.push(3, 2);
        for template in &self.templates {
            template.indications.iter().for_each(|indication| bits.push(u64::from(*indication), 2));
        }
        for template in &self.templates {
            for distance in &template.distances {
                bits.push(1, 1);
                bits.push(distance - 1, 4);
            }
            bits.push(0, 1);
        }
        bits.push_non_symmetric(u64::from(self.spatial), self.targets().len() as u64 + 1);
        for (spatial, _) in self.targets() {
            bits.push_non_symmetric(u64::from(spatial), u64::from(self.spatial));
        }
        for template in &self.templates {
            template.chains.iter().for_each(|distance| bits.push(*distance, 4));
        }
        bits.push(1, 1);
        for spatial in 0..self.spatial {
            bits.push((320 << spatial) - 1, 16);
            bits.push((180 << spatial) - 1, 16);
        }
    }
}

impl Template {
    fn write_custom(&self, bits: &mut Bits) {
        self.indications.iter().for_each(|indication| bits.push(u64::from(*indication), 2));
        for distance in &self.distances {
            let size = if *distance <= 16 { 1 } else { 2 };
            bits.push(size, 2);
            bits.push(distance - 1, 4 * size as u32);
        }
        bits.push(0, 2);
        self.chains.iter().for_each(|distance| bits.push(*distance, 8));
    }
}

#[derive(Default)]
struct Bits(Vec<bool>);

impl Bits {
    fn push(&mut self, value: u64, count: u32) {
        self.0.extend((0..count).rev().map(|bit| value >> bit & 1 == 1));
    }

    /// `ns(n)` as the appendix writes it.
    fn push_non_symmetric(&mut self, value: u64, values: u64) {
        let width = 64 - values.leading_zeros();
        let short = (1 << width) - values;
        if value < short { self.push(value, width - 1) } else { self.push(value + short, width) }
    }

    fn bytes(&self) -> Vec<u8> {
        let byte = |bits: &[bool]| bits.iter().enumerate().fold(0, |byte, (i, bit)| byte | u8::from(*bit) << (7 - i));
        self.0.chunks(8).map(byte).collect()
    }
}
