//! Peers meet: who hears and sees whom.

use std::time::Duration;

use sfu::command::{Command, RestartIce};
use sfu::event::{Event, RefusalCode};

use crate::client::Setup;
use crate::world::{ROOM, World};

#[test]
fn two_peers_hear_and_see_each_other() {
    let mut world = World::with_clients(1, 2);
    world.show(0, &[(1, 1280)]);
    world.show(1, &[(0, 1280)]);
    let start = world.now;
    world.run(Duration::from_secs(3));
    for (own, other) in [(0, 1), (1, 0)] {
        let client = &world.clients[own];
        let audio = client.since(client.audio_slots[0], start);
        assert!(audio.len() > 140, "{} audio packets", audio.len());
        assert!(audio.iter().all(|packet| packet.tag.client == other));
        let video = client.since(client.video_slots[0], start);
        assert!(video.len() > 140, "{} video packets", video.len());
        assert!(video.iter().all(|packet| packet.tag.client == other));
    }
}

#[test]
fn three_peers_fill_two_audio_slots_each() {
    let mut world = World::with_clients(2, 3);
    world.run(Duration::from_secs(2));
    for own in 0..3u8 {
        let client = &world.clients[usize::from(own)];
        let mut heard: Vec<u8> = client.received.values().flatten().map(|packet| packet.tag.client).collect();
        heard.sort_unstable();
        heard.dedup();
        let others: Vec<u8> = (0..3).filter(|n| *n != own).collect();
        assert_eq!(heard, others);
    }
}

#[test]
fn rooms_never_mix() {
    let mut world = World::with_clients(3, 2);
    let stranger = world.join("elsewhere", Setup::default());
    world.run(Duration::from_secs(2));
    assert!(world.clients[stranger].received.is_empty());
    let heard = world.clients[0].received.values().flatten();
    assert!(heard.clone().count() > 0);
    assert!(heard.clone().all(|packet| usize::from(packet.tag.client) != stranger));
}

#[test]
fn events_tell_the_life_of_a_peer() {
    let world = World::with_clients(4, 1);
    let names: Vec<&str> = world
        .events
        .iter()
        .map(|event| match event {
            Event::PeerAnswered { .. } => "answered",
            Event::SlotsChanged { .. } => "slots",
            Event::PeerConnected { .. } => "connected",
            _ => "other",
        })
        .collect();
    assert_eq!(names, ["answered", "slots", "connected"]);
}

#[test]
fn ice_can_be_restarted_without_losing_the_call() {
    let mut world = World::with_clients(5, 2);
    let offer = world.clients[0].restart_ice();
    let (room, peer) = (ROOM.into(), "p0".into());
    let restart = RestartIce { request: 77, room, peer, generation: 1, offer };
    world.command(Command::RestartIce(restart));
    let Some(Event::PeerAnswered { request: 77, sdp, .. }) = world.events.last().cloned() else {
        panic!("not answered: {:?}", world.events.last());
    };
    world.clients[0].answered(&sdp);
    world.run(Duration::from_secs(2));
    let start = world.now;
    world.run(Duration::from_secs(2));
    let slot = world.clients[0].audio_slots[0];
    assert!(world.clients[0].since(slot, start).len() > 90);
}

#[test]
fn a_restart_of_nobody_is_refused() {
    let mut world = World::with_clients(6, 1);
    for (peer, generation, expected) in [("p9", 1, RefusalCode::PeerUnknown), ("p0", 5, RefusalCode::StaleGeneration)] {
        let (room, peer, offer) = (ROOM.into(), peer.into(), String::new());
        world.command(Command::RestartIce(RestartIce { request: 1, room, peer, generation, offer }));
        let refused = world.events.last();
        assert!(matches!(refused, Some(Event::PeerRefused { code, .. }) if *code == expected), "{refused:?}");
    }
}
