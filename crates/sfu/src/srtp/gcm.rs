//! AES-GCM for SRTP and SRTCP (RFC 7714).

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use super::derivation::{Label, Master};
use super::{ENCRYPTED, RTCP_CLEAR_BYTES, own_rtcp_ssrc, rtcp_ssrc};

const TAG_BYTES: usize = 16;
const SALT_BYTES: usize = 12;
const INDEX_BYTES: usize = 4;

pub(super) struct Gcm {
    rtp: Key,
    rtcp: Key,
}

struct Key {
    key: LessSafeKey,
    salt: [u8; SALT_BYTES],
}

impl Key {
    fn new(master: &Master, key: Label, salt: Label) -> Self {
        let unbound = match master.key.len() {
            32 => UnboundKey::new(&AES_256_GCM, &master.derive::<32>(key)),
            _ => UnboundKey::new(&AES_128_GCM, &master.derive::<16>(key)),
        };
        // Fails only for a key of the wrong length, and the lengths are written above.
        let unbound = unbound.expect("a key of the algorithm's length");
        Key { key: LessSafeKey::new(unbound), salt: master.derive(salt) }
    }

    /// 2 zero bytes, the SSRC, 4 + 2 bytes of index; the salt over it (RFC 7714, sections 8.1 and 9.1).
    fn nonce(&self, ssrc: u32, index: u64) -> Nonce {
        let number = (u128::from(ssrc) << 48) | u128::from(index & 0xffff_ffff_ffff);
        let mut nonce = [0u8; SALT_BYTES];
        nonce.copy_from_slice(&number.to_be_bytes()[4..]);
        nonce.iter_mut().zip(self.salt).for_each(|(byte, salt)| *byte ^= salt);
        Nonce::assume_unique_for_key(nonce)
    }
}

impl Gcm {
    pub fn new(master: &Master) -> Self {
        Gcm {
            rtp: Key::new(master, Label::RtpKey, Label::RtpSalt),
            rtcp: Key::new(master, Label::RtcpKey, Label::RtcpSalt),
        }
    }

    pub fn seal_rtp(&self, buffer: &mut [u8], header: usize, length: usize, ssrc: u32, index: u64) -> usize {
        let (head, rest) = buffer.split_at_mut(header);
        let (body, rest) = rest.split_at_mut(length - header);
        let aad = Aad::from(&*head);
        let tag = self.rtp.key.seal_in_place_separate_tag(self.rtp.nonce(ssrc, index), aad, body);
        // Fails only beyond the 64 GiB that one nonce may seal.
        let tag = tag.expect("a packet is short enough to be sealed");
        rest[..TAG_BYTES].copy_from_slice(tag.as_ref());
        length + TAG_BYTES
    }

    pub fn seal_rtp_from(&self, buffer: &mut [u8], header: usize, payload: &[u8], ssrc: u32, index: u64) -> usize {
        let (head, rest) = buffer.split_at_mut(header);
        let (body, rest) = rest.split_at_mut(payload.len());
        let (aad, nonce) = (Aad::from(&*head), self.rtp.nonce(ssrc, index));
        let tag = &mut rest[..TAG_BYTES];
        // Fails only for lengths that do not match, and for what one nonce may not seal.
        let sealed = self.rtp.key.seal_out_of_place_scatter(nonce, aad, payload, body, &[], tag);
        sealed.expect("a packet is short enough to be sealed");
        header + payload.len() + TAG_BYTES
    }

    pub fn open_rtp(&self, packet: &[u8], header: usize, ssrc: u32, index: u64, payload: &mut [u8]) -> Option<usize> {
        let (head, body) = packet.split_at_checked(header)?;
        let (body, tag) = body.split_at_checked(body.len().checked_sub(TAG_BYTES)?)?;
        let out = payload.get_mut(..body.len())?;
        let nonce = self.rtp.nonce(ssrc, index);
        self.rtp.key.open_separate_gather(nonce, Aad::from(head), body, tag, out).ok()?;
        Some(body.len())
    }

    pub fn seal_rtcp(&self, buffer: &mut [u8], length: usize, index: u32) -> usize {
        let word = (index | ENCRYPTED).to_be_bytes();
        let aad = rtcp_aad(buffer, word);
        let nonce = self.rtcp.nonce(own_rtcp_ssrc(buffer), u64::from(index));
        let body = &mut buffer[RTCP_CLEAR_BYTES..length];
        let tag = self.rtcp.key.seal_in_place_separate_tag(nonce, Aad::from(aad), body);
        let tag = tag.expect("a packet is short enough to be sealed");
        buffer[length..length + TAG_BYTES].copy_from_slice(tag.as_ref());
        buffer[length + TAG_BYTES..][..INDEX_BYTES].copy_from_slice(&word);
        length + TAG_BYTES + INDEX_BYTES
    }

    /// The plain length and the packet's index.
    pub fn open_rtcp(&self, packet: &[u8], plain: &mut [u8]) -> Option<(usize, u32)> {
        let ssrc = rtcp_ssrc(packet)?;
        let (rest, word) = packet.split_last_chunk::<INDEX_BYTES>()?;
        let (rest, tag) = rest.split_last_chunk::<TAG_BYTES>()?;
        let (head, body) = rest.split_at_checked(RTCP_CLEAR_BYTES)?;
        let index = u32::from_be_bytes(*word);
        if index & ENCRYPTED == 0 {
            return None;
        }
        let nonce = self.rtcp.nonce(ssrc, u64::from(index & !ENCRYPTED));
        let (clear, out) = plain.get_mut(..rest.len())?.split_at_mut(RTCP_CLEAR_BYTES);
        clear.copy_from_slice(head);
        let aad = Aad::from(rtcp_aad(packet, *word));
        self.rtcp.key.open_separate_gather(nonce, aad, body, tag, out).ok()?;
        Some((rest.len(), index & !ENCRYPTED))
    }
}

/// What is authenticated but not encrypted: the header and the word with the index.
fn rtcp_aad(packet: &[u8], word: [u8; INDEX_BYTES]) -> [u8; RTCP_CLEAR_BYTES + INDEX_BYTES] {
    let mut aad = [0; RTCP_CLEAR_BYTES + INDEX_BYTES];
    aad[..RTCP_CLEAR_BYTES].copy_from_slice(&packet[..RTCP_CLEAR_BYTES]);
    aad[RTCP_CLEAR_BYTES..].copy_from_slice(&word);
    aad
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap()).collect()
    }

    fn rfc_key(bytes: usize) -> Key {
        let key: Vec<u8> = (0..bytes as u8).collect();
        let algorithm = if bytes == 32 { &AES_256_GCM } else { &AES_128_GCM };
        let key = LessSafeKey::new(UnboundKey::new(algorithm, &key).unwrap());
        Key { key, salt: *b"Quid pro quo" }
    }

    /// RFC 7714, section 16.1.1 (and 16.2.1 with 256 bits).
    #[test]
    fn packets_are_those_of_rfc_7714() {
        let expected = [
            (
                16,
                "f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833899d7f27beb16a9152cf765ee4390cce",
            ),
            (
                32,
                "32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b7aa3db36dfffd6b0f9bb7878d7a76c13",
            ),
        ];
        for (bytes, sealed) in expected {
            let header = hex("8040f17b8041f8d35501a0b2");
            let mut body = b"Gallia est omnis divisa in partes tres".to_vec();
            let key = rfc_key(bytes);
            let nonce = key.nonce(0x5501_a0b2, 0xf17b);
            let tag = key.key.seal_in_place_separate_tag(nonce, Aad::from(&header), &mut body).unwrap();
            body.extend(tag.as_ref());
            assert_eq!(body, hex(sealed), "{bytes} bytes of key");
        }
    }
}
