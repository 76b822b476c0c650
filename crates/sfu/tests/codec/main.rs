//! Payload descriptors, parameter sets and header extensions, byte by byte.

mod av1;
mod dependency;
mod h264;
mod inspection;
mod mutated;
mod vp8;
mod vp9;
