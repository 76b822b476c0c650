//! A large room: a thousand receivers on four workers.

use std::time::Duration;

use crate::client::Setup;
use crate::world::World;

const WORKERS: usize = 4;
const RECEIVERS: usize = 1_000;

#[test]
fn a_thousand_receivers_on_four_workers_hear_and_see_the_stage() {
    let mut world = World::new(240, WORKERS);
    world.link();
    let stage: Vec<usize> = (0..WORKERS).map(|worker| world.join(worker, Setup::default())).collect();
    for index in 0..RECEIVERS {
        let setup = Setup { audio_slots: 2, video_slots: 1, rids: vec![], ..Setup::default() };
        let client = world.open(index % WORKERS, setup, 1);
        // Nobody but the stage sends.
        world.clients[client].level = None;
        world.clients[client].sends_video = false;
    }
    world.run_until(Duration::from_secs(10), |world| world.clients.iter().all(|client| client.connected));
    assert!(world.clients.iter().all(|client| client.connected));
    for client in stage.len()..world.clients.len() {
        world.show(client, &[(stage[client % stage.len()], 320)]);
    }
    world.run(Duration::from_millis(1_500));
    for client in stage.len()..world.clients.len() {
        let seen = world.seen(client, 0, Duration::from_millis(500));
        assert!(seen.len() > 20, "client {client} saw {} packets", seen.len());
        assert!(seen.iter().all(|packet| usize::from(packet.tag.client) == client % stage.len()));
        assert_eq!(world.heard(client, Duration::from_millis(500)).len(), 2, "client {client}");
    }
}
