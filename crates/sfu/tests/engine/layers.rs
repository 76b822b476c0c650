//! Simulcast: the layer that fits the tile, and switches that nobody sees.

use std::time::{Duration, Instant};

use crate::client::{Received, Setup};
use crate::seams::assert_seamless;
use crate::world::{ROOM, World};

/// The layers received in a span, without repetition.
fn layers(packets: &[Received]) -> Vec<u8> {
    let mut layers: Vec<u8> = packets.iter().map(|packet| packet.tag.layer).collect();
    layers.dedup();
    layers
}

#[test]
fn the_tile_decides_the_layer_and_switches_are_seamless() {
    let mut world = World::with_clients(20, 2);
    let start = world.now;
    for (width, layer) in [(300, 0), (640, 1), (1280, 2), (4000, 2), (100, 0), (321, 1)] {
        world.show(0, &[(1, width)]);
        world.run(Duration::from_secs(2));
        let client = &world.clients[0];
        let settled = client.since(client.video_slots[0], world.now - Duration::from_millis(500));
        assert_eq!(layers(&settled), [layer], "at width {width}");
    }
    let client = &world.clients[0];
    assert_seamless(&client.since(client.video_slots[0], start));
}

#[test]
fn the_old_layer_goes_on_until_the_new_one_begins() {
    let mut world = World::with_clients(21, 2);
    world.show(0, &[(1, 1280)]);
    world.run(Duration::from_secs(5));
    world.show(0, &[(1, 300)]);
    let start = world.now;
    world.run(Duration::from_secs(2));
    let client = &world.clients[0];
    let packets = client.since(client.video_slots[0], start);
    assert_eq!(layers(&packets), [2, 0]);
    let longest = packets.windows(2).map(|pair| pair[1].at - pair[0].at).max().unwrap();
    assert!(longest < Duration::from_millis(100), "the picture stood still for {longest:?}");
}

#[test]
fn a_layer_that_dies_is_replaced_by_one_that_lives() {
    let mut world = World::with_clients(22, 2);
    world.show(0, &[(1, 1280)]);
    world.run(Duration::from_secs(2));
    world.clients[1].layers_sent = 1;
    world.run(Duration::from_secs(4));
    let client = &world.clients[0];
    let packets = client.since(client.video_slots[0], world.now - Duration::from_secs(1));
    assert_eq!(layers(&packets), [0]);
    assert!(packets.len() > 40);
}

/// How long the picture stood still from a time on, at most.
fn longest_standstill(world: &World, since: Instant) -> Duration {
    let client = &world.clients[0];
    let packets = client.since(client.video_slots[0], since);
    let times = packets.iter().map(|packet| packet.at).chain([world.now]);
    times.scan(since, |before, at| Some(at - std::mem::replace(before, at))).max().unwrap()
}

#[test]
fn a_layer_that_its_publisher_leaves_out_is_replaced_before_anybody_minds() {
    let mut world = World::with_clients(27, 2);
    world.show(0, &[(1, 1280)]);
    world.run(Duration::from_secs(2));
    world.clients[1].layers_sent = 2;
    let start = world.now;
    world.run(Duration::from_secs(2));
    let longest = longest_standstill(&world, start);
    assert!(longest < Duration::from_millis(350), "the picture stood still for {longest:?}");
}

#[test]
fn a_layer_that_comes_and_goes_is_trusted_less_and_less() {
    let mut world = World::with_clients(28, 2);
    world.show(0, &[(1, 1280)]);
    world.run(Duration::from_secs(2));
    let start = world.now;
    for second in 0..30 {
        world.clients[1].layers_sent = if second % 2 == 0 { 2 } else { 3 };
        world.run(Duration::from_secs(1));
    }
    let client = &world.clients[0];
    let packets = client.since(client.video_slots[0], start);
    assert!(layers(&packets).len() <= 8, "{:?}", layers(&packets));
    world.run(Duration::from_secs(20));
    let packets = client_packets_of_last_second(&world);
    assert_eq!(layers(&packets), [2], "it is shown again when it stays");
}

fn client_packets_of_last_second(world: &World) -> Vec<Received> {
    let client = &world.clients[0];
    client.since(client.video_slots[0], world.now - Duration::from_secs(1))
}

#[test]
fn a_publisher_without_simulcast_is_shown_at_every_width() {
    let mut world = World::new(23);
    world.join(ROOM, Setup { rids: vec![], ..Setup::default() });
    world.join(ROOM, Setup::default());
    for width in [100, 2_000] {
        world.show(1, &[(0, width)]);
        let start = world.now;
        world.run(Duration::from_secs(1));
        let client = &world.clients[1];
        assert!(client.since(client.video_slots[0], start).len() > 40);
    }
}

#[test]
fn a_stream_that_begins_anew_is_shown_again() {
    for rids in [vec![], vec!["q"]] {
        let mut world = World::new(26);
        let rid = rids.first().map(|rid| str0m::media::Rid::from(*rid));
        world.join(ROOM, Setup { rids, ..Setup::default() });
        world.join(ROOM, Setup::default());
        world.show(1, &[(0, 640)]);
        world.run(Duration::from_secs(2));
        let camera = world.clients[0].camera;
        let start = world.now;
        let before = world.worker.statistics().keyframe_requests;
        world.clients[0].begin_anew(camera, rid);
        world.run(Duration::from_millis(300));
        assert!(world.worker.statistics().keyframe_requests > before, "a keyframe is asked for");
        // str0m does not recognise the request for the new SSRC.
        world.clients[0].make_keyframe(camera, rid);
        world.run(Duration::from_secs(2));
        let client = &world.clients[1];
        let packets = client.since(client.video_slots[0], start + Duration::from_millis(500));
        assert!(packets.len() > 60, "{} packets", packets.len());
    }
}

#[test]
fn keyframe_requests_of_many_receivers_are_merged() {
    let mut world = World::with_clients(24, 6);
    world.run(Duration::from_secs(2));
    let before = world.worker.statistics().keyframe_requests;
    for receiver in 1..6 {
        world.show(receiver, &[(0, 1280)]);
    }
    world.run(Duration::from_secs(2));
    let requests = world.worker.statistics().keyframe_requests - before;
    assert!((1..=2).contains(&requests), "{requests} requests");
}

#[test]
fn a_picture_that_stood_still_goes_on_without_a_keyframe() {
    let mut world = World::new(25);
    world.join(ROOM, Setup { rids: vec![], ..Setup::default() });
    world.join(ROOM, Setup::default());
    world.show(1, &[(0, 640)]);
    world.run(Duration::from_secs(2));
    world.clients[0].sends_video = false;
    world.run(Duration::from_secs(4));
    let before = world.worker.statistics().keyframe_requests;
    world.clients[0].sends_video = true;
    let start = world.now;
    world.run(Duration::from_secs(1));
    let client = &world.clients[1];
    let packets = client.since(client.video_slots[0], start);
    assert!(packets.len() > 40);
    assert!(!packets[0].keyframe);
    assert_eq!(world.worker.statistics().keyframe_requests, before);
}
