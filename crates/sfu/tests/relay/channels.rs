//! Data channels across workers and processes: everybody hears it, once, in order.

use std::time::Duration;

use crate::client::Setup;
use crate::network::Path;
use crate::world::{KEY, World};

const ROUGH: Path = Path {
    loss: 0.1,
    jitter: Duration::from_millis(30),
    duplicate: 0.05,
    delay: Duration::from_millis(20),
    rate_bps: None,
};

/// Clients with a channel, spread over the workers in turn; nobody sends media.
fn join(world: &mut World, clients: usize) {
    let workers = world.workers.len();
    for index in 0..clients {
        let client = world.join(index % workers, Setup { channel: Some("pointer"), ..Setup::default() });
        world.clients[client].level = None;
        world.clients[client].sends_video = false;
    }
    world.run_until(Duration::from_secs(5), |world| world.clients.iter().all(|client| client.channel.is_some()));
    world.run(Duration::from_millis(500));
}

fn heard(world: &World) -> Vec<usize> {
    world.clients.iter().map(|client| client.messages.len()).collect()
}

fn dropped(world: &World, worker: usize) -> u64 {
    world.workers[worker].statistics().messages_dropped
}

#[test]
fn a_message_is_heard_once_by_everybody_on_every_worker() {
    let mut world = World::new(260, 3);
    world.link();
    join(&mut world, 6);
    let other = world.join(1, Setup { channel: Some("else"), ..Setup::default() });
    world.clients[1].say("here");
    world.run(Duration::from_millis(500));
    assert_eq!(heard(&world), [1, 0, 1, 1, 1, 1, 0]);
    assert!(world.clients[5].messages == [b"here"] && world.clients[other].messages.is_empty());
}

#[test]
fn what_is_said_crosses_a_rough_relay_once_and_in_order() {
    let mut world = World::with_relay(261, 0, ROUGH);
    join(&mut world, 2);
    for number in 0..100u8 {
        let length = if number % 10 == 0 { 16 * 1_024 } else { 20 + usize::from(number) };
        world.clients[0].say_bytes(number % 2 == 0, &vec![number; length]);
        world.clients[1].say(&format!("{number}"));
        world.run(Duration::from_millis(30));
    }
    world.run(Duration::from_secs(5));
    let numbers: Vec<u8> = world.clients[1].messages.iter().map(|message| message[0]).collect();
    assert_eq!(numbers, (0..100).collect::<Vec<u8>>());
    assert!(world.clients[1].messages.iter().step_by(10).all(|message| message.len() == 16 * 1_024));
    let answers = (0..100).map(|number| format!("{number}").into_bytes());
    assert!(world.clients[0].messages.iter().cloned().eq(answers));
    assert!(world.tapped.iter().all(|(_, _, bytes)| bytes.len() <= 1_472), "pieces fit datagrams");
    assert_eq!((dropped(&world, 0), dropped(&world, 1)), (0, 0));
    let sent = world.tapped.len();
    world.run(Duration::from_secs(2));
    assert!(world.tapped.len() - sent < 100, "nothing is sent again that has arrived");
}

#[test]
fn both_processes_with_several_workers_hear_it_once() {
    let mut world = World::bridged(262, Path::default());
    join(&mut world, 8);
    for speaker in [0, 1, 2, 3] {
        world.clients[speaker].say("here");
        world.run(Duration::from_millis(500));
    }
    assert_eq!(heard(&world), [3, 3, 3, 3, 4, 4, 4, 4]);
}

#[test]
fn a_short_break_delays_what_was_said_and_a_long_one_loses_what_is_said_in_it() {
    let mut world = World::with_relay(263, 0, Path::default());
    join(&mut world, 2);
    world.between.loss = 1.0;
    world.clients[0].say("delayed");
    world.run(Duration::from_secs(3));
    world.between.loss = 0.0;
    world.run(Duration::from_secs(3));
    assert_eq!(world.clients[1].messages, [b"delayed"]);
    world.between.loss = 1.0;
    world.run(Duration::from_secs(7));
    world.clients[0].say("lost");
    world.run(Duration::from_millis(500));
    assert_eq!(dropped(&world, 0), 1);
    world.between.loss = 0.0;
    world.run(Duration::from_secs(3));
    world.clients[0].say("again");
    world.run(Duration::from_secs(1));
    assert_eq!(world.clients[1].messages.last().unwrap(), b"again");
    assert_eq!(world.clients[1].messages.len(), 2);
}

#[test]
fn a_worker_that_began_anew_hears_what_is_said_from_then_on() {
    let mut world = World::with_relay(264, 0, Path::default());
    join(&mut world, 2);
    world.between.loss = 1.0;
    world.clients[0].say("before");
    world.run(Duration::from_millis(200));
    world.workers[1].renew();
    world.finish_pass();
    world.between.loss = 0.0;
    world.open_relay(1, KEY);
    let back = world.join(1, Setup { channel: Some("pointer"), ..Setup::default() });
    world.run_until(Duration::from_secs(5), |world| world.clients[back].channel.is_some());
    world.run(Duration::from_secs(1));
    for number in 0..3 {
        world.clients[0].say(&format!("{number}"));
        world.clients[back].say("yes");
        world.run(Duration::from_millis(200));
    }
    assert_eq!(world.clients[back].messages, [b"0", b"1", b"2"]);
    assert_eq!(world.clients[0].messages.len(), 3);
}
