//! Layouts: the right picture in the right slot.

use std::time::Duration;

use sfu::command::Command;
use sfu::event::{PauseReason, SlotEntry};
use sfu::model::{Kind, Source};

use crate::client::Setup;
use crate::told;
use crate::world::{ROOM, World};

/// The last assignment that a client was told of.
fn slots_of(world: &World, name: &str) -> Vec<SlotEntry> {
    told::slots(world.events.iter(), name).unwrap_or_default()
}

fn pictures(world: &World, name: &str) -> Vec<Option<String>> {
    let slots = slots_of(world, name);
    let video = slots.iter().filter(|slot| slot.kind == Kind::Video);
    video.map(|slot| slot.track.as_ref().map(|(peer, _)| peer.to_string())).collect()
}

#[test]
fn each_slot_shows_who_the_layout_names() {
    let mut world = World::with_clients(10, 3);
    world.show(0, &[(2, 640), (1, 640)]);
    let start = world.now;
    world.run(Duration::from_secs(2));
    let client = &world.clients[0];
    for (slot, publisher) in [(0, 2), (1, 1)] {
        let packets = client.since(client.video_slots[slot], start);
        assert!(packets.len() > 80);
        assert!(packets.iter().all(|packet| packet.tag.client == publisher));
    }
    assert_eq!(pictures(&world, "p0")[..2], [Some("p2".into()), Some("p1".into())]);
}

#[test]
fn a_changed_layout_changes_the_picture_within_one_stream() {
    let mut world = World::with_clients(11, 3);
    world.show(0, &[(1, 640)]);
    world.run(Duration::from_secs(2));
    world.show(0, &[(2, 640)]);
    let changed = world.now;
    world.run(Duration::from_secs(2));
    let client = &world.clients[0];
    let after = client.since(client.video_slots[0], changed + Duration::from_millis(300));
    assert!(after.len() > 60);
    assert!(after.iter().all(|packet| packet.tag.client == 2));
    let all = client.since(client.video_slots[0], changed - Duration::from_secs(2));
    assert!(all.windows(2).all(|pair| pair[1].sequence == pair[0].sequence + 1), "no gap at the switch");
    let first = all.iter().find(|packet| packet.tag.client == 2).unwrap();
    assert!(first.keyframe, "a picture begins with a keyframe");
}

#[test]
fn slots_that_are_not_named_fall_silent() {
    let mut world = World::with_clients(12, 2);
    world.show(0, &[(1, 640)]);
    world.run(Duration::from_secs(1));
    world.show(0, &[]);
    world.run(Duration::from_millis(100));
    let start = world.now;
    world.run(Duration::from_secs(1));
    let client = &world.clients[0];
    assert!(client.since(client.video_slots[0], start).is_empty());
    assert_eq!(pictures(&world, "p0")[0], None);
}

#[test]
fn width_zero_pauses_and_a_width_resumes() {
    let mut world = World::with_clients(13, 2);
    world.show(0, &[(1, 0)]);
    world.run(Duration::from_secs(1));
    let entry = slots_of(&world, "p0").into_iter().find(|slot| slot.kind == Kind::Video).unwrap();
    assert!(entry.paused && entry.track.is_some() && entry.reason.is_none());
    let slot = world.clients[0].video_slots[0];
    assert!(world.clients[0].since(slot, world.now - Duration::from_secs(1)).is_empty());
    world.show(0, &[(1, 640)]);
    let start = world.now;
    world.run(Duration::from_secs(1));
    assert!(world.clients[0].since(slot, start).len() > 30);
}

#[test]
fn a_layout_may_name_who_comes_later_but_never_oneself() {
    let mut world = World::with_clients(14, 1);
    let entries = [("p0", 0), ("p1", 1)].map(|(peer, slot)| sfu::model::LayoutEntry {
        mid: world.clients[0].video_slots[slot].to_string(),
        peer: peer.into(),
        source: Source::Camera,
        width: 640,
    });
    let (room, peer) = (ROOM.into(), "p0".into());
    world.command(Command::SetLayout { room, peer, entries: entries.to_vec() });
    assert_eq!(pictures(&world, "p0"), [None, None, None, None]);
    world.join(ROOM, Setup::default());
    world.run(Duration::from_secs(1));
    assert_eq!(pictures(&world, "p0"), [None, Some("p1".into()), None, None]);
}

#[test]
fn a_receiver_that_cannot_decode_gets_a_pause_instead_of_junk() {
    let mut world = World::new(15);
    let h264 = Setup { codecs: vec![str0m::format::Codec::H264], rids: vec![], ..Setup::default() };
    world.join(ROOM, h264);
    world.join(ROOM, Setup::default());
    world.show(1, &[(0, 640)]);
    world.run(Duration::from_secs(2));
    let client = &world.clients[1];
    assert!(!client.received.contains_key(&client.video_slots[0]));
    let entry = slots_of(&world, "p1").into_iter().find(|slot| slot.kind == Kind::Video).unwrap();
    assert_eq!((entry.paused, entry.reason), (true, Some(PauseReason::Codec)));
    assert_eq!(entry.track, Some(("p0".into(), Source::Camera)));
}

#[test]
fn a_muted_track_is_held_back_and_told_as_paused() {
    let mut world = World::with_clients(16, 2);
    world.show(0, &[(1, 640)]);
    world.run(Duration::from_secs(1));
    for source in [Source::Camera, Source::Microphone] {
        let (room, peer) = (ROOM.into(), "p1".into());
        world.command(Command::SetMuted { room, peer, source, muted: true });
    }
    world.run(Duration::from_millis(200));
    let muted = world.now;
    world.run(Duration::from_secs(1));
    let heard = |world: &World, since| -> usize {
        world.clients[0].received.values().flatten().filter(|packet| packet.at >= since).count()
    };
    assert_eq!(heard(&world, muted), 0);
    let held = slots_of(&world, "p0").into_iter().filter(|slot| slot.track.is_some());
    assert!(held.clone().count() >= 1 && held.clone().all(|slot| slot.paused && slot.reason.is_none()));
    for source in [Source::Camera, Source::Microphone] {
        let (room, peer) = (ROOM.into(), "p1".into());
        world.command(Command::SetMuted { room, peer, source, muted: false });
    }
    let unmuted = world.now;
    world.run(Duration::from_secs(1));
    assert!(heard(&world, unmuted) > 80);
}
