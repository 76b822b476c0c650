//! What the packets of a probe tell: how fast they arrived.

use super::Micros;

/// So much of a probe must have arrived.
const ENOUGH: f64 = 0.8;
/// Packets that took longer than this are no burst.
const MAX_SPAN: Micros = 1_000_000;
/// Arriving much faster than sent means that something held and released them.
const MAX_COMPRESSION: f64 = 2.0;
/// Slower than this share of the sending rate means that the path was full...
const FULL: f64 = 0.9;
/// ...and then a little less than what arrived is right.
const TARGET: f64 = 0.95;

/// What a probe has found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Found {
    /// The rate that arrived, bits per second.
    pub bps: f64,
    /// Whether it arrived slower than it was sent: the burst then took from others, or filled a queue.
    pub full: bool,
}

/// Packets of one probe: as sent and as they arrived.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cluster {
    pub sent_packets: u32,
    pub sent_bytes: u64,
    packets: u32,
    bytes: u64,
    first_sent: Option<Micros>,
    last_sent: Micros,
    last_sent_bytes: u64,
    first_arrival: Micros,
    last_arrival: Micros,
    first_arrival_bytes: u64,
    /// The packets' times: how much later each was sent than the first heard of, and how much longer it took.
    times: Line,
    origin: (Micros, Micros),
}

/// Sums for a line through points, in seconds.
#[derive(Debug, Clone, Copy, Default)]
struct Line {
    count: f64,
    x: f64,
    y: f64,
    xx: f64,
    xy: f64,
}

impl Line {
    fn add(&mut self, x: f64, y: f64) {
        self.count += 1.0;
        self.x += x;
        self.y += y;
        self.xx += x * x;
        self.xy += x * y;
    }

    /// The slope by least squares; `None` when all points have the same x.
    fn slope(&self) -> Option<f64> {
        let spread = self.count * self.xx - self.x * self.x;
        (spread > 0.0).then(|| (self.count * self.xy - self.x * self.y) / spread)
    }
}

impl Cluster {
    pub(super) fn send(&mut self, bytes: usize) {
        self.sent_packets = self.sent_packets.saturating_add(1);
        self.sent_bytes = self.sent_bytes.saturating_add(bytes as u64);
    }

    pub(super) fn receive(&mut self, sent: Micros, arrival: Micros, bytes: u16) {
        let bytes = u64::from(bytes);
        let is_first = self.first_sent.is_none();
        self.packets = self.packets.saturating_add(1);
        self.bytes += bytes;
        if is_first || arrival < self.first_arrival {
            (self.first_arrival, self.first_arrival_bytes) = (arrival, bytes);
        }
        if is_first || sent >= self.last_sent {
            (self.last_sent, self.last_sent_bytes) = (sent, bytes);
        }
        if is_first {
            self.origin = (sent, arrival - sent);
        }
        let since = |time: Micros, origin: Micros| (time - origin) as f64 / 1e6;
        self.times.add(since(sent, self.origin.0), since(arrival - sent, self.origin.1));
        self.last_arrival = if is_first { arrival } else { self.last_arrival.max(arrival) };
        self.first_sent = Some(self.first_sent.map_or(sent, |first| first.min(sent)));
    }

    /// What the path carried; `None` while too little has arrived or the times make no sense.
    ///
    /// Where packets overtake each other, the first and the last arrival say little of the rate: the line through all
    /// of them does.
    pub(super) fn result(&self, min_packets: u32, min_bytes: u64, is_disordered: bool) -> Option<Found> {
        let enough = |got: f64, wanted: f64| got >= ENOUGH * wanted;
        if !enough(f64::from(self.packets), f64::from(min_packets)) || !enough(self.bytes as f64, min_bytes as f64) {
            return None;
        }
        let sent = rate(self.bytes - self.last_sent_bytes, self.last_sent - self.first_sent?)?;
        let arrived = match is_disordered {
            true => sent / (1.0 + self.times.slope()?.max(0.0)),
            false => rate(self.bytes - self.first_arrival_bytes, self.last_arrival - self.first_arrival)?,
        };
        if arrived > MAX_COMPRESSION * sent {
            return None;
        }
        // What chance may have told is believed half.
        let full = is_disordered || arrived < FULL * sent;
        Some(Found { bps: if full { TARGET * arrived } else { arrived.min(sent) }, full })
    }
}

fn rate(bytes: u64, span: Micros) -> Option<f64> {
    (span > 0 && span <= MAX_SPAN).then(|| bytes as f64 * 8e6 / span as f64)
}

#[cfg(test)]
mod tests {
    use super::{Cluster, Found};

    fn cluster(sent_gap: i64, arrival_gap: i64) -> Cluster {
        let mut cluster = Cluster::default();
        (0..10).for_each(|i| cluster.receive(i * sent_gap, 1_000_000 + i * arrival_gap, 1000));
        cluster
    }

    #[test]
    fn a_free_path_shows_the_sending_rate_and_a_full_one_its_own() {
        assert_eq!(cluster(2_000, 2_000).result(10, 10_000, false), Some(Found { bps: 4e6, full: false }));
        assert_eq!(cluster(2_000, 4_000).result(10, 10_000, false), Some(Found { bps: 0.95 * 2e6, full: true }));
    }

    #[test]
    fn too_few_packets_or_times_without_sense_tell_nothing() {
        assert_eq!(cluster(2_000, 2_000).result(20, 10_000, false), None);
        assert_eq!(cluster(2_000, 500).result(10, 10_000, false), None);
        assert_eq!(cluster(0, 2_000).result(10, 10_000, false), None);
        assert_eq!(cluster(2_000, 0).result(10, 10_000, false), None);
    }
}
