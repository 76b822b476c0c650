//! The media engine: a selective forwarding unit (SFU).
//!
//! Sans-I/O at its heart: a [`worker::Worker`] takes datagrams, commands and time, and yields datagrams and events.
//! [`engine::Engine`] is the thin shell of sockets and threads around workers. See the README for the life of a
//! packet.

#![deny(unsafe_code)]

pub mod allocation;
pub mod allowance;
pub mod bandwidth;
pub mod codec;
pub mod command;
pub mod downlink;
pub mod dynacast;
pub mod egress;
pub mod engine;
pub mod event;
pub mod frames;
pub mod keyframe;
pub mod layers;
pub mod link;
pub mod loudness;
pub mod model;
pub mod outgoing;
pub mod pacer;
pub mod peer;
pub mod reception;
pub mod redundancy;
pub mod relay;
pub mod ring;
pub mod room;
pub mod routes;
pub mod rtcp;
pub mod rtp;
pub mod sequence;
pub mod slab;
pub mod slot;
pub mod srtp;
pub mod stun;
pub mod svc;
pub mod timers;
pub mod track;
pub mod transport;
pub mod uplink;
pub mod voices;
pub mod worker;
