//! SRTP under fixed keys. An input is a forgery, and a packet that is sealed, maybe changed, and opened.

use std::sync::OnceLock;

use sfu::rtp::Header;
use sfu::srtp::{KeyingMaterial, RTCP_OVERHEAD, RTP_OVERHEAD, Receiver, Refusal, Sender};
use str0m::crypto::CryptoProvider;
use str0m::crypto::dtls::SrtpProfile;

use crate::input::{Input, Recipe};

const PROFILES: [SrtpProfile; 3] =
    [SrtpProfile::AEAD_AES_256_GCM, SrtpProfile::AEAD_AES_128_GCM, SrtpProfile::AES128_CM_SHA1_80];
const ROOM: usize = 1_024;

fn provider() -> &'static CryptoProvider {
    static PROVIDER: OnceLock<CryptoProvider> = OnceLock::new();
    PROVIDER.get_or_init(str0m::crypto::from_feature_flags)
}

fn contexts(profile: SrtpProfile) -> (Sender, Receiver) {
    let bytes: Vec<u8> = (0..88).collect();
    let side = |is_client| KeyingMaterial::new(profile, &bytes, is_client).expect("there are enough bytes");
    (side(true).contexts(provider()).0, side(false).contexts(provider()).1)
}

pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let choice = input.byte();
    let (mut sender, mut receiver) = contexts(PROFILES[usize::from(choice) % 3]);
    let index = u64::from(input.word());
    let change = (usize::from(input.short()), input.byte());
    refuse_forgery(input.rest(), index, &mut receiver);
    if choice & 0x80 == 0 {
        open_rtp(input.rest(), index, change, (&sender, &receiver));
    } else {
        open_rtcp(input.rest(), change, (&mut sender, &mut receiver));
    }
}

fn refuse_forgery(bytes: &[u8], index: u64, receiver: &mut Receiver) {
    let mut out = [0; ROOM];
    assert_eq!(receiver.open_rtcp(bytes, &mut out), Err(Refusal::Forged));
    for header in [12, Header::parse(bytes).map_or(16, |header| header.bytes)] {
        assert_eq!(receiver.open_rtp(bytes, header, 42, index, &mut out), None);
    }
}

/// Change a byte of what was sealed, or cut it there; whether it is another packet now.
fn tamper(sealed: &mut Vec<u8>, (place, change): (usize, u8)) -> bool {
    let at = place % sealed.len();
    if change == 0xff {
        sealed.truncate(at);
    } else {
        sealed[at] ^= change;
    }
    change != 0
}

fn open_rtp(plain: &[u8], index: u64, change: (usize, u8), (sender, receiver): (&Sender, &Receiver)) {
    let Some(header) = Header::parse(plain) else { return };
    let mut sealed = plain.to_vec();
    sealed.resize(plain.len() + RTP_OVERHEAD, 0);
    let length = sender.seal_rtp(&mut sealed, header.bytes, plain.len(), header.ssrc, index);
    sealed.truncate(length);
    let mut apart = vec![0xee; length];
    apart[..header.bytes].copy_from_slice(&plain[..header.bytes]);
    let payload = &plain[header.bytes..];
    assert_eq!(sender.seal_rtp_from(&mut apart, header.bytes, payload, header.ssrc, index), length);
    assert_eq!(apart, sealed, "it does not matter where the payload lies");
    let is_changed = tamper(&mut sealed, change);
    let mut out = [0xee; ROOM];
    let (room, beyond) = out.split_at_mut(plain.len() - header.bytes);
    let opened = receiver.open_rtp(&sealed, header.bytes, header.ssrc, index, room);
    assert_eq!(opened, (!is_changed).then_some(room.len()));
    assert!(is_changed || *room == plain[header.bytes..]);
    assert!(beyond.iter().all(|byte| *byte == 0xee));
    if !is_changed && let Some(smaller) = room.len().checked_sub(1) {
        let opened = receiver.open_rtp(&sealed, header.bytes, header.ssrc, index, &mut room[..smaller]);
        assert_eq!(opened, None, "there is too little room");
    }
}

fn open_rtcp(plain: &[u8], change: (usize, u8), (sender, receiver): (&mut Sender, &mut Receiver)) {
    // A packet of ours has a header and an SSRC.
    if plain.len() < 8 {
        return;
    }
    let mut sealed = plain.to_vec();
    sealed.resize(plain.len() + RTCP_OVERHEAD, 0);
    let length = sender.seal_rtcp(&mut sealed, plain.len());
    sealed.truncate(length);
    let is_changed = tamper(&mut sealed, change);
    let mut out = [0; ROOM];
    let opened = receiver.open_rtcp(&sealed, &mut out);
    assert_eq!(opened, if is_changed { Err(Refusal::Forged) } else { Ok(plain.len()) });
    assert!(is_changed || out[..plain.len()] == *plain);
    let again = if is_changed { Refusal::Forged } else { Refusal::Replayed };
    assert_eq!(receiver.open_rtcp(&sealed, &mut out), Err(again));
}

pub fn seeds() -> Vec<Vec<u8>> {
    let rtp = [0x90, 96, 0, 7, 0, 0, 0, 1, 0, 0, 0, 42, 0xbe, 0xde, 0, 1, 0x10, 0x85, 0, 0, 1, 2, 3, 4, 5];
    let rtcp = [0x80, 201, 0, 1, 0, 0, 0, 9, 0x81, 206, 0, 2, 0, 0, 0, 9, 0, 0, 0, 42];
    let seed = |choice: u8, change: &[u8; 3], plain: &[u8]| {
        Recipe::default().raw(&[choice, 0, 1, 0, 7]).raw(change).raw(plain).finish()
    };
    let kinds = (0..3).flat_map(|profile| [(profile, &rtp[..]), (0x81 + profile, &rtcp[..])]);
    kinds
        .flat_map(|(choice, plain)| [[0; 3], [0, 20, 1], [0, 30, 0xff]].map(|change| seed(choice, &change, plain)))
        .collect()
}
