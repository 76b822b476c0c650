//! Audio slots: the loudest, steadily.

use std::time::Duration;

use sfu::event::Event;

use crate::client::Setup;
use crate::world::{ROOM, World};

fn quiet_room(seed: u64, clients: usize) -> World {
    let mut world = World::new(seed);
    for _ in 0..clients {
        let client = world.join(ROOM, Setup { audio_slots: 2, video_slots: 1, ..Setup::default() });
        world.clients[client].level = Some(-80);
    }
    world
}

/// Who is heard in each audio slot of a client since a time, in order of appearance.
fn heard(world: &World, client: usize, since: std::time::Instant) -> Vec<Vec<u8>> {
    let client = &world.clients[client];
    let slot = |mid: &str0m::media::Mid| {
        let mut who: Vec<u8> = client.since(*mid, since).iter().map(|packet| packet.tag.client).collect();
        who.dedup();
        who
    };
    client.audio_slots.iter().map(slot).collect()
}

#[test]
fn speakers_take_the_slots_of_the_silent() {
    let mut world = quiet_room(30, 5);
    world.run(Duration::from_secs(2));
    world.clients[3].level = Some(-20);
    world.clients[4].level = Some(-25);
    world.run(Duration::from_secs(1));
    let start = world.now;
    world.run(Duration::from_secs(2));
    let mut who = heard(&world, 0, start).concat();
    who.sort_unstable();
    assert_eq!(who, [3, 4]);
}

#[test]
fn a_speaker_keeps_the_slot() {
    let mut world = quiet_room(31, 5);
    world.clients[3].level = Some(-20);
    world.clients[4].level = Some(-25);
    world.run(Duration::from_secs(2));
    let start = world.now;
    // A third one speaks as loudly as the others, and pauses between words.
    for _ in 0..10 {
        world.clients[2].level = Some(-22);
        world.run(Duration::from_millis(200));
        world.clients[2].level = Some(-80);
        world.run(Duration::from_millis(200));
    }
    let slots = heard(&world, 0, start);
    assert!(slots.iter().all(|who| who.len() == 1), "slots changed hands: {slots:?}");
}

#[test]
fn with_a_slot_for_everybody_nobody_ever_moves() {
    let mut world = quiet_room(32, 3);
    world.run(Duration::from_secs(1));
    let start = world.now;
    for round in 0..6 {
        world.clients[1].level = Some(if round % 2 == 0 { -10 } else { -90 });
        world.clients[2].level = Some(if round % 2 == 1 { -10 } else { -90 });
        world.run(Duration::from_millis(600));
    }
    let slots = heard(&world, 0, start);
    assert!(slots.iter().all(|who| who.len() == 1), "{slots:?}");
}

#[test]
fn a_slot_is_one_stream_whoever_speaks() {
    let mut world = quiet_room(33, 5);
    let start = world.now;
    for speaker in [1, 2, 3, 4, 1, 3] {
        for client in 0..5 {
            world.clients[client].level = Some(if client == speaker { -20 } else { -80 });
        }
        world.run(Duration::from_secs(1));
    }
    let client = &world.clients[0];
    for slot in &client.audio_slots {
        let packets = client.since(*slot, start);
        for pair in packets.windows(2) {
            assert_eq!(pair[1].sequence, pair[0].sequence + 1);
            let ticks = pair[1].timestamp.wrapping_sub(pair[0].timestamp);
            assert!((1..48_000).contains(&ticks), "{ticks}");
        }
    }
}

#[test]
fn the_loudest_is_told_first_and_not_too_often() {
    let mut world = quiet_room(34, 4);
    world.run(Duration::from_secs(1));
    world.events.clear();
    world.clients[1].level = Some(-40);
    world.clients[2].level = Some(-15);
    world.run(Duration::from_secs(2));
    let told: Vec<_> = world
        .events
        .iter()
        .filter_map(|event| match event {
            Event::SpeakersChanged { speakers, .. } => Some(speakers.clone()),
            _ => None,
        })
        .collect();
    assert!(!told.is_empty() && told.len() <= 10, "{} events", told.len());
    let names: Vec<&str> = told.last().unwrap().iter().map(|(peer, _)| &**peer).collect();
    assert_eq!(names, ["p2", "p1"]);
    let loudest = told.last().unwrap()[0].1;
    assert!((13..=18).contains(&loudest), "{loudest}");
}
