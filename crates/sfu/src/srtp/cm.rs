//! AES counter mode with HMAC-SHA1-80 for SRTP and SRTCP (RFC 3711): for clients without GCM, such as FFmpeg.

use aws_lc_rs::cipher::{AES_128, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;

use super::derivation::{Label, Master};
use super::{ENCRYPTED, RTCP_CLEAR_BYTES, own_rtcp_ssrc, rtcp_ssrc};

const TAG_BYTES: usize = 10;
const SALT_BYTES: usize = 14;
const INDEX_BYTES: usize = 4;

pub(super) struct CounterMode {
    rtp: Keys,
    rtcp: Keys,
}

struct Keys {
    cipher: EncryptingKey,
    salt: [u8; SALT_BYTES],
    auth: hmac::Key,
}

impl Keys {
    fn new(master: &Master, key: Label, auth: Label, salt: Label) -> Self {
        // Both fail only for a key of the wrong length.
        let unbound = UnboundCipherKey::new(&AES_128, &master.derive::<16>(key)).expect("a key of 16 bytes");
        Keys {
            cipher: EncryptingKey::ctr(unbound).expect("AES has a counter mode"),
            salt: master.derive(salt),
            auth: hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &master.derive::<20>(auth)),
        }
    }

    /// Encrypt or decrypt in place: (salt · 2^16) XOR (SSRC · 2^64) XOR (index · 2^16) is the counter (section 4.1.1).
    fn apply(&self, body: &mut [u8], ssrc: u32, index: u64) {
        let mut salt = [0; 16];
        salt[..SALT_BYTES].copy_from_slice(&self.salt);
        let number = u128::from_be_bytes(salt) ^ (u128::from(ssrc) << 64) ^ (u128::from(index) << 16);
        let context = EncryptionContext::Iv128(FixedLength::from(number.to_be_bytes()));
        // Fails only for a context of another mode.
        self.cipher.less_safe_encrypt(body, context).expect("a counter for the counter mode");
    }

    fn tag(&self, parts: [&[u8]; 2]) -> [u8; TAG_BYTES] {
        let mut context = hmac::Context::with_key(&self.auth);
        parts.iter().for_each(|part| context.update(part));
        let mut tag = [0; TAG_BYTES];
        tag.copy_from_slice(&context.sign().as_ref()[..TAG_BYTES]);
        tag
    }

    fn verify(&self, parts: [&[u8]; 2], tag: &[u8]) -> Option<()> {
        verify_slices_are_equal(&self.tag(parts), tag).ok()
    }
}

/// The rollover counter, which is authenticated behind an RTP packet.
fn rollover(index: u64) -> [u8; 4] {
    ((index >> 16) as u32).to_be_bytes()
}

impl CounterMode {
    pub fn new(master: &Master) -> Self {
        CounterMode {
            rtp: Keys::new(master, Label::RtpKey, Label::RtpAuth, Label::RtpSalt),
            rtcp: Keys::new(master, Label::RtcpKey, Label::RtcpAuth, Label::RtcpSalt),
        }
    }

    pub fn seal_rtp(&self, buffer: &mut [u8], header: usize, length: usize, ssrc: u32, index: u64) -> usize {
        self.rtp.apply(&mut buffer[header..length], ssrc, index);
        let tag = self.rtp.tag([&buffer[..length], &rollover(index)]);
        buffer[length..length + TAG_BYTES].copy_from_slice(&tag);
        length + TAG_BYTES
    }

    pub fn open_rtp(&self, packet: &[u8], header: usize, ssrc: u32, index: u64, payload: &mut [u8]) -> Option<usize> {
        let (packet, tag) = packet.split_last_chunk::<TAG_BYTES>()?;
        let (_, body) = packet.split_at_checked(header)?;
        let out = payload.get_mut(..body.len())?;
        self.rtp.verify([packet, &rollover(index)], tag)?;
        out.copy_from_slice(body);
        self.rtp.apply(out, ssrc, index);
        Some(body.len())
    }

    pub fn seal_rtcp(&self, buffer: &mut [u8], length: usize, index: u32) -> usize {
        self.rtcp.apply_rtcp(&mut buffer[..length], index);
        let word = (index | ENCRYPTED).to_be_bytes();
        let tag = self.rtcp.tag([&buffer[..length], &word]);
        buffer[length..length + INDEX_BYTES].copy_from_slice(&word);
        buffer[length + INDEX_BYTES..][..TAG_BYTES].copy_from_slice(&tag);
        length + INDEX_BYTES + TAG_BYTES
    }

    /// The plain length and the packet's index.
    pub fn open_rtcp(&self, packet: &[u8], plain: &mut [u8]) -> Option<(usize, u32)> {
        rtcp_ssrc(packet)?;
        let (rest, tag) = packet.split_last_chunk::<TAG_BYTES>()?;
        let (body, word) = rest.split_last_chunk::<INDEX_BYTES>()?;
        let index = u32::from_be_bytes(*word);
        let out = plain.get_mut(..body.len()).filter(|out| out.len() >= RTCP_CLEAR_BYTES)?;
        self.rtcp.verify([body, word], tag)?;
        out.copy_from_slice(body);
        if index & ENCRYPTED != 0 {
            self.rtcp.apply_rtcp(out, index & !ENCRYPTED);
        }
        Some((body.len(), index & !ENCRYPTED))
    }
}

impl Keys {
    fn apply_rtcp(&self, packet: &mut [u8], index: u32) {
        let ssrc = own_rtcp_ssrc(packet);
        self.apply(&mut packet[RTCP_CLEAR_BYTES..], ssrc, u64::from(index));
    }
}
