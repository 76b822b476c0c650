//! A call in virtual time: a worker, two clients that know their keys, and a network that loses nothing.

mod client;
mod media;
mod world;

pub use client::Stream;
pub use media::Shape;
pub use world::World;
