//! What workers tell each other about a room. An input is a batch, as one end of a link hears it.

use std::time::Instant;

use sfu::codec::Codec;
use sfu::model::Source;
use sfu::relay::{End, Layers, Link, Listed, ListedTrack, Listing, Message, Packet, TrackId};
use sfu::transport::Payload;
use str0m::format::Codec as Name;

use crate::memory::live_bytes;

/// A list that is not complete yet is believed up to a bound.
const MAX_LIST_BYTES: i64 = 4 * 1_024 * 1_024;

pub fn run(bytes: &[u8]) {
    let before = live_bytes();
    let mut link = link();
    let mut listing = Listing::default();
    let Some((_, messages)) = link.hear(bytes) else { return };
    for message in messages {
        echo(&message);
        let version = listing.version();
        let is_complete = match message {
            Message::Announce { version, count } => listing.announce(version, count),
            Message::Publisher { version, index, listed } => listing.entry(version, index, listed),
            _ => false,
        };
        assert_eq!(listing.version() > version, is_complete, "a list is in force once it is whole");
        assert!(live_bytes() - before < MAX_LIST_BYTES);
    }
}

fn link() -> Link {
    Link::new("room".into(), End::Worker(1), 7)
}

fn batch(messages: &[Message]) -> Vec<u8> {
    let mut link = link();
    messages.iter().for_each(|message| link.say(message));
    link.take_batch(Vec::new).unwrap_or_default()
}

/// What was read, said again, is heard as the same.
fn echo(message: &Message) {
    let batch = batch(std::slice::from_ref(message));
    let mut link = link();
    let (_, mut heard) = link.hear(&batch).expect("what was said is heard");
    assert_eq!((heard.next().as_ref(), heard.next()), (Some(message), None));
}

pub fn seeds() -> Vec<Vec<u8>> {
    let track = TrackId { peer: 5, track: 1 };
    let codec = Codec { name: Name::Vp8, profile: 0, redundant: false, clock_hz: 90_000 };
    let payloads = vec![Payload { number: 96, codec, retransmission: None }];
    let tracks = vec![ListedTrack { source: Source::Camera, layers: 3, muted: false }];
    let listed = Listed { number: 5, name: "somebody".into(), generation: 1, tracks, payloads };
    let packet = Packet {
        track,
        layer: 2,
        restarts: 1,
        sequence: 65_535,
        timestamp: 9,
        payload_type: 96,
        marker: true,
        audio_level: Some(30),
        orientation: Some(1),
        dependency: &[1, 2, 3],
        payload: &[4; 30],
    };
    let all = [
        Message::Publisher { version: 1, index: 0, listed },
        Message::Announce { version: 1, count: 1 },
        Message::Voice { track, flowing: true, speaking: true, score: 70.5 },
        Message::Layers { track, flowing: true, layers: Layers { count: 3, ..Layers::default() } },
        Message::Want { track, layers: 7, desired: 3 },
        Message::Keyframe { track, layer: 1 },
        Message::Packet(packet),
        Message::Piece { number: 7, ends: true, bytes: &[0, 1, b'x', 9, 9] },
        Message::Receipt { next: 8, later: 5 },
    ];
    let mut seeds: Vec<Vec<u8>> = all.iter().map(|message| batch(std::slice::from_ref(message))).collect();
    seeds.push(batch(&all));
    let mut asking = link();
    asking.say_missing(track, 2, &[1, 2, 65_535]);
    seeds.extend(asking.take_batch(Vec::new));
    let mut silent = link();
    silent.must_announce(1, Instant::now());
    seeds.extend(silent.take_batch(Vec::new));
    seeds
}
