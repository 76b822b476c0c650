//! What a worker told, found among its events.

use sfu::event::{Event, SlotEntry};
use sfu::model::Source;

/// The answer to a request.
pub fn answer<'a>(events: impl DoubleEndedIterator<Item = &'a Event>, request: u64) -> Option<String> {
    events.rev().find_map(|event| match event {
        Event::PeerAnswered { request: r, sdp, .. } if *r == request => Some(sdp.clone()),
        _ => None,
    })
}

/// The last assignment of a peer's slots.
pub fn slots<'a>(events: impl DoubleEndedIterator<Item = &'a Event>, name: &str) -> Option<Vec<SlotEntry>> {
    events.rev().find_map(|event| match event {
        Event::SlotsChanged { peer, slots, .. } if &**peer == name => Some(slots.clone()),
        _ => None,
    })
}

/// How many layers of its camera a publisher was told to send, in order.
pub fn layers_wanted<'a>(events: impl Iterator<Item = &'a Event>, name: &str) -> Vec<usize> {
    let wanted = |event: &Event| match event {
        Event::LayersWanted { peer, source: Source::Camera, layers, .. } if &**peer == name => Some(*layers),
        _ => None,
    };
    events.filter_map(wanted).collect()
}
