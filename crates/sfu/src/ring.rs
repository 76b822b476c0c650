//! The packets of one layer of a track, decrypted, kept for all its receivers: for sending and for sending again.
//!
//! Bytes lie in a circle, entries are found by sequence number. The ring grows, by doubling, until it holds what arrives
//! in [`KEEP`]; after that nothing is allocated any more.

use std::time::{Duration, Instant};

use crate::codec::{Meta, StreamState};

/// So long a packet can be asked for again: a few round trips.
const KEEP: Duration = Duration::from_millis(1_000);
/// Places of a new ring; it suits a voice.
const FIRST_PLACES: usize = 64;
/// Places at most: a second of a picture of 18 Mbit/s.
const MAX_PLACES: usize = 2_048;
/// Bytes a place: a full packet, so that places and bytes run out together.
const BYTES_A_PLACE: usize = 1_024;
/// The longest payload with its Dependency Descriptor that [`Ring::room`] offers.
pub const MAX_STORED_BYTES: usize = 2_048;

/// A stored packet.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// The publisher's extended sequence number.
    pub sequence: u64,
    /// The publisher's timestamp.
    pub timestamp: u32,
    /// The publisher's payload type.
    pub payload_type: u8,
    /// The marker bit.
    pub marker: bool,
    /// Loudness as in RFC 6464.
    pub audio_level: Option<u8>,
    /// Orientation as in 3GPP TS 26.114.
    pub orientation: Option<u8>,
    /// What the payload tells.
    pub meta: Meta,
    /// Bytes of the Dependency Descriptor, which lies before the payload.
    pub dependency_bytes: u8,
    /// Bytes of the payload.
    pub payload_bytes: u16,
    position: u64,
    at: Instant,
}

impl Entry {
    /// An entry for what was written into [`Ring::room`]: first the Dependency Descriptor, then the payload.
    pub fn new(sequence: u64, timestamp: u32, meta: Meta, now: Instant) -> Self {
        Entry {
            sequence,
            timestamp,
            payload_type: 0,
            marker: false,
            audio_level: None,
            orientation: None,
            meta,
            dependency_bytes: 0,
            payload_bytes: 0,
            position: 0,
            at: now,
        }
    }

    fn stored_bytes(&self) -> usize {
        usize::from(self.dependency_bytes) + usize::from(self.payload_bytes)
    }
}

/// A stored packet with its bytes.
#[derive(Debug, Clone, Copy)]
pub struct Stored<'a> {
    /// What is known about it.
    pub entry: &'a Entry,
    /// Its Dependency Descriptor; empty: none.
    pub dependency: &'a [u8],
    /// Its payload.
    pub payload: &'a [u8],
    /// What its stream has told so far.
    pub stream: &'a StreamState,
}

/// A ring.
#[derive(Debug, Default)]
pub struct Ring {
    places: Box<[Option<Entry>]>,
    bytes: Box<[u8]>,
    /// Where the next packet begins, counted from the start; there is always room for one in one piece.
    head: u64,
    circle_began_at: Option<Instant>,
}

impl Ring {
    /// Room for the next packet, [`MAX_STORED_BYTES`] long. What is written there counts once it is
    /// [committed](Self::commit).
    pub fn room(&mut self) -> &mut [u8] {
        if self.places.is_empty() {
            self.resize(FIRST_PLACES);
        }
        let start = self.offset(self.head);
        &mut self.bytes[start..start + MAX_STORED_BYTES]
    }

    /// Keep what was written into the room.
    pub fn commit(&mut self, mut entry: Entry, now: Instant) {
        (entry.position, entry.at) = (self.head, now);
        let had_circles = self.circles();
        self.advance(entry.stored_bytes());
        let index = self.index(entry.sequence);
        let pushed_out = self.places[index].replace(entry);
        let is_short_of_places = pushed_out.is_some_and(|old| is_within(old.at, KEEP, now));
        if is_short_of_places || (self.circles() > had_circles && self.circled_too_soon(now)) {
            self.grow();
        }
    }

    fn offset(&self, position: u64) -> usize {
        (position % self.bytes.len() as u64) as usize
    }

    fn circles(&self) -> u64 {
        self.head / self.bytes.len() as u64
    }

    /// Move the head behind a packet, and on to the next circle when what remains is too short for another one.
    fn advance(&mut self, bytes: usize) {
        self.head += bytes as u64;
        if self.offset(self.head) + MAX_STORED_BYTES > self.bytes.len() {
            self.head = (self.circles() + 1) * self.bytes.len() as u64;
        }
    }

    /// At the end of a circle: whether it took less time than packets are to be kept.
    fn circled_too_soon(&mut self, now: Instant) -> bool {
        let began_at = self.circle_began_at.replace(now);
        began_at.is_some_and(|at| is_within(at, KEEP, now))
    }

    fn index(&self, sequence: u64) -> usize {
        sequence as usize & (self.places.len() - 1)
    }

    /// Whether nothing was, or is about to be, written over the packet.
    fn is_whole(&self, entry: &Entry) -> bool {
        entry.position + self.bytes.len() as u64 >= self.head + MAX_STORED_BYTES as u64
    }

    fn grow(&mut self) {
        if self.places.len() < MAX_PLACES {
            self.resize(self.places.len() * 2);
        }
    }

    /// Move everything that is whole into a ring of another size.
    fn resize(&mut self, places: usize) {
        let bytes = vec![0; places * BYTES_A_PLACE].into();
        let new = Ring { places: vec![None; places].into(), bytes, head: 0, circle_began_at: self.circle_began_at };
        let old = std::mem::replace(self, new);
        let mut kept: Vec<Entry> = old.places.iter().flatten().filter(|entry| old.is_whole(entry)).copied().collect();
        kept.sort_unstable_by_key(|entry| entry.position);
        for mut entry in kept {
            let (from, to, length) = (old.offset(entry.position), self.offset(self.head), entry.stored_bytes());
            self.bytes[to..to + length].copy_from_slice(&old.bytes[from..from + length]);
            entry.position = self.head;
            self.advance(length);
            let index = self.index(entry.sequence);
            self.places[index] = Some(entry);
        }
    }

    /// A packet that is still there, with the state of its stream.
    pub fn get<'a>(&'a self, sequence: u64, stream: &'a StreamState) -> Option<Stored<'a>> {
        let index = sequence as usize & self.places.len().checked_sub(1)?;
        let entry = self.places[index].as_ref()?;
        if entry.sequence != sequence || !self.is_whole(entry) {
            return None;
        }
        let start = self.offset(entry.position);
        let bytes = &self.bytes[start..start + entry.stored_bytes()];
        let (dependency, payload) = bytes.split_at(usize::from(entry.dependency_bytes));
        Some(Stored { entry, dependency, payload, stream })
    }

    /// Forget everything: the stream began anew.
    pub fn clear(&mut self) {
        self.places.fill(None);
    }
}

fn is_within(at: Instant, span: Duration, now: Instant) -> bool {
    now.saturating_duration_since(at) < span
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(ring: &mut Ring, sequence: u64, bytes: usize, now: Instant) {
        let room = ring.room();
        room[..bytes].fill(sequence as u8);
        let entry = Entry { payload_bytes: bytes as u16, ..Entry::new(sequence, 0, Meta::default(), now) };
        ring.commit(entry, now);
    }

    /// Packets at a rate for so long; returns how many of the last second are still whole.
    fn kept(bytes: usize, a_second: u64, seconds: u64) -> (Ring, u64) {
        let (mut ring, start) = (Ring::default(), Instant::now());
        let count = a_second * seconds;
        let stream = StreamState::default();
        for sequence in 0..count {
            put(&mut ring, sequence, bytes, start + Duration::from_micros(1_000_000 * sequence / a_second));
        }
        let whole = (0..a_second).filter(|ago| {
            let sequence = count - 1 - ago;
            let stored = ring.get(sequence, &stream);
            stored.is_some_and(|s| s.payload.len() == bytes && s.payload.iter().all(|b| *b == sequence as u8))
        });
        let whole = whole.count() as u64;
        (ring, whole)
    }

    #[test]
    fn a_voice_stays_in_a_small_ring() {
        let (ring, whole) = kept(120, 50, 20);
        assert_eq!((ring.places.len(), whole), (FIRST_PLACES, 50));
    }

    #[test]
    fn the_ring_grows_until_it_holds_a_second() {
        for (bytes, a_second) in [(1_200, 30), (1_200, 200), (1_100, 1_000), (300, 1_500)] {
            let (ring, whole) = kept(bytes, a_second, 20);
            assert!(whole * 10 >= a_second * 9, "{whole} of {a_second} packets of {bytes} bytes");
            assert!(ring.places.len() as u64 <= 4 * a_second.max(64), "{} places", ring.places.len());
        }
    }

    #[test]
    fn the_ring_has_an_end() {
        let (ring, whole) = kept(1_200, 10_000, 3);
        assert_eq!(ring.places.len(), MAX_PLACES);
        assert!(whole > 1_000);
    }

    #[test]
    fn a_late_packet_takes_its_place_and_an_old_one_is_gone() {
        let (mut ring, now) = (Ring::default(), Instant::now());
        for sequence in [10, 12, 11] {
            put(&mut ring, sequence, 100, now);
        }
        let stream = StreamState::default();
        assert_eq!(ring.get(11, &stream).unwrap().payload, [11; 100]);
        assert!(ring.get(9, &stream).is_none() && ring.get(10 + MAX_PLACES as u64, &stream).is_none());
        ring.clear();
        assert!(ring.get(11, &stream).is_none());
    }

    #[test]
    fn nothing_is_allocated_once_the_ring_has_its_size() {
        let (mut ring, _) = kept(1_100, 300, 10);
        let places = ring.places.as_ptr();
        let start = Instant::now() + Duration::from_secs(60);
        for sequence in 3_000..9_000 {
            put(&mut ring, sequence, 1_100, start + Duration::from_micros(3_334 * sequence));
        }
        assert_eq!(places, ring.places.as_ptr());
    }
}
