//! Takes a client's SRTP keys out of its handshake, so that it can seal whatever it likes.

use std::cell::RefCell;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use sfu::srtp::KeyingMaterial;
use str0m::config::DtlsVersion;
use str0m::crypto::dtls::{DtlsCert, DtlsImplError, DtlsInstance, DtlsOutput, DtlsProvider, ProtocolVersion};
use str0m::crypto::{CryptoError, CryptoProvider};

/// Where the keys of one connection appear.
pub type KeyCell = Arc<OnceLock<KeyingMaterial>>;

thread_local! {
    static LATEST: RefCell<KeyCell> = RefCell::default();
}

/// The cell of the connection that this thread has built last.
pub fn latest() -> KeyCell {
    LATEST.take()
}

/// The crypto of clients.
pub fn provider() -> &'static CryptoProvider {
    static PROVIDER: OnceLock<CryptoProvider> = OnceLock::new();
    static WATCHED: Watched = Watched;
    PROVIDER.get_or_init(|| CryptoProvider { dtls_provider: &WATCHED, ..plain().clone() })
}

fn plain() -> &'static CryptoProvider {
    static PLAIN: OnceLock<CryptoProvider> = OnceLock::new();
    PLAIN.get_or_init(str0m::crypto::from_feature_flags)
}

#[derive(Debug)]
struct Watched;

impl DtlsProvider for Watched {
    fn generate_certificate(&self) -> Option<DtlsCert> {
        plain().dtls_provider.generate_certificate()
    }

    fn new_dtls(
        &self,
        certificate: &DtlsCert,
        now: Instant,
        version: DtlsVersion,
        mtu: Option<usize>,
    ) -> Result<Box<dyn DtlsInstance>, CryptoError> {
        let cell = KeyCell::default();
        LATEST.set(cell.clone());
        let inner = plain().dtls_provider.new_dtls(certificate, now, version, mtu)?;
        Ok(Box::new(Instance { inner, cell }))
    }
}

struct Instance {
    inner: Box<dyn DtlsInstance>,
    cell: KeyCell,
}

impl std::fmt::Debug for Instance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Instance")
    }
}

impl DtlsInstance for Instance {
    fn set_active(&mut self, active: bool) {
        self.inner.set_active(active);
    }

    fn handle_packet(&mut self, packet: &[u8]) -> Result<(), DtlsImplError> {
        self.inner.handle_packet(packet)
    }

    fn poll_output<'a>(&mut self, buffer: &'a mut [u8]) -> DtlsOutput<'a> {
        let is_client = self.inner.is_active();
        let output = self.inner.poll_output(buffer);
        if let DtlsOutput::KeyingMaterial(bytes, profile) = &output
            && let Some(keys) = KeyingMaterial::new(*profile, bytes, is_client)
        {
            let _ = self.cell.set(keys);
        }
        output
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsImplError> {
        self.inner.handle_timeout(now)
    }

    fn send_application_data(&mut self, data: &[u8]) -> Result<usize, DtlsImplError> {
        self.inner.send_application_data(data)
    }

    fn is_active(&self) -> bool {
        self.inner.is_active()
    }

    fn protocol_version(&self) -> Option<ProtocolVersion> {
        self.inner.protocol_version()
    }

    fn is_closing(&self) -> bool {
        self.inner.is_closing()
    }

    fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    fn close(&mut self) -> Result<(), DtlsImplError> {
        self.inner.close()
    }
}
