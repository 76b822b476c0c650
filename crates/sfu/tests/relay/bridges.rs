//! One room in two processes, each of which has split it over two workers: their homes stand for the others.

use std::time::Duration;

use sfu::command::Command;
use sfu::event::Event;
use sfu::model::Source;

use crate::client::Setup;
use crate::network::Path;
use crate::world::{ROOM, World};

const LATELY: Duration = Duration::from_millis(500);

/// Two on each worker.
fn world(seed: u64, between: Path) -> World {
    let mut world = World::bridged(seed, between);
    for index in 0..8 {
        let client = world.join(index % 4, Setup::default());
        world.clients[client].level = Some(-80);
    }
    world
}

#[test]
fn everybody_sees_everybody_in_the_wanted_layer() {
    let mut world = world(270, Path::default());
    let looks = [(0, 1, 640), (1, 3, 1280), (3, 1, 300), (2, 1, 640), (5, 2, 640), (7, 0, 300)];
    for (client, publisher, width) in looks {
        world.show(client, &[(publisher, width)]);
    }
    world.run(Duration::from_secs(3));
    for (client, publisher, width) in looks {
        let layer = match width {
            1280 => 2,
            640 => 1,
            _ => 0,
        };
        let packets = world.seen(client, 0, LATELY);
        assert!(packets.len() > 20, "client {client}: {}", packets.len());
        let expected = (publisher as u8, layer);
        assert!(packets.iter().all(|p| (p.tag.client, p.tag.layer) == expected), "client {client}");
        assert!(packets.windows(2).all(|pair| pair[1].sequence == pair[0].sequence + 1), "client {client}");
    }
}

#[test]
fn the_loudest_are_heard_everywhere_and_one_worker_tells_who_speaks() {
    let mut world = world(271, Path::default());
    world.run(Duration::from_secs(1));
    world.events.clear();
    for speaker in [1, 3] {
        world.clients[speaker].level = Some(-20);
    }
    world.run(Duration::from_secs(2));
    for client in [0, 2, 4, 5, 6, 7] {
        let heard = world.heard(client, LATELY);
        assert!(heard.contains(&1) && heard.contains(&3), "client {client} hears {heard:?}");
    }
    let told = world.events.iter().filter_map(|(worker, event)| match event {
        Event::SpeakersChanged { speakers, .. } => Some((*worker, speakers.len())),
        _ => None,
    });
    let told: Vec<(usize, usize)> = told.collect();
    assert!(told.iter().all(|(worker, _)| *worker == 0) && told.last().unwrap().1 == 2, "{told:?}");
}

#[test]
fn a_rough_network_between_the_processes_is_made_good_two_workers_further() {
    let rough = Path { loss: 0.05, jitter: Duration::from_millis(20), ..Path::default() };
    let mut world = world(272, rough);
    world.show(1, &[(3, 640)]);
    world.run(Duration::from_secs(2));
    let start = world.now;
    world.run(Duration::from_secs(6));
    let client = &world.clients[1];
    let mut numbers: Vec<u64> =
        client.since(client.video_slots[0], start).iter().map(|packet| packet.sequence).collect();
    numbers.sort_unstable();
    let received = numbers.len();
    numbers.dedup();
    assert_eq!(received, numbers.len(), "nothing is delivered twice");
    assert!(received > 290, "{received} of about 300");
}

#[test]
fn nothing_crosses_that_nobody_wants_and_a_stream_crosses_once() {
    let mut world = world(273, Path::default());
    world.clients.iter_mut().for_each(|client| client.level = None);
    world.run(Duration::from_secs(3));
    let bytes = |world: &World| world.tapped.iter().map(|(_, _, bytes)| bytes.len()).sum::<usize>();
    let before = bytes(&world);
    world.run(Duration::from_secs(2));
    let idle = bytes(&world) - before;
    assert!(idle < 60_000, "{idle} bytes in two seconds of nothing wanted");
    for client in [0, 1, 4, 5] {
        world.show(client, &[(3, 1280)]);
    }
    world.run(Duration::from_secs(3));
    let before = bytes(&world);
    world.run(Duration::from_secs(2));
    // 50 frames of two packets of 800 bytes, once.
    let crossed = bytes(&world) - before - idle;
    assert!((75_000..110_000).contains(&crossed), "{crossed} bytes");
}

#[test]
fn who_leaves_or_is_muted_two_workers_away_is_noticed() {
    let mut world = world(274, Path::default());
    world.show(1, &[(3, 640), (2, 640)]);
    world.run(Duration::from_secs(2));
    let (room, peer) = (ROOM.into(), "p3".into());
    world.command(3, Command::SetMuted { room, peer, source: Source::Camera, muted: true });
    world.run(Duration::from_secs(1));
    assert!(world.seen(1, 0, LATELY).is_empty() && world.seen(1, 1, LATELY).len() > 20);
    world.command(3, Command::ClosePeer { room: ROOM.into(), peer: "p3".into() });
    world.run(Duration::from_secs(1));
    let shown: Vec<_> = world.slots_of(1).into_iter().filter_map(|slot| slot.track).collect();
    assert!(shown.iter().all(|(peer, _)| &**peer != "p3"), "{shown:?}");
}

#[test]
fn a_lost_relay_empties_the_slots_of_all_workers_and_they_fill_again() {
    let mut world = world(275, Path::default());
    world.show(1, &[(3, 640), (0, 640)]);
    world.run(Duration::from_secs(2));
    world.between.loss = 1.0;
    world.run(Duration::from_secs(7));
    let shown: Vec<_> = world.slots_of(1).into_iter().filter_map(|slot| slot.track).collect();
    assert!(shown.iter().all(|(peer, _)| ["p0", "p4", "p5"].contains(&&**peer)), "{shown:?}");
    world.between.loss = 0.0;
    world.run(Duration::from_secs(3));
    assert!(world.seen(1, 0, LATELY).len() > 20 && world.seen(1, 1, LATELY).len() > 20);
}
