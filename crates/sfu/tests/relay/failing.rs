//! Links come, go and break.

use std::time::Duration;

use sfu::command::Command;
use sfu::event::{EndReason, Event};

use crate::client::Setup;
use crate::world::{ROOM, World};

const LATELY: Duration = Duration::from_millis(500);

#[test]
fn a_worker_that_failed_is_linked_again_and_served() {
    let mut world = World::with_clients(230, 2, 4);
    world.show(0, &[(1, 640)]);
    world.run(Duration::from_secs(2));
    world.workers[1].renew();
    world.link_members(&[0]);
    world.run(Duration::from_millis(200));
    assert!(world.slots_of(0).iter().all(|slot| slot.track.as_ref().is_none_or(|(peer, _)| &**peer == "p2")));
    world.link();
    let back = world.join(1, Setup::default());
    world.show(0, &[(back, 640)]);
    world.run(Duration::from_secs(2));
    assert!(world.seen(0, 0, LATELY).len() > 20);
    assert!(world.heard(back, LATELY).contains(&0));
}

#[test]
fn a_worker_that_failed_unnoticed_is_noticed_by_its_new_session() {
    let mut world = World::with_clients(231, 2, 4);
    world.show(0, &[(1, 640), (3, 640)]);
    world.run(Duration::from_secs(2));
    world.workers[1].renew();
    world.link();
    world.run(Duration::from_secs(1));
    let shown: Vec<_> = world.slots_of(0).into_iter().filter_map(|slot| slot.track).collect();
    assert!(shown.iter().all(|(peer, _)| &**peer == "p2"), "its peers are gone: {shown:?}");
    let back = world.join(1, Setup::default());
    world.show(0, &[(back, 640)]);
    world.show(back, &[(2, 640)]);
    world.run(Duration::from_secs(2));
    assert!(world.seen(0, 0, LATELY).len() > 20 && world.seen(back, 0, LATELY).len() > 20);
}

#[test]
fn the_end_of_a_room_leaves_nothing() {
    let mut world = World::with_clients(232, 3, 6);
    world.show(0, &[(1, 640), (2, 640)]);
    world.run(Duration::from_secs(1));
    for worker in 0..3 {
        world.command(worker, Command::CloseRoom { room: ROOM.into() });
    }
    world.link_members(&[]);
    let closed = |(_, event): &&(usize, Event)| matches!(event, Event::PeerEnded { reason: EndReason::RoomClosed, .. });
    assert_eq!(world.events.iter().filter(closed).count(), 6, "each ends once, on its own worker");
    world.run(Duration::from_secs(1));
    for worker in &mut world.workers {
        assert_eq!((worker.statistics().rooms, worker.statistics().peers), (0, 0));
        assert_eq!(worker.poll_timeout(world.now), None, "an idle worker sleeps");
    }
}

#[test]
fn a_peer_that_moves_to_another_worker_is_there_once() {
    let mut world = World::with_clients(233, 2, 3);
    world.show(0, &[(1, 640)]);
    world.run(Duration::from_secs(1));
    // The same id on worker 0, while worker 1 has it still.
    let again = world.clients[1].open(900, ROOM, 2);
    world.command(0, Command::OpenPeer(again));
    assert!(matches!(world.events.last(), Some((0, Event::SlotsChanged { .. } | Event::PeerAnswered { .. }))));
    world.command(1, Command::ClosePeer { room: ROOM.into(), peer: "p1".into() });
    world.run(Duration::from_secs(1));
    let peers: Vec<u64> = world.workers.iter().map(|worker| worker.statistics().peers).collect();
    assert_eq!(peers, [3, 0]);
    world.command(0, Command::ClosePeer { room: ROOM.into(), peer: "p1".into() });
    let back = world.open(1, Setup::default(), 3);
    world.run(Duration::from_secs(2));
    world.show(0, &[(back, 640)]);
    world.run(Duration::from_secs(2));
    assert!(world.seen(0, 0, LATELY).len() > 20);
}
