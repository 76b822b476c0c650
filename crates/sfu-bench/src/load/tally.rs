//! What probes found: which packets came, how often, and how late.

use std::collections::HashMap;

use crate::payload::{self, Stamp};
use crate::protocol::{Latency, Probes};

/// Numbers that are remembered to recognise a packet that comes again.
const REMEMBERED: usize = 16_384;
const NEVER: u64 = u64::MAX;

/// All packets of one receiver.
#[derive(Debug, Default)]
pub struct Tally {
    packets: u64,
    corrupt: u64,
    streams: HashMap<u32, Stream>,
    latencies_ns: Vec<u32>,
}

#[derive(Debug)]
struct Stream {
    first: u64,
    highest: u64,
    distinct: u64,
    duplicated: u64,
    seen: Vec<u64>,
}

impl Stream {
    fn new(number: u64) -> Self {
        Stream { first: number, highest: number, distinct: 0, duplicated: 0, seen: vec![NEVER; REMEMBERED] }
    }

    fn count(&mut self, number: u64) {
        let seen = &mut self.seen[number as usize % REMEMBERED];
        if *seen == number {
            self.duplicated += 1;
            return;
        }
        *seen = number;
        self.distinct += 1;
        self.first = self.first.min(number);
        self.highest = self.highest.max(number);
    }

    fn missing(&self) -> u64 {
        (self.highest - self.first + 1).saturating_sub(self.distinct)
    }
}

impl Tally {
    /// A payload came, at this time of the monotonic clock.
    pub fn count(&mut self, payload: &[u8], now_ns: u64) {
        self.packets += 1;
        let Some(Stamp { stream, number, sent_ns }) = payload::read(payload) else {
            self.corrupt += 1;
            return;
        };
        self.latencies_ns.push(u32::try_from(now_ns.saturating_sub(sent_ns)).unwrap_or(u32::MAX));
        self.streams.entry(stream).or_insert_with(|| Stream::new(number)).count(number);
    }

    /// Begin anew, but for the sum of all packets.
    pub fn reset(&mut self) {
        *self = Tally { packets: self.packets, ..Tally::default() };
    }
}

/// The sum of all probes.
pub fn sum<'a>(tallies: impl Iterator<Item = &'a Tally>) -> Probes {
    let mut probes = Probes::default();
    let mut latencies_ns = Vec::new();
    for tally in tallies {
        probes.receivers += 1;
        probes.packets += tally.packets;
        probes.corrupt += tally.corrupt;
        probes.missing += tally.streams.values().map(Stream::missing).sum::<u64>();
        probes.duplicated += tally.streams.values().map(|stream| stream.duplicated).sum::<u64>();
        latencies_ns.extend_from_slice(&tally.latencies_ns);
    }
    probes.latency_us = distribution(latencies_ns);
    probes
}

fn distribution(mut latencies_ns: Vec<u32>) -> Latency {
    latencies_ns.sort_unstable();
    let at = |share: f64| {
        let place = (share * latencies_ns.len() as f64).ceil() as usize;
        latencies_ns.get(place.saturating_sub(1)).map_or(0.0, |ns| f64::from(*ns) / 1_000.0)
    };
    Latency { packets: latencies_ns.len(), p50: at(0.5), p99: at(0.99), max: at(1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::{Place, build};

    fn packet(number: u64) -> std::sync::Arc<[u8]> {
        let place = Place { frame: 1, first: false, keyframe: false };
        build(place, Stamp { stream: 0, number, sent_ns: 1_000_000 }, 200)
    }

    #[test]
    fn what_is_missing_comes_twice_or_is_damaged_is_counted() {
        let mut tally = Tally::default();
        for number in [10, 11, 13, 13, 12, 16] {
            tally.count(&packet(number), 1_000_000 + number * 1_000);
        }
        tally.count(&[1, 2, 3], 0);
        let probes = sum([&tally].into_iter());
        assert_eq!((probes.packets, probes.missing, probes.duplicated, probes.corrupt), (7, 2, 1, 1));
        assert_eq!((probes.latency_us.p50, probes.latency_us.max), (12.0, 16.0));
        tally.reset();
        assert_eq!(sum([&tally].into_iter()).missing, 0);
    }
}
