//! Takes the SRTP keys out of the handshake: DTLS providers that show them.
//!
//! The engine's [takes](provider) them: str0m then never has keys of its own, it neither decrypts nor sends media, which
//! is all ours. Clients of tests and benchmarks [look at](watching_provider) them, and str0m goes on with them.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use str0m::config::DtlsVersion;
use str0m::crypto::dtls::{DtlsCert, DtlsImplError, DtlsInstance, DtlsOutput, DtlsProvider, ProtocolVersion};
use str0m::crypto::{CryptoError, CryptoProvider};

use crate::srtp::KeyingMaterial;

/// Where a handshake leaves its keys; they are taken once.
#[derive(Clone, Default)]
pub struct KeyCell(Arc<Mutex<Option<KeyingMaterial>>>);

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
pub fn last_cell() -> KeyCell {
    LAST_CELL.with_borrow(KeyCell::clone)
}

/// The process's cryptography with a tap in front of its DTLS that keeps the keys from str0m.
pub fn provider() -> &'static Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    static TAP: Tap = Tap { hands_on: false };
    PROVIDER.get_or_init(|| tapped(&TAP))
}

/// The same with a tap that lets str0m have the keys as well.
pub fn watching_provider() -> &'static Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    static TAP: Tap = Tap { hands_on: true };
    PROVIDER.get_or_init(|| tapped(&TAP))
}

fn tapped(tap: &'static Tap) -> Arc<CryptoProvider> {
    Arc::new(CryptoProvider { dtls_provider: tap, ..plain_provider().clone() })
}

fn plain_provider() -> &'static CryptoProvider {
    static PLAIN: OnceLock<CryptoProvider> = OnceLock::new();
    PLAIN.get_or_init(str0m::crypto::from_feature_flags)
}

#[derive(Debug)]
struct Tap {
    /// Whether str0m gets the keys as well.
    hands_on: bool,
}

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
        Ok(Box::new(Tapped { instance, cell, hands_on: self.hands_on, started_at: now }))
    }
}

#[derive(Debug)]
struct Tapped {
    instance: Box<dyn DtlsInstance>,
    cell: KeyCell,
    hands_on: bool,
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
                match self.hands_on {
                    true => DtlsOutput::KeyingMaterial(bytes, profile),
                    // A time that is over: poll again.
                    false => DtlsOutput::Timeout(self.started_at),
                }
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
