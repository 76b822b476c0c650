//! Bottlenecks: lower layers first, then pauses; screens and large tiles last.

use std::time::{Duration, Instant};

use sfu::event::PauseReason;
use sfu::model::Source;

use crate::client::{Received, Setup};
use crate::network::Path;
use crate::seams::assert_seamless;
use crate::told;
use crate::world::{ROOM, World};

/// Layers of 160, 560 and 1,600 kbit/s at 50 packets a second.
const HEAVY: [usize; 3] = [400, 1_000, 1_150];

#[test]
fn a_narrow_path_gets_a_lower_layer() {
    let mut world = World::new(70);
    for _ in 0..2 {
        world.join(ROOM, Setup { packet_bytes: HEAVY, ..Setup::default() });
    }
    world.show(0, &[(1, 1280)]);
    world.run(Duration::from_secs(3));
    world.down = Path { rate_bps: Some(350_000), ..Path::default() };
    world.run(Duration::from_secs(20));
    let client = &world.clients[0];
    let packets = client.since(client.video_slots[0], world.now - Duration::from_secs(2));
    assert!(!packets.is_empty(), "the picture goes on");
    let high = packets.iter().filter(|packet| packet.tag.layer == 2).count();
    assert!(high * 4 < packets.len(), "{high} of {} packets are of the top layer", packets.len());
}

#[test]
fn a_wide_path_gets_the_top_layer() {
    let mut world = World::new(71);
    for _ in 0..2 {
        world.join(ROOM, Setup { packet_bytes: HEAVY, ..Setup::default() });
    }
    world.down = Path { rate_bps: Some(5_000_000), ..Path::default() };
    world.show(0, &[(1, 1280)]);
    world.run(Duration::from_secs(10));
    let client = &world.clients[0];
    let packets = client.since(client.video_slots[0], world.now - Duration::from_secs(2));
    assert!(packets.iter().all(|packet| packet.tag.layer == 2));
}

#[test]
fn a_screen_goes_before_faces() {
    let mut world = World::new(72);
    for _ in 0..4 {
        world.join(ROOM, Setup { packet_bytes: HEAVY, screen: true, ..Setup::default() });
    }
    world.down = Path { rate_bps: Some(700_000), ..Path::default() };
    let tiles =
        [(2, Source::Camera, 1280), (1, Source::Screen, 1280), (3, Source::Camera, 1280), (1, Source::Camera, 1280)];
    world.show_sources(0, &tiles);
    world.run(Duration::from_secs(25));
    let slots = told::slots(world.events.iter(), "p0").unwrap();
    let paused = |source: Source| {
        let of_source = slots.iter().filter(move |s| s.track.as_ref().is_some_and(|(_, have)| *have == source));
        of_source.filter(|slot| slot.paused && slot.reason == Some(PauseReason::Bandwidth)).count()
    };
    assert_eq!(paused(Source::Screen), 0, "{slots:?}");
    assert!(paused(Source::Camera) > 0, "{slots:?}");
    let counted = world.worker.statistics();
    assert_eq!((counted.peers_video_paused, counted.peers_sound_only), (1, 0));
    assert!(counted.peers_estimated > 0 && counted.estimated_bps > 100_000, "{counted:?}");
}

/// Layers of 150 and 470 kbit/s at 50 packets a second, as browsers send of a camera of 360 lines.
const LIGHT: [usize; 3] = [350, 1_150, 1_150];

/// Seconds from a time on until a slot gets pictures without a gap of half a second, for two seconds; of any layer but
/// those below one.
fn shown_after(world: &World, from: Instant, layer: u8) -> Option<f64> {
    let client = &world.clients[0];
    let packets = client.since(client.video_slots[0], from);
    let times: Vec<Instant> =
        packets.iter().filter(|packet| packet.tag.layer >= layer).map(|packet| packet.at).collect();
    let is_steady = |at: &&Instant| {
        (0..4).all(|half| {
            let begin = **at + Duration::from_millis(500 * half);
            times.iter().any(|time| (begin..begin + Duration::from_millis(500)).contains(time))
        })
    };
    times.iter().find(is_steady).map(|at| (*at - from).as_secs_f64())
}

#[test]
fn a_fall_to_300_kbit_leaves_the_smallest_picture_and_the_link_s_return_brings_the_whole_one() {
    for seed in 0..10 {
        let mut world = World::new(730 + seed);
        for _ in 0..2 {
            world.join(ROOM, Setup { rids: vec!["q", "h"], packet_bytes: LIGHT, ..Setup::default() });
        }
        world.show(0, &[(1, 1280)]);
        world.run(Duration::from_secs(10));
        world.down = Path { rate_bps: Some(300_000), delay: Duration::from_millis(20), ..Path::default() };
        let fall = world.now;
        world.run(Duration::from_secs(30));
        let small = shown_after(&world, fall + Duration::from_secs(5), 0);
        world.down = Path::default();
        let back = world.now;
        world.run(Duration::from_secs(20));
        let whole = shown_after(&world, back, 1);
        println!("seed {seed}: small {small:?} whole {whole:?}");
        assert!(small.is_some_and(|after| after <= 10.0), "seed {seed}: the smallest picture after {small:?}");
        assert!(whole.is_some_and(|after| after <= 10.0), "seed {seed}: the whole picture after {whole:?}");
    }
}

/// What a camera of 640 by 360 with texture gives, and its voice: 150 and 500 kbit/s, keyframes of 12 KB, speech of
/// 40 kbit/s.
fn browser() -> Setup {
    Setup {
        rids: vec!["q", "h"],
        packet_bytes: [600, 1_150, 1_150],
        keyframe_packets: 16,
        frames_every: Duration::from_micros(66_667),
        is_temporal: true,
        voice_bytes: 100,
        ..Setup::default()
    }
}

/// A call of two browsers in which the path to the first falls to a rate; when it fell.
fn fallen(seed: u64, rate_bps: u64) -> (World, Instant) {
    let mut world = World::new(seed);
    for _ in 0..2 {
        world.join(ROOM, browser());
    }
    world.show(0, &[(1, 1280)]);
    world.run(Duration::from_millis(10_000 + 37 * (seed % 10)));
    let jitter = Duration::from_millis(seed % 3);
    world.down = Path { rate_bps: Some(rate_bps), delay: Duration::from_millis(20), jitter, ..Path::default() };
    let fall = world.now;
    world.run(Duration::from_secs(60));
    (world, fall)
}

/// The longest time from one picture to the next since a time, in seconds.
fn longest_gap(world: &World, from: Instant) -> f64 {
    let client = &world.clients[0];
    let packets = client.since(client.video_slots[0], from);
    let times = packets.iter().map(|packet| packet.at).chain([world.now]);
    let gaps = times.scan(from, |before, at| Some(at - std::mem::replace(before, at)));
    gaps.max().unwrap_or_default().as_secs_f64()
}

/// Packets between two losses are one stream.
fn assert_seamless_but_for_losses(mut packets: Vec<Received>) {
    packets.sort_by_key(|packet| packet.sequence);
    packets.dedup_by_key(|packet| packet.sequence);
    packets.chunk_by(|a, b| b.sequence == a.sequence + 1).for_each(assert_seamless);
}

#[test]
fn at_300_kbit_a_picture_stays_shown_beside_speech() {
    for seed in 0..3 {
        let (world, fall) = fallen(740 + seed, 300_000);
        let gap = longest_gap(&world, fall);
        let client = &world.clients[0];
        let shown = client.since(client.video_slots[0], fall + Duration::from_secs(5)).len() / 2;
        println!("seed {seed}: longest gap {gap:.2} s, {shown} of 825 frames from five seconds on");
        assert!(gap <= 5.0, "seed {seed}: a gap of {gap:.2} s");
        assert!(shown > 400, "seed {seed}: {shown} of 825 frames");
    }
}

#[test]
fn where_the_smallest_picture_does_not_fit_it_moves_less_smoothly_and_is_shown_all_the_time() {
    for seed in 0..3 {
        let (world, fall) = fallen(760 + seed, 180_000);
        let gap = longest_gap(&world, fall);
        let client = &world.clients[0];
        let packets = client.since(client.video_slots[0], fall + Duration::from_secs(15));
        let shown = [0, 1, 2].map(|layer| packets.iter().filter(|packet| packet.temporal == layer).count() / 2);
        println!("seed {seed}: longest gap {gap:.2} s, frames of the temporal layers from 15 s on: {shown:?}");
        assert!(gap <= 5.0, "seed {seed}: a gap of {gap:.2} s");
        assert!(shown[0] > 150, "seed {seed}: {shown:?} of 168, 168 and 337");
        assert!(shown[2] < 330, "seed {seed}: {shown:?} of 168, 168 and 337");
        assert_seamless_but_for_losses(packets);
    }
}
