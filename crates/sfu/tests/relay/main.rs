//! One room over several workers, in virtual time: the same clients and the same network as in `tests/engine`.

#![allow(dead_code, reason = "clients and network have more than these tests need")]

#[path = "../engine/client.rs"]
mod client;
#[path = "../engine/network.rs"]
mod network;
#[path = "../engine/payload.rs"]
mod payload;
#[path = "../engine/seams.rs"]
mod seams;
#[path = "../engine/told.rs"]
mod told;
mod world;

mod bridges;
mod channels;
mod crowd;
mod failing;
mod messages;
mod pictures;
mod sockets;
mod tunnels;
mod voices;
