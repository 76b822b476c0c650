//! What is said in data channels on its way over a link: in order, acknowledged, bounded.
//!
//! A message is cut into pieces that fit a datagram. Pieces have numbers; the other end tells the first that it misses
//! and which later ones it has, and what it misses is sent again. Beyond [`MAX_QUEUED_BYTES`] messages are refused whole.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::bytes::{Reader, Write};
use crate::allowance;
use crate::transport;

/// Bytes in a piece: with all headers a datagram stays below 1,400.
const PIECE_BYTES: usize = 1_200;
/// Pieces under way; as many as a receipt can name.
const WINDOW: usize = 64;
/// Bytes that may wait for one link, about sixty of the longest messages.
pub const MAX_QUEUED_BYTES: usize = 1_024 * 1_024;
/// A message with its label and kind.
const MAX_MESSAGE_BYTES: usize = allowance::MAX_BYTES + transport::MAX_LABEL_BYTES + 2;
/// The round trip until one was measured.
const FIRST_ROUND_TRIP: Duration = Duration::from_millis(100);
/// What the other end may take to answer, beyond the network.
const ANSWERS_WITHIN: Duration = Duration::from_millis(50);
/// An unanswered piece is sent again at least this often.
const MAX_PATIENCE: Duration = Duration::from_secs(2);
/// How often patience is doubled at most.
const MAX_DOUBLINGS: u32 = 5;

/// A message as bytes.
pub fn encode(message: &transport::Message) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(message.data.len() + message.label.len() + 2);
    bytes.u8(u8::from(message.is_binary));
    bytes.short(message.label.as_bytes());
    bytes.extend_from_slice(&message.data);
    bytes
}

/// The message that was [encoded](encode); `None`: it is malformed.
pub fn decode(bytes: &[u8]) -> Option<transport::Message> {
    let mut reader = Reader(bytes);
    let is_binary = reader.u8()? != 0;
    let label = std::str::from_utf8(reader.short()?).ok()?.to_owned();
    let data = reader.0.to_vec();
    (data.len() <= allowance::MAX_BYTES).then_some(transport::Message { label, is_binary, data })
}

/// The pieces that one end sends.
#[derive(Debug, Default)]
pub struct Outgoing {
    /// The number of the first piece.
    first: u32,
    pieces: VecDeque<Piece>,
    bytes: usize,
    round_trip: Option<Duration>,
}

/// A piece that was not acknowledged yet.
#[derive(Debug)]
struct Piece {
    bytes: Vec<u8>,
    /// Whether it is the last one of its message.
    ends: bool,
    /// When it was sent last, and how often.
    sent: Option<(Instant, u32)>,
    /// The other end has it, and misses an earlier one.
    is_there: bool,
    /// It got lost: later ones came.
    is_lost: bool,
}

impl Piece {
    /// When it is to be sent; `None`: at once.
    fn due_at(&self, round_trip: Duration) -> Option<Instant> {
        let (at, times) = self.sent.filter(|_| !self.is_lost)?;
        let patience = (2 * round_trip + ANSWERS_WITHIN) * (1 << (times - 1).min(MAX_DOUBLINGS));
        Some(at + patience.min(MAX_PATIENCE))
    }
}

impl Outgoing {
    /// Queue a message; false: too much waits already.
    pub fn push(&mut self, message: &[u8]) -> bool {
        if self.bytes + message.len() > MAX_QUEUED_BYTES {
            return false;
        }
        self.bytes += message.len();
        let count = message.len().div_ceil(PIECE_BYTES);
        let pieces = message.chunks(PIECE_BYTES).enumerate();
        self.pieces.extend(pieces.map(|(number, bytes)| Piece {
            bytes: bytes.to_vec(),
            ends: number + 1 == count,
            sent: None,
            is_there: false,
            is_lost: false,
        }));
        true
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Hand out the pieces that are to be sent now, with their numbers and whether they end a message.
    pub fn send(&mut self, now: Instant, mut send: impl FnMut(u32, bool, &[u8])) {
        let round_trip = self.round_trip();
        for (place, piece) in self.pieces.iter_mut().take(WINDOW).enumerate() {
            if piece.is_there || piece.due_at(round_trip).is_some_and(|at| at > now) {
                continue;
            }
            let times = piece.sent.map_or(0, |(_, times)| times);
            (piece.sent, piece.is_lost) = (Some((now, times.saturating_add(1))), false);
            send(self.first.wrapping_add(place as u32), piece.ends, &piece.bytes);
        }
    }

    /// When pieces are to be sent again.
    pub fn next_at(&self) -> Option<Instant> {
        let round_trip = self.round_trip();
        let under_way = self.pieces.iter().take(WINDOW).filter(|piece| !piece.is_there);
        under_way.filter_map(|piece| piece.due_at(round_trip)).min()
    }

    /// The other end misses the piece `next`, and has those after it whose bits are set in `later`.
    pub fn acknowledge(&mut self, next: u32, later: u64, now: Instant) {
        let passed = next.wrapping_sub(self.first) as usize;
        if passed > self.pieces.len().min(WINDOW) {
            return;
        }
        for piece in self.pieces.drain(..passed) {
            self.bytes -= piece.bytes.len();
            if let Some((at, 1)) = piece.sent
                && !piece.is_there
            {
                let sample = now.saturating_duration_since(at);
                self.round_trip = Some(self.round_trip.map_or(sample, |known| (known * 7 + sample) / 8));
            }
        }
        self.first = next;
        self.note_later(later, now);
    }

    /// What the other end has is not sent again; what it misses before that was lost.
    fn note_later(&mut self, later: u64, now: Instant) {
        let round_trip = self.round_trip();
        for (bit, piece) in self.pieces.iter_mut().skip(1).take(WINDOW - 1).enumerate() {
            piece.is_there |= later & (1 << bit) != 0;
        }
        let last = (0..self.pieces.len().min(WINDOW)).rev().find(|place| self.pieces[*place].is_there);
        for piece in self.pieces.iter_mut().take(last.unwrap_or(0)).filter(|piece| !piece.is_there) {
            piece.is_lost = piece.sent.is_some_and(|(at, _)| now.saturating_duration_since(at) >= round_trip);
        }
    }

    fn round_trip(&self) -> Duration {
        self.round_trip.unwrap_or(FIRST_ROUND_TRIP)
    }
}

/// The pieces that one end receives.
#[derive(Debug, Default)]
pub struct Incoming {
    /// The number of the first piece that is missing.
    next: u32,
    /// That one and those after it, as far as they came.
    waiting: VecDeque<Option<(bool, Vec<u8>)>>,
    message: Vec<u8>,
    /// What comes up to the end of the message is left out.
    is_too_long: bool,
    owes_receipt: bool,
}

impl Incoming {
    /// Take a piece; hands out the messages that are complete now.
    pub fn take(&mut self, number: u32, ends: bool, bytes: &[u8], mut complete: impl FnMut(Vec<u8>)) {
        // Also for one that came before: the receipt was lost.
        self.owes_receipt = true;
        let place = number.wrapping_sub(self.next) as usize;
        if place >= WINDOW || bytes.len() > PIECE_BYTES {
            return;
        }
        if self.waiting.len() <= place {
            self.waiting.resize(place + 1, None);
        }
        self.waiting[place] = Some((ends, bytes.to_vec()));
        while let Some((ends, bytes)) = self.waiting.pop_front_if(|piece| piece.is_some()).flatten() {
            self.next = self.next.wrapping_add(1);
            if let Some(message) = self.append(ends, &bytes) {
                complete(message);
            }
        }
    }

    fn append(&mut self, ends: bool, bytes: &[u8]) -> Option<Vec<u8>> {
        self.is_too_long |= self.message.len() + bytes.len() > MAX_MESSAGE_BYTES;
        if !self.is_too_long {
            self.message.extend_from_slice(bytes);
        }
        let message = ends.then(|| std::mem::take(&mut self.message))?;
        (!std::mem::take(&mut self.is_too_long)).then_some(message)
    }

    /// What is to be told of what came, once: the first piece that is missing, and bit by bit those after it.
    pub fn take_receipt(&mut self) -> Option<(u32, u64)> {
        let later = self.waiting.iter().skip(1).enumerate();
        let bits = later.map(|(bit, piece)| u64::from(piece.is_some()) << bit).sum();
        std::mem::take(&mut self.owes_receipt).then_some((self.next, bits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pieces that are to be sent now: their numbers.
    fn due(outgoing: &mut Outgoing, now: Instant) -> Vec<u32> {
        let mut numbers = Vec::new();
        outgoing.send(now, |number, _, _| numbers.push(number));
        numbers
    }

    #[test]
    fn a_message_that_was_said_is_heard_as_it_was() {
        let data = vec![7; allowance::MAX_BYTES];
        let said = transport::Message { label: "x".repeat(transport::MAX_LABEL_BYTES), is_binary: true, data };
        let (mut outgoing, mut incoming, mut heard) = (Outgoing::default(), Incoming::default(), Vec::new());
        assert!(outgoing.push(&encode(&said)));
        outgoing.send(Instant::now(), |number, ends, bytes| {
            incoming.take(number, ends, bytes, |message| heard.extend(decode(&message)));
        });
        assert_eq!(heard, [said]);
    }

    #[test]
    fn beyond_the_bound_a_message_is_refused_whole_until_others_were_acknowledged() {
        let (mut outgoing, now, message) = (Outgoing::default(), Instant::now(), [0; 16 * 1_024]);
        let taken = (0..1_000).filter(|_| outgoing.push(&message)).count();
        assert_eq!(taken, MAX_QUEUED_BYTES / message.len());
        let sent = due(&mut outgoing, now);
        assert_eq!(sent, (0..WINDOW as u32).collect::<Vec<_>>());
        outgoing.acknowledge(WINDOW as u32, 0, now);
        assert!(outgoing.push(&message) && due(&mut outgoing, now).len() == WINDOW);
    }

    #[test]
    fn what_is_missing_before_what_came_is_sent_again_at_once_and_the_rest_in_time() {
        let (mut outgoing, now) = (Outgoing::default(), Instant::now());
        (0..4).for_each(|_| _ = outgoing.push(b"hello"));
        assert_eq!(due(&mut outgoing, now), [0, 1, 2, 3]);
        let soon = now + FIRST_ROUND_TRIP;
        outgoing.acknowledge(0, 0b10, soon);
        assert_eq!(due(&mut outgoing, soon), [0, 1], "the third came, so the first two are lost");
        assert_eq!(due(&mut outgoing, now + 2 * FIRST_ROUND_TRIP + ANSWERS_WITHIN), [3]);
        outgoing.acknowledge(4, 0, now + Duration::from_secs(1));
        assert!(outgoing.is_empty() && outgoing.next_at().is_none());
    }

    #[test]
    fn receipts_of_what_was_never_sent_are_ignored() {
        let (mut outgoing, now) = (Outgoing::default(), Instant::now());
        outgoing.push(b"hello");
        due(&mut outgoing, now);
        for next in [2, 70, u32::MAX] {
            outgoing.acknowledge(next, u64::MAX, now);
            assert!(!outgoing.is_empty());
        }
    }

    #[test]
    fn messages_without_an_end_are_left_out_and_the_next_one_is_heard() {
        let (mut incoming, mut heard) = (Incoming::default(), Vec::new());
        for number in 0..1_000 {
            incoming.take(number, number == 999, &[1; PIECE_BYTES], |message| heard.push(message));
        }
        incoming.take(1_000, true, b"short", |message| heard.push(message));
        assert_eq!(heard, [b"short"]);
        assert_eq!(incoming.take_receipt(), Some((1_001, 0)));
        incoming.take(1_003, true, b"later", |_| panic!("one is missing"));
        assert_eq!((incoming.take_receipt(), incoming.take_receipt()), (Some((1_001, 0b10)), None));
    }
}
