//! A seeded network: delay, jitter (which reorders), loss, duplication and a bottleneck, in virtual time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Numbers that depend on the seed only (xorshift64*).
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub fn chance(&mut self, probability: f64) -> bool {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64 <= probability && probability > 0.0
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        if limit == 0 { 0 } else { self.next() % limit }
    }
}

/// How one direction of a path behaves.
#[derive(Debug, Clone, Copy)]
pub struct Path {
    pub delay: Duration,
    pub jitter: Duration,
    pub loss: f64,
    pub duplicate: f64,
    pub rate_bps: Option<u64>,
}

impl Default for Path {
    fn default() -> Self {
        Path { delay: Duration::from_millis(10), jitter: Duration::ZERO, loss: 0.0, duplicate: 0.0, rate_bps: None }
    }
}

/// A datagram under way.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Parcel {
    pub at: Instant,
    number: u64,
    pub from: SocketAddr,
    pub to: SocketAddr,
    pub bytes: Vec<u8>,
}

/// Everything that is under way.
pub struct Network {
    pub random: Random,
    parcels: BinaryHeap<Reverse<Parcel>>,
    number: u64,
}

impl Network {
    pub fn new(seed: u64) -> Self {
        Network { random: Random::new(seed), parcels: BinaryHeap::new(), number: 0 }
    }

    /// Send a datagram over a path whose bottleneck is busy until `busy_until`.
    pub fn send(
        &mut self,
        path: &Path,
        busy_until: &mut Instant,
        now: Instant,
        (from, to): (SocketAddr, SocketAddr),
        bytes: &[u8],
    ) {
        if self.random.chance(path.loss) {
            return;
        }
        let mut leaves = now;
        if let Some(rate) = path.rate_bps {
            leaves = now.max(*busy_until);
            // A queue of 300 ms, then the tail is dropped.
            if leaves - now > Duration::from_millis(300) {
                return;
            }
            leaves += Duration::from_micros(bytes.len() as u64 * 8_000_000 / rate);
            *busy_until = leaves;
        }
        let copies = 1 + u64::from(self.random.chance(path.duplicate));
        for _ in 0..copies {
            let jitter = Duration::from_micros(self.random.below(path.jitter.as_micros() as u64));
            self.number += 1;
            let at = leaves + path.delay + jitter;
            self.parcels.push(Reverse(Parcel { at, number: self.number, from, to, bytes: bytes.to_vec() }));
        }
    }

    pub fn next_at(&self) -> Option<Instant> {
        self.parcels.peek().map(|Reverse(parcel)| parcel.at)
    }

    pub fn pop(&mut self, now: Instant) -> Option<Parcel> {
        self.next_at().filter(|at| *at <= now)?;
        self.parcels.pop().map(|Reverse(parcel)| parcel)
    }
}
