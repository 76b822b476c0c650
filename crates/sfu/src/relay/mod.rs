//! A room on several workers: each end of a connection between two of them, and what is said over it.
//!
//! Every worker that has peers of a room is linked to every other one. A worker tells what its own peers publish and
//! sends what the others want of it. Between processes it is the home worker of the room that is linked, and it stands for
//! the others: what came from another process it passes on to other workers, and the other way round; else what came
//! over a link is sent over no other. Everything but packets is state that is told again and again, and what is said in
//! data channels is acknowledged: what gets lost is made good by itself, whether workers share a process or not.

mod bytes;
mod delivery;
mod link;
mod listed;
mod listing;
mod message;
mod tunnel;
mod way;

pub use delivery::encode;
pub use link::{End, Heard, Link, Parcel};
pub use listed::{Listed, ListedTrack};
pub use listing::Listing;
pub use message::{Layers, MAX_LAYERS, Message, Messages, Numbers, Packet, Told, TrackId};
pub use tunnel::{FORMAT, Refused, RelayKey, Tunnel, relay_of};
pub use way::Way;
