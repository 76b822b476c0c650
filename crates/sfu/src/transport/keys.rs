//! Takes the SRTP keys out of the handshake: a DTLS provider that hands everything on but those.
//!
//! str0m then never has keys of its own: it neither decrypts nor sends media, which is all ours.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use str0m::config::DtlsVersion;
use str0m::crypto::dtls::{DtlsCert, DtlsImplError, DtlsInstance, DtlsOutput, DtlsProvider, ProtocolVersion};
use str0m::crypto::{CryptoError, CryptoProvider};

use crate::srtp::KeyingMaterial;

/// Where a handshake leaves its keys; they are taken once.
#[derive(Clone, Default)]
pub(super) struct KeyCell(Arc<Mutex<Option<KeyingMaterial>>>);

impl KeyCell {
    /// The keys, once they are there.
    pub fn take(&self) -> Option<KeyingMaterial> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn put(&self, keys: Option<KeyingMaterial>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = keys;
    }
}

impl std::fmt::Debug for KeyCell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyCell")
    }
}

thread_local! {
    /// The cell of the instance that was made last: str0m makes one inside its builder and returns no way to it.
    static LAST_CELL: RefCell<KeyCell> = RefCell::default();
}

/// The cell of the connection that this thread has built last.
pub(super) fn last_cell() -> KeyCell {
    LAST_CELL.with_borrow(KeyCell::clone)
}

/// The process's cryptography with the tap in front of its DTLS.
pub(super) fn provider() -> &'static Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    static TAP: Tap = Tap;
    PROVIDER.get_or_init(|| Arc::new(CryptoProvider { dtls_provider: &TAP, ..plain_provider().clone() }))
}

fn plain_provider() -> &'static CryptoProvider {
    static PLAIN: OnceLock<CryptoProvider> = OnceLock::new();
    PLAIN.get_or_init(str0m::crypto::from_feature_flags)
}

#[derive(Debug)]
struct Tap;

impl DtlsProvider for Tap {
    fn generate_certificate(&self) -> Option<DtlsCert> {
        plain_provider().dtls_provider.generate_certificate()
    }

    fn new_dtls(
        &self,
        cert: &DtlsCert,
        now: Instant,
        version: DtlsVersion,
        mtu: Option<usize>,
    ) -> Result<Box<dyn DtlsInstance>, CryptoError> {
        let cell = KeyCell::default();
        LAST_CELL.set(cell.clone());
        let instance = plain_provider().dtls_provider.new_dtls(cert, now, version, mtu)?;
        Ok(Box::new(Tapped { instance, cell, started_at: now }))
    }
}

#[derive(Debug)]
struct Tapped {
    instance: Box<dyn DtlsInstance>,
    cell: KeyCell,
    started_at: Instant,
}

impl DtlsInstance for Tapped {
    fn set_active(&mut self, active: bool) {
        self.instance.set_active(active);
    }

    fn handle_packet(&mut self, packet: &[u8]) -> Result<(), DtlsImplError> {
        self.instance.handle_packet(packet)
    }

    fn poll_output<'a>(&mut self, buffer: &'a mut [u8]) -> DtlsOutput<'a> {
        let is_client = self.instance.is_active();
        match self.instance.poll_output(buffer) {
            DtlsOutput::KeyingMaterial(bytes, profile) => {
                self.cell.put(KeyingMaterial::new(profile, &bytes, is_client));
                // A time that is over: poll again.
                DtlsOutput::Timeout(self.started_at)
            }
            output => output,
        }
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsImplError> {
        self.instance.handle_timeout(now)
    }

    fn send_application_data(&mut self, data: &[u8]) -> Result<usize, DtlsImplError> {
        self.instance.send_application_data(data)
    }

    fn is_active(&self) -> bool {
        self.instance.is_active()
    }

    fn protocol_version(&self) -> Option<ProtocolVersion> {
        self.instance.protocol_version()
    }

    fn is_closing(&self) -> bool {
        self.instance.is_closing()
    }

    fn is_closed(&self) -> bool {
        self.instance.is_closed()
    }

    fn close(&mut self) -> Result<(), DtlsImplError> {
        self.instance.close()
    }
}
