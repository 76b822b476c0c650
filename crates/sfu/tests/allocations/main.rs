//! A packet on its way through the engine allocates nothing: counted by the allocator itself.
//!
//! Clients allocate as they like; only the worker's calls for media packets are counted.

#![allow(unsafe_code, reason = "an allocator that counts is written in unsafe")]
#![allow(dead_code, reason = "the world has more than this test needs")]

#[path = "../engine/client.rs"]
mod client;
#[path = "../engine/network.rs"]
mod network;
#[path = "../engine/payload.rs"]
mod payload;
#[path = "../engine/told.rs"]
mod told;
#[path = "../engine/world.rs"]
mod world;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use client::Setup;
use world::{ROOM, World};

thread_local! {
    static COUNTED: Cell<Option<u64>> = const { Cell::new(None) };
}

/// The system's allocator, which counts while a thread wants it to.
struct Counting;

fn count() {
    COUNTED.set(COUNTED.get().map(|count| count + 1));
}

// SAFETY: everything is handed on to the system's allocator; the counter is a plain thread-local that allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promises are those of the trait.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: see above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: see above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often `f` allocates.
fn allocations(f: &mut dyn FnMut()) -> u64 {
    COUNTED.set(Some(0));
    f();
    COUNTED.take().unwrap_or(0)
}

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

/// Count what the worker allocates for a packet.
fn watch(run: &mut dyn FnMut()) {
    ALLOCATIONS.fetch_add(allocations(run), Ordering::Relaxed);
}

/// The network may allocate.
fn look_away(run: &mut dyn FnMut()) {
    let counted = COUNTED.take();
    run();
    COUNTED.set(counted);
}

fn world(receivers: usize) -> World {
    let mut world = World::new(90);
    for _ in 0..=receivers {
        world.join(ROOM, Setup::default());
    }
    for receiver in 1..=receivers {
        world.clients[receiver].level = None;
        world.clients[receiver].sends_video = false;
        world.show(receiver, &[(0, if receiver % 2 == 0 { 320 } else { 1280 })]);
    }
    world.run(Duration::from_secs(6));
    world
}

#[test]
fn a_packet_allocates_nothing() {
    let mut world = world(12);
    world.around_media = Some(watch);
    world.around_network = look_away;
    world.run(Duration::from_secs(1));
    ALLOCATIONS.store(0, Ordering::Relaxed);
    let sent = world.worker.statistics().datagrams_out;
    world.run(Duration::from_secs(4));
    let (counted, packets) = (ALLOCATIONS.load(Ordering::Relaxed), world.worker.statistics().datagrams_out - sent);
    println!("allocations_per_packet: {}", counted as f64 / packets as f64);
    assert!(packets > 4_000, "only {packets} packets left");
    assert_eq!(counted, 0, "for {packets} packets");
}

#[test]
fn the_allocator_counts() {
    assert_eq!(allocations(&mut || drop(std::hint::black_box(Box::new(7)))), 1);
    assert_eq!(allocations(&mut || {}), 0);
}
