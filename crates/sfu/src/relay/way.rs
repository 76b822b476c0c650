//! How a publisher's path to its worker is, which other workers can't see.

use std::time::Duration;

use super::bytes::{Reader, Write};

/// How a publisher's way to its worker is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Way {
    /// What is lost on it, of 255.
    loss: u8,
    /// Milliseconds; 0: unknown.
    round_trip: u16,
}

impl Way {
    /// A way on which this share is lost.
    pub fn new(loss: f32, round_trip: Option<Duration>) -> Self {
        let millis = round_trip.map_or(0, |time| time.as_millis().clamp(1, u128::from(u16::MAX)) as u16);
        Way { loss: (loss.clamp(0.0, 1.0) * 255.0).round() as u8, round_trip: millis }
    }

    /// The share that is lost on it.
    pub fn loss(self) -> f32 {
        f32::from(self.loss) / 255.0
    }

    /// Its round trip, if that is known.
    pub fn round_trip(self) -> Option<Duration> {
        (self.round_trip > 0).then(|| Duration::from_millis(self.round_trip.into()))
    }

    pub(super) fn write(self, out: &mut Vec<u8>) {
        out.u8(self.loss);
        out.u16(self.round_trip);
    }

    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        Some(Way { loss: reader.u8()?, round_trip: reader.u16()? })
    }
}
