//! Row S10 of the reliability programme: forged tags, replays, packets from elsewhere, ClientHello sprays. The call
//! lives, nothing of it is forwarded, the counters rise.

use std::net::SocketAddr;
use std::time::Duration;

use sfu::event::Event;
use sfu::worker::Statistics;

use crate::network::Random;
use crate::world::World;

fn is_media(bytes: &[u8]) -> bool {
    sfu::rtp::incoming(bytes) == sfu::rtp::Incoming::Rtp
}

/// A running call, and a media packet of client 1 that the worker has taken already.
fn call(seed: u64) -> (World, Vec<u8>) {
    let mut world = World::with_clients(seed, 2);
    world.show(0, &[(1, 640)]);
    world.run(Duration::from_secs(2));
    loop {
        world.run(Duration::from_millis(7));
        let source = world.clients[1].address;
        let datagrams = world.clients[1].advance(world.now);
        let taken: Vec<bool> = datagrams.iter().map(|(_, bytes)| world.inject(source, bytes)).collect();
        let media = datagrams.into_iter().zip(taken).find(|((_, bytes), taken)| *taken && is_media(bytes));
        if let Some(((_, bytes), _)) = media {
            return (world, bytes);
        }
    }
}

fn assert_alive(world: &mut World) {
    let start = world.now;
    world.run(Duration::from_secs(2));
    let client = &world.clients[0];
    assert!(client.since(client.audio_slots[0], start).len() > 90);
    assert!(client.since(client.video_slots[0], start).len() > 80);
    assert!(!world.events.iter().any(|event| matches!(event, Event::PeerEnded { .. })));
}

fn change(world: &World, before: &Statistics) -> (u64, u64, u64) {
    let after = world.worker.statistics();
    let forged = after.packets_forged - before.packets_forged;
    (forged, after.packets_replayed - before.packets_replayed, after.datagrams_out - before.datagrams_out)
}

#[test]
fn a_million_forged_tags_are_counted_and_forwarded_nowhere() {
    let (mut world, packet) = call(80);
    let (mut random, source) = (Random::new(80), world.clients[1].address);
    let before = world.worker.statistics();
    let now = world.now;
    for _ in 0..1_000_000 {
        let mut forged = packet.clone();
        let at = 12 + random.below(forged.len() as u64 - 12) as usize;
        forged[at] ^= 1 + random.below(255) as u8;
        forged[2..4].copy_from_slice(&(random.next() as u16).to_be_bytes());
        let (destination, transport) = (world.server, sfu::model::Transport::Udp);
        let datagram = sfu::transport::Datagram { transport, source, destination, bytes: &forged };
        assert!(!world.worker.handle_datagram(&datagram, now));
    }
    let (forged, _, out) = change(&world, &before);
    assert_eq!(out, 0);
    // The rest has a header that is none any more.
    assert!(forged > 800_000, "{forged} counted");
    assert_alive(&mut world);
}

#[test]
fn replays_are_counted_and_forwarded_nowhere() {
    let (mut world, packet) = call(81);
    let source = world.clients[1].address;
    world.finish_pass();
    let before = world.worker.statistics();
    for _ in 0..1_000 {
        assert!(!world.inject(source, &packet));
    }
    let (forged, replayed, out) = change(&world, &before);
    assert_eq!((forged, replayed), (0, 1_000));
    assert_eq!(out, 0);
    assert_alive(&mut world);
}

#[test]
fn media_from_an_address_that_proved_nothing_is_refused() {
    let (mut world, packet) = call(82);
    let before = world.worker.statistics();
    for port in 1..1_000 {
        assert!(!world.inject(SocketAddr::from(([10, 1, 0, 1], port)), &packet));
        assert!(!world.inject(SocketAddr::from(([203, 0, 113, 9], port)), &packet));
    }
    assert_eq!(change(&world, &before).2, 0);
    assert_alive(&mut world);
}

#[test]
fn a_spray_of_client_hellos_leaves_the_call_alone() {
    let (mut world, _) = call(83);
    let mut random = Random::new(83);
    let (peer, before) = (world.clients[1].address, world.worker.statistics());
    for round in 0..5_000u32 {
        // A handshake record of DTLS 1.2 with a ClientHello of 60 bytes of which nothing makes sense.
        let mut hello = vec![22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 72, 1, 0, 0, 60, 0, 0, 0, 0, 0, 0, 0, 60];
        hello.extend((0..60).map(|_| random.next() as u8));
        let stranger = SocketAddr::from(([198, 51, 100, (round % 250) as u8], 1_000 + round as u16));
        assert!(!world.inject(stranger, &hello), "strangers get no answer");
        world.inject(peer, &hello);
    }
    assert!(world.worker.statistics().datagrams_out - before.datagrams_out < 500, "no amplification");
    assert_alive(&mut world);
}
