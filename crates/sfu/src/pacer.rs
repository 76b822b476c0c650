//! When packets to a receiver may go: keyframes and retransmissions in small bursts, speech at once.
//!
//! A burst at line rate overflows queues on the way even where the average fits. Video asks here; audio never does.

use std::time::{Duration, Instant};

/// Video is sent at this multiple of the estimate, in percent: a keyframe shall not take much longer than a frame.
const FACTOR_PERCENT: u64 = 250;
/// On a narrow path a keyframe would fill a queue at that rate, which looks like congestion: there it takes its time.
const NARROW_BPS: u64 = 300_000;
const NARROW_FACTOR_PERCENT: u64 = 125;
const WIDE_BPS: u64 = 1_000_000;
/// And never slower than this, bits per second.
const MIN_RATE_BPS: u64 = 300_000;
/// The fastest rate that is counted with.
const MAX_RATE_BPS: u64 = 10_000_000_000;
/// A full packet.
const PACKET_BYTES: i64 = 1_250;
/// A burst is as long as this at the rate...
const BURST: Duration = Duration::from_millis(5);
/// ...but at most so many full packets and the one that ends it.
const MAX_BURST_PACKETS: i64 = 7;
/// Retransmissions may take this share of the estimate...
const RETRANSMISSION_PERCENT: u8 = 25;
/// ...and more where more is lost, up to this: what is lost is no queue's, and all else is in vain without it.
const MAX_RETRANSMISSION_PERCENT: f32 = 60.0;
/// What nobody asked for leaves so much of the share to what was.
const UNASKED_PERCENT: u64 = 50;
/// The second that retransmissions are counted over: eight parts and the one that has begun.
const PARTS: usize = 9;
const PART: Duration = Duration::from_millis(125);
/// Bits times a million: what a bit per second gives in a microsecond is one.
const SCALE: i64 = 8_000_000;

/// A token bucket for video, and a count of retransmissions. Flat, one a receiver.
#[derive(Debug, Clone, Copy)]
pub struct Pacer {
    rate_bps: i64,
    estimate_bps: u64,
    /// In bits times a million; below zero after the packet that ended a burst.
    credit: i64,
    refilled: Instant,
    retransmission_percent: u8,
    retransmitted: [u32; PARTS],
    part: u8,
    part_began: Instant,
}

impl Pacer {
    /// A pacer with a full burst.
    pub fn new(estimate_bps: u64, now: Instant) -> Self {
        let mut pacer = Pacer {
            rate_bps: 0,
            estimate_bps: 0,
            credit: 0,
            refilled: now,
            retransmission_percent: RETRANSMISSION_PERCENT,
            retransmitted: [0; PARTS],
            part: 0,
            part_began: now,
        };
        pacer.set_estimate(estimate_bps, now);
        pacer.credit = pacer.most();
        pacer
    }

    /// Follow the estimate, bits per second.
    pub fn set_estimate(&mut self, bps: u64, now: Instant) {
        self.refill(now);
        self.estimate_bps = bps.min(MAX_RATE_BPS);
        let rate = self.estimate_bps * factor_percent(self.estimate_bps) / 100;
        self.rate_bps = rate.clamp(MIN_RATE_BPS, MAX_RATE_BPS) as i64;
    }

    /// So large a part of what is sent gets lost: the share of retransmissions grows with it.
    pub fn set_loss(&mut self, fraction: f32) {
        let percent = f32::from(RETRANSMISSION_PERCENT) + 100.0 * fraction.max(0.0);
        self.retransmission_percent = percent.min(MAX_RETRANSMISSION_PERCENT) as u8;
    }

    /// Bytes that may go now before the packet that ends the burst.
    pub fn budget(&self, now: Instant) -> usize {
        usize::try_from(self.credit_at(now) / SCALE).unwrap_or(0)
    }

    /// Take a packet's bytes; `false` when it has to wait until [`next_at`](Self::next_at).
    pub fn take(&mut self, bytes: usize, now: Instant) -> bool {
        self.refill(now);
        if self.credit <= 0 {
            return false;
        }
        self.charge(bytes);
        true
    }

    /// Count bytes that did not ask, such as a probe's.
    pub fn charge(&mut self, bytes: usize) {
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        // The debt is bounded too: nothing waits for seconds because of one mistake.
        self.credit = self.credit.saturating_sub(bytes.saturating_mul(SCALE)).max(-self.most() - PACKET_BYTES * SCALE);
    }

    /// When the next packet may go: now, or when the debt is paid.
    pub fn next_at(&self, now: Instant) -> Instant {
        let credit = self.credit_at(now);
        if credit > 0 {
            return now;
        }
        now + Duration::from_micros((-credit / self.rate_bps) as u64 + 1)
    }

    /// Whether a retransmission of so many bytes stays within its share over the last second; it is counted then.
    ///
    /// One full packet a second is always allowed.
    pub fn allow_retransmission(&mut self, bytes: usize, now: Instant) -> bool {
        self.allow(bytes, 100, now)
    }

    /// The same for what nobody has asked for, which leaves room for what was.
    pub fn allow_unasked(&mut self, bytes: usize, now: Instant) -> bool {
        self.allow(bytes, UNASKED_PERCENT, now)
    }

    fn allow(&mut self, bytes: usize, percent: u64, now: Instant) -> bool {
        self.turn(now);
        let used: u64 = self.retransmitted.iter().map(|&bytes| u64::from(bytes)).sum();
        let share = self.estimate_bps * u64::from(self.retransmission_percent) / 800;
        if used.saturating_add(bytes as u64) > share.max(PACKET_BYTES as u64) * percent / 100 {
            return false;
        }
        self.retransmitted[usize::from(self.part) % PARTS] += bytes as u32;
        true
    }

    /// Forget the parts of the second that are over.
    fn turn(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.part_began);
        let parts = elapsed.as_micros() / PART.as_micros();
        if parts >= PARTS as u128 {
            (self.retransmitted, self.part_began) = ([0; PARTS], now);
            return;
        }
        for _ in 0..parts {
            self.part = (self.part + 1) % PARTS as u8;
            self.retransmitted[usize::from(self.part)] = 0;
            self.part_began += PART;
        }
    }

    fn refill(&mut self, now: Instant) {
        self.credit = self.credit_at(now);
        self.refilled = self.refilled.max(now);
    }

    fn credit_at(&self, now: Instant) -> i64 {
        let elapsed = now.saturating_duration_since(self.refilled).as_micros().min(1_000_000) as i64;
        (self.credit + elapsed * self.rate_bps).min(self.most())
    }

    fn most(&self) -> i64 {
        (self.rate_bps * BURST.as_micros() as i64).clamp(PACKET_BYTES * SCALE, MAX_BURST_PACKETS * PACKET_BYTES * SCALE)
    }
}

/// The multiple of an estimate that video goes at, in percent.
fn factor_percent(estimate_bps: u64) -> u64 {
    let beyond = estimate_bps.clamp(NARROW_BPS, WIDE_BPS) - NARROW_BPS;
    NARROW_FACTOR_PERCENT + (FACTOR_PERCENT - NARROW_FACTOR_PERCENT) * beyond / (WIDE_BPS - NARROW_BPS)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Pacer;

    /// The bytes of 1,250-byte packets that go within a time, asked every millisecond.
    fn drain(pacer: &mut Pacer, start: Instant, span_ms: u64) -> usize {
        let packets_at = |ms| {
            let now = start + Duration::from_millis(ms);
            (0..1_000).take_while(|_| pacer.take(1_250, now)).count()
        };
        (0..span_ms).map(packets_at).sum::<usize>() * 1_250
    }

    #[test]
    fn video_goes_at_two_and_a_half_times_the_estimate() {
        let now = Instant::now();
        let bytes = drain(&mut Pacer::new(1_000_000, now), now, 1_000);
        assert!((310_000..325_000).contains(&bytes), "{bytes}");
    }

    #[test]
    fn on_a_narrow_path_video_goes_little_faster_than_the_estimate() {
        let now = Instant::now();
        let bytes = drain(&mut Pacer::new(280_000, now), now, 1_000);
        assert!((42_000..48_000).contains(&bytes), "{bytes}");
    }

    #[test]
    fn a_burst_is_at_most_eight_packets_however_long_it_was_quiet() {
        let now = Instant::now();
        let mut pacer = Pacer::new(100_000_000, now);
        let later = now + Duration::from_secs(60);
        assert_eq!((0..100).take_while(|_| pacer.take(1_250, later)).count(), 7);
        let mut pacer = Pacer::new(100_000_000, now);
        assert_eq!((0..100).take_while(|_| pacer.take(1_200, later)).count(), 8);
    }

    #[test]
    fn a_slow_receiver_still_gets_a_packet_at_a_time_when_it_was_told() {
        let now = Instant::now();
        let mut pacer = Pacer::new(30_000, now);
        assert!(pacer.take(1_250, now) && !pacer.take(1_250, now));
        let next = pacer.next_at(now);
        assert!(next > now && next <= now + Duration::from_millis(34));
        assert!(pacer.take(1_250, next));
        assert!(pacer.next_at(next) > next);
    }

    #[test]
    fn retransmissions_stay_within_their_share_of_any_second() {
        let now = Instant::now();
        let mut pacer = Pacer::new(1_000_000, now);
        let sent: Vec<u64> =
            (0..10_000).filter(|&ms| pacer.allow_retransmission(1_000, now + Duration::from_millis(ms))).collect();
        let most = sent.iter().map(|&from| sent.iter().filter(|&&ms| (from..from + 1_000).contains(&ms)).count()).max();
        assert!(most <= Some(31), "{most:?} packets in a second");
        assert!(sent.len() > 250, "{}", sent.len());
    }

    #[test]
    fn retransmissions_have_more_room_where_more_is_lost() {
        let now = Instant::now();
        let most_at = |loss| {
            let mut pacer = Pacer::new(1_000_000, now);
            pacer.set_loss(loss);
            (0..200).filter(|_| pacer.allow_retransmission(1_000, now)).count()
        };
        assert_eq!([0.0, 0.1, 0.3, 0.9].map(most_at), [31, 43, 68, 75]);
    }

    #[test]
    fn what_nobody_asked_for_leaves_room_for_what_was() {
        let now = Instant::now();
        let mut pacer = Pacer::new(1_000_000, now);
        assert_eq!((0..100).filter(|_| pacer.allow_unasked(1_000, now)).count(), 15);
        assert_eq!((0..100).filter(|_| pacer.allow_retransmission(1_000, now)).count(), 16);
        assert!(!pacer.allow_unasked(1_000, now));
    }

    #[test]
    fn one_retransmission_a_second_is_always_allowed() {
        let now = Instant::now();
        let mut pacer = Pacer::new(0, now);
        assert!(pacer.allow_retransmission(1_200, now));
        assert!(!pacer.allow_retransmission(1_200, now + Duration::from_millis(900)));
        assert!(pacer.allow_retransmission(1_200, now + Duration::from_secs(2)));
        assert!(!pacer.allow_retransmission(usize::MAX, now + Duration::from_secs(20)));
    }

    #[test]
    fn time_that_goes_back_gives_nothing() {
        let now = Instant::now() + Duration::from_secs(10);
        let mut pacer = Pacer::new(100_000, now);
        assert!(pacer.take(5_000_000, now));
        assert!(!pacer.take(1, now - Duration::from_secs(5)));
        assert!(pacer.take(1, now + Duration::from_secs(1)));
    }
}
