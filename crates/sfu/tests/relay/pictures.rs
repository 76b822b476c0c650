//! Pictures across workers: on demand, in the right layer, without a seam.

use std::time::Duration;

use sfu::command::Command;
use sfu::event::Event;
use sfu::model::{Kind, Source};

use crate::client::Setup;
use crate::network::Path;
use crate::seams::assert_seamless;
use crate::told::layers_wanted;
use crate::world::{ROOM, World};

const LATELY: Duration = Duration::from_millis(500);

#[test]
fn each_slot_shows_who_the_layout_names_on_any_worker() {
    let mut world = World::with_clients(210, 3, 6);
    world.show(0, &[(1, 640), (2, 320), (3, 1280), (5, 640)]);
    world.run(Duration::from_secs(3));
    for (slot, (publisher, layer)) in [(1, 1), (2, 0), (3, 2), (5, 1)].into_iter().enumerate() {
        let packets = world.seen(0, slot, LATELY);
        assert!(packets.len() > 20, "slot {slot}: {}", packets.len());
        assert!(packets.iter().all(|p| (p.tag.client, p.tag.layer) == (publisher, layer)), "slot {slot}");
    }
    let video = world.slots_of(0).into_iter().filter(|slot| slot.kind == Kind::Video);
    let names: Vec<String> = video.map(|slot| slot.track.unwrap().0.to_string()).collect();
    assert_eq!(names, ["p1", "p2", "p3", "p5"]);
}

#[test]
fn switches_of_layer_and_publisher_are_seamless() {
    let mut world = World::with_clients(211, 2, 4);
    let start = world.now;
    for (publisher, width, layer) in [(1, 300, 0), (1, 640, 1), (3, 1280, 2), (2, 640, 1), (1, 100, 0), (3, 321, 1)] {
        world.show(0, &[(publisher, width)]);
        world.run(Duration::from_secs(2));
        let settled = world.seen(0, 0, LATELY);
        assert!(settled.len() > 20);
        let expected = (publisher as u8, layer);
        assert!(settled.iter().all(|p| (p.tag.client, p.tag.layer) == expected), "{publisher} at {width}");
    }
    let client = &world.clients[0];
    assert_seamless(&client.since(client.video_slots[0], start));
}

#[test]
fn nothing_flows_between_workers_that_nobody_wants() {
    let mut world = World::with_clients(212, 2, 2);
    world.clients.iter_mut().for_each(|client| client.level = None);
    world.run(Duration::from_secs(3));
    let before = world.relayed;
    world.run(Duration::from_secs(2));
    let idle = world.relayed.1 - before.1;
    assert!(idle < 10_000, "{idle} bytes in two seconds of nothing wanted");
    world.show(0, &[(1, 300)]);
    world.run(Duration::from_secs(2));
    let before = world.relayed;
    world.run(Duration::from_secs(2));
    let small = world.relayed.1 - before.1;
    // 25 frames of two packets of 200 bytes a second; the larger layers have 400 and 800.
    assert!((20_000..45_000).contains(&small), "{small} bytes in two seconds of the smallest layer");
    world.show(0, &[]);
    world.run(Duration::from_millis(500));
    let before = world.relayed;
    world.run(Duration::from_secs(2));
    assert!(world.relayed.1 - before.1 < 10_000);
}

#[test]
fn what_came_over_a_link_is_sent_over_no_other() {
    let mut world = World::with_clients(213, 3, 3);
    world.clients.iter_mut().for_each(|client| client.level = None);
    world.show(0, &[(2, 1280)]);
    world.show(1, &[(2, 1280)]);
    world.run(Duration::from_secs(3));
    let before = world.relayed.1;
    world.run(Duration::from_secs(2));
    // 50 frames of two packets of 800 bytes, to each of the two workers, once.
    let relayed = world.relayed.1 - before;
    assert!((160_000..200_000).contains(&relayed), "{relayed} bytes");
}

#[test]
fn requests_for_keyframes_are_merged_at_the_origin() {
    let mut world = World::new(214, 3);
    world.link();
    let publisher = world.join(0, Setup::default());
    for index in 0..12 {
        world.join(index % 3, Setup::default());
    }
    world.run(Duration::from_secs(2));
    let asked = world.workers[0].statistics().keyframe_requests;
    for client in 1..=12 {
        world.show(client, &[(publisher, 640)]);
    }
    world.run(Duration::from_millis(300));
    let asked = world.workers[0].statistics().keyframe_requests - asked;
    assert!((1..=2).contains(&asked), "{asked} requests for twelve receivers");
    world.run(Duration::from_secs(1));
    for client in 1..=12 {
        assert!(world.seen(client, 0, LATELY).len() > 20, "client {client}");
    }
}

#[test]
fn a_muted_picture_pauses_on_every_worker() {
    let mut world = World::with_clients(215, 2, 3);
    world.show(0, &[(1, 640)]);
    world.run(Duration::from_secs(2));
    let mute = |muted| Command::SetMuted { room: ROOM.into(), peer: "p1".into(), source: Source::Camera, muted };
    world.command(1, mute(true));
    world.run(Duration::from_secs(1));
    assert!(world.seen(0, 0, LATELY).is_empty());
    let paused = |world: &World| world.slots_of(0).iter().any(|slot| slot.kind == Kind::Video && slot.paused);
    assert!(paused(&world));
    world.command(1, mute(false));
    world.run(Duration::from_secs(1));
    assert!(!paused(&world) && world.seen(0, 0, LATELY).len() > 20);
}

#[test]
fn layers_that_nobody_wants_on_any_worker_are_told_to_the_publisher() {
    let mut world = World::with_clients(216, 2, 3);
    let told = |world: &World| layers_wanted(world.told(), "p1");
    world.show(0, &[(1, 1280)]);
    world.run(Duration::from_secs(7));
    assert_eq!(told(&world), [] as [usize; 0]);
    world.show(0, &[(1, 300)]);
    world.run(Duration::from_secs(7));
    assert_eq!(told(&world), [1]);
    world.clients[1].layers_sent = 1;
    world.run(Duration::from_secs(4));
    world.show(2, &[(1, 1280)]);
    world.run(Duration::from_millis(300));
    assert_eq!(told(&world), [1, 3]);
    world.clients[1].layers_sent = 3;
    world.run(Duration::from_secs(3));
    let packets = world.seen(2, 0, LATELY);
    assert!(!packets.is_empty() && packets.iter().all(|packet| packet.tag.layer == 2));
}

#[test]
fn who_leaves_is_gone_everywhere_and_who_comes_is_shown() {
    let mut world = World::with_clients(217, 2, 2);
    world.show(0, &[(1, 640), (2, 640)]);
    world.run(Duration::from_secs(2));
    world.command(1, Command::ClosePeer { room: ROOM.into(), peer: "p1".into() });
    world.run(Duration::from_secs(1));
    assert!(world.seen(0, 0, LATELY).is_empty());
    assert!(world.slots_of(0).iter().all(|slot| slot.track.is_none()), "{:?}", world.slots_of(0));
    world.join(1, Setup::default());
    world.run(Duration::from_secs(2));
    let packets = world.seen(0, 1, LATELY);
    assert!(packets.len() > 20 && packets.iter().all(|packet| packet.tag.client == 2));
    let statistics = world.workers[0].statistics();
    assert_eq!((statistics.rooms, statistics.peers), (1, 1), "mirrors are not counted");
}

#[test]
fn nothing_is_told_about_mirrors_but_by_their_own_worker() {
    let mut world = World::with_clients(218, 2, 2);
    world.show(0, &[(1, 640)]);
    world.run(Duration::from_secs(8));
    world.clients[1].sends_video = false;
    world.run(Duration::from_secs(4));
    for (worker, event) in &world.events {
        let about = match event {
            Event::TrackStarted { peer, .. } | Event::TrackStopped { peer, .. } => peer,
            Event::LayersWanted { peer, .. } | Event::QualityChanged { peer, .. } => peer,
            Event::PeerConnected { peer, .. } | Event::PeerDisconnected { peer, .. } => peer,
            _ => continue,
        };
        assert_eq!(&**about, format!("p{worker}"), "{event:?} by worker {worker}");
    }
}

#[test]
fn pictures_of_a_publisher_who_loses_much_are_held_back_on_every_worker() {
    let mut world = World::with_clients(219, 2, 3);
    world.show(0, &[(1, 640)]);
    world.run(Duration::from_secs(3));
    let held_back = |world: &World| world.seen(0, 0, LATELY).last().unwrap().held_back;
    assert_eq!(held_back(&world), None);
    world.up = Path { loss: 0.10, ..Path::default() };
    world.run(Duration::from_secs(10));
    let told = held_back(&world).unwrap();
    assert!((180..400).contains(&told.as_millis()), "{told:?}");
    world.up = Path::default();
    world.run(Duration::from_secs(20));
    assert_eq!(held_back(&world), Some(Duration::from_millis(10)));
}
