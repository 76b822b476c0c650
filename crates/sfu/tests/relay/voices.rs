//! Everybody hears the loudest, on whichever worker they are.

use std::time::Duration;

use sfu::command::Command;
use sfu::event::Event;
use sfu::model::Source;

use crate::client::Setup;
use crate::world::{ROOM, World};

fn quiet_room(seed: u64, workers: usize, clients: usize) -> World {
    let mut world = World::new(seed, workers);
    world.link();
    for index in 0..clients {
        let client = world.join(index % workers, Setup { audio_slots: 2, video_slots: 1, ..Setup::default() });
        world.clients[client].level = Some(-80);
    }
    world
}

#[test]
fn the_loudest_are_heard_on_every_worker() {
    for workers in [2, 3] {
        let mut world = quiet_room(200, workers, 7);
        world.run(Duration::from_secs(2));
        world.clients[3].level = Some(-20);
        world.clients[4].level = Some(-25);
        world.run(Duration::from_millis(1_500));
        for client in [0, 1, 2, 5, 6] {
            let heard = world.heard(client, Duration::from_millis(400));
            assert_eq!(heard, [3, 4], "client {client} of {workers} workers");
        }
    }
}

#[test]
fn a_voice_from_another_worker_is_one_stream_without_a_seam() {
    let mut world = quiet_room(201, 2, 6);
    let start = world.now;
    for speaker in [1, 2, 3, 4, 1, 3] {
        world.only_speaks(speaker);
        world.run(Duration::from_secs(1));
    }
    let client = &world.clients[0];
    for slot in &client.audio_slots {
        let packets = client.since(*slot, start);
        assert!(packets.len() > 200, "{}", packets.len());
        for pair in packets.windows(2) {
            assert_eq!(pair[1].sequence, pair[0].sequence + 1);
            let ticks = pair[1].timestamp.wrapping_sub(pair[0].timestamp);
            assert!((1..48_000).contains(&ticks), "{ticks}");
        }
    }
}

#[test]
fn one_worker_alone_tells_who_speaks() {
    let mut world = quiet_room(202, 3, 6);
    world.run(Duration::from_secs(1));
    world.events.clear();
    world.only_speaks(4);
    world.run(Duration::from_secs(2));
    let tells = |(worker, event): &(usize, Event)| match event {
        Event::SpeakersChanged { speakers, .. } => Some((*worker, speakers.iter().map(|s| s.0.to_string()).collect())),
        _ => None,
    };
    let told: Vec<(usize, Vec<String>)> = world.events.iter().filter_map(tells).collect();
    assert!(!told.is_empty() && told.iter().all(|(worker, _)| *worker == 0), "{told:?}");
    assert_eq!(told.last().unwrap().1, ["p4"]);
}

#[test]
fn a_muted_voice_is_heard_nowhere_and_comes_back() {
    let mut world = quiet_room(203, 2, 4);
    world.only_speaks(1);
    world.run(Duration::from_secs(2));
    assert!(world.heard(0, Duration::from_millis(300)).contains(&1));
    let mute = |muted| Command::SetMuted { room: ROOM.into(), peer: "p1".into(), source: Source::Microphone, muted };
    world.command(1, mute(true));
    world.run(Duration::from_millis(500));
    for client in [0, 2, 3] {
        assert!(!world.heard(client, Duration::from_millis(300)).contains(&1), "client {client}");
    }
    world.command(1, mute(false));
    world.run(Duration::from_secs(1));
    assert!(world.heard(0, Duration::from_millis(300)).contains(&1));
}
