//! A running call with a participant who sends what it likes. An input is a list of deeds: sealed packets of any
//! content, junk, forgeries and replays from anywhere, and what may happen meanwhile. The other participant is honest.

use std::net::SocketAddr;
use std::time::Duration;

use sfu::command::Command;
use sfu::model::{LayoutEntry, Source};

use super::codec::model_streams;
use super::rtcp;
use crate::call::{Shape, Stream, World};
use crate::input::{Input, Recipe};
use crate::memory::live_bytes;

const HOSTILE: usize = 0;
const HONEST: usize = 1;
/// What a call of two may come to hold: its rings are bounded.
pub(super) const MAX_CALL_BYTES: i64 = 64 * 1_024 * 1_024;
/// What may stay behind when a call has ended: what is made once.
pub(super) const MAX_LEFT_BYTES: i64 = 1_024 * 1_024;

pub fn run(bytes: &[u8]) {
    let before = live_bytes();
    let mut world = World::connected(2);
    let mut call = Call { numbers: [0; 7], times: [0; 7] };
    let mut input = Input::new(bytes);
    while !input.is_empty() {
        call.act(&mut input, &mut world);
        assert!(live_bytes() - before < MAX_CALL_BYTES, "{} bytes", live_bytes() - before);
    }
    let heard = world.received[HOSTILE];
    for number in 0..20 {
        speak(&mut world, 60_000 + number);
    }
    assert!(world.received[HOSTILE] > heard, "the honest voice is no longer heard");
    drop((world, call));
    assert!(live_bytes() - before < MAX_LEFT_BYTES, "{} bytes stay", live_bytes() - before);
}

/// A packet of the honest voice, 20 ms long.
pub(super) fn speak(world: &mut World, sequence: u16) {
    let payload = [0x78, 1, 2, 3, (sequence >> 8) as u8, sequence as u8];
    let shape = Shape { sequence, timestamp: u32::from(sequence) * 960, payload: &payload, ..VOICE };
    let packet = shape.packet(&world.clients[HONEST]);
    assert!(world.send_rtp(HONEST, &packet) || sequence < 60_000, "an honest packet is refused");
    world.pass(Duration::from_millis(20));
}

const VOICE: Shape = Shape {
    stream: Stream::Voice,
    sequence: 0,
    timestamp: 0,
    marker: false,
    padding: false,
    payload_type: None,
    extensions: &[],
    payload: &[],
};

struct Call {
    /// The newest sequence number and timestamp of each of the hostile streams.
    numbers: [u16; 7],
    times: [u32; 7],
}

impl Call {
    fn act(&mut self, input: &mut Input, world: &mut World) {
        match input.byte() % 10 {
            0 | 1 => self.send_media(input, world),
            2 => _ = world.send_rtp(HOSTILE, input.chunk()),
            3 => world.send_rtcp(HOSTILE, input.chunk()),
            4 => {
                let source = address(input.byte(), world);
                world.inject(source, input.chunk());
            }
            5 => tamper(input, world),
            6 => replay(input, world),
            7 => world.pass(Duration::from_millis(5 + 2 * u64::from(input.byte()))),
            8 => show(input, world),
            _ => mute(input, world),
        }
    }

    fn send_media(&mut self, input: &mut Input, world: &mut World) {
        let choice = input.byte();
        let streams = [0, 1, 2].map(Stream::Layer).into_iter().chain([0, 1, 2].map(Stream::Repair));
        let stream = streams.chain([Stream::Voice]).nth(usize::from(choice & 7)).unwrap_or(Stream::Voice);
        let place = usize::from(choice & 7).min(6);
        self.numbers[place] = self.numbers[place].wrapping_add_signed(i16::from(input.byte() as i8));
        self.times[place] = self.times[place].wrapping_add(u32::from(input.byte()) * 100);
        let has_type = choice & 0x20 != 0;
        let has_extensions = choice & 0x40 != 0;
        let shape = Shape {
            stream,
            sequence: self.numbers[place],
            timestamp: self.times[place],
            marker: choice & 8 != 0,
            padding: choice & 0x10 != 0,
            payload_type: has_type.then(|| input.byte()),
            extensions: if has_extensions { input.chunk() } else { &[] },
            payload: input.chunk(),
        };
        let packet = shape.packet(&world.clients[HOSTILE]);
        world.send_rtp(HOSTILE, &packet);
    }
}

fn address(choice: u8, world: &World) -> SocketAddr {
    match choice % 4 {
        0 => world.clients[HOSTILE].address,
        1 => world.clients[HONEST].address,
        _ => SocketAddr::from(([198, 51, 100, choice], 1_000 + u16::from(choice))),
    }
}

/// Send a datagram of the past with a byte changed.
fn tamper(input: &mut Input, world: &mut World) {
    let (which, source) = (usize::from(input.byte()), address(input.byte(), world));
    let (place, change) = (usize::from(input.short()), input.byte().max(1));
    let Some((_, mut bytes)) = world.sent.iter().rev().nth(which % world.sent.len().max(1)).cloned() else { return };
    // Behind the signature of a binding request, in its last eight bytes, changes mean nothing.
    let signed = bytes.len().saturating_sub(8).max(1);
    bytes[place % signed] ^= change;
    world.inject(source, &bytes);
}

/// Send a datagram of the past once more from where it came.
fn replay(input: &mut Input, world: &mut World) {
    let which = usize::from(input.byte()) % world.sent.len().max(1);
    let Some((source, bytes)) = world.sent.iter().rev().nth(which).cloned() else { return };
    world.inject(source, &bytes);
}

fn show(input: &mut Input, world: &mut World) {
    let width = u32::from(input.byte()) * 10;
    let mid = world.clients[HONEST].video_slots[0].to_string();
    let (room, peer) = (world.room(), world.clients[HONEST].name().into());
    let publisher = world.clients[HOSTILE].name().into();
    let entries = vec![LayoutEntry { mid, peer: publisher, source: Source::Camera, width }];
    world.command(Command::SetLayout { room, peer, entries });
}

fn mute(input: &mut Input, world: &mut World) {
    let choice = input.byte();
    let source = if choice & 1 == 0 { Source::Camera } else { Source::Microphone };
    let (room, peer) = (world.room(), world.clients[HOSTILE].name().into());
    world.command(Command::SetMuted { room, peer, source, muted: choice & 2 != 0 });
}

pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = Vec::new();
    let begin = || Recipe::default().raw(&[8, 64]);
    let (_, vp8) = &model_streams()[0];
    let pictures = vp8.iter().fold(begin(), |recipe, packet| {
        let layers = (0..3).fold(recipe, |recipe, layer| recipe.raw(&[0, layer | 8, 1, 36]).chunk(&packet.payload));
        layers.raw(&[7, 10])
    });
    seeds.push(pictures.finish());
    let voice = (0..6).fold(begin(), |recipe, _| recipe.raw(&[0, 6, 1, 9]).chunk(&[0x78, 1, 2, 3]).raw(&[7, 8]));
    // Gaps that are asked for, and repaired; then another stream, forged, and one again.
    let lossy = vp8.iter().zip(1u8..).fold(begin(), |recipe, (packet, number)| {
        let repair = [&[0, number][..], &packet.payload].concat();
        recipe.raw(&[0, 0, 2, 36]).chunk(&packet.payload).raw(&[7, 40, 0, 3, 1, 36]).chunk(&repair)
    });
    let junk = voice.clone().raw(&[5, 0, 2, 0, 9, 1, 6, 0, 4, 1]).chunk(&[22, 254, 253, 0, 0]).raw(&[4, 9]);
    seeds.extend([voice.finish(), lossy.finish(), junk.chunk(&[0x80; 40]).raw(&[9, 3, 9, 0]).finish()]);
    seeds.extend(rtcp::compounds().iter().map(|compound| {
        begin().raw(&[0, 6, 1, 9]).chunk(&[0x78, 1]).raw(&[7, 20, 3]).chunk(compound).raw(&[7, 100]).finish()
    }));
    seeds
}
