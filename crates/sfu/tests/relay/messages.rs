//! What workers say to each other, as bytes.

use std::time::{Duration, Instant};

use sfu::relay::{End, Heard, Layers, Link, Listed, ListedTrack, Message, Packet, Told, TrackId, Way};

use crate::network::Random;

const TRACK: TrackId = TrackId { peer: 0x0102_0304_0506_0708, track: 3 };

fn listed() -> Listed {
    let tracks = vec![
        ListedTrack { source: sfu::model::Source::Microphone, layers: 1, muted: true },
        ListedTrack { source: sfu::model::Source::Camera, layers: 3, muted: false },
    ];
    let name = str0m::format::Codec::Vp9;
    let codec = sfu::codec::Codec { name, profile: 2, redundant: false, clock_hz: 90_000 };
    let payloads = vec![sfu::transport::Payload { number: 98, codec, retransmission: None }];
    Listed { number: 7, name: "ada".into(), generation: 9, tracks, payloads }
}

fn messages() -> Vec<Message<'static>> {
    let way = Way::new(0.2, Some(Duration::from_millis(300)));
    let mut layers = Layers { way, count: 2, ..Layers::default() };
    layers.told[1].count = 2;
    layers.told[1].states[1] = sfu::layers::LayerState { live: true, width: Some(640), bitrate_bps: 500_000 };
    layers.told[0] = Told::default();
    vec![
        Message::Announce { version: 5, count: 1 },
        Message::Publisher { version: 5, index: 0, listed: listed() },
        Message::Voice { track: TRACK, flowing: true, speaking: false, score: 81.5 },
        Message::Layers { track: TRACK, flowing: true, layers },
        Message::Want { track: TRACK, layers: 5, desired: 3 },
        Message::Keyframe { track: TRACK, layer: 2 },
        Message::Packet(Packet {
            track: TRACK,
            layer: 1,
            restarts: 2,
            sequence: 65_535,
            timestamp: 4_000_000_000,
            payload_type: 98,
            marker: true,
            audio_level: Some(0x9e),
            orientation: None,
            dependency: &[1, 2, 3],
            payload: &[9; 300],
        }),
        Message::Piece { number: 4_000_000_000, ends: true, bytes: &[5; 1_200] },
        Message::Receipt { next: 4_000_000_001, later: 1 << 62 | 1 },
    ]
}

fn batch() -> Vec<u8> {
    let mut link = Link::new("room".into(), End::Worker(1), 77);
    messages().iter().for_each(|message| link.say(message));
    link.take_batch(Vec::new).unwrap()
}

#[test]
fn what_is_said_is_heard() {
    let mut other = Link::new("room".into(), End::Worker(0), 78);
    let bytes = batch();
    let (heard, read) = other.hear(&bytes).unwrap();
    assert_eq!((heard, read.collect::<Vec<_>>()), (Heard::Same, messages()));
}

#[test]
fn what_a_newer_end_says_is_understood_as_far_as_it_is_known() {
    let (bytes, mut newer) = (batch(), Vec::new());
    let (beginning, mut rest) = bytes.split_at(BEGINNING_BYTES);
    newer.extend_from_slice(beginning);
    while let Some((message, behind)) = cut(rest) {
        newer.extend_from_slice(&[200, 0, 4, 1, 2, 3, 4]);
        newer.push(message[0]);
        let fields = [&message[FRAME_BYTES..], b"more"].concat();
        newer.extend_from_slice(&(fields.len() as u16).to_be_bytes());
        newer.extend_from_slice(&fields);
        rest = behind;
    }
    let mut link = Link::new("room".into(), End::Worker(0), 78);
    assert_eq!(link.hear(&newer).unwrap().1.collect::<Vec<_>>(), messages());
}

#[test]
fn an_older_end_that_does_not_tell_the_way_is_understood() {
    let mut link = Link::new("room".into(), End::Worker(1), 77);
    let way = Way::new(0.2, Some(Duration::from_millis(300)));
    let said =
        |way| Message::Layers { track: TRACK, flowing: true, layers: Layers { way, count: 2, ..Layers::default() } };
    link.say(&said(way));
    let mut bytes = link.take_batch(Vec::new).unwrap();
    bytes.truncate(bytes.len() - 3);
    bytes[BEGINNING_BYTES + 2] -= 3;
    assert_eq!(link.hear(&bytes).unwrap().1.collect::<Vec<_>>(), [said(Way::default())]);
}

#[test]
fn a_message_that_is_malformed_takes_no_other_along() {
    let mut link = Link::new("room".into(), End::Worker(1), 77);
    link.say(&Message::Keyframe { track: TRACK, layer: 2 });
    let mut bytes = link.take_batch(Vec::new).unwrap();
    bytes.extend_from_slice(&[4, 0, 3, 9, 9, 9]);
    let after = bytes[BEGINNING_BYTES..BEGINNING_BYTES + FRAME_BYTES + 10].to_vec();
    bytes.extend_from_slice(&after);
    assert_eq!(link.hear(&bytes).unwrap().1.count(), 2);
}

/// What every batch begins with, and every message.
const BEGINNING_BYTES: usize = 12;
const FRAME_BYTES: usize = 3;

/// The first message, and what follows it.
fn cut(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = usize::from(u16::from_be_bytes([*bytes.get(1)?, *bytes.get(2)?]));
    bytes.split_at_checked(FRAME_BYTES + length)
}

#[test]
fn numbers_that_are_asked_for_arrive() {
    let mut link = Link::new("room".into(), End::Worker(1), 77);
    link.say_missing(TRACK, 1, &[5, 65_535, 0]);
    let bytes = link.take_batch(Vec::new).unwrap();
    let (_, mut read) = link.hear(&bytes).unwrap();
    let Some(Message::Nack { track: TRACK, layer: 1, numbers }) = read.next() else { panic!("no request") };
    assert_eq!(numbers.iter().collect::<Vec<_>>(), [5, 65_535, 0]);
}

#[test]
fn a_new_session_is_noticed_and_a_list_is_told_until_it_is_acknowledged() {
    let now = Instant::now();
    let mut one = Link::new("room".into(), End::Worker(1), 1);
    let mut other = Link::new("room".into(), End::Worker(0), 2);
    assert!(one.must_announce(1, now) && !one.must_announce(1, now));
    assert!(one.must_announce(1, now + Duration::from_millis(300)), "it may have been lost");
    one.say(&Message::Publisher { version: 1, index: 0, listed: listed() });
    let bytes = one.take_batch(Vec::new).unwrap();
    other.hear(&bytes).unwrap();
    assert!(!other.listing.entry(1, 0, listed()) && other.listing.announce(1, 1));
    other.acknowledge();
    let bytes = other.take_batch(Vec::new).unwrap();
    one.hear(&bytes).unwrap();
    assert!(!one.must_announce(1, now + Duration::from_secs(9)));
    assert!(one.must_announce(2, now + Duration::from_secs(9)), "a newer one is told");
    let mut again = Link::new("room".into(), End::Worker(0), 3);
    again.say(&Message::Keyframe { track: TRACK, layer: 0 });
    let bytes = again.take_batch(Vec::new).unwrap();
    assert_eq!(one.hear(&bytes).unwrap().0, Heard::Anew);
    assert!(one.must_announce(1, now + Duration::from_secs(9)), "who began anew knows nothing");
}

#[test]
fn broken_batches_are_read_without_harm() {
    let (whole, mut random) = (batch(), Random::new(9));
    let mut link = Link::new("room".into(), End::Worker(1), 1);
    for round in 0..100_000 {
        let mut bytes = whole.clone();
        for _ in 0..=random.below(4) {
            let at = random.below(bytes.len() as u64) as usize;
            bytes[at] = random.next() as u8;
        }
        bytes.truncate(if round % 2 == 0 { bytes.len() } else { random.below(bytes.len() as u64) as usize });
        if let Some((_, messages)) = link.hear(&bytes) {
            assert!(messages.count() <= bytes.len());
        }
    }
}
