//! SRTP and SRTCP (RFC 3711, RFC 7714): one seal a packet with a key schedule that is made once.
//!
//! Keys come out of the DTLS handshake ([`crate::transport`]). AES-GCM is offered first: a seal of 1,100 bytes takes a
//! quarter of a microsecond, AES-CM with SHA-1 several times that.

mod cm;
mod derivation;
mod gcm;

use str0m::crypto::CryptoProvider;
use str0m::crypto::dtls::SrtpProfile;

use cm::CounterMode;
use derivation::Master;
use gcm::Gcm;

/// What the largest profile adds to an RTP packet: a tag of 16 bytes.
pub const RTP_OVERHEAD: usize = 16;
/// What the largest profile adds to an RTCP packet: a tag of 16 bytes and an index of 4.
pub const RTCP_OVERHEAD: usize = 20;
/// The word behind an RTCP packet: E, "is encrypted", and an index of 31 bits.
const ENCRYPTED: u32 = 0x8000_0000;
/// Header and SSRC of an RTCP packet, which are not encrypted.
const RTCP_CLEAR_BYTES: usize = 8;

/// The master keys of both directions, as the handshake exported them (RFC 5764, section 4.2).
pub struct KeyingMaterial {
    profile: SrtpProfile,
    bytes: Vec<u8>,
    is_client: bool,
}

impl KeyingMaterial {
    /// `bytes`: client key, server key, client salt, server salt. `is_client`: whether we were the DTLS client.
    /// `None`: an unknown profile, or too few bytes for it.
    pub fn new(profile: SrtpProfile, bytes: &[u8], is_client: bool) -> Option<Self> {
        let known = SrtpProfile::ALL.contains(&profile) && bytes.len() >= profile.keying_material_len();
        known.then(|| KeyingMaterial { profile, bytes: bytes.to_vec(), is_client })
    }

    /// The name of the protection profile in its RFC.
    pub fn profile_name(&self) -> &'static str {
        match self.profile {
            SrtpProfile::AEAD_AES_256_GCM => "AEAD_AES_256_GCM",
            SrtpProfile::AEAD_AES_128_GCM => "AEAD_AES_128_GCM",
            SrtpProfile::AES128_CM_SHA1_80 => "AES128_CM_SHA1_80",
            _ => "unknown",
        }
    }

    /// Contexts for what we send and for what we receive.
    pub fn contexts(&self, provider: &CryptoProvider) -> (Sender, Receiver) {
        let (key_bytes, salt_bytes) = match self.profile {
            SrtpProfile::AEAD_AES_256_GCM => (32, 12),
            SrtpProfile::AEAD_AES_128_GCM => (16, 12),
            _ => (16, 14),
        };
        let (keys, salts) = self.bytes.split_at(2 * key_bytes);
        let cipher = |server: bool| {
            let side = usize::from(server);
            let key = &keys[side * key_bytes..][..key_bytes];
            let salt = &salts[side * salt_bytes..][..salt_bytes];
            Cipher::new(self.profile, &Master { key, salt, provider })
        };
        let sender = Sender { cipher: cipher(!self.is_client), next_rtcp_index: 1 };
        (sender, Receiver { cipher: cipher(self.is_client), rtcp_windows: Windows::default() })
    }
}

/// The keys of one direction.
enum Cipher {
    Gcm(Gcm),
    CounterMode(Box<CounterMode>),
}

impl Cipher {
    fn new(profile: SrtpProfile, master: &Master) -> Self {
        match profile {
            SrtpProfile::AES128_CM_SHA1_80 => Cipher::CounterMode(Box::new(CounterMode::new(master))),
            _ => Cipher::Gcm(Gcm::new(master)),
        }
    }
}

/// Seals what is sent to one peer.
pub struct Sender {
    cipher: Cipher,
    next_rtcp_index: u32,
}

impl Sender {
    /// Seal an RTP packet in place: `buffer[..length]` is the packet with a header of `header` bytes, behind it there
    /// is room for [`RTP_OVERHEAD`]. `index` is the extended sequence number. Returns the sealed length.
    pub fn seal_rtp(&self, buffer: &mut [u8], header: usize, length: usize, ssrc: u32, index: u64) -> usize {
        match &self.cipher {
            Cipher::Gcm(gcm) => gcm.seal_rtp(buffer, header, length, ssrc, index),
            Cipher::CounterMode(cm) => cm.seal_rtp(buffer, header, length, ssrc, index),
        }
    }

    /// Seal an RTP packet whose payload lies elsewhere: `buffer` begins with a header of `header` bytes and has room for
    /// the payload and [`RTP_OVERHEAD`] behind it. Returns the sealed length.
    pub fn seal_rtp_from(&self, buffer: &mut [u8], header: usize, payload: &[u8], ssrc: u32, index: u64) -> usize {
        match &self.cipher {
            Cipher::Gcm(gcm) => gcm.seal_rtp_from(buffer, header, payload, ssrc, index),
            Cipher::CounterMode(cm) => {
                let length = header + payload.len();
                buffer[header..length].copy_from_slice(payload);
                cm.seal_rtp(buffer, header, length, ssrc, index)
            }
        }
    }

    /// Seal an RTCP packet in place; behind it there is room for [`RTCP_OVERHEAD`]. Returns the sealed length.
    pub fn seal_rtcp(&mut self, buffer: &mut [u8], length: usize) -> usize {
        let index = self.next_rtcp_index;
        self.next_rtcp_index = (index + 1) & !ENCRYPTED;
        match &self.cipher {
            Cipher::Gcm(gcm) => gcm.seal_rtcp(buffer, length, index),
            Cipher::CounterMode(cm) => cm.seal_rtcp(buffer, length, index),
        }
    }
}

/// Opens what one peer sends.
pub struct Receiver {
    cipher: Cipher,
    rtcp_windows: Windows,
}

impl Receiver {
    /// Verify and decrypt an RTP packet with a header of `header` bytes into `payload`; returns the payload's length.
    /// `None`: it is not authentic, or `payload` is too small. Replays are the caller's to notice.
    pub fn open_rtp(&self, packet: &[u8], header: usize, ssrc: u32, index: u64, payload: &mut [u8]) -> Option<usize> {
        match &self.cipher {
            Cipher::Gcm(gcm) => gcm.open_rtp(packet, header, ssrc, index, payload),
            Cipher::CounterMode(cm) => cm.open_rtp(packet, header, ssrc, index, payload),
        }
    }

    /// Verify and decrypt an RTCP packet into `plain`; returns its length.
    pub fn open_rtcp(&mut self, packet: &[u8], plain: &mut [u8]) -> Result<usize, Refusal> {
        let opened = match &self.cipher {
            Cipher::Gcm(gcm) => gcm.open_rtcp(packet, plain),
            Cipher::CounterMode(cm) => cm.open_rtcp(packet, plain),
        };
        let ((length, index), ssrc) = opened.zip(rtcp_ssrc(packet)).ok_or(Refusal::Forged)?;
        if self.rtcp_windows.accepts(ssrc, index) { Ok(length) } else { Err(Refusal::Replayed) }
    }
}

/// Why an RTCP packet was not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It is not authentic, or too large.
    Forged,
    /// It came before.
    Replayed,
}

/// A window for each sender: the index may be counted for each SSRC of its own (RFC 3711, section 3.2.1), as browsers do.
#[derive(Debug, Default)]
struct Windows {
    known: Vec<(u32, Window)>,
}

/// Senders that are told apart; beyond it the one that was heard first is forgotten.
const MAX_RTCP_SENDERS: usize = 64;

impl Windows {
    fn accepts(&mut self, ssrc: u32, index: u32) -> bool {
        if let Some((_, window)) = self.known.iter_mut().find(|(known, _)| *known == ssrc) {
            return window.accepts(index);
        }
        if self.known.len() == MAX_RTCP_SENDERS {
            self.known.remove(0);
        }
        let mut window = Window::default();
        let accepts = window.accepts(index);
        self.known.push((ssrc, window));
        accepts
    }
}

/// The newest RTCP index and which of the 64 before it have come (RFC 3711, section 3.3.2).
#[derive(Debug, Default)]
struct Window {
    newest: Option<u32>,
    seen: u64,
}

impl Window {
    fn accepts(&mut self, index: u32) -> bool {
        let Some(newest) = self.newest else {
            (self.newest, self.seen) = (Some(index), 1);
            return true;
        };
        if index > newest {
            self.seen = self.seen.checked_shl(index - newest).unwrap_or(0) | 1;
            self.newest = Some(index);
            return true;
        }
        let bit = 1u64.checked_shl(newest - index).unwrap_or(0);
        let fresh = bit != 0 && self.seen & bit == 0;
        self.seen |= bit;
        fresh
    }
}

/// The SSRC of an RTCP packet's first part.
fn rtcp_ssrc(packet: &[u8]) -> Option<u32> {
    packet.get(4..8)?.try_into().ok().map(u32::from_be_bytes)
}

/// The SSRC as its bytes lie in a packet that we wrote: shorter packets never reach a seal.
fn own_rtcp_ssrc(packet: &[u8]) -> u32 {
    rtcp_ssrc(packet).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROFILES: [SrtpProfile; 3] =
        [SrtpProfile::AEAD_AES_256_GCM, SrtpProfile::AEAD_AES_128_GCM, SrtpProfile::AES128_CM_SHA1_80];

    fn pair(profile: SrtpProfile) -> (Sender, Receiver) {
        let provider = str0m::crypto::from_feature_flags();
        let bytes: Vec<u8> = (0..88).collect();
        let client = KeyingMaterial::new(profile, &bytes, true).unwrap();
        let server = KeyingMaterial::new(profile, &bytes, false).unwrap();
        (client.contexts(&provider).0, server.contexts(&provider).1)
    }

    fn rtp() -> (Vec<u8>, usize) {
        let mut packet = vec![0x80, 96, 0, 7, 0, 0, 0, 1, 0, 0, 0, 42];
        packet.extend(b"what somebody said");
        let length = packet.len();
        packet.resize(length + RTP_OVERHEAD, 0);
        (packet, length)
    }

    #[test]
    fn the_other_side_reads_what_was_sealed() {
        for profile in PROFILES {
            let (sender, receiver) = pair(profile);
            let (mut packet, length) = rtp();
            let sealed = sender.seal_rtp(&mut packet, 12, length, 42, 65_543);
            assert_ne!(&packet[12..length], b"what somebody said");
            let mut payload = [0; 64];
            let opened = receiver.open_rtp(&packet[..sealed], 12, 42, 65_543, &mut payload).unwrap();
            assert_eq!(&payload[..opened], b"what somebody said");
        }
    }

    #[test]
    fn a_payload_that_lies_elsewhere_is_sealed_alike() {
        for profile in PROFILES {
            let (sender, _) = pair(profile);
            let (mut packet, length) = rtp();
            let mut apart = packet.clone();
            apart[12..].fill(0xee);
            let sealed = sender.seal_rtp(&mut packet, 12, length, 42, 7);
            assert_eq!(sender.seal_rtp_from(&mut apart, 12, b"what somebody said", 42, 7), sealed);
            assert_eq!(apart[..sealed], packet[..sealed]);
        }
    }

    #[test]
    fn any_changed_bit_another_index_or_stream_is_refused() {
        for profile in PROFILES {
            let (sender, receiver) = pair(profile);
            let (mut packet, length) = rtp();
            let sealed = sender.seal_rtp(&mut packet, 12, length, 42, 7);
            let mut payload = [0; 64];
            for bit in 0..sealed * 8 {
                packet[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(receiver.open_rtp(&packet[..sealed], 12, 42, 7, &mut payload), None, "bit {bit}");
                packet[bit / 8] ^= 1 << (bit % 8);
            }
            assert_eq!(receiver.open_rtp(&packet[..sealed], 12, 42, 7 + 65_536, &mut payload), None);
            for short in 0..sealed {
                assert_eq!(receiver.open_rtp(&packet[..short], 12, 42, 7, &mut payload), None);
            }
            assert_eq!(receiver.open_rtp(&packet[..sealed], 12, 42, 7, &mut payload[..10]), None);
        }
    }

    #[test]
    fn rtcp_is_read_once_and_not_when_changed() {
        for profile in PROFILES {
            let (mut sender, mut receiver) = pair(profile);
            let plain = [0x80, 201, 0, 1, 0, 0, 0, 9, 1, 2, 3, 4];
            let mut packet = plain.to_vec();
            packet.resize(plain.len() + RTCP_OVERHEAD, 0);
            let sealed = sender.seal_rtcp(&mut packet, plain.len());
            let mut opened = [0; 64];
            for bit in 0..sealed * 8 {
                packet[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(receiver.open_rtcp(&packet[..sealed], &mut opened), Err(Refusal::Forged), "bit {bit}");
                packet[bit / 8] ^= 1 << (bit % 8);
            }
            let length = receiver.open_rtcp(&packet[..sealed], &mut opened).unwrap();
            assert_eq!(opened[..length], plain);
            assert_eq!(receiver.open_rtcp(&packet[..sealed], &mut opened), Err(Refusal::Replayed));
            for short in 0..sealed {
                assert_eq!(receiver.open_rtcp(&packet[..short], &mut opened), Err(Refusal::Forged));
            }
        }
    }

    #[test]
    fn each_sender_of_reports_counts_for_itself() {
        for profile in PROFILES {
            let (mut sender, mut receiver) = pair(profile);
            let mut opened = [0; 64];
            // The first SSRC has sent a hundred reports when the second begins at index 1.
            for _ in 0..100 {
                let mut packet = vec![0x80, 201, 0, 1, 0, 0, 0, 9];
                packet.resize(8 + RTCP_OVERHEAD, 0);
                let sealed = sender.seal_rtcp(&mut packet, 8);
                assert!(receiver.open_rtcp(&packet[..sealed], &mut opened).is_ok());
            }
            sender.next_rtcp_index = 1;
            let mut packet = vec![0x80, 201, 0, 1, 0, 0, 0, 8];
            packet.resize(8 + RTCP_OVERHEAD, 0);
            let sealed = sender.seal_rtcp(&mut packet, 8);
            assert!(receiver.open_rtcp(&packet[..sealed], &mut opened).is_ok());
            assert_eq!(receiver.open_rtcp(&packet[..sealed], &mut opened), Err(Refusal::Replayed));
        }
    }

    #[test]
    fn late_rtcp_is_taken_once_within_the_window() {
        let mut window = Window::default();
        assert!(window.accepts(100));
        assert!(window.accepts(50) && !window.accepts(50));
        assert!(window.accepts(500) && !window.accepts(100) && window.accepts(499));
    }
}
