//! When the packets of one peer's transport arrived, until it was told: the receiving half of transport-wide congestion
//! control (draft-holmer-rmcat-transport-wide-cc-extensions-01).

use std::time::{Duration, Instant};

use crate::rtcp::{FeedbackHeader, TICK_US, Writer};

/// Packets whose arrival is kept: 8 KB, 100 ms at 200 Mbit/s.
const WINDOW: u64 = 2_048;
const WORD_BITS: u64 = u64::BITS as u64;
/// A packet this far behind the newest is too late to be told.
const MAX_LATE: u64 = 512;
/// So many packets beyond that in a row are no stragglers: the sender counts anew.
const RESTART_AFTER: u8 = 8;
/// Added to the first number, so that numbers before it exist.
const CYCLE: u64 = 1 << 16;
/// Feedback leaves this often, and twice as often when at least [`BUSY`] packets wait: a quick sender learns quickly, a
/// slow one costs little.
const INTERVAL: Duration = Duration::from_millis(100);
const BUSY_INTERVAL: Duration = Duration::from_millis(50);
const BUSY: u64 = 10;
/// So many waiting leave at once: about what fits into one packet.
const FULL: u64 = 512;

/// The arrivals of one transport by its sequence numbers.
#[derive(Debug)]
pub struct ArrivalLog {
    /// Arrival in ticks of 250 µs since the first, wrapping at 32 bits as the wire's reference time does.
    ticks: Box<[u32; WINDOW as usize]>,
    came: [u64; (WINDOW / WORD_BITS) as usize],
    start: Option<Instant>,
    newest: u64,
    /// The first number that was not yet told.
    next: u64,
    last_feedback: Option<Instant>,
    feedback_count: u8,
    strays: u8,
}

impl Default for ArrivalLog {
    fn default() -> Self {
        Self::new()
    }
}

impl ArrivalLog {
    /// An empty log; its storage is allocated here.
    pub fn new() -> Self {
        ArrivalLog {
            ticks: Box::new([0; WINDOW as usize]),
            came: [0; (WINDOW / WORD_BITS) as usize],
            start: None,
            newest: 0,
            next: 0,
            last_feedback: None,
            feedback_count: 0,
            strays: 0,
        }
    }

    /// A packet with this number of the transport arrived. One that was told as missing is told again, with all that
    /// followed it; duplicates are ignored.
    pub fn arrived(&mut self, transport_sequence: u16, now: Instant) {
        if self.start.is_none() {
            return self.begin(transport_sequence, now);
        }
        let ahead = transport_sequence.wrapping_sub(self.newest as u16) as i16;
        if ahead > 0 {
            self.advance(self.newest + u64::from(ahead.unsigned_abs()), now);
        } else if u64::from(ahead.unsigned_abs()) < MAX_LATE {
            self.late(self.newest - u64::from(ahead.unsigned_abs()), now);
        } else {
            self.stray(transport_sequence, now);
        }
    }

    /// Whether feedback is due; see [`ArrivalLog::feedback_at`].
    pub fn feedback_due(&self, now: Instant) -> bool {
        self.feedback_at().is_some_and(|at| now >= at)
    }

    /// When feedback is due: 50 to 100 ms after the last, at once when much waits; `None` while nothing waits.
    pub fn feedback_at(&self) -> Option<Instant> {
        let last = self.last_feedback?;
        match self.waiting() {
            0 => None,
            1..BUSY => Some(last + INTERVAL),
            BUSY..FULL => Some(last + BUSY_INTERVAL),
            _ => Some(last),
        }
    }

    /// Whether anything was not yet told.
    pub fn has_waiting(&self) -> bool {
        self.waiting() > 0
    }

    /// Tells what waits, as much as fits: whether anything went in. What did not fit, or is more than 8 s apart, is
    /// told by further calls: repeat while [`ArrivalLog::has_waiting`], with a new writer once this is false.
    pub fn write_feedback(&mut self, writer: &mut Writer<'_>, sender_ssrc: u32, media_ssrc: u32, now: Instant) -> bool {
        let header = FeedbackHeader {
            sender_ssrc,
            media_ssrc,
            base_sequence: self.next as u16,
            feedback_count: self.feedback_count,
        };
        let statuses = (self.next..self.next + self.waiting()).map(|number| self.arrival(number));
        let told = writer.transport_feedback(header, statuses);
        if told == 0 {
            return false;
        }
        self.next += u64::from(told);
        self.feedback_count = self.feedback_count.wrapping_add(1);
        self.last_feedback = Some(now);
        true
    }

    fn waiting(&self) -> u64 {
        if self.start.is_some() { (self.newest + 1).saturating_sub(self.next) } else { 0 }
    }

    fn begin(&mut self, transport_sequence: u16, now: Instant) {
        self.start.get_or_insert(now);
        self.last_feedback.get_or_insert(now);
        self.came = [0; (WINDOW / WORD_BITS) as usize];
        self.newest = CYCLE + u64::from(transport_sequence);
        self.next = self.newest;
        self.note(self.newest, now);
    }

    fn advance(&mut self, number: u64, now: Instant) {
        if number - self.newest >= WINDOW {
            self.came = [0; (WINDOW / WORD_BITS) as usize];
        } else {
            (self.newest + 1..number).for_each(|skipped| {
                let (word, bit) = place(skipped);
                self.came[word] &= !bit;
            });
        }
        self.newest = number;
        // Nobody asked for feedback for long: the oldest is forgotten.
        self.next = self.next.max((number + 1).saturating_sub(WINDOW));
        self.note(number, now);
    }

    fn late(&mut self, number: u64, now: Instant) {
        if self.arrival(number).is_none() {
            self.next = self.next.min(number);
            self.note(number, now);
        }
    }

    fn stray(&mut self, transport_sequence: u16, now: Instant) {
        self.strays += 1;
        if self.strays >= RESTART_AFTER {
            self.begin(transport_sequence, now);
        }
    }

    fn note(&mut self, number: u64, now: Instant) {
        let start = self.start.unwrap_or(now);
        let since = now.saturating_duration_since(start);
        // Without a division of 128 bits, as this is done for every packet.
        let ticks = since.as_secs().wrapping_mul(1_000_000 / TICK_US) + u64::from(since.subsec_micros()) / TICK_US;
        let (word, bit) = place(number);
        self.came[word] |= bit;
        // In bounds: a remainder of the length.
        self.ticks[(number % WINDOW) as usize] = ticks as u32;
        self.strays = 0;
    }

    fn arrival(&self, number: u64) -> Option<u32> {
        let (word, bit) = place(number);
        (self.came[word] & bit != 0).then(|| self.ticks[(number % WINDOW) as usize])
    }
}

/// The word and bit of a number; the word is in bounds, as a remainder divided by a word's bits.
fn place(number: u64) -> (usize, u64) {
    let at = number % WINDOW;
    ((at / WORD_BITS) as usize, 1 << (at % WORD_BITS))
}
