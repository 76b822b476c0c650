//! A worker whose room another one has as well, which says what it likes. An input is a list of deeds: valid messages of
//! any content, batches of the past with a byte changed, and what may happen meanwhile. Both participants are honest.

use std::time::Duration;

use sfu::codec::Codec;
use sfu::command::Command;
use sfu::model::{LayoutEntry, Source};
use sfu::relay::{End, Layers, Link, Listed, ListedTrack, Message, Packet, TrackId};
use sfu::transport::Payload;
use str0m::format::Codec as Name;

use super::call::{MAX_CALL_BYTES, MAX_LEFT_BYTES, speak};
use super::codec::model_streams;
use crate::call::World;
use crate::input::{Input, Recipe};
use crate::memory::live_bytes;

const VP8: u8 = 96;
const OPUS: u8 = 111;
const RED: u8 = 63;

pub fn run(bytes: &[u8]) {
    let before = live_bytes();
    let mut world = World::connected(2);
    world.set_linked(true);
    let mut other = Other { link: link(1), version: 0, sessions: 1, past: Vec::new(), known: Vec::new() };
    let mut input = Input::new(bytes);
    while !input.is_empty() {
        other.listen(&mut world);
        other.act(&mut input, &mut world);
        assert!(live_bytes() - before < MAX_CALL_BYTES, "{} bytes", live_bytes() - before);
    }
    // Whoever was louder is gone now.
    world.set_linked(false);
    assert_eq!((world.worker.statistics().rooms, world.worker.statistics().peers), (1, 2));
    let heard = world.received[0];
    for number in 0..20 {
        speak(&mut world, 60_000 + number);
    }
    assert!(world.received[0] > heard, "the honest voice is no longer heard");
    drop((world, other));
    assert!(live_bytes() - before < MAX_LEFT_BYTES, "{} bytes stay", live_bytes() - before);
}

fn link(session: u32) -> Link {
    Link::new("room".into(), End::Worker(0), session)
}

/// The other worker.
struct Other {
    link: Link,
    version: u32,
    sessions: u32,
    past: Vec<Vec<u8>>,
    /// The numbers of the peers that it was told of.
    known: Vec<u64>,
}

impl Other {
    /// Hear what the worker has to say.
    fn listen(&mut self, world: &mut World) {
        for batch in world.take_parcels() {
            let Some((_, messages)) = self.link.hear(&batch) else { panic!("a batch that nobody can read") };
            for message in messages {
                if let Message::Publisher { listed, .. } = message {
                    self.known.push(listed.number);
                }
            }
        }
    }

    fn act(&mut self, input: &mut Input, world: &mut World) {
        match input.byte() % 12 {
            0 => self.publish(input),
            1 | 2 => self.send_packet(input),
            3 => self.tell(input),
            4 => self.ask(input),
            5 => {
                let (number, flags) = (u32::from(input.byte()), input.byte());
                self.link.say(&Message::Piece { number, ends: flags & 1 == 0, bytes: input.chunk() });
            }
            6 => self.link.say(&Message::Receipt { next: u32::from(input.byte()), later: u64::from(input.word()) }),
            7 => world.pass(Duration::from_millis(5 + 2 * u64::from(input.byte()))),
            8 => self.repeat(input, world),
            9 => show(input, world),
            10 => {
                self.sessions += 1;
                (self.link, self.version) = (link(self.sessions), 0);
            }
            _ => {
                let head = self.link.take_batch(Vec::new).unwrap_or_else(|| vec![0; 12]);
                self.send([&head, input.chunk()].concat(), world);
            }
        }
        if let Some(batch) = self.link.take_batch(Vec::new) {
            self.send(batch, world);
        }
    }

    fn send(&mut self, batch: Vec<u8>, world: &mut World) {
        self.past.push(batch.clone());
        world.hear(batch);
    }

    /// Publish somebody, whose name may be that of a participant.
    fn publish(&mut self, input: &mut Input) {
        let (number, name, layers) = (input.byte() % 4, input.byte() % 8, 1 + input.byte() % 3);
        let codec = |number: u8, name: Name, redundant: bool| {
            let clock_hz = if name == Name::Vp8 { 90_000 } else { 48_000 };
            Payload { number, codec: Codec { name, profile: 0, redundant, clock_hz }, retransmission: None }
        };
        self.version += 1;
        let listed = Listed {
            number: u64::from(number),
            name: format!("p{name}").into(),
            generation: 1,
            tracks: vec![
                ListedTrack { source: Source::Microphone, layers: 1, muted: false },
                ListedTrack { source: Source::Camera, layers, muted: number == 3 },
            ],
            payloads: vec![codec(VP8, Name::Vp8, false), codec(OPUS, Name::Opus, false), codec(RED, Name::Opus, true)],
        };
        self.link.say(&Message::Publisher { version: self.version, index: 0, listed });
        self.link.say(&Message::Announce { version: self.version, count: 1 });
    }

    fn send_packet(&mut self, input: &mut Input) {
        let (choice, sequence) = (input.byte(), input.short());
        let payload_type = [VP8, OPUS, RED, 1][usize::from(choice >> 2 & 3)];
        let track = TrackId { peer: u64::from(choice & 3), track: u8::from(payload_type == VP8) };
        self.link.say(&Message::Packet(Packet {
            track,
            layer: choice >> 4 & 3,
            restarts: choice >> 6,
            sequence,
            timestamp: u32::from(sequence) * 960,
            payload_type,
            marker: choice & 4 != 0,
            audio_level: (payload_type != VP8).then_some(20),
            orientation: None,
            dependency: &[],
            payload: input.chunk(),
        }));
    }

    /// Tell how a track of its own does.
    fn tell(&mut self, input: &mut Input) {
        let (choice, level) = (input.byte(), input.byte());
        let track = TrackId { peer: u64::from(choice & 3), track: choice >> 2 & 1 };
        let (flowing, speaking) = (choice & 8 == 0, choice & 16 == 0);
        self.link.say(&Message::Voice { track, flowing, speaking, score: f32::from(level) });
        let mut layers = Layers { count: 1 + (level & 3), ..Layers::default() };
        for (told, bits) in layers.told.iter_mut().zip([level, level >> 2, level >> 4]) {
            told.states[0].live = bits & 1 == 0;
            told.states[0].bitrate_bps = u64::from(level) * 1_000;
        }
        self.link.say(&Message::Layers { track, flowing, layers });
    }

    /// Ask for a track of the worker's.
    fn ask(&mut self, input: &mut Input) {
        let (choice, layers) = (input.byte(), input.byte());
        let peer = self.known.get(usize::from(choice & 3)).copied().unwrap_or(u64::from(choice));
        let track = TrackId { peer, track: choice >> 2 & 1 };
        self.link.say(&Message::Want { track, layers, desired: layers & 7 });
        self.link.say(&Message::Keyframe { track, layer: choice >> 4 });
        self.link.say_missing(track, choice >> 4, &[u16::from(layers), input.short()]);
    }

    /// Say something once more, with a byte changed.
    fn repeat(&mut self, input: &mut Input, world: &mut World) {
        let (which, place, change) = (usize::from(input.byte()), usize::from(input.short()), input.byte());
        let Some(mut batch) = self.past.iter().rev().nth(which % self.past.len().max(1)).cloned() else { return };
        let length = batch.len().max(1);
        if let Some(byte) = batch.get_mut(place % length) {
            *byte ^= change;
        }
        world.hear(batch);
    }
}

fn show(input: &mut Input, world: &mut World) {
    let (who, width) = (input.byte() % 8, u32::from(input.byte()) * 10);
    let mid = world.clients[0].video_slots[0].to_string();
    let entries = vec![LayoutEntry { mid, peer: format!("p{who}").into(), source: Source::Camera, width }];
    let (room, peer) = (world.room(), world.clients[0].name().into());
    world.command(Command::SetLayout { room, peer, entries });
}

pub fn seeds() -> Vec<Vec<u8>> {
    // Somebody elsewhere publishes, is looked at, and sends.
    let begin = || Recipe::default().raw(&[7, 60, 0, 1, 5, 2, 3, 1, 200, 9, 5, 64, 7, 60]);
    let (_, vp8) = &model_streams()[0];
    let pictures = vp8
        .iter()
        .zip(1u8..)
        .fold(begin(), |recipe, (packet, number)| recipe.raw(&[1, 1, 0, number]).chunk(&packet.payload).raw(&[7, 10]));
    let voice = (1..9u8)
        .fold(begin(), |recipe, number| recipe.raw(&[1, 0x05, 0, number]).chunk(&[0x78, 1, 2, number]).raw(&[7, 10]));
    let asking = begin().raw(&[4, 0x04, 3, 0, 1, 7, 60, 4, 0x05, 1, 0, 9, 7, 255, 4, 0x04, 0, 0, 1, 7, 20]);
    let said =
        begin().raw(&[5, 0, 1]).chunk(&[0, 1, b'x', 7, 7]).raw(&[5, 1, 0]).chunk(&[8; 40]).raw(&[6, 1, 0, 0, 0, 3]);
    let broken = begin().raw(&[8, 0, 0, 30, 1, 8, 1, 0, 14, 255, 11]).chunk(&[7; 30]).raw(&[10, 0, 1, 0, 1, 7, 100]);
    [pictures, voice, asking, said, broken].map(Recipe::finish).to_vec()
}
