//! What was decided about the latest frames: late packets of a frame follow its first.

/// How many frames are remembered.
const FRAMES: u32 = 128;

/// What became of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// No packet of it has come: it is lost, late, or never was.
    Unseen,
    /// It is forwarded.
    Forwarded,
    /// It is left out.
    Dropped,
    /// It is too old to be known.
    Gone,
}

/// Two bits a frame, the lowest for the newest.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct History {
    forwarded: u128,
    dropped: u128,
    /// Forwarded frames that need one which may never come.
    doubtful: u128,
}

impl History {
    /// Make room for newer frames.
    pub(super) fn advance(&mut self, frames: u32) {
        self.forwarded = self.forwarded.checked_shl(frames).unwrap_or(0);
        self.dropped = self.dropped.checked_shl(frames).unwrap_or(0);
        self.doubtful = self.doubtful.checked_shl(frames).unwrap_or(0);
    }

    /// What became of the frame so many before the newest.
    pub(super) fn fate(&self, age: u32) -> Fate {
        if age >= FRAMES {
            return Fate::Gone;
        }
        match (self.forwarded >> age & 1, self.dropped >> age & 1) {
            (0, 0) => Fate::Unseen,
            (0, _) => Fate::Dropped,
            _ => Fate::Forwarded,
        }
    }

    /// Write down a decision.
    pub(super) fn note(&mut self, age: u32, forwarded: bool) {
        let Some(bit) = 1u128.checked_shl(age) else {
            return;
        };
        if forwarded {
            self.forwarded |= bit;
        } else {
            self.dropped |= bit;
        }
    }

    /// Write down that a frame can be decoded only if another still comes.
    pub(super) fn doubt(&mut self, age: u32) {
        self.doubtful |= 1u128.checked_shl(age).unwrap_or(0);
    }

    /// Whether a frame can be decoded only if another still comes.
    pub(super) fn is_doubtful(&self, age: u32) -> bool {
        self.doubtful.checked_shr(age).unwrap_or(0) & 1 == 1
    }

    /// Which of the frames in a mask were seen.
    pub(super) fn seen(&self, mask: u128) -> u128 {
        (self.forwarded | self.dropped) & mask
    }

    /// Which of the frames in a mask were forwarded.
    pub(super) fn forwarded(&self, mask: u128) -> u128 {
        self.forwarded & mask
    }
}
