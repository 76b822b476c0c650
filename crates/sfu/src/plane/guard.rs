//! A connection whose panics stay its own: the peer ends, its neighbours never notice.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use super::{Connection, ConnectionError, Datagram, Output, PacketOut};
use crate::codec::Codec;
use crate::event::{Refusal, RefusalCode};

/// Wraps every call into a connection; after a panic the connection is dead and does nothing.
pub struct Guarded {
    connection: Box<dyn Connection>,
    failed: bool,
}

impl Guarded {
    /// Guard a connection.
    pub fn new(connection: Box<dyn Connection>) -> Self {
        Guarded { connection, failed: false }
    }

    /// Whether a call panicked.
    pub fn failed(&self) -> bool {
        self.failed
    }

    /// Unwind safety: nothing of a connection is used after it panicked.
    fn call<T>(&mut self, f: impl FnOnce(&mut dyn Connection) -> T) -> Option<T> {
        if self.failed {
            return None;
        }
        let connection = &mut *self.connection;
        let result = catch_unwind(AssertUnwindSafe(|| f(connection)));
        self.failed = result.is_err();
        result.ok()
    }

    /// See [`Connection::ufrag`].
    pub fn ufrag(&mut self) -> String {
        self.call(|c| c.ufrag()).unwrap_or_default()
    }

    /// Take the datagram if it belongs here; whether it did.
    pub fn receive(&mut self, datagram: &Datagram, now: Instant) -> bool {
        let taken = self.call(|c| c.accepts(datagram, now) && c.receive(datagram, now).is_ok());
        taken.unwrap_or(false)
    }

    /// See [`Connection::advance`].
    pub fn advance(&mut self, now: Instant) {
        self.call(|c| c.advance(now));
    }

    /// See [`Connection::poll`].
    pub fn poll(&mut self) -> Result<Output, ConnectionError> {
        let panicked = || Err(ConnectionError("the connection panicked".into()));
        self.call(|c| c.poll()).unwrap_or_else(panicked)
    }

    /// See [`Connection::is_alive`].
    pub fn is_alive(&self) -> bool {
        !self.failed && self.connection.is_alive()
    }

    /// See [`Connection::send`].
    pub fn send(&mut self, slot: usize, packet: PacketOut, now: Instant) {
        self.call(|c| c.send(slot, packet, now));
    }

    /// See [`Connection::request_keyframe`].
    pub fn request_keyframe(&mut self, track: usize, layer: usize) -> bool {
        self.call(|c| c.request_keyframe(track, layer)).unwrap_or(false)
    }

    /// See [`Connection::payload_type`].
    pub fn payload_type(&self, slot: usize, codec: Codec) -> Option<u8> {
        self.connection.payload_type(slot, codec)
    }

    /// See [`Connection::set_bitrate_goal`].
    pub fn set_bitrate_goal(&mut self, minimum_bps: u64, desired_bps: u64) {
        self.call(|c| c.set_bitrate_goal(minimum_bps, desired_bps));
    }

    /// See [`Connection::restart_ice`].
    pub fn restart_ice(&mut self, offer: &str) -> Result<String, Refusal> {
        let panicked = || Err(Refusal::new(RefusalCode::SdpInvalid, "the offer broke the connection"));
        self.call(|c| c.restart_ice(offer)).unwrap_or_else(panicked)
    }

    /// See [`Connection::close`].
    pub fn close(&mut self) {
        self.call(|c| c.close());
    }
}
