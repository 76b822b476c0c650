//! A room on several workers: each end of a connection between two of them, and what is said over it.
//!
//! Every worker that has peers of a room is linked to every other one. A worker tells what its own peers publish and
//! sends what the others want of it; what came over a link is never sent over another. Everything but packets is state
//! that is told again and again: what gets lost is made good by itself, whether workers share a process or not.

mod bytes;
mod link;
mod listing;
mod message;
mod tunnel;

pub use link::{End, Heard, Link, Parcel};
pub use listing::Listing;
pub use message::{Layers, Listed, ListedTrack, MAX_LAYERS, Message, Messages, Numbers, Packet, Told, TrackId};
pub use tunnel::{Refused, RelayKey, Tunnel, relay_of};
