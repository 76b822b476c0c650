//! Data channels: everybody in the room with a channel of the same label hears what one says in it.

use std::time::Duration;

use crate::client::Setup;
use crate::world::{ROOM, World};

/// Three clients with a channel, one with another, one in another room.
fn world(seed: u64) -> World {
    let mut world = World::new(seed);
    let with = |label| Setup { channel: Some(label), ..Setup::default() };
    for (room, label) in [(ROOM, "pointer"), (ROOM, "pointer"), (ROOM, "pointer"), (ROOM, "else"), ("other", "pointer")]
    {
        world.join(room, with(label));
    }
    world.run_until(Duration::from_secs(5), |world| world.clients.iter().all(|client| client.channel.is_some()));
    world
}

#[test]
fn a_message_reaches_everybody_with_the_channel_and_nobody_else() {
    let mut world = world(90);
    world.clients[0].say("here");
    world.run(Duration::from_millis(500));
    let heard: Vec<usize> = world.clients.iter().map(|client| client.messages.len()).collect();
    assert_eq!(heard, [0, 1, 1, 0, 0]);
    assert_eq!(world.clients[1].messages[0], b"here");
}

#[test]
fn a_flood_is_held_to_its_allowance() {
    let mut world = world(91);
    for _ in 0..500 {
        world.clients[0].say("flood");
    }
    world.run(Duration::from_millis(500));
    let heard = world.clients[1].messages.len();
    assert!((100..=180).contains(&heard), "{heard} messages");
    assert!(world.worker.statistics().messages_dropped > 300);
    world.run(Duration::from_secs(3));
    world.clients[0].say("again");
    world.run(Duration::from_millis(500));
    assert_eq!(world.clients[1].messages.last().unwrap(), b"again");
}
