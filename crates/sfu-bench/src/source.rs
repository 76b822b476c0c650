//! Synthetic media with the shape of the real thing: VP8 frames at 30 a second in three layers, Opus at 50 a second.
//!
//! Payloads carry a valid VP8 payload descriptor and frame header (RFC 7741, RFC 6386 section 9.1), which is all
//! that an SFU reads; what follows is filler.

use std::sync::Arc;
use std::time::{Duration, Instant};

/// Bytes of payload a packet, as browsers cut them.
const PACKET_BYTES: usize = 1_100;
const FRAME_INTERVAL: Duration = Duration::from_nanos(33_333_333);
const AUDIO_INTERVAL: Duration = Duration::from_millis(20);
/// A keyframe is about this many times as large as the frames between.
const KEYFRAME_FACTOR: usize = 5;

/// A simulcast layer: its rid, its width in pixels and its rate.
#[derive(Debug, Clone, Copy)]
pub struct LayerShape {
    /// The restriction id.
    pub rid: &'static str,
    /// Width and height in pixels.
    pub size: (u16, u16),
    /// Target rate.
    pub bitrate_bps: usize,
}

/// What a browser sends of a 720p camera.
pub const CAMERA_LAYERS: [LayerShape; 3] = [
    LayerShape { rid: "q", size: (320, 180), bitrate_bps: 150_000 },
    LayerShape { rid: "h", size: (640, 360), bitrate_bps: 500_000 },
    LayerShape { rid: "f", size: (1280, 720), bitrate_bps: 1_500_000 },
];

/// A packet that is due.
pub struct Packet {
    /// RTP timestamp.
    pub timestamp: u32,
    /// Last packet of its frame.
    pub marker: bool,
    /// Payload.
    pub payload: Arc<[u8]>,
}

/// One layer of a camera.
pub struct VideoSource {
    shape: LayerShape,
    next_at: Instant,
    frame: u32,
    keyframe_due: bool,
}

impl VideoSource {
    /// A source whose first frame is due at `now` and is a keyframe.
    pub fn new(shape: LayerShape, now: Instant) -> Self {
        VideoSource { shape, next_at: now, frame: 0, keyframe_due: true }
    }

    /// The next frame shall be a keyframe.
    pub fn request_keyframe(&mut self) {
        self.keyframe_due = true;
    }

    /// When the next frame is due.
    pub fn next_at(&self) -> Instant {
        self.next_at
    }

    /// The packets of the frame that is due at `now`, if one is.
    pub fn poll(&mut self, now: Instant) -> Vec<Packet> {
        if now < self.next_at {
            return Vec::new();
        }
        let keyframe = std::mem::take(&mut self.keyframe_due);
        let packets = self.frame_packets(keyframe);
        self.frame += 1;
        self.next_at = (self.next_at + FRAME_INTERVAL).max(now);
        packets
    }

    fn frame_packets(&self, keyframe: bool) -> Vec<Packet> {
        let bytes = self.shape.bitrate_bps / 8 / 30 * if keyframe { KEYFRAME_FACTOR } else { 1 };
        let count = bytes.div_ceil(PACKET_BYTES).max(1);
        let timestamp = self.frame.wrapping_mul(3_000);
        (0..count)
            .map(|index| Packet {
                timestamp,
                marker: index + 1 == count,
                payload: self.payload(index == 0, keyframe, bytes / count),
            })
            .collect()
    }

    fn payload(&self, first: bool, keyframe: bool, bytes: usize) -> Arc<[u8]> {
        let picture = (self.frame & 0x7fff) as u16;
        // X with S on the first packet; I, L, T; fifteen bits of picture id; TL0PICIDX; temporal layer 0.
        let start = if first { 0x90 } else { 0x80 };
        let mut payload = vec![start, 0xe0, 0x80 | (picture >> 8) as u8, picture as u8, self.frame as u8, 0];
        if first {
            payload.extend(self.frame_header(keyframe));
        }
        payload.resize(payload.len().max(bytes), 0x5a);
        payload.into()
    }

    fn frame_header(&self, keyframe: bool) -> Vec<u8> {
        // The lowest bit is 0 for a keyframe, bit 4 says "shown".
        let tag = if keyframe { 0x10 } else { 0x11 };
        let mut header = vec![tag, 0, 0];
        if keyframe {
            let (width, height) = self.shape.size;
            header.extend([0x9d, 0x01, 0x2a]);
            header.extend(width.to_le_bytes());
            header.extend(height.to_le_bytes());
        }
        header
    }
}

/// A microphone that always speaks.
pub struct AudioSource {
    next_at: Instant,
    count: u32,
}

impl AudioSource {
    /// A source whose first packet is due at `now`.
    pub fn new(now: Instant) -> Self {
        AudioSource { next_at: now, count: 0 }
    }

    /// When the next packet is due.
    pub fn next_at(&self) -> Instant {
        self.next_at
    }

    /// The packet that is due at `now`, if one is: 80 bytes, as Opus at 32 kbit/s.
    pub fn poll(&mut self, now: Instant) -> Option<Packet> {
        if now < self.next_at {
            return None;
        }
        let timestamp = self.count.wrapping_mul(960);
        self.count += 1;
        self.next_at = (self.next_at + AUDIO_INTERVAL).max(now);
        Some(Packet { timestamp, marker: self.count == 1, payload: vec![0x78; 80].into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_thirty_a_second_at_the_bitrate_of_the_layer() {
        let start = Instant::now();
        let mut source = VideoSource::new(CAMERA_LAYERS[2], start);
        let mut bytes = 0;
        let mut frames = 0;
        for tick in 0..10_000u64 {
            for packet in source.poll(start + Duration::from_millis(tick)) {
                bytes += packet.payload.len();
                frames += usize::from(packet.marker);
            }
        }
        assert!((295..=305).contains(&frames), "{frames} frames in ten seconds");
        let bitrate_bps = bytes * 8 / 10;
        assert!((1_400_000..1_700_000).contains(&bitrate_bps), "{bitrate_bps} bit/s");
    }

    #[test]
    fn a_requested_keyframe_is_the_next_frame() {
        let start = Instant::now();
        let mut source = VideoSource::new(CAMERA_LAYERS[0], start);
        let first = source.poll(start);
        let second = source.poll(start + FRAME_INTERVAL);
        source.request_keyframe();
        let third = source.poll(start + FRAME_INTERVAL * 2);
        let is_keyframe = |packets: &[Packet]| packets[0].payload[6] & 1 == 0;
        assert!(is_keyframe(&first) && !is_keyframe(&second) && is_keyframe(&third));
    }
}
