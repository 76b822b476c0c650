//! Session keys from master keys: the AES counter-mode function of RFC 3711, section 4.3, with key lengths of RFC 7714.

use str0m::crypto::{CryptoProvider, SrtpProvider};

/// What a derived key is for (RFC 3711, section 4.3.2).
#[derive(Debug, Clone, Copy)]
pub(super) enum Label {
    RtpKey = 0,
    RtpAuth = 1,
    RtpSalt = 2,
    RtcpKey = 3,
    RtcpAuth = 4,
    RtcpSalt = 5,
}

/// A master key of 16 or 32 bytes and a master salt of 12 or 14.
pub(super) struct Master<'a> {
    pub key: &'a [u8],
    pub salt: &'a [u8],
    pub provider: &'a CryptoProvider,
}

impl Master<'_> {
    /// The session key for a label: 14 bytes of salt with the label in the eighth, used as a counter.
    pub fn derive<const N: usize>(&self, label: Label) -> [u8; N] {
        let mut counter = [0u8; 16];
        counter[..self.salt.len()].copy_from_slice(self.salt);
        counter[7] ^= label as u8;
        let mut derived = [0u8; N];
        for (number, part) in derived.chunks_mut(16).enumerate() {
            counter[15] = number as u8;
            // str0m's block functions want room for padding.
            let mut block = [0u8; 32];
            encrypt_block(self.provider.srtp_provider, self.key, &counter, &mut block);
            part.copy_from_slice(&block[..part.len()]);
        }
        derived
    }
}

fn encrypt_block(provider: &dyn SrtpProvider, key: &[u8], input: &[u8; 16], output: &mut [u8; 32]) {
    match key.len() {
        32 => provider.srtp_aes_256_ecb_round(key, input, output),
        _ => provider.srtp_aes_128_ecb_round(key, input, output),
    }
}

#[cfg(test)]
mod tests {
    use super::{Label, Master};

    #[test]
    fn keys_are_those_of_rfc_3711_appendix_b3() {
        let key = 0xe1f9_7a0d_3e01_8be0_d64f_a32c_06de_4139_u128.to_be_bytes();
        let salt = &0x0ec6_75ad_498a_feeb_b696_0b3a_abe6_u128.to_be_bytes()[2..];
        let provider = str0m::crypto::from_feature_flags();
        let master = Master { key: &key, salt, provider: &provider };
        let cipher_key: [u8; 16] = master.derive(Label::RtpKey);
        assert_eq!(u128::from_be_bytes(cipher_key), 0xc61e_7a93_744f_39ee_1073_4afe_3ff7_a087);
        let cipher_salt: [u8; 14] = master.derive(Label::RtpSalt);
        assert_eq!(cipher_salt, 0x30cb_bc08_863d_8c85_d49d_b34a_9ae1_u128.to_be_bytes()[2..]);
        let auth_key: [u8; 20] = master.derive(Label::RtpAuth);
        assert_eq!(u128::from_be_bytes(auth_key[..16].try_into().unwrap()), 0xcebe_321f_6ff7_716b_6fd4_ab49_af25_6a15);
        assert_eq!(auth_key[16..], 0x6d38_baa4_u32.to_be_bytes());
    }
}
