//! The bandwidth estimate in virtual time: a seeded bottleneck, and figures that must hold.

mod chance;
mod flow;
mod link;

mod changes;
mod disorder;
mod garbage;
mod losses;
mod sharing;
mod steady;
