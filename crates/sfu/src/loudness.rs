//! How loud a track is, from the levels that clients send with their audio (RFC 6464).

use std::time::{Duration, Instant};

/// Weight of a packet louder than the average: speech is noticed after 60 ms, a click is not.
const ATTACK: f32 = 0.35;
/// Weight of a packet quieter than the average: it falls slowly between words.
const RELEASE: f32 = 0.04;
/// Louder than -55 dBov is taken as speech; a quiet room is below -65.
const SPEECH: f32 = 72.0;
/// Speech lasts this long beyond its last loud moment, so that the gaps between words do not end it.
const HOLD: Duration = Duration::from_millis(500);
/// Without packets (DTX, mute) the average fades within this time.
const SILENCE_AFTER: Duration = Duration::from_millis(600);

/// A smoothed level.
#[derive(Debug, Default)]
pub struct Loudness {
    average: f32,
    heard_at: Option<Instant>,
    loud_at: Option<Instant>,
    told: Option<Told>,
}

/// What another worker, which hears the track, made of it.
#[derive(Debug, Clone, Copy)]
struct Told {
    speaking: bool,
    score: f32,
}

impl Loudness {
    /// Add a packet's level, in dBov: 0 is the loudest, -127 silence.
    pub fn add(&mut self, level_dbov: i8, now: Instant) {
        let loudness = 127.0 + f32::from(level_dbov.clamp(-127, 0));
        let weight = if loudness > self.average { ATTACK } else { RELEASE };
        self.average += (loudness - self.average) * weight;
        self.heard_at = Some(now);
        if self.average > SPEECH {
            self.loud_at = Some(now);
        }
    }

    /// Another worker hears the track and says how loud it is. From then on only that counts.
    pub fn tell(&mut self, speaking: bool, score: f32) {
        self.told = Some(Told { speaking, score });
    }

    /// 0 (silent) to 127 (the loudest).
    pub fn score(&self, now: Instant) -> f32 {
        match self.told {
            Some(told) => told.score,
            None if within(self.heard_at, SILENCE_AFTER, now) => self.average,
            None => 0.0,
        }
    }

    /// Whether somebody speaks, or has just spoken.
    pub fn is_speaking(&self, now: Instant) -> bool {
        self.told.map_or_else(|| within(self.loud_at, HOLD, now), |told| told.speaking)
    }
}

fn within(at: Option<Instant>, span: Duration, now: Instant) -> bool {
    at.is_some_and(|at| now.saturating_duration_since(at) <= span)
}
