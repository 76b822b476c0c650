//! A handshake under attack. An input lists which datagrams of the client come changed, from where, and whether the
//! right one follows.

use std::net::SocketAddr;
use std::time::Duration;

use crate::call::World;
use crate::input::{Input, Recipe};
use crate::memory::live_bytes;

const MAX_BYTES: i64 = 32 * 1_024 * 1_024;
const MAX_STEPS: usize = 200;
const STEP: Duration = Duration::from_millis(5);

pub fn run(bytes: &[u8]) {
    let before = live_bytes();
    let mut world = World::new(1);
    let mut input = Input::new(bytes);
    let mut is_disturbed = false;
    for _ in 0..MAX_STEPS {
        world.now += STEP;
        for datagram in world.clients[0].advance(world.now) {
            is_disturbed |= attack(&datagram, &mut input, &mut world);
        }
        world.worker.handle_timeout(world.now);
        world.flush();
        assert!(live_bytes() - before < MAX_BYTES, "{} bytes", live_bytes() - before);
        if world.clients[0].connected {
            return;
        }
    }
    assert!(is_disturbed, "a handshake that only strangers disturbed fails");
}

/// Send what an input makes of a datagram; whether that may break the handshake: the right one does not follow, or who
/// forged it knows the client's address (DTLS does not authenticate a handshake before its end).
fn attack(datagram: &[u8], input: &mut Input, world: &mut World) -> bool {
    let own = world.clients[0].address;
    let choice = input.byte();
    let source = if choice & 1 == 0 { own } else { SocketAddr::from(([198, 51, 100, 7], 7_000)) };
    match choice >> 1 & 3 {
        0 => {}
        1 => {
            let mut changed = datagram.to_vec();
            let signed = changed.len().saturating_sub(8).max(1);
            changed[usize::from(input.short()) % signed] ^= input.byte().max(1);
            world.inject(source, &changed);
        }
        2 => {
            let cut = usize::from(input.short()) % datagram.len().max(1);
            let tail = input.chunk();
            world.inject(source, &[&datagram[..cut.min(datagram.len().saturating_sub(9))], tail].concat());
        }
        _ => _ = world.inject(source, input.chunk()),
    }
    let is_lost = choice & 0x80 != 0;
    if !is_lost {
        world.inject(own, datagram);
    }
    is_lost || (source == own && choice & 6 != 0)
}

pub fn seeds() -> Vec<Vec<u8>> {
    let hello = [22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let alert = [21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40];
    let quiet = Recipe::default().raw(&[0; 8]);
    vec![
        quiet.clone().finish(),
        quiet.clone().raw(&[2, 0, 30, 1, 2, 0, 60, 255, 0x82, 0, 14, 1]).finish(),
        quiet.clone().raw(&[4, 0, 20]).chunk(&[1, 2, 3]).raw(&[5, 0, 40]).chunk(&hello).finish(),
        quiet.clone().raw(&[6]).chunk(&hello).raw(&[6]).chunk(&alert).raw(&[0x86]).chunk(&alert).finish(),
        quiet.raw(&[0x80, 0, 0x80, 0, 0x80]).finish(),
    ]
}
