//! Junk, forgeries and bad offers: rejected, counted, harmless.

use std::net::SocketAddr;
use std::time::Duration;

use sfu::command::{Command, OpenPeer};
use sfu::event::{Event, RefusalCode};

use crate::network::Random;
use crate::world::{ROOM, World};

fn stranger(random: &mut Random) -> SocketAddr {
    SocketAddr::from(([198, 51, 100, random.below(250) as u8], 1_000 + random.below(50_000) as u16))
}

#[test]
fn random_datagrams_from_strangers_are_rejected_without_an_answer() {
    let mut world = World::with_clients(60, 2);
    let mut random = Random::new(60);
    let before = world.worker.statistics();
    for _ in 0..100_000 {
        let length = random.below(200) as usize;
        let mut bytes: Vec<u8> = (0..length).map(|_| random.next() as u8).collect();
        // Half of them look like STUN, DTLS or RTP.
        if let Some(first) = bytes.first_mut().filter(|_| random.chance(0.5)) {
            *first = [0, 1, 20, 22, 128, 144][random.below(6) as usize];
        }
        let source = stranger(&mut random);
        assert!(!world.inject(source, &bytes));
    }
    let after = world.worker.statistics();
    assert_eq!(after.datagrams_rejected - before.datagrams_rejected, 100_000);
    assert_eq!(after.datagrams_out, before.datagrams_out, "nobody is answered");
}

#[test]
fn junk_from_the_address_of_a_peer_leaves_its_call_alone() {
    let mut world = World::with_clients(61, 2);
    world.show(0, &[(1, 640)]);
    world.run(Duration::from_secs(1));
    let mut random = Random::new(61);
    for _ in 0..20_000 {
        let length = 1 + random.below(1_400) as usize;
        let mut bytes: Vec<u8> = (0..length).map(|_| random.next() as u8).collect();
        bytes[0] = [0, 1, 20, 21, 22, 23, 25, 63, 128, 144, 191, 255][random.below(12) as usize];
        let source = world.clients[1].address;
        world.inject(source, &bytes);
    }
    let start = world.now;
    world.run(Duration::from_secs(2));
    let client = &world.clients[0];
    assert!(client.since(client.audio_slots[0], start).len() > 90);
    assert!(client.since(client.video_slots[0], start).len() > 80);
    assert!(!world.events.iter().any(|event| matches!(event, Event::PeerEnded { .. })));
}

#[test]
fn mutated_copies_of_real_datagrams_leave_the_call_alone() {
    let mut world = World::with_clients(62, 2);
    world.show(0, &[(1, 640)]);
    let mut random = Random::new(62);
    for _ in 0..2_000 {
        world.run(Duration::from_millis(1));
        for mut bytes in world.clients[1].advance(world.now).into_iter().map(|(_, bytes)| bytes) {
            let source = world.clients[1].address;
            world.inject(source, &bytes);
            for _ in 0..10 {
                let at = random.below(bytes.len() as u64) as usize;
                bytes[at] ^= random.next() as u8;
                world.inject(source, &bytes);
            }
        }
    }
    let start = world.now;
    world.run(Duration::from_secs(1));
    let client = &world.clients[0];
    assert!(client.since(client.audio_slots[0], start).len() > 45);
}

#[test]
fn bad_offers_are_refused_with_a_reason() {
    let mut world = World::with_clients(63, 1);
    let good = world.clients[0].open(1, ROOM, 9);
    let mut random = Random::new(63);
    let mut offers = vec![String::new(), "v=0".into(), "\0\u{ffff}".into(), "m=audio\r\n".repeat(500)];
    offers.push(good.offer.replace("a=fingerprint", "a=fingerprnt"));
    offers.push(good.offer.replace("a=ice-ufrag", "a=ice-ufrg"));
    offers.push(good.offer.replace("a=mid:", "a=mud:"));
    for _ in 0..200 {
        let at = random.below(good.offer.len() as u64) as usize;
        let cut: String = good.offer.chars().take(at).collect();
        offers.push(cut);
    }
    for offer in offers {
        let open = OpenPeer { peer: "bad".into(), offer, ..good.clone() };
        world.command(Command::OpenPeer(open));
        match world.events.pop() {
            Some(Event::PeerRefused { code, detail, .. }) => {
                assert!(matches!(code, RefusalCode::SdpInvalid | RefusalCode::SdpUnsupported));
                assert!(!detail.is_empty());
            }
            // A cut may leave an offer that is still whole enough; its mids decide.
            Some(Event::SlotsChanged { .. }) => {
                world.command(Command::ClosePeer { room: ROOM.into(), peer: "bad".into() });
            }
            other => panic!("unexpected {other:?}"),
        }
    }
}

#[test]
fn mids_that_the_offer_lacks_are_refused() {
    let mut world = World::with_clients(64, 1);
    let mut open = world.clients[0].open(1, ROOM, 9);
    open.peer = "other".into();
    open.video_slots[0] = "nowhere".into();
    world.command(Command::OpenPeer(open));
    assert!(matches!(
        world.events.last(),
        Some(Event::PeerRefused { code: RefusalCode::SdpUnsupported, detail, .. }) if detail.contains("nowhere")
    ));
}

#[test]
fn commands_for_nobody_do_nothing() {
    let mut world = World::with_clients(65, 1);
    let (room, peer): (sfu::model::Id, sfu::model::Id) = ("none".into(), "none".into());
    let before = world.events.len();
    world.command(Command::ClosePeer { room: room.clone(), peer: peer.clone() });
    world.command(Command::CloseRoom { room: room.clone() });
    world.command(Command::SetLayout { room: room.clone(), peer: peer.clone(), entries: vec![] });
    world.command(Command::SetMuted { room, peer, source: sfu::model::Source::Camera, muted: true });
    assert_eq!(world.events.len(), before);
}
