//! Ends: closed, replaced, silent.

use std::time::Duration;

use sfu::command::Command;
use sfu::event::{EndReason, Event, RefusalCode};

use crate::client::Setup;
use crate::network::Path;
use crate::told;
use crate::world::{ROOM, World};

fn ended(world: &World) -> Vec<(String, u64, EndReason)> {
    let end = |event: &Event| match event {
        Event::PeerEnded { peer, generation, reason, .. } => Some((peer.to_string(), *generation, *reason)),
        _ => None,
    };
    world.events.iter().filter_map(end).collect()
}

#[test]
fn a_closed_peer_leaves_the_slots_of_others() {
    let mut world = World::with_clients(50, 2);
    world.show(0, &[(1, 640)]);
    world.run(Duration::from_secs(1));
    world.command(Command::ClosePeer { room: ROOM.into(), peer: "p1".into() });
    world.run(Duration::from_secs(1));
    assert_eq!(ended(&world), [("p1".into(), 1, EndReason::Closed)]);
    assert!(world.clients[1].closed, "the client is told");
    let slots = told::slots(world.events.iter(), "p0").unwrap();
    assert!(slots.iter().all(|slot| slot.track.is_none()));
    assert_eq!(world.worker.statistics().peers, 1);
}

#[test]
fn closing_a_room_ends_everybody_and_all_timers() {
    let mut world = World::with_clients(51, 3);
    world.command(Command::CloseRoom { room: ROOM.into() });
    let reasons: Vec<EndReason> = ended(&world).into_iter().map(|(_, _, reason)| reason).collect();
    assert_eq!(reasons, [EndReason::RoomClosed; 3]);
    let statistics = world.worker.statistics();
    assert_eq!((statistics.rooms, statistics.peers), (0, 0));
    world.run(Duration::from_secs(1));
    assert_eq!(world.worker.poll_timeout(world.now), None, "an idle worker sleeps");
}

#[test]
fn a_higher_generation_replaces_and_a_lower_is_refused() {
    let mut world = World::with_clients(52, 1);
    let stale = world.clients[0].open(90, ROOM, 1);
    world.command(Command::OpenPeer(stale));
    assert!(matches!(
        world.events.last(),
        Some(Event::PeerRefused { request: 90, code: RefusalCode::StaleGeneration, .. })
    ));
    let next = world.clients[0].open(91, ROOM, 2);
    world.command(Command::OpenPeer(next));
    assert_eq!(ended(&world), [("p0".into(), 1, EndReason::Replaced)]);
}

#[test]
fn a_silent_peer_is_disconnected_and_may_come_back() {
    let mut world = World::with_clients(53, 1);
    world.up.loss = 1.0;
    world.run(Duration::from_secs(8));
    assert!(matches!(world.events.last(), Some(Event::QualityChanged { .. } | Event::PeerDisconnected { .. })));
    let lost = |event: &Event| matches!(event, Event::PeerDisconnected { .. });
    assert_eq!(world.events.iter().filter(|event| lost(event)).count(), 1);
    world.up = Path::default();
    world.run(Duration::from_secs(6));
    let back = |event: &Event| matches!(event, Event::PeerConnected { .. });
    assert_eq!(world.events.iter().filter(|event| back(event)).count(), 2);
    assert!(ended(&world).is_empty());
}

#[test]
fn a_peer_that_stays_silent_ends() {
    let mut world = World::with_clients(54, 1);
    world.up.loss = 1.0;
    world.run(Duration::from_secs(40));
    assert_eq!(ended(&world), [("p0".into(), 1, EndReason::IceTimeout)]);
}

#[test]
fn a_peer_that_never_comes_ends() {
    let mut world = World::new(55);
    world.up.loss = 1.0;
    world.open(ROOM, Setup::default(), 1);
    world.run(Duration::from_secs(40));
    assert_eq!(ended(&world), [("p0".into(), 1, EndReason::IceTimeout)]);
}

#[test]
fn a_client_that_closes_ends() {
    let mut world = World::with_clients(56, 1);
    world.clients[0].rtc.close().unwrap();
    world.clients[0].wake_at = world.now;
    world.run(Duration::from_secs(2));
    assert_eq!(ended(&world), [("p0".into(), 1, EndReason::Closed)]);
}

#[test]
fn tracks_stop_and_start_again() {
    let mut world = World::with_clients(57, 1);
    world.run(Duration::from_secs(1));
    world.clients[0].sends_video = false;
    world.run(Duration::from_secs(4));
    world.clients[0].sends_video = true;
    world.run(Duration::from_secs(1));
    let camera: Vec<&str> = world
        .events
        .iter()
        .filter_map(|event| match event {
            Event::TrackStarted { source: sfu::model::Source::Camera, .. } => Some("started"),
            Event::TrackStopped { source: sfu::model::Source::Camera, .. } => Some("stopped"),
            _ => None,
        })
        .collect();
    assert_eq!(camera, ["started", "stopped", "started"]);
}
