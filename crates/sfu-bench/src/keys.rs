//! A look at the SRTP keys of a DTLS handshake: which cipher was agreed on, and receiver reports sealed with them.

use std::cell::RefCell;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use str0m::crypto::dtls::{DtlsCert, DtlsImplError, DtlsInstance, DtlsOutput, DtlsProvider};
use str0m::crypto::dtls::{DtlsVersion, ProtocolVersion, SrtpProfile};
use str0m::crypto::{CryptoError, CryptoProvider};

/// The two key derivation labels that SRTCP needs (RFC 3711 section 4.3.2).
const LABEL_RTCP_KEY: u8 = 3;
const LABEL_RTCP_SALT: u8 = 5;
/// All GCM profiles have salts of 96 bits (RFC 7714 section 12).
const SALT_BYTES: usize = 12;
const TAG_BYTES: usize = 16;
/// Says that an SRTCP packet is encrypted.
const ENCRYPTED: u32 = 1 << 31;
/// The only report block's bytes: header, SSRC, and the block (RFC 3550 section 6.4.2).
const REPORT_BYTES: usize = 32;

/// Where the keys of one connection appear.
pub type KeyCell = Arc<OnceLock<Keys>>;

/// What a handshake gave.
pub struct Keys {
    /// The agreed protection profile.
    pub profile: SrtpProfile,
    material: Vec<u8>,
    active: bool,
}

thread_local! {
    static LATEST: RefCell<Option<KeyCell>> = const { RefCell::new(None) };
}

/// The cell of the connection that this thread has built last.
pub fn take_latest() -> KeyCell {
    LATEST.with_borrow_mut(Option::take).unwrap_or_default()
}

/// str0m's crypto, with DTLS that shows its keys.
pub fn provider() -> CryptoProvider {
    let inner = str0m::crypto::from_feature_flags();
    let watched: &'static Watched = Box::leak(Box::new(Watched(inner.dtls_provider)));
    CryptoProvider { dtls_provider: watched, ..inner }
}

#[derive(Debug)]
struct Watched(&'static dyn DtlsProvider);

impl DtlsProvider for Watched {
    fn generate_certificate(&self) -> Option<DtlsCert> {
        self.0.generate_certificate()
    }

    fn new_dtls(
        &self,
        cert: &DtlsCert,
        now: Instant,
        dtls_version: DtlsVersion,
        mtu: Option<usize>,
    ) -> Result<Box<dyn DtlsInstance>, CryptoError> {
        let inner = self.0.new_dtls(cert, now, dtls_version, mtu)?;
        let cell = KeyCell::default();
        LATEST.set(Some(cell.clone()));
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

    fn poll_output<'a>(&mut self, buf: &'a mut [u8]) -> DtlsOutput<'a> {
        let active = self.inner.is_active();
        let output = self.inner.poll_output(buf);
        if let DtlsOutput::KeyingMaterial(material, profile) = &output {
            let _ = self.cell.set(Keys { profile: *profile, material: material.to_vec(), active });
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

/// The name of a profile in its RFC.
pub fn profile_name(profile: SrtpProfile) -> &'static str {
    match profile {
        SrtpProfile::AEAD_AES_256_GCM => "AEAD_AES_256_GCM",
        SrtpProfile::AEAD_AES_128_GCM => "AEAD_AES_128_GCM",
        SrtpProfile::AES128_CM_SHA1_80 => "AES128_CM_SHA1_80",
        _ => "unknown",
    }
}

/// Seals the receiver reports of a receiver that does not look at its media.
pub struct Reporter {
    key: Vec<u8>,
    salt: [u8; SALT_BYTES],
    index: u32,
    ssrc: u32,
}

impl Reporter {
    /// A reporter that speaks as `ssrc`; `None` where the cipher is not GCM.
    pub fn new(keys: &Keys, crypto: &CryptoProvider, ssrc: u32) -> Option<Self> {
        let key_bytes = match keys.profile {
            SrtpProfile::AEAD_AES_256_GCM => 32,
            SrtpProfile::AEAD_AES_128_GCM => 16,
            _ => return None,
        };
        // Client key, server key, client salt, server salt (RFC 5764 section 4.2).
        let side = usize::from(!keys.active);
        let key = keys.material.get(side * key_bytes..(side + 1) * key_bytes)?;
        let salt = keys.material.get(2 * key_bytes + side * SALT_BYTES..2 * key_bytes + (side + 1) * SALT_BYTES)?;
        let salt: [u8; SALT_BYTES] = salt.try_into().ok()?;
        let derived_salt = derive(crypto, key, salt, LABEL_RTCP_SALT, SALT_BYTES);
        Some(Reporter {
            key: derive(crypto, key, salt, LABEL_RTCP_KEY, key_bytes),
            salt: derived_salt.try_into().ok()?,
            index: 0,
            ssrc,
        })
    }

    /// A sealed receiver report about `media_ssrc` that says: nothing lost, `highest` was the last.
    pub fn report(&mut self, crypto: &CryptoProvider, media_ssrc: u32, highest: u32) -> Option<Vec<u8>> {
        let mut plain = Vec::with_capacity(REPORT_BYTES);
        plain.extend([0x81, 201, 0, 7]);
        plain.extend(self.ssrc.to_be_bytes());
        plain.extend(media_ssrc.to_be_bytes());
        plain.extend([0; 4]); // lost: none
        plain.extend(highest.to_be_bytes());
        plain.extend([0; 12]); // jitter, last sender report, delay since: not measured
        self.index += 1;
        self.seal(crypto, &plain)
    }

    /// RFC 7714 section 9: header in clear, the rest encrypted, tag, then the index.
    fn seal(&self, crypto: &CryptoProvider, plain: &[u8]) -> Option<Vec<u8>> {
        let (head, body) = plain.split_at_checked(8)?;
        let trailer = (ENCRYPTED | self.index).to_be_bytes();
        let aad = [head, &trailer].concat();
        let mut iv = [0u8; SALT_BYTES];
        iv[2..6].copy_from_slice(&self.ssrc.to_be_bytes());
        iv[8..].copy_from_slice(&self.index.to_be_bytes());
        iv.iter_mut().zip(self.salt).for_each(|(byte, salt)| *byte ^= salt);
        let mut sealed = vec![0; body.len() + TAG_BYTES];
        let srtp = crypto.srtp_provider;
        match self.key.as_slice().try_into() {
            Ok(key) => srtp.aead_aes_256_gcm().create_cipher(key, true).encrypt(&iv, &aad, body, &mut sealed),
            Err(_) => {
                let key = self.key.as_slice().try_into().ok()?;
                srtp.aead_aes_128_gcm().create_cipher(key, true).encrypt(&iv, &aad, body, &mut sealed)
            }
        }
        .ok()?;
        Some([head, &sealed, &trailer].concat())
    }
}

/// The key derivation of RFC 3711 section 4.3.3, with the 96-bit salts of RFC 7714 section 11.
fn derive(crypto: &CryptoProvider, key: &[u8], salt: [u8; SALT_BYTES], label: u8, bytes: usize) -> Vec<u8> {
    let mut block = [0u8; 16];
    block[..SALT_BYTES].copy_from_slice(&salt);
    block[7] ^= label;
    let mut out = Vec::new();
    for counter in 0u16.. {
        if out.len() >= bytes {
            break;
        }
        block[14..].copy_from_slice(&counter.to_be_bytes());
        let mut round = [0u8; 32];
        match key.len() {
            16 => crypto.srtp_provider.srtp_aes_128_ecb_round(key, &block, &mut round),
            _ => crypto.srtp_provider.srtp_aes_256_ecb_round(key, &block, &mut round),
        }
        out.extend_from_slice(&round[..16]);
    }
    out.truncate(bytes);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_derived_key_is_the_cipher_of_the_salt_with_its_label() {
        let crypto = str0m::crypto::from_feature_flags();
        let key: Vec<u8> = (0..16).collect();
        // Label 0 and no salt: AES-128 of a block of zeros under 00 01 … 0f.
        let derived = derive(&crypto, &key, [0; SALT_BYTES], 0, 16);
        let expected = [0xc6, 0xa1, 0x3b, 0x37, 0x87, 0x8f, 0x5b, 0x82, 0x6f, 0x4f, 0x81, 0x62, 0xa1, 0xc8, 0xd8, 0x79];
        assert_eq!(derived, expected);
        assert_eq!(derive(&crypto, &key, [0; SALT_BYTES], 3, 12).len(), 12);
    }
}
