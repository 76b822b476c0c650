//! What holds on any network: what is forwarded was sent, to nobody of another room, as one stream without holes that
//! are not losses, and no storm of keyframes. A hundred seeds, each a meeting of its own.

use std::collections::HashSet;
use std::time::Duration;

use crate::client::{Received, Setup};
use crate::network::{Path, Random};
use crate::world::{ROOM, World};

const SEEDS: u64 = 100;

fn path(random: &mut Random) -> Path {
    Path {
        delay: Duration::from_millis(random.below(120)),
        jitter: Duration::from_millis(random.below(40)),
        loss: random.below(31) as f64 / 100.0,
        duplicate: random.below(5) as f64 / 100.0,
        rate_bps: random.chance(0.3).then(|| 200_000 + random.below(3_000_000)),
    }
}

/// Two rooms on one worker; everybody looks at somebody else, and changes their mind.
fn meeting(seed: u64) -> World {
    let mut world = World::new(seed);
    let mut random = Random::new(seed);
    for room in [ROOM, ROOM, ROOM, "other", "other"] {
        let rids = if random.chance(0.5) { vec!["q", "h", "f"] } else { vec![] };
        world.join(room, Setup { rids, ..Setup::default() });
    }
    (world.up, world.down) = (path(&mut random), path(&mut random));
    for _ in 0..6 {
        for receiver in 0..3 {
            let shown = (receiver + 1 + random.below(2) as usize) % 3;
            world.show(receiver, &[(shown, [100, 320, 640, 1_280][random.below(4) as usize])]);
        }
        world.run(Duration::from_millis(500 + random.below(1_500)));
    }
    world
}

fn assert_one_stream(packets: &[Received], seed: u64) {
    let mut seen = HashSet::new();
    for packet in packets {
        assert!(seen.insert(packet.sequence), "seed {seed}: number {} came twice", packet.sequence);
    }
    let mut ordered = packets.to_vec();
    ordered.sort_by_key(|packet| packet.sequence);
    for pair in ordered.windows(2) {
        let (a, b) = (&pair[0], &pair[1]);
        let ticks = b.timestamp.wrapping_sub(a.timestamp);
        // A slot may have been paused for all of the meeting, which takes twelve seconds.
        assert!(ticks < 90_000 * 15, "seed {seed}: timestamps only grow: {b:?} after {a:?}");
        if (a.tag.client, a.tag.layer) != (b.tag.client, b.tag.layer) && b.sequence == a.sequence + 1 {
            assert!(b.keyframe, "seed {seed}: another source begins with a keyframe: {b:?}");
        }
    }
}

#[test]
fn what_is_forwarded_was_sent_and_is_one_stream() {
    for seed in 0..SEEDS {
        let world = meeting(seed);
        for (number, client) in world.clients.iter().enumerate() {
            let room = |client: usize| client < 3;
            for packets in client.video_slots.iter().filter_map(|mid| client.received.get(mid)) {
                for packet in packets {
                    let from = packet.tag.client as usize;
                    assert!(from != number && room(from) == room(number), "seed {seed}: {number} got {packet:?}");
                    let sent = world.clients[from].frames_sent(packet.tag.layer);
                    assert!(packet.tag.frame <= sent, "seed {seed}: frame {} was never sent", packet.tag.frame);
                }
                assert_one_stream(packets, seed);
            }
        }
        let (seconds, requests) = (16, world.worker.statistics().keyframe_requests);
        // Three publishers, three layers each, at most one request a layer in 400 ms.
        assert!(requests < seconds * 9 * 5 / 2, "seed {seed}: {requests} keyframes were asked for");
    }
}
