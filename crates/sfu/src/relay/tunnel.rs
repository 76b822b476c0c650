//! A link between two processes: sealed datagrams on the media port.
//!
//! A datagram is `[0xC0 + format][relay id: 8 bytes][counter: 8 bytes][messages, sealed with AES-256-GCM]`. Each direction has a
//! key of its own, derived by HKDF (RFC 5869) from the one that both ends were given; the counter is the nonce. It
//! begins at the NTP time of the opening and grows by one a datagram: so an end that began anew goes on above where
//! it was.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};

use crate::egress::Route;
use crate::model::Transport;

/// First bytes of datagrams of relays. No other protocol on the port uses them (RFC 7983 leaves 192 to 255 free).
const FIRST_BYTES: std::ops::RangeInclusive<u8> = 0xc0..=0xdf;
/// How what relays say is written; another one can't be read. Messages grow without a new one
/// ([`Message`](super::Message)).
pub const FORMAT: u8 = 1;
const FIRST_BYTE: u8 = 0xc0 + FORMAT;
const HEADER_BYTES: usize = 17;
const TAG_BYTES: usize = 16;
const KEY_BYTES: usize = 32;
/// Without a word for so long the other end is lost.
const LOST_AFTER: Duration = Duration::from_secs(5);
/// Late datagrams are taken within so many counters.
const WINDOW: u64 = 2_048;
const WORDS: usize = (WINDOW / 64) as usize;

/// How a relay is opened; both ends are given the same id and key.
#[derive(Clone, PartialEq, Eq)]
pub struct RelayKey(pub [u8; KEY_BYTES]);

impl std::fmt::Debug for RelayKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RelayKey(..)")
    }
}

/// Why a datagram was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Its tag is wrong.
    Forged,
    /// It came before, or is too late to tell.
    Replayed,
    /// The other end writes in another [`FORMAT`].
    Foreign,
}

/// The relay that a datagram claims to be of; `None`: it is none of a relay.
pub fn relay_of(datagram: &[u8]) -> Option<u64> {
    let (first, rest) = datagram.split_first()?;
    let id = rest.first_chunk::<8>()?;
    FIRST_BYTES.contains(first).then(|| u64::from_be_bytes(*id))
}

/// One end of a link between processes.
#[derive(Debug)]
pub struct Tunnel {
    /// Its id, the same at both ends.
    pub id: u64,
    /// The way to the other end.
    pub route: Route,
    /// The other end tells who speaks.
    pub is_told_elsewhere: bool,
    sealing: LessSafeKey,
    opening: LessSafeKey,
    counter: u64,
    window: Window,
    /// When the other end was heard last; at first when this end began to listen.
    heard_at: Instant,
    other: Other,
}

/// How the other end does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Other {
    /// It was not heard yet.
    Awaited,
    /// It is heard.
    Up,
    /// It was not heard for too long.
    Lost,
}

impl Tunnel {
    /// An end of which nothing was heard. Exactly one of the two ends is the `first`; `counter` is the present time in
    /// NTP format.
    pub fn new(id: u64, route: Route, key: &RelayKey, first: bool, counter: u64, now: Instant) -> Self {
        let (own, other) = if first { ("first", "second") } else { ("second", "first") };
        Tunnel {
            id,
            route,
            is_told_elsewhere: false,
            sealing: derive(id, key, own),
            opening: derive(id, key, other),
            counter,
            window: Window::default(),
            heard_at: now,
            other: Other::Awaited,
        }
    }

    /// The way from one of our addresses to the other end.
    pub fn route(source: SocketAddr, destination: SocketAddr) -> Route {
        Route { transport: Transport::Udp, source, destination }
    }

    /// Seal messages as a datagram into `room`; returns its length, 0 when it has no room.
    pub fn seal(&mut self, messages: &[u8], room: &mut [u8]) -> usize {
        let length = HEADER_BYTES + messages.len();
        let Some(room) = room.get_mut(..length + TAG_BYTES) else { return 0 };
        self.counter += 1;
        room[0] = FIRST_BYTE;
        room[1..9].copy_from_slice(&self.id.to_be_bytes());
        room[9..HEADER_BYTES].copy_from_slice(&self.counter.to_be_bytes());
        let (header, rest) = room.split_at_mut(HEADER_BYTES);
        let (body, tag) = rest.split_at_mut(messages.len());
        body.copy_from_slice(messages);
        let sealed = self.sealing.seal_in_place_separate_tag(nonce(self.counter), Aad::from(&*header), body);
        // Fails only beyond the 64 GiB that one nonce may seal.
        tag.copy_from_slice(sealed.expect("a datagram is short enough to be sealed").as_ref());
        length + TAG_BYTES
    }

    /// Open a datagram into `room`; returns how long its messages are. Then the other end [is up](Self::is_up).
    pub fn open(&mut self, datagram: &[u8], room: &mut [u8], now: Instant) -> Result<usize, Refused> {
        let (header, rest) = datagram.split_at_checked(HEADER_BYTES).ok_or(Refused::Forged)?;
        if header[0] != FIRST_BYTE {
            return Err(Refused::Foreign);
        }
        let counter = header.last_chunk::<8>().map(|bytes| u64::from_be_bytes(*bytes)).ok_or(Refused::Forged)?;
        if !self.window.may_take(counter) {
            return Err(Refused::Replayed);
        }
        let (body, tag) = rest.split_last_chunk::<TAG_BYTES>().ok_or(Refused::Forged)?;
        let out = room.get_mut(..body.len()).ok_or(Refused::Forged)?;
        let opened = self.opening.open_separate_gather(nonce(counter), Aad::from(header), body, tag, out);
        opened.map_err(|_| Refused::Forged)?;
        self.window.take(counter);
        (self.heard_at, self.other) = (now, Other::Up);
        Ok(body.len())
    }

    /// Whether the other end is heard.
    pub fn is_up(&self) -> bool {
        self.other == Other::Up
    }

    /// Whether the other end was not heard for too long.
    pub fn is_lost(&self) -> bool {
        self.other == Other::Lost
    }

    /// Whether the other end has just been lost.
    pub fn has_been_lost(&mut self, now: Instant) -> bool {
        let is_silent = now.saturating_duration_since(self.heard_at) >= LOST_AFTER;
        is_silent && std::mem::replace(&mut self.other, Other::Lost) != Other::Lost
    }

    /// Whether the other end tells who speaks, and is not lost.
    pub fn is_told_there(&self) -> bool {
        self.is_told_elsewhere && !self.is_lost()
    }
}

fn derive(id: u64, key: &RelayKey, direction: &str) -> LessSafeKey {
    let pseudo_random = Salt::new(HKDF_SHA256, &id.to_be_bytes()).extract(&key.0);
    let info = [b"sfu relay ".as_slice(), direction.as_bytes()];
    let mut derived = [0; KEY_BYTES];
    // Fails only for lengths beyond 255 hashes, and keys of the wrong length.
    let filled = pseudo_random.expand(&info, &AES_256_GCM).and_then(|material| material.fill(&mut derived));
    filled.expect("a key is short enough to be derived");
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &derived).expect("a key of the algorithm's length"))
}

fn nonce(counter: u64) -> Nonce {
    let mut nonce = [0; 12];
    nonce[4..].copy_from_slice(&counter.to_be_bytes());
    Nonce::assume_unique_for_key(nonce)
}

/// The newest counter and which of those before it came.
#[derive(Debug, Default)]
struct Window {
    newest: Option<u64>,
    came: [u64; WORDS],
}

impl Window {
    fn place(counter: u64) -> (usize, u64) {
        ((counter / 64) as usize % WORDS, 1 << (counter % 64))
    }

    fn may_take(&self, counter: u64) -> bool {
        let (word, bit) = Self::place(counter);
        match self.newest {
            Some(newest) if counter <= newest => newest - counter < WINDOW - 64 && self.came[word] & bit == 0,
            _ => true,
        }
    }

    fn take(&mut self, counter: u64) {
        let newest = self.newest.unwrap_or(counter);
        if counter > newest {
            // Words that the window moves over are free again.
            let words = (counter / 64 - newest / 64).min(WORDS as u64);
            for word in 1..=words {
                self.came[((newest / 64 + word) % WORDS as u64) as usize] = 0;
            }
        }
        self.newest = Some(newest.max(counter));
        let (word, bit) = Self::place(counter);
        self.came[word] |= bit;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(now: Instant) -> (Tunnel, Tunnel) {
        let address = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let end =
            |first, key| Tunnel::new(7, Tunnel::route(address(1), address(2)), &RelayKey(key), first, 1 << 40, now);
        (end(true, [1; 32]), end(false, [1; 32]))
    }

    #[test]
    fn what_was_sealed_is_opened_once_and_by_the_other_end_only() {
        let now = Instant::now();
        let (mut one, mut other) = pair(now);
        let (mut datagram, mut plain) = ([0; 200], [0; 200]);
        let length = one.seal(b"hello", &mut datagram);
        assert_eq!(relay_of(&datagram), Some(7));
        assert_eq!(one.open(&datagram[..length], &mut plain, now), Err(Refused::Forged), "each direction has its key");
        assert_eq!(other.open(&datagram[..length], &mut plain, now), Ok(5));
        assert_eq!(&plain[..5], b"hello");
        assert_eq!(other.open(&datagram[..length], &mut plain, now), Err(Refused::Replayed));
    }

    #[test]
    fn any_changed_bit_is_refused() {
        let now = Instant::now();
        let (mut one, mut other) = pair(now);
        let (mut datagram, mut plain) = ([0; 200], [0; 200]);
        let length = one.seal(b"hello", &mut datagram);
        for bit in 0..length * 8 {
            let mut changed = datagram;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(other.open(&changed[..length], &mut plain, now).is_err(), "bit {bit}");
        }
        for short in 0..length {
            assert!(other.open(&datagram[..short], &mut plain, now).is_err());
        }
        assert_eq!(other.open(&datagram[..length], &mut plain, now), Ok(5));
    }

    #[test]
    fn what_is_written_in_another_format_is_not_read() {
        let now = Instant::now();
        let (mut one, mut other) = pair(now);
        let (mut datagram, mut plain) = ([0; 200], [0; 200]);
        let length = one.seal(b"hello", &mut datagram);
        assert_eq!(datagram[0], FIRST_BYTE);
        for format in (0..32).filter(|format| *format != FORMAT) {
            datagram[0] = 0xc0 + format;
            assert_eq!(relay_of(&datagram), Some(7), "it comes to its relay");
            assert_eq!(other.open(&datagram[..length], &mut plain, now), Err(Refused::Foreign));
        }
        assert!(!other.is_up());
    }

    #[test]
    fn late_datagrams_are_taken_once_within_the_window() {
        let now = Instant::now();
        let (mut one, mut other) = pair(now);
        let mut plain = [0; 200];
        let sealed: Vec<Vec<u8>> = (0..5_000u32)
            .map(|number| {
                let mut datagram = vec![0; 60];
                let length = one.seal(&number.to_be_bytes(), &mut datagram);
                datagram.truncate(length);
                datagram
            })
            .collect();
        let mut take = |number: usize| other.open(&sealed[number], &mut plain, now).is_ok();
        assert!(take(0) && take(1_000) && take(1) && !take(1) && take(999) && !take(1_000));
        assert!(take(4_999) && !take(999) && !take(2_000) && take(4_000) && !take(4_000));
        let fresh = (3_200..4_999).filter(|number| take(*number)).count();
        assert_eq!(fresh, 1_798);
    }
}
