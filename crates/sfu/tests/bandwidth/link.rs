//! A bottleneck in virtual time: rate, queue, delay, jitter and losses. Times are microseconds.

use std::collections::VecDeque;

use crate::chance::Chance;

/// What a link is like.
#[derive(Debug, Clone)]
pub struct Shape {
    /// Bits per second from a time on, the earliest first; 0 is an outage.
    pub rates: Vec<(u64, u64)>,
    /// The queue overflows beyond so many bytes.
    pub queue_bytes: u64,
    /// One way.
    pub delay: u64,
    /// A packet is late by up to this.
    pub jitter: u64,
    /// Each packet by itself is earlier or later by this (standard deviation of a bell curve), which changes the order.
    pub spread: u64,
    /// Whether jitter may change the order.
    pub reorders: bool,
    /// Lost, independently of each other.
    pub loss: f64,
    /// Lost in bursts.
    pub bursts: Option<Gilbert>,
    /// Others send this, bits per second from a time on.
    pub cross: Vec<(u64, u64)>,
}

/// Losses in bursts (Gilbert): everything is lost in the bad state.
#[derive(Debug, Clone, Copy)]
pub struct Gilbert {
    /// The probability to enter the bad state at a packet.
    pub enter: f64,
    /// The probability to leave it.
    pub leave: f64,
}

impl Shape {
    /// A clean link: 30 ms, a queue of 300 ms at its first rate.
    pub fn constant(rate_bps: u64) -> Self {
        Shape {
            rates: vec![(0, rate_bps)],
            queue_bytes: rate_bps * 3 / 80,
            delay: 30_000,
            jitter: 0,
            spread: 0,
            reorders: false,
            loss: 0.0,
            bursts: None,
            cross: Vec::new(),
        }
    }
}

/// The link.
#[derive(Debug)]
pub struct Link {
    shape: Shape,
    chance: Chance,
    is_bad: bool,
    free_at: u64,
    last_arrival: u64,
    /// When each packet in the queue leaves it, and its bytes.
    queued: VecDeque<(u64, u64)>,
    cross_at: u64,
}

const CROSS_BYTES: u64 = 1_000;
/// Nothing leaves an outage that does not end; this is later than every test.
const NEVER: u64 = 10_000_000_000;

impl Link {
    pub fn new(shape: Shape, seed: u64) -> Self {
        Link {
            shape,
            chance: Chance::new(seed),
            is_bad: false,
            free_at: 0,
            last_arrival: 0,
            queued: VecDeque::new(),
            cross_at: 0,
        }
    }

    /// How long a packet that is sent now would wait.
    pub fn wait(&self, now: u64) -> u64 {
        self.free_at.saturating_sub(now)
    }

    /// Let the others send what they send until now.
    pub fn advance(&mut self, now: u64) {
        while self.cross_at <= now {
            let rate = at(&self.shape.cross, self.cross_at);
            if rate == 0 {
                self.cross_at += 1_000;
                continue;
            }
            self.enqueue(CROSS_BYTES, self.cross_at);
            // Not quite evenly, so that it does not run in step with anything.
            self.cross_at += CROSS_BYTES * 8_000_000 / rate * (50 + self.chance.below(101)) / 100;
        }
    }

    /// Send a packet; when it arrives, unless it is lost.
    pub fn send(&mut self, bytes: u64, now: u64) -> Option<u64> {
        let left = self.enqueue(bytes, now)?;
        if self.loses() {
            return None;
        }
        let arrival = left + self.way() + self.chance.below(self.shape.jitter + 1);
        if self.shape.reorders || self.shape.spread > 0 {
            return Some(arrival);
        }
        self.last_arrival = self.last_arrival.max(arrival);
        Some(self.last_arrival)
    }

    fn way(&mut self) -> u64 {
        if self.shape.spread == 0 {
            return self.shape.delay;
        }
        // Twelve uniform shares: a bell curve of the standard deviation 1, within 6.
        let deviation = (0..12).map(|_| self.chance.share()).sum::<f64>() - 6.0;
        (self.shape.delay as f64 + deviation * self.shape.spread as f64).max(0.0) as u64
    }

    fn enqueue(&mut self, bytes: u64, now: u64) -> Option<u64> {
        while self.queued.front().is_some_and(|(left, _)| *left <= now) {
            self.queued.pop_front();
        }
        let waiting: u64 = self.queued.iter().map(|(_, bytes)| bytes).sum();
        if waiting + bytes > self.shape.queue_bytes.max(3_000) {
            return None;
        }
        self.free_at = self.serve(bytes * 8, now.max(self.free_at));
        self.queued.push_back((self.free_at, bytes));
        Some(self.free_at)
    }

    /// When so many bits are through that begin now, across steps of the rate.
    fn serve(&self, bits: u64, begin: u64) -> u64 {
        let (mut left, mut now) = (bits as f64, begin);
        loop {
            let rate = at(&self.shape.rates, now) as f64 / 1e6;
            let next = self.shape.rates.iter().map(|step| step.0).find(|step| *step > now);
            let needed = if rate > 0.0 { (left / rate).ceil() as u64 } else { NEVER };
            match next {
                Some(next) if now + needed > next => {
                    left -= rate * (next - now) as f64;
                    now = next;
                }
                _ => return now + needed,
            }
        }
    }

    fn loses(&mut self) -> bool {
        if let Some(bursts) = self.shape.bursts {
            let changes = self.chance.happens(if self.is_bad { bursts.leave } else { bursts.enter });
            self.is_bad ^= changes;
        }
        self.is_bad || self.chance.happens(self.shape.loss)
    }
}

fn at(steps: &[(u64, u64)], now: u64) -> u64 {
    steps.iter().rev().find(|step| step.0 <= now).map_or(0, |step| step.1)
}

#[test]
fn a_link_serves_at_its_rate_across_a_step() {
    let shape = Shape { rates: vec![(0, 1_000_000), (4_000, 250_000)], delay: 0, ..Shape::constant(1_000_000) };
    let mut link = Link::new(shape, 1);
    assert_eq!(link.send(1_000, 0), Some(4_000 + 16_000));
    assert_eq!(link.wait(10_000), 10_000);
}
