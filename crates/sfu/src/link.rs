//! The state of a peer's network: is it there, over what, and how well does it do.

use std::time::{Duration, Instant};

use crate::event::{LinkReport, Quality};
use crate::model::Transport;

/// Browsers check their consent every 2.5 s (RFC 7675): twice missed means something is wrong.
const SILENT_AFTER: Duration = Duration::from_millis(5_500);
/// Nothing for so long, from a peer that is usually heard more often, is called lost.
const LOST_AFTER: Duration = Duration::from_secs(3);
/// A path is good, or at least fair, with this share of the pictures that it should carry, and not more than this loss.
/// With less it is poor. The figures are those that people are shown everywhere, and so comparable.
const GOOD: Bounds = Bounds { share: 0.50, loss: 0.06 };
const FAIR: Bounds = Bounds { share: 0.30, loss: 0.08 };
/// Reports of one peer are at least this far apart.
const REPORT_INTERVAL: Duration = Duration::from_secs(2);
/// Unless the quality changes, numbers are reported this rarely.
const REFRESH_INTERVAL: Duration = Duration::from_secs(10);

/// Weight of a second's loss in the mean.
const LOSS_WEIGHT: f32 = 0.3;

/// Where a peer stands on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// ICE or DTLS is not up yet.
    Connecting,
    /// It is heard.
    Connected,
    /// It was heard, but not lately.
    Disconnected,
}

/// A peer's link.
#[derive(Debug)]
pub struct Link {
    /// Where it stands.
    pub phase: Phase,
    /// What it last sent over.
    pub transport: Transport,
    heard_at: Option<Instant>,
    opened_at: Instant,
    round_trip: Option<Duration>,
    loss_up: Peak,
    loss_down: Peak,
    /// The mean of the last seconds.
    mean_loss_up: f32,
    up: Meter,
    down: Meter,
    gaps: Gaps,
    share: Option<f32>,
    reported: Option<(Instant, Quality)>,
}

/// What a path has to do to be called by a word.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    share: f32,
    loss: f32,
}

impl Bounds {
    fn hold(self, share: Option<f32>, loss: f32) -> bool {
        loss < self.loss && share.is_none_or(|share| share >= self.share)
    }
}

/// The longest time between two datagrams, since the last report of ours and in the one before.
#[derive(Debug)]
struct Gaps {
    present: Duration,
    last: Duration,
}

impl Gaps {
    fn add(&mut self, gap: Duration) {
        self.present = self.present.max(gap);
    }

    fn longest(&self) -> Duration {
        self.present.max(self.last)
    }

    fn turn(&mut self) {
        self.last = std::mem::take(&mut self.present);
    }
}

/// The worst loss of any stream, since the last report of ours and in the one before.
#[derive(Debug, Default)]
struct Peak {
    present: Option<f32>,
    last: f32,
}

impl Peak {
    fn add(&mut self, fraction: f32) {
        self.present = Some(self.present.unwrap_or(0.0).max(fraction));
    }

    fn worst(&self) -> f32 {
        self.present.unwrap_or(self.last)
    }

    fn take(&mut self) -> f32 {
        self.last = self.worst();
        self.present = None;
        self.last
    }
}

/// Counts bytes between reports.
#[derive(Debug)]
struct Meter {
    since: Instant,
    bytes: u64,
}

impl Meter {
    fn take_bps(&mut self, now: Instant) -> u64 {
        let millis = now.saturating_duration_since(self.since).as_millis().max(1);
        let bps = (u128::from(self.bytes) * 8_000 / millis) as u64;
        *self = Meter { since: now, bytes: 0 };
        bps
    }
}

impl Link {
    /// A link of which nothing was heard.
    pub fn new(now: Instant) -> Self {
        Link {
            phase: Phase::Connecting,
            transport: Transport::Udp,
            heard_at: None,
            opened_at: now,
            round_trip: None,
            loss_up: Peak::default(),
            loss_down: Peak::default(),
            mean_loss_up: 0.0,
            up: Meter { since: now, bytes: 0 },
            down: Meter { since: now, bytes: 0 },
            // Nothing is known of a newcomer's habits: it is not called lost early.
            gaps: Gaps { present: SILENT_AFTER, last: SILENT_AFTER },
            share: None,
            reported: None,
        }
    }

    /// A datagram came.
    pub fn received(&mut self, bytes: usize, now: Instant) {
        if let Some(at) = self.heard_at.replace(now) {
            self.gaps.add(now.saturating_duration_since(at));
        }
        self.up.bytes += bytes as u64;
    }

    /// Bytes went.
    pub fn sent(&mut self, bytes: u64) {
        self.down.bytes += bytes;
    }

    /// Whether anything was ever heard.
    pub fn was_heard(&self) -> bool {
        self.heard_at.is_some()
    }

    /// Whether a connected peer has gone silent.
    pub fn is_silent(&self, now: Instant) -> bool {
        self.silence(now) >= SILENT_AFTER
    }

    /// For how long nothing was heard.
    pub fn silence(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.heard_at.unwrap_or(self.opened_at))
    }

    /// For how long it exists.
    pub fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.opened_at)
    }

    /// A report told the round trip.
    pub fn round_trip(&mut self, round_trip: Duration) {
        self.round_trip = Some(round_trip);
    }

    /// Of one of the peer's streams, this share was lost on the way to us since the last report.
    pub fn lost_up(&mut self, fraction: f32) {
        self.loss_up.add(fraction);
    }

    /// Of all the peer's streams together, this share was lost on the way to us in the last second.
    pub fn note_loss_up(&mut self, fraction: f32) {
        self.mean_loss_up += LOSS_WEIGHT * (fraction - self.mean_loss_up);
    }

    /// The share that is lost on the way from the peer to us.
    pub fn mean_loss_up(&self) -> f32 {
        self.mean_loss_up
    }

    /// Of one of our streams, this share was lost on the way to the peer since the last report.
    pub fn lost_down(&mut self, fraction: f32) {
        self.loss_down.add(fraction);
    }

    /// Of the pictures that the peer should see now, this much fits its path.
    pub fn granted(&mut self, granted_bps: u64, wanted_bps: u64) {
        self.share = (wanted_bps > 0).then(|| granted_bps as f32 / wanted_bps as f32);
    }

    /// A report, if one is due: soon after the quality changed, else rarely.
    pub fn report(&mut self, now: Instant) -> Option<LinkReport> {
        let quality = self.quality(now);
        if let Some((at, last)) = self.reported {
            let since = now.saturating_duration_since(at);
            let wait = if quality == last { REFRESH_INTERVAL } else { REPORT_INTERVAL };
            if since < wait {
                return None;
            }
        }
        self.reported = Some((now, quality));
        self.gaps.turn();
        Some(LinkReport {
            quality,
            rtt_s: self.round_trip.unwrap_or_default().as_secs_f32(),
            loss_up: self.loss_up.take(),
            loss_down: self.loss_down.take(),
            bitrate_up_bps: self.up.take_bps(now),
            bitrate_down_bps: self.down.take_bps(now),
        })
    }

    fn quality(&self, now: Instant) -> Quality {
        let loss = self.loss_up.worst().max(self.loss_down.worst());
        match self.phase {
            Phase::Disconnected => Quality::Lost,
            _ if self.silence(now) >= self.lost_after() => Quality::Lost,
            _ if GOOD.hold(self.share, loss) => Quality::Good,
            _ if FAIR.hold(self.share, loss) => Quality::Fair,
            _ => Quality::Poor,
        }
    }

    /// Who sends nothing is heard only when its browser checks the path, every 2.5 s or more: that is no loss.
    fn lost_after(&self) -> Duration {
        LOST_AFTER.max((2 * self.gaps.longest()).min(SILENT_AFTER))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// A link that was heard every 20 ms for half a minute.
    fn lively() -> (Link, Instant) {
        let mut now = Instant::now();
        let mut link = Link::new(now);
        link.phase = Phase::Connected;
        for _ in 0..1500 {
            now += SECOND / 50;
            link.received(100, now);
            link.report(now);
        }
        (link, now)
    }

    #[test]
    fn loss_below_6_percent_is_good_below_8_fair_and_more_is_poor() {
        let words = [0.0, 0.059, 0.061, 0.079, 0.081, 0.5].map(|loss| {
            let (mut link, now) = lively();
            link.lost_down(loss);
            link.quality(now)
        });
        assert_eq!(words, [Quality::Good, Quality::Good, Quality::Fair, Quality::Fair, Quality::Poor, Quality::Poor]);
    }

    #[test]
    fn half_of_the_wanted_pictures_is_good_three_tenths_fair_and_less_is_poor() {
        let words = [100, 50, 49, 30, 29, 0].map(|granted| {
            let (mut link, now) = lively();
            link.granted(granted, 100);
            link.quality(now)
        });
        assert_eq!(words, [Quality::Good, Quality::Good, Quality::Fair, Quality::Fair, Quality::Poor, Quality::Poor]);
    }

    #[test]
    fn who_wants_no_pictures_is_judged_by_loss_alone() {
        let (mut link, now) = lively();
        link.granted(0, 0);
        assert_eq!(link.quality(now), Quality::Good);
    }

    #[test]
    fn nothing_for_three_seconds_is_lost_until_something_comes() {
        let (mut link, now) = lively();
        assert_eq!(link.quality(now + SECOND * 29 / 10), Quality::Good);
        assert_eq!(link.quality(now + SECOND * 3), Quality::Lost);
        link.received(100, now + SECOND * 4);
        assert_eq!(link.quality(now + SECOND * 4), Quality::Good);
    }

    #[test]
    fn who_only_answers_checks_every_two_and_a_half_seconds_is_not_lost_in_between() {
        let mut now = Instant::now();
        let mut link = Link::new(now);
        link.phase = Phase::Connected;
        for _ in 0..40 {
            assert_eq!(link.quality(now + SECOND * 24 / 10), Quality::Good);
            now += SECOND * 5 / 2;
            link.received(100, now);
            link.report(now);
        }
        assert_eq!(link.quality(now + SECOND * 4), Quality::Good, "one check may be lost");
        assert_eq!(link.quality(now + SECOND * 5), Quality::Lost);
    }
}
