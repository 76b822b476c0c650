//! One room in two processes: the relay on a bad network, in false hands, and when it breaks.

use std::net::SocketAddr;
use std::time::Duration;

use sfu::command::Command;
use sfu::event::Event;
use sfu::model::Transport;
use sfu::transport::Datagram;
use sfu::worker::RouteChange;

use crate::client::Setup;
use crate::network::{Path, Random};
use crate::world::{KEY, RELAY, ROOM, World, server};

const LATELY: Duration = Duration::from_millis(500);

fn up(world: &World) -> usize {
    world.events.iter().filter(|(_, event)| matches!(event, Event::RelayUp { relay: RELAY, .. })).count()
}

fn lost(world: &World) -> usize {
    world.events.iter().filter(|(_, event)| matches!(event, Event::RelayLost { relay: RELAY, .. })).count()
}

/// Hand a datagram to a worker as if it came from this address.
fn inject(world: &mut World, worker: usize, source: SocketAddr, bytes: &[u8]) -> bool {
    let datagram = Datagram { transport: Transport::Udp, source, destination: server(worker), bytes };
    let now = world.now;
    let taken = world.workers[worker].handle_datagram(&datagram, now);
    world.finish_pass();
    taken
}

#[test]
fn everybody_hears_and_sees_everybody_in_both_processes() {
    let mut world = World::with_relay(250, 4, Path::default());
    world.show(0, &[(1, 640), (3, 1280)]);
    world.show(1, &[(0, 300)]);
    world.run(Duration::from_secs(3));
    for (client, slot, publisher, layer) in [(0, 0, 1, 1), (0, 1, 3, 2), (1, 0, 0, 0)] {
        let packets = world.seen(client, slot, LATELY);
        assert!(packets.len() > 20, "client {client} slot {slot}: {}", packets.len());
        assert!(packets.iter().all(|p| (p.tag.client, p.tag.layer) == (publisher, layer)));
    }
    assert_eq!(world.heard(0, LATELY), [1, 2, 3]);
    assert_eq!(world.heard(1, LATELY), [0, 2, 3]);
    let tellers = world.events.iter().filter(|(_, event)| matches!(event, Event::SpeakersChanged { .. }));
    assert!(tellers.map(|(worker, _)| *worker).all(|worker| worker == 0));
    let longest = world.tapped.iter().map(|(_, _, bytes)| bytes.len()).max().unwrap();
    assert!(longest <= 1_472, "a datagram of {longest} bytes is cut by the network");
}

#[test]
fn five_percent_loss_and_reordering_are_made_good() {
    let rough = Path { loss: 0.05, jitter: Duration::from_millis(20), duplicate: 0.02, ..Path::default() };
    let mut world = World::with_relay(251, 2, rough);
    world.show(0, &[(1, 640)]);
    world.run(Duration::from_secs(2));
    let start = world.now;
    world.run(Duration::from_secs(8));
    let client = &world.clients[0];
    for (mid, sent) in [(client.video_slots[0], 400), (client.audio_slots[0], 400)] {
        let mut numbers: Vec<u64> = client.since(mid, start).iter().map(|packet| packet.sequence).collect();
        numbers.sort_unstable();
        let received = numbers.len();
        numbers.dedup();
        assert_eq!(received, numbers.len(), "nothing is delivered twice");
        let span = numbers.last().unwrap() - numbers.first().unwrap() + 1;
        let share = numbers.len() as f64 / span as f64;
        assert!(received as u64 * 100 > sent * 98 && share > 0.99, "{received} packets, {share:.3} of {span}");
    }
    assert!(world.workers[1].statistics().packets_retransmitted > 10);
    assert_eq!(lost(&world), 0);
}

#[test]
fn a_large_room_is_announced_in_datagrams_that_fit() {
    let mut world = World::with_relay(252, 0, Path { loss: 0.05, ..Path::default() });
    for index in 0..40 {
        world.open(index % 2, Setup { audio_slots: 2, video_slots: 1, ..Setup::default() }, 1);
    }
    world.run_until(Duration::from_secs(10), |world| world.clients.iter().all(|client| client.connected));
    for client in 0..40 {
        world.show(client, &[((client + 1) % 40, 300)]);
    }
    world.run(Duration::from_secs(3));
    for client in 0..40 {
        assert!(world.seen(client, 0, LATELY).len() > 20, "client {client}");
    }
    assert!(world.tapped.iter().all(|(_, _, bytes)| bytes.len() <= 1_472));
}

#[test]
fn another_key_links_nothing() {
    let mut world = World::new(253, 2);
    world.open_relays([KEY, [8; 32]]);
    for index in 0..2 {
        world.join(index, Setup::default());
    }
    world.run(Duration::from_secs(7));
    assert!(world.workers.iter().all(|worker| worker.statistics().packets_forged > 3));
    assert!(world.heard(0, LATELY).is_empty());
    assert_eq!((up(&world), lost(&world)), (0, 2), "each end says so once");
}

#[test]
fn forged_and_replayed_datagrams_are_counted_and_change_nothing() {
    let mut world = World::with_relay(254, 2, Path::default());
    world.show(0, &[(1, 640)]);
    world.run(Duration::from_secs(4));
    let stranger = SocketAddr::from(([10, 66, 6, 6], 666));
    let to_first: Vec<Vec<u8>> = world.tapped.iter().filter(|t| t.1 == server(0)).map(|t| t.2.clone()).collect();
    let before = world.workers[0].statistics();
    let replayed = to_first.iter().rev().skip(50).take(200).filter(|bytes| !inject(&mut world, 0, stranger, bytes));
    assert_eq!(replayed.count(), 200);
    let mut random = Random::new(3);
    for bytes in to_first.iter().rev().take(200) {
        let mut bytes = bytes.clone();
        let at = random.below(bytes.len() as u64) as usize;
        bytes[at] ^= 1 << random.below(8);
        bytes.truncate(1 + random.below(bytes.len() as u64) as usize);
        assert!(!inject(&mut world, 0, stranger, &bytes));
    }
    let after = world.workers[0].statistics();
    assert!(after.packets_replayed >= before.packets_replayed + 200 && after.packets_forged > before.packets_forged);
    world.run(Duration::from_secs(1));
    assert!(world.seen(0, 0, LATELY).len() > 20 && world.heard(0, LATELY).contains(&1));
}

#[test]
fn a_relay_that_breaks_is_told_and_comes_back_by_itself() {
    let mut world = World::with_relay(255, 2, Path::default());
    world.show(0, &[(1, 640)]);
    world.run(Duration::from_secs(2));
    assert_eq!((up(&world), lost(&world)), (2, 0), "each end says once that it hears the other");
    world.between.loss = 1.0;
    world.run(Duration::from_secs(7));
    assert_eq!((up(&world), lost(&world)), (2, 2));
    assert!(world.slots_of(0).iter().all(|slot| slot.track.is_none()));
    world.between.loss = 0.0;
    world.run(Duration::from_secs(3));
    assert_eq!((up(&world), lost(&world)), (4, 2));
    assert!(world.seen(0, 0, LATELY).len() > 20 && world.heard(1, LATELY).contains(&0));
}

#[test]
fn a_process_that_began_anew_is_relayed_again_with_the_same_key() {
    let mut world = World::with_relay(256, 2, Path::default());
    world.show(0, &[(1, 640)]);
    world.run(Duration::from_secs(2));
    world.workers[1].renew();
    world.finish_pass();
    assert_eq!(lost(&world), 1, "it says that it does not relay any more");
    world.open_relay(1, KEY);
    let back = world.join(1, Setup::default());
    world.show(0, &[(back, 640)]);
    world.run(Duration::from_secs(2));
    assert_eq!(up(&world), 3, "to the other end it was never away");
    assert!(world.seen(0, 0, LATELY).len() > 20 && world.heard(back, LATELY).contains(&0));
}

#[test]
fn a_relay_that_is_closed_leaves_nothing() {
    let mut world = World::with_relay(257, 2, Path::default());
    world.run(Duration::from_secs(2));
    for worker in 0..2 {
        world.command(worker, Command::CloseRelay { room: ROOM.into(), relay: RELAY });
        let changes = world.workers[worker].take_route_changes();
        assert_eq!(changes.last(), Some(&RouteChange::RelayRemoved(RELAY)));
    }
    assert!(world.slots_of(0).iter().all(|slot| slot.track.is_none()));
    let sent = world.tapped.len();
    world.run(Duration::from_secs(2));
    assert_eq!(world.tapped.len(), sent);
    for worker in 0..2 {
        world.command(worker, Command::CloseRoom { room: ROOM.into() });
        assert_eq!(world.workers[worker].statistics().rooms, 0);
    }
}
