//! Frames of so many packets at a fixed rate: what a publisher sends.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::payload::{self, Place, Stamp};

/// Frames that may be made up for at once; what is later than that is never sent.
const MAX_BEHIND: u32 = 4;

/// What publishers send.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape {
    /// Packets a second; 0: nothing.
    pub packets_per_second: f64,
    /// Packets of a frame.
    pub burst: usize,
    /// Bytes of payload.
    pub payload_bytes: usize,
}

/// A packet that is due.
pub struct Packet {
    /// RTP timestamp.
    pub timestamp: u32,
    /// Last of its frame.
    pub marker: bool,
    /// Payload.
    pub payload: Arc<[u8]>,
}

/// A publisher's frames.
pub struct Source {
    stream: u32,
    shape: Shape,
    started_at: Instant,
    next_at: Instant,
    frame: u32,
    number: u64,
    keyframe_due: bool,
    /// Frames that were skipped because nobody asked for them in time.
    pub late_frames: u64,
}

impl Source {
    /// A source that is silent until its shape is set. Its first frame is a keyframe.
    pub fn new(stream: u32, now: Instant) -> Self {
        Source {
            stream,
            shape: Shape { packets_per_second: 0.0, burst: 1, payload_bytes: 0 },
            started_at: now,
            next_at: now,
            frame: 0,
            number: 0,
            keyframe_due: true,
            late_frames: 0,
        }
    }

    /// Send like this from now on.
    pub fn set_shape(&mut self, shape: Shape, now: Instant) {
        self.shape = shape;
        self.next_at = now;
    }

    /// The next frame shall be a keyframe.
    pub fn request_keyframe(&mut self) {
        self.keyframe_due = true;
    }

    /// How many packets were made.
    pub fn sent(&self) -> u64 {
        self.number
    }

    /// When the next frame is due, if one ever is.
    pub fn next_at(&self) -> Option<Instant> {
        (self.shape.packets_per_second > 0.0).then_some(self.next_at)
    }

    /// The packets of the next frame that is due, or nothing.
    pub fn poll(&mut self, now: Instant, now_ns: u64) -> Vec<Packet> {
        if self.next_at().is_none_or(|at| now < at) {
            return Vec::new();
        }
        let interval = Duration::from_secs_f64(self.shape.burst as f64 / self.shape.packets_per_second);
        self.next_at += interval;
        if now > self.next_at + interval * MAX_BEHIND {
            let behind = now - self.next_at;
            self.late_frames += (behind.as_secs_f64() / interval.as_secs_f64()) as u64;
            self.next_at = now;
        }
        self.frame(now, now_ns)
    }

    fn frame(&mut self, now: Instant, now_ns: u64) -> Vec<Packet> {
        let keyframe = std::mem::take(&mut self.keyframe_due);
        let timestamp = ((now - self.started_at).as_micros() * 9 / 100) as u32;
        self.frame = self.frame.wrapping_add(1);
        let mut packets = Vec::with_capacity(self.shape.burst);
        for index in 0..self.shape.burst {
            let place = Place { frame: self.frame, first: index == 0, keyframe };
            let stamp = Stamp { stream: self.stream, number: self.number, sent_ns: now_ns };
            let payload = payload::build(place, stamp, self.shape.payload_bytes);
            packets.push(Packet { timestamp, marker: index + 1 == self.shape.burst, payload });
            self.number += 1;
        }
        packets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_come_at_the_rate_in_bursts_and_lateness_is_counted() {
        let start = Instant::now();
        let mut source = Source::new(0, start);
        assert!(source.poll(start, 0).is_empty());
        source.set_shape(Shape { packets_per_second: 1_000.0, burst: 4, payload_bytes: 300 }, start);
        let mut packets = 0;
        for millis in 0..1_000 {
            let frame = source.poll(start + Duration::from_millis(millis), 0);
            assert!(frame.is_empty() || frame.len() == 4 && frame[3].marker && !frame[2].marker);
            packets += frame.len();
        }
        assert_eq!((packets, source.late_frames), (1_000, 0));
        source.poll(start + Duration::from_millis(2_000), 0);
        assert!((245..=250).contains(&source.late_frames), "{}", source.late_frames);
    }
}
