//! The state of a peer's network: is it there, over what, and how well does it do.

use std::time::{Duration, Instant};

use crate::event::{LinkReport, Quality};
use crate::model::Transport;

/// Browsers check their consent every 2.5 s (RFC 7675): twice missed means something is wrong.
const SILENT_AFTER: Duration = Duration::from_millis(5_500);
/// Reports of one peer are at least this far apart.
const REPORT_INTERVAL: Duration = Duration::from_secs(2);
/// Unless the quality changes, numbers are reported this rarely.
const REFRESH_INTERVAL: Duration = Duration::from_secs(10);

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
    up: Meter,
    down: Meter,
    reported: Option<(Instant, Quality)>,
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
            up: Meter { since: now, bytes: 0 },
            down: Meter { since: now, bytes: 0 },
            reported: None,
        }
    }

    /// A datagram came.
    pub fn received(&mut self, bytes: usize, now: Instant) {
        self.heard_at = Some(now);
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

    /// Of one of our streams, this share was lost on the way to the peer since the last report.
    pub fn lost_down(&mut self, fraction: f32) {
        self.loss_down.add(fraction);
    }

    /// A report, if one is due: soon after the quality changed, else rarely.
    pub fn report(&mut self, now: Instant) -> Option<LinkReport> {
        let quality = self.quality();
        if let Some((at, last)) = self.reported {
            let since = now.saturating_duration_since(at);
            let wait = if quality == last { REFRESH_INTERVAL } else { REPORT_INTERVAL };
            if since < wait {
                return None;
            }
        }
        self.reported = Some((now, quality));
        Some(LinkReport {
            quality,
            rtt_s: self.round_trip.unwrap_or_default().as_secs_f32(),
            loss_up: self.loss_up.take(),
            loss_down: self.loss_down.take(),
            bitrate_up_bps: self.up.take_bps(now),
            bitrate_down_bps: self.down.take_bps(now),
        })
    }

    /// Loss that concealment hides is good up to 3 %; delay up to 250 ms does not disturb a conversation (G.114).
    fn quality(&self) -> Quality {
        let loss = self.loss_up.worst().max(self.loss_down.worst());
        let rtt = self.round_trip.unwrap_or_default();
        match self.phase {
            Phase::Disconnected => Quality::Lost,
            _ if loss > 0.10 || rtt > Duration::from_millis(600) => Quality::Poor,
            _ if loss > 0.03 || rtt > Duration::from_millis(300) => Quality::Fair,
            _ => Quality::Good,
        }
    }
}
