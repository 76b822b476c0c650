//! One receive slot over a network that loses and reorders, and a decoder that knows what every frame needs.

use std::collections::{BTreeMap, BTreeSet};

use sfu::codec::{Codec, StreamState, inspect};
use sfu::svc::{Decision, Layers, Selector, announce};
use str0m::format::Codec as Name;

use crate::random::Random;
use crate::source::{Packet, Source, Syntax};

/// A packet that was forwarded.
pub struct Sent {
    pub frame: u64,
    pub marker: bool,
    pub dependency: Option<Vec<u8>>,
}

/// The network before the slot.
#[derive(Debug, Clone, Copy, Default)]
pub struct Network {
    /// Packets lost for ever, in percent.
    pub lost: u64,
    /// Packets that come late, in percent, and by how many packets at most.
    pub late: u64,
    pub most_late: u64,
}

pub struct Run {
    /// Names the run where a check fails.
    pub label: String,
    pub source: Source,
    pub stream: StreamState,
    pub selector: Selector,
    pub sent: Vec<Sent>,
    pub random: Random,
    pub network: Network,
    /// How often a keyframe was asked for, and the pictures until the encoder obeys.
    pub keyframes: usize,
    pub obeys_after: Option<u64>,
    obeys_in: Option<u64>,
    waiting: BTreeMap<u64, Vec<Packet>>,
    sent_count: u64,
    arrived: BTreeMap<u64, usize>,
    packets: BTreeMap<u64, usize>,
}

pub fn codec(syntax: Syntax) -> Codec {
    let name = match syntax {
        Syntax::Vp8 => Name::Vp8,
        Syntax::Vp9 { .. } => Name::Vp9,
        Syntax::Dependency => Name::Av1,
    };
    Codec { name, profile: 0, redundant: false, clock_hz: 90_000 }
}

impl Run {
    pub fn new(source: Source, seed: u64, network: Network) -> Self {
        let label = format!("seed {seed}");
        Run {
            label,
            source,
            stream: StreamState::default(),
            selector: Selector::new(Layers::ALL),
            sent: Vec::new(),
            random: Random::new(seed),
            network,
            keyframes: 0,
            obeys_after: Some(5),
            obeys_in: None,
            waiting: BTreeMap::new(),
            sent_count: 0,
            arrived: BTreeMap::new(),
            packets: BTreeMap::new(),
        }
    }

    pub fn want(&mut self, spatial: u8, temporal: u8) {
        self.selector.want(Layers { spatial, temporal });
    }

    pub fn current(&self) -> (u8, u8) {
        let layers = self.selector.current(&self.stream).expect("a stream with layers");
        (layers.spatial, layers.temporal)
    }

    /// Encode pictures and let them arrive.
    pub fn pictures(&mut self, count: usize) {
        for _ in 0..count {
            let key = self.source.frames.is_empty() || self.obeys_in == Some(0);
            self.obeys_in = if key { None } else { self.obeys_in.map(|pictures| pictures - 1) };
            let each = 1 + self.random.below(3) as usize;
            for packet in self.source.next_picture(key, each) {
                *self.packets.entry(packet.frame).or_default() += 1;
                self.send(packet);
            }
            if self.selector.needs_keyframe() && self.obeys_in.is_none() {
                self.obeys_in = self.obeys_after;
                self.keyframes += 1;
            }
        }
    }

    fn send(&mut self, packet: Packet) {
        self.sent_count += 1;
        if self.random.percent(self.network.late) {
            let due = self.sent_count + 1 + self.random.below(self.network.most_late);
            self.waiting.entry(due).or_default().push(packet);
        } else if !self.random.percent(self.network.lost) {
            self.arrive(packet);
        }
        let later = self.waiting.split_off(&(self.sent_count + 1));
        for packet in std::mem::replace(&mut self.waiting, later).into_values().flatten() {
            self.arrive(packet);
        }
    }

    fn arrive(&mut self, packet: Packet) {
        *self.arrived.entry(packet.frame).or_default() += 1;
        let codec = codec(self.source.syntax);
        let meta = inspect(codec, &packet.payload, packet.dependency.as_deref(), &mut self.stream);
        let Decision::Forward { marker } = self.selector.decide(&meta, &self.stream) else {
            return;
        };
        let mut dependency = packet.dependency;
        if let (Some(active), Some(bytes)) = (self.selector.announcement(&meta, &self.stream), &dependency) {
            let mut buffer = [0; 128];
            let length = announce(bytes, &self.stream, active, &mut buffer).expect("room for a descriptor");
            dependency = Some(buffer[..length].to_vec());
        }
        self.sent.push(Sent { frame: packet.frame, marker: marker || packet.marker, dependency });
    }

    /// The frames that were forwarded, in the order of decoding.
    pub fn frames(&self) -> BTreeSet<u64> {
        self.sent.iter().map(|sent| sent.frame).collect()
    }

    /// Every frame went out with all of its packets that arrived, and after all that it needs, unless that was lost.
    pub fn check_decodable(&self) {
        let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
        self.sent.iter().for_each(|sent| *counts.entry(sent.frame).or_default() += 1);
        for (&number, &count) in &counts {
            let frame = self.source.frame(number);
            assert_eq!(count, self.arrived[&number], "{}: {frame:?} went out in part", self.label);
            for needed in &frame.needs {
                let is_fine = counts.contains_key(needed) || !self.arrived.contains_key(needed);
                assert!(
                    is_fine,
                    "{}: {frame:?} needs {:?}, which was left out",
                    self.label,
                    self.source.frame(*needed)
                );
            }
        }
    }

    /// The layers of the frames forwarded of the latest pictures.
    pub fn latest(&self, pictures: u64) -> Vec<(u64, u8, u8)> {
        let from = self.source.frames.last().map_or(0, |frame| frame.picture + 1 - pictures);
        let frames = self.frames().into_iter().map(|number| self.source.frame(number));
        frames.filter(|frame| frame.picture >= from).map(|f| (f.picture, f.spatial, f.temporal)).collect()
    }

    /// The frames of the latest pictures that a decode target has.
    pub fn expected(&self, pictures: u64, target: (u8, u8)) -> Vec<(u64, u8, u8)> {
        let from = self.source.frames.last().map_or(0, |frame| frame.picture + 1 - pictures);
        let frames = self.source.frames.iter().filter(|frame| frame.picture >= from);
        let has = |frame: &&crate::source::Frame| self.source.indication(frame, target) != 0;
        frames.filter(has).map(|f| (f.picture, f.spatial, f.temporal)).collect()
    }
}
