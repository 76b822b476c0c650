//! Which packets of a scalable stream one receiver gets: its spatial and temporal layers, chosen frame by frame so that
//! all that is forwarded can be decoded.
//!
//! | stream | by what |
//! |---|---|
//! | dependency descriptor (AV1, VP9) | decode targets, references and chains (`targets.rs`) |
//! | VP8, VP9 | the payload descriptor's layers, P, D, U and Z (`pictures.rs`) |
//! | H.264, AV1 without descriptor, sound | whole; H.264 without the slices that no picture needs, if need be |
//!
//! Packets lost on the way to us are not known here: what needs them is forwarded, since they may still come.

mod history;
mod pictures;
mod targets;

use crate::codec::dependency::with_active_targets;
use crate::codec::{Meta, StreamState};
use pictures::Pictures;
use targets::Targets;

/// A frame less than this behind another is late; one further behind belongs to a sender that began anew.
const LATE: u16 = 128;
/// The longest dependency descriptor that is written anew, in bytes.
pub const MAX_DESCRIPTOR: usize = 128;

/// A spatial and a temporal layer, both counted from 0, and all below them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layers {
    /// The spatial layer, 0 the smallest picture.
    pub spatial: u8,
    /// The temporal layer, 0 the fewest pictures a second.
    pub temporal: u8,
}

/// What to do with a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Send it.
    Forward {
        /// It ends the highest layer that is sent of its picture. The RTP marker is this or the packet's own: the
        /// highest layer may be missing in a picture, and some codecs tell a frame's end by the marker only. A picture
        /// in whose midst a higher layer begins has two.
        marker: bool,
    },
    /// Leave it out.
    Drop,
}

/// The selection for one receive slot. Small and without allocations. [`Selector::decide`] wants every packet of the stream, in the order of arrival.
#[derive(Debug, Clone, Copy)]
pub struct Selector {
    wanted: Layers,
    state: State,
    /// The newest frame of which a packet was dropped while there was nothing to begin with.
    skipped: Option<u16>,
}

// One for each video slot of each receiver.
const _: () = assert!(size_of::<Selector>() <= 160);

#[derive(Debug, Clone, Copy)]
enum State {
    /// For a keyframe.
    Waiting,
    /// Without layers. `thin` leaves out what no other picture needs.
    Whole {
        thin: bool,
    },
    Pictures(Pictures),
    Targets(Targets),
}

impl Layers {
    /// Everything there is.
    pub const ALL: Layers = Layers { spatial: 7, temporal: 7 };
}

impl Selector {
    /// A selector that waits for a keyframe.
    pub fn new(wanted: Layers) -> Self {
        Selector { wanted, state: State::Waiting, skipped: None }
    }

    /// Want other layers. They come as soon as they can be decoded; [`Selector::needs_keyframe`] says if never.
    pub fn want(&mut self, wanted: Layers) {
        self.wanted = wanted;
    }

    /// The layers that are wanted.
    pub fn wanted(&self) -> Layers {
        self.wanted
    }

    /// Forget the stream: the slot shows another one. Waits for a keyframe.
    ///
    /// A caller who keeps packets may also restart when a keyframe comes late, after packets that followed it, and
    /// decide those again, in the order of sending.
    pub fn restart(&mut self) {
        *self = Selector::new(self.wanted);
    }

    /// Whether a packet is forwarded. `stream` is the state that has just inspected it.
    pub fn decide(&mut self, meta: &Meta, stream: &StreamState) -> Decision {
        if meta.starts_keyframe && !self.state.is_for(meta) {
            self.begin(meta, stream);
        }
        match (&mut self.state, stream.dependencies()) {
            (State::Waiting, _) => self.skip(meta),
            (State::Whole { thin }, _) => decide_whole(thin, meta, self.wanted),
            (State::Pictures(pictures), _) => match meta.order {
                Some(order) => pictures.decide(meta, order, self.wanted, stream),
                None => Decision::Drop,
            },
            (State::Targets(targets), Some(known)) => match meta.frame_number {
                Some(number) => targets.decide(meta, number, self.wanted, known),
                None => Decision::Drop,
            },
            (State::Targets(_), None) => Decision::Drop,
        }
    }

    /// The layers that are forwarded; `None` while nothing is, or where the stream tells no layers.
    pub fn current(&self, stream: &StreamState) -> Option<Layers> {
        match &self.state {
            State::Waiting | State::Whole { .. } => None,
            State::Pictures(pictures) => Some(pictures.current(stream)),
            State::Targets(targets) => stream.dependencies().map(|known| targets.current(known)),
        }
    }

    /// Whether only a keyframe brings what is wanted: nothing can be decoded, a higher spatial layer has no place to
    /// begin, or a lower one was not sent so far.
    pub fn needs_keyframe(&self) -> bool {
        match &self.state {
            State::Waiting => true,
            State::Whole { .. } => false,
            State::Pictures(pictures) => pictures.needs_keyframe(self.wanted),
            State::Targets(targets) => targets.needs_keyframe(),
        }
    }

    /// The active decode targets that the dependency descriptor of a forwarded packet must tell, bit by bit; `None`
    /// when the descriptor may stay as it is. Asked right after the decision.
    ///
    /// A receiver waits for every chain that protects an active decode target, so it must be told which targets are no
    /// longer whole (A.4). Once something was left out, every frame tells it until the next structure: a lost packet
    /// does no harm then, for two bytes a frame.
    pub fn announcement(&self, meta: &Meta, stream: &StreamState) -> Option<u32> {
        match (&self.state, stream.dependencies()) {
            (State::Targets(targets), Some(known)) => targets.announcement(meta, known),
            _ => None,
        }
    }

    fn begin(&mut self, meta: &Meta, stream: &StreamState) {
        // The keyframe comes late: what follows it has been dropped already.
        let behind = self.skipped.zip(frame_of(meta)).map(|(skipped, frame)| skipped.wrapping_sub(frame));
        if behind.is_some_and(|behind| behind < LATE) {
            return;
        }
        self.state = match (meta.frame_number, meta.order, stream.dependencies()) {
            (Some(number), _, Some(known)) => State::Targets(Targets::new(number, known.generation())),
            (_, Some(order), _) => State::Pictures(Pictures::new(order)),
            _ => State::Whole { thin: false },
        };
    }

    fn skip(&mut self, meta: &Meta) -> Decision {
        if let Some(frame) = frame_of(meta)
            && self.skipped.is_none_or(|skipped| skipped.wrapping_sub(frame) >= LATE)
        {
            self.skipped = Some(frame);
        }
        Decision::Drop
    }
}

impl State {
    /// Whether a keyframe goes on with what is; else all begins anew with it.
    fn is_for(&self, meta: &Meta) -> bool {
        match self {
            State::Waiting => false,
            State::Whole { .. } => meta.order.is_none() && !meta.has_structure,
            State::Pictures(pictures) => {
                !meta.has_structure && meta.order.is_some_and(|order| !pictures.is_past(order))
            }
            State::Targets(targets) => meta.frame_number.is_some_and(|number| !targets.is_past(number)),
        }
    }
}

/// The number that the packets of a frame share.
fn frame_of(meta: &Meta) -> Option<u16> {
    meta.frame_number.or(meta.order)
}

/// Slices that nothing needs can go at any time, but whole pictures at a time: between two such runs lies a packet
/// that is needed.
fn decide_whole(thin: &mut bool, meta: &Meta, wanted: Layers) -> Decision {
    if !meta.discardable {
        *thin = wanted.temporal == 0;
    }
    if *thin && meta.discardable { Decision::Drop } else { Decision::Forward { marker: false } }
}

/// Write the dependency descriptor of a forwarded packet with the active decode targets of its receiver.
///
/// `stream` is the state that inspected the packet and `active` what [`Selector::announcement`] said. Returns the length
/// of the new descriptor, at most [`MAX_DESCRIPTOR`]; `None` when it does not fit or cannot be read (a retransmission
/// from before the present structure): then it goes as it came.
pub fn announce(descriptor: &[u8], stream: &StreamState, active: u32, out: &mut [u8]) -> Option<usize> {
    let length = out.len().min(MAX_DESCRIPTOR);
    let known = stream.dependencies().map(|known| known.structure());
    with_active_targets(descriptor, known, active, out.get_mut(..length)?)
}
