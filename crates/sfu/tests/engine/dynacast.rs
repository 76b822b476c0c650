//! Publishers hear which layers nobody wants.

use std::time::Duration;

use crate::told::layers_wanted;
use crate::world::World;

/// What the publisher `p1` was told about its camera, in order.
fn told(world: &World) -> Vec<usize> {
    layers_wanted(world.events.iter(), "p1")
}

#[test]
fn layers_that_nobody_wants_are_told_after_a_while_and_wanted_again_at_once() {
    let mut world = World::with_clients(60, 3);
    world.show(0, &[(1, 1280)]);
    world.run(Duration::from_secs(7));
    assert_eq!(told(&world), [] as [usize; 0]);
    world.show(0, &[(1, 300)]);
    world.run(Duration::from_secs(7));
    assert_eq!(told(&world), [1]);
    world.clients[1].layers_sent = 1;
    world.run(Duration::from_secs(4));
    world.show(2, &[(1, 1280)]);
    world.run(Duration::from_millis(200));
    assert_eq!(told(&world), [1, 3], "a paused layer is wanted although it does not flow");
    world.clients[1].layers_sent = 3;
    world.run(Duration::from_secs(3));
    let client = &world.clients[2];
    let packets = client.since(client.video_slots[0], world.now - Duration::from_millis(500));
    assert!(!packets.is_empty() && packets.iter().all(|packet| packet.tag.layer == 2));
}

#[test]
fn a_camera_that_nobody_watches_may_rest() {
    let mut world = World::with_clients(61, 2);
    world.run(Duration::from_secs(7));
    assert_eq!(told(&world), [0]);
}
