//! What the programs of the SFU benchmark share: sockets, the signaling over HTTP, and a look at DTLS.

#![deny(unsafe_code)]

pub mod http;
pub mod keys;
pub mod socket;
