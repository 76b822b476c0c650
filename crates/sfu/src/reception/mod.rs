//! What arrives: the packets of each incoming stream with their losses, and the packets of a transport with their
//! times. Storage is fixed when a stream begins; a packet allocates nothing.

mod arrivals;
mod missing;
mod statistics;
mod stream;
mod window;

pub use arrivals::ArrivalLog;
pub use missing::{MAX_ASKS, MAX_BEHIND, MAX_HOLE};
pub use stream::{Arrival, MAX_JUMP, Stream};
pub use window::WINDOW;
