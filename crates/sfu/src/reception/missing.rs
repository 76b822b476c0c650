//! The missing packets of one stream: when to ask for each, when to give up (RFC 4585 section 6.2.1).

use std::ops::Range;
use std::time::{Duration, Instant};

/// How often a packet is asked for at most.
pub const MAX_ASKS: u8 = 10;
/// A packet further behind the newest than this is not asked for any more.
pub const MAX_BEHIND: u64 = 500;
/// More missing in a row than this cannot be had again in time: a keyframe is asked for instead.
pub const MAX_HOLE: u64 = 300;

/// Slots for the packets up to [`MAX_BEHIND`] behind: a power of two, so that each has its own.
const SLOTS: u64 = 512;
const WORD_BITS: u64 = u64::BITS as u64;
/// Packets overtake each other on their way: what comes within this was not lost.
const REORDER_TOLERANCE_MS: u32 = 10;
/// The same, counted in packets that came later.
const REORDER_PACKETS: u64 = 3;
/// A packet older than this would come too late to be shown.
const MAX_AGE_MS: u32 = 1_000;
/// The pause between two requests grows from this one on: what a lossy path lost twice is soon asked for again, but a
/// path that loses everything is not flooded.
const PATIENT_ASKS: u8 = 3;
/// What is still missing so long after it was noticed, and some round trips, has stopped the picture: a keyframe is
/// asked for beside it.
const STANDSTILL_MS: u32 = 400;
const STANDSTILL_ROUND_TRIPS: u32 = 2;
/// Bounds of the pause between two requests for a packet.
const MIN_PAUSE_MS: u32 = 20;
const MAX_PAUSE_MS: u32 = 1_000;

/// One missing packet. Times are milliseconds since the list's first loss, wrapping after 49 days.
#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    since_ms: u32,
    ask_again_ms: u32,
    /// How far behind it the packet was that showed the loss.
    noticed_by: u16,
    asked: u8,
    /// A keyframe was asked for in its place.
    is_replaced: bool,
}

/// What is due for a missing packet.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Wait,
    Ask,
    GiveUp,
}

/// The missing packets among the newest [`MAX_BEHIND`]; each lies in the slot of its number, so that opening and closing
/// a hole of one takes constant time.
#[derive(Debug)]
pub(super) struct Missing {
    slots: [Slot; SLOTS as usize],
    present: [u64; (SLOTS / WORD_BITS) as usize],
    count: u16,
    /// No missing packet is older; unspecified when there is none.
    oldest: u64,
    start: Option<Instant>,
    needs_keyframe: bool,
}

impl Default for Missing {
    fn default() -> Self {
        Missing {
            slots: [Slot::default(); SLOTS as usize],
            present: [0; (SLOTS / WORD_BITS) as usize],
            count: 0,
            oldest: 0,
            start: None,
            needs_keyframe: false,
        }
    }
}

impl Missing {
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(super) fn take_needs_keyframe(&mut self) -> bool {
        std::mem::take(&mut self.needs_keyframe)
    }

    pub(super) fn clear(&mut self) {
        self.present = Default::default();
        self.count = 0;
    }

    /// The stream's newest number is now this: what is too far behind is given up.
    pub(super) fn advance(&mut self, newest: u64) {
        while self.count > 0 && self.oldest + MAX_BEHIND < newest {
            self.found(self.oldest);
            self.oldest += 1;
        }
    }

    /// These numbers were passed over; the packet behind them came now.
    pub(super) fn open(&mut self, hole: Range<u64>, now: Instant) {
        if hole.end - hole.start > MAX_HOLE {
            self.clear();
            self.needs_keyframe = true;
            return;
        }
        if self.count == 0 {
            self.oldest = hole.start;
        }
        let since_ms = self.millis(now);
        for number in hole.clone() {
            let noticed_by = (hole.end - number) as u16;
            *self.slot(number) = Slot { since_ms, ask_again_ms: since_ms, noticed_by, ..Slot::default() };
            let (word, bit) = self.place(number);
            *word |= bit;
            self.count += 1;
        }
    }

    /// The number came, or is given up.
    pub(super) fn found(&mut self, number: u64) {
        // What is older was given up; its slot may be another's.
        if self.count > 0 && number >= self.oldest && self.is_missing(number) {
            let (word, bit) = self.place(number);
            *word &= !bit;
            self.count -= 1;
        }
    }

    /// Numbers to ask for now, oldest first, and giving up those that are hopeless.
    pub(super) fn due(&mut self, newest: u64, now: Instant, round_trip: Duration, out: &mut [u16]) -> usize {
        let now_ms = self.millis(now);
        let round_trip_ms = (round_trip.as_millis() as u32).min(MAX_PAUSE_MS);
        let pause_ms = round_trip_ms.max(MIN_PAUSE_MS);
        let standstill_ms = STANDSTILL_MS + STANDSTILL_ROUND_TRIPS * round_trip_ms;
        let mut places = out.iter_mut();
        let mut written = 0;
        let mut oldest_left = None;
        // At most MAX_BEHIND rounds: `advance` keeps the oldest that near.
        for number in self.oldest..newest {
            if self.count == 0 {
                break;
            }
            if !self.is_missing(number) {
                continue;
            }
            self.needs_keyframe |= self.slot(number).must_be_replaced(standstill_ms, now_ms);
            match self.slot(number).verdict(number, newest, now_ms) {
                Verdict::GiveUp => self.found(number),
                Verdict::Wait => _ = oldest_left.get_or_insert(number),
                Verdict::Ask => {
                    oldest_left.get_or_insert(number);
                    let Some(place) = places.next() else { break };
                    *place = number as u16;
                    self.slot(number).asked(now_ms, pause_ms);
                    written += 1;
                }
            }
        }
        self.oldest = oldest_left.unwrap_or(self.oldest);
        written
    }

    fn is_missing(&mut self, number: u64) -> bool {
        let (word, bit) = self.place(number);
        *word & bit != 0
    }

    fn millis(&mut self, now: Instant) -> u32 {
        let start = *self.start.get_or_insert(now);
        now.saturating_duration_since(start).as_millis() as u32
    }

    fn slot(&mut self, number: u64) -> &mut Slot {
        // In bounds: a remainder of the length.
        &mut self.slots[(number % SLOTS) as usize]
    }

    fn place(&mut self, number: u64) -> (&mut u64, u64) {
        let at = number % SLOTS;
        // In bounds: the remainder divided by a word's bits is less than the number of words.
        (&mut self.present[(at / WORD_BITS) as usize], 1 << (at % WORD_BITS))
    }
}

impl Slot {
    /// Whether the packet has been missing for too long; told once.
    fn must_be_replaced(&mut self, standstill_ms: u32, now_ms: u32) -> bool {
        let is_news = !self.is_replaced && now_ms.wrapping_sub(self.since_ms) >= standstill_ms;
        self.is_replaced |= is_news;
        is_news
    }

    fn verdict(&self, number: u64, newest: u64, now_ms: u32) -> Verdict {
        let age_ms = now_ms.wrapping_sub(self.since_ms);
        if age_ms > MAX_AGE_MS {
            return Verdict::GiveUp;
        }
        let due = if self.asked == 0 {
            let newer = (newest - number + 1).saturating_sub(u64::from(self.noticed_by));
            age_ms >= REORDER_TOLERANCE_MS || newer >= REORDER_PACKETS
        } else {
            now_ms.wrapping_sub(self.ask_again_ms) as i32 >= 0
        };
        match (due, self.asked >= MAX_ASKS) {
            (false, _) => Verdict::Wait,
            (true, false) => Verdict::Ask,
            (true, true) => Verdict::GiveUp,
        }
    }

    /// From [`PATIENT_ASKS`] on each pause is half as long again as the one before.
    fn asked(&mut self, now_ms: u32, pause_ms: u32) {
        let exponent = u32::from(self.asked.min(MAX_ASKS).saturating_sub(PATIENT_ASKS - 1));
        let pause_ms = (pause_ms * 3u32.pow(exponent)) >> exponent;
        self.ask_again_ms = now_ms.wrapping_add(pause_ms);
        self.asked += 1;
    }
}
