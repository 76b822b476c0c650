//! What the programs of the SFU benchmark share: sockets, the signaling over HTTP, and reports.

#![deny(unsafe_code)]

pub mod http;
pub mod reporter;
pub mod socket;
