//! Row R6: a worker that fails ends its peers, says so, and serves them again. Row R8: a client that changes its
//! network goes on.

use std::net::SocketAddr;
use std::time::Duration;

use sfu::event::{EndReason, Event};
use sfu::worker::RouteChange;

use crate::client::Setup;
use crate::world::{ROOM, World};

#[test]
fn a_worker_that_failed_ends_its_peers_and_takes_them_again() {
    let mut world = World::with_clients(85, 3);
    world.run(Duration::from_secs(1));
    world.worker.take_route_changes();
    world.worker.renew();
    world.finish_pass();
    let ended = world.events.iter().filter(|e| matches!(e, Event::PeerEnded { reason: EndReason::WorkerFailed, .. }));
    assert_eq!(ended.count(), 3);
    let changes = world.worker.take_route_changes();
    assert_eq!(changes.iter().filter(|change| matches!(change, RouteChange::Removed(_))).count(), 3);
    assert_eq!((world.worker.statistics().failures, world.worker.statistics().peers), (1, 0));
    let began = world.now;
    let (one, other) = (world.open(ROOM, Setup::default(), 2), world.open(ROOM, Setup::default(), 2));
    world.show(one, &[(other, 640)]);
    world.run_until(Duration::from_secs(3), |world| {
        let client = &world.clients[one];
        client.received.get(&client.video_slots[0]).is_some_and(|packets| packets.iter().any(|p| p.keyframe))
    });
    assert!(world.now - began < Duration::from_secs(3), "the first picture is back within three seconds");
}

#[test]
fn a_client_that_changes_its_address_is_heard_and_served_there() {
    let mut world = World::with_clients(86, 2);
    world.show(0, &[(1, 640)]);
    world.run(Duration::from_secs(2));
    let elsewhere = SocketAddr::from(([10, 9, 9, 9], 6_000));
    let restart = world.move_client(0, elsewhere);
    let moved = world.now;
    world.run(Duration::from_millis(1_500));
    let client = &world.clients[0];
    let heard = client.since(client.audio_slots[0], moved);
    assert!(restart && !heard.is_empty(), "sound is back within 1.5 s");
    let last = world.now;
    world.run(Duration::from_secs(2));
    let client = &world.clients[0];
    assert!(client.since(client.audio_slots[0], last).len() > 90);
    assert!(client.since(client.video_slots[0], last).len() > 80);
}
