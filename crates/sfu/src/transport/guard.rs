//! A transport whose panics stay its own: the peer ends, its neighbours never notice.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use super::{Datagram, Message, Output, Transport, TransportError};
use crate::event::{Refusal, RefusalCode};
use crate::srtp::KeyingMaterial;

/// Wraps every call into a transport; after a panic it is dead and does nothing.
pub struct Guarded {
    transport: Option<Box<Transport>>,
    failed: bool,
}

impl Guarded {
    /// Guard a transport.
    pub fn new(transport: Transport) -> Self {
        Guarded { transport: Some(Box::new(transport)), failed: false }
    }

    /// None: of a peer that is connected elsewhere. It lives, and does nothing.
    pub fn absent() -> Self {
        Guarded { transport: None, failed: false }
    }

    /// Whether a call panicked.
    pub fn failed(&self) -> bool {
        self.failed
    }

    /// Unwind safety: nothing of a transport is used after it panicked.
    fn call<T>(&mut self, f: impl FnOnce(&mut Transport) -> T) -> Option<T> {
        if self.failed {
            return None;
        }
        let transport = self.transport.as_deref_mut()?;
        let result = catch_unwind(AssertUnwindSafe(|| f(transport)));
        self.failed = result.is_err();
        result.ok()
    }

    /// See [`Transport::ufrag`].
    pub fn ufrag(&mut self) -> String {
        self.call(Transport::ufrag).unwrap_or_default()
    }

    /// Take the datagram if it belongs here; whether it did.
    pub fn receive(&mut self, datagram: &Datagram, now: Instant) -> bool {
        let taken = self.call(|t| t.accepts(datagram, now) && t.receive(datagram, now).is_ok());
        taken.unwrap_or(false)
    }

    /// See [`Transport::advance`].
    pub fn advance(&mut self, now: Instant) {
        self.call(|t| t.advance(now));
    }

    /// See [`Transport::poll`].
    pub fn poll(&mut self) -> Result<Output, TransportError> {
        let panicked = || Err(TransportError("the transport panicked".into()));
        self.call(Transport::poll).unwrap_or_else(panicked)
    }

    /// See [`Transport::take_keys`].
    pub fn take_keys(&mut self) -> Option<KeyingMaterial> {
        self.call(Transport::take_keys).flatten()
    }

    /// See [`Transport::send_message`].
    pub fn send_message(&mut self, message: &Message) -> bool {
        self.call(|t| t.send_message(message)).unwrap_or(false)
    }

    /// See [`Transport::is_alive`].
    pub fn is_alive(&self) -> bool {
        !self.failed && self.transport.as_ref().is_none_or(|transport| transport.is_alive())
    }

    /// See [`Transport::restart_ice`].
    pub fn restart_ice(&mut self, offer: &str) -> Result<String, Refusal> {
        let panicked = || Err(Refusal::new(RefusalCode::SdpInvalid, "the offer broke the connection"));
        self.call(|t| t.restart_ice(offer)).unwrap_or_else(panicked)
    }

    /// See [`Transport::close`].
    pub fn close(&mut self) {
        self.call(Transport::close);
    }
}
