//! What an accepted offer comes to: the m-lines that the client publishes, its receive slots, numbers and extensions.

use str0m::Rtc;
use str0m::format::PayloadParams;
use str0m::media::{Media, Mid, Rid, Rids};

use crate::codec::Codec;
use crate::command::OpenPeer;
use crate::event::{Refusal, RefusalCode};
use crate::layers::order_of;
use crate::rtp::ExtensionIds;

/// Everything that was agreed on.
#[derive(Debug, Clone, Default)]
pub struct Agreed {
    /// The published tracks, in the order of the command.
    pub tracks: Vec<TrackLine>,
    /// The receive slots: audio first, then video.
    pub slots: Vec<SlotLine>,
    /// The payload types, which BUNDLE shares between all m-lines.
    pub payloads: Vec<Payload>,
}

/// A payload type and what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payload {
    /// The number.
    pub number: u8,
    /// How its payload is encoded.
    pub codec: Codec,
    /// The number of its retransmissions (RFC 4588), if agreed on.
    pub retransmission: Option<u8>,
}

/// A published track's m-line.
#[derive(Debug, Clone)]
pub struct TrackLine {
    /// Its name.
    pub mid: String,
    /// Its simulcast layers, the smallest first; empty without simulcast.
    pub rids: Vec<String>,
    /// Its extensions.
    pub extensions: ExtensionIds,
    /// The stream and its retransmissions, when the offer names them.
    pub ssrc: Option<(u32, Option<u32>)>,
}

/// A receive slot's m-line.
#[derive(Debug, Clone)]
pub struct SlotLine {
    /// Its name.
    pub mid: String,
    /// Its extensions.
    pub extensions: ExtensionIds,
    /// The payload types that its receiver listed.
    pub payload_types: Vec<u8>,
    /// The stream that we send in it.
    pub ssrc: u32,
    /// The stream of its retransmissions.
    pub retransmission_ssrc: Option<u32>,
}

impl Agreed {
    /// Read it off a connection that has accepted the command's offer.
    pub fn read(rtc: &mut Rtc, open: &OpenPeer) -> Result<Self, Refusal> {
        let tracks = open.publish.iter().map(|track| track_line(rtc, &track.mid));
        let tracks: Result<Vec<TrackLine>, Refusal> = tracks.collect();
        let slots = open.audio_slots.iter().chain(&open.video_slots);
        let slots: Result<Vec<SlotLine>, Refusal> = slots.map(|mid| slot_line(rtc, mid)).collect();
        Ok(Agreed { tracks: tracks?, slots: slots?, payloads: payloads(rtc) })
    }
}

fn track_line(rtc: &mut Rtc, name: &str) -> Result<TrackLine, Refusal> {
    let mid = Mid::from(name);
    let media = rtc.media(mid).ok_or_else(|| unknown_mid("published", name))?;
    let rids: Vec<Rid> = match media.rids_rx() {
        Rids::Specific(rids) => order_of(rids),
        _ => Vec::new(),
    };
    let extensions = extension_ids(media);
    let mut api = rtc.direct_api();
    let ssrc = api.stream_rx_by_mid(mid, None).map(|stream| (*stream.ssrc(), stream.rtx().map(|rtx| *rtx)));
    Ok(TrackLine {
        mid: name.into(),
        ssrc: ssrc.filter(|_| rids.is_empty()),
        rids: rids.iter().map(|rid| rid.to_string()).collect(),
        extensions,
    })
}

fn slot_line(rtc: &mut Rtc, name: &str) -> Result<SlotLine, Refusal> {
    let mid = Mid::from(name);
    let media = rtc.media(mid).ok_or_else(|| unknown_mid("slot", name))?;
    if !media.direction().is_sending() {
        let detail = format!("slot m-line {name} is not recvonly in the offer");
        return Err(Refusal::new(RefusalCode::SdpUnsupported, detail));
    }
    let (extensions, payload_types) = (extension_ids(media), media.remote_pts().iter().map(|pt| **pt).collect());
    let mut api = rtc.direct_api();
    let stream = api.stream_tx_by_mid(mid, None).ok_or_else(|| unknown_mid("slot", name))?;
    Ok(SlotLine {
        mid: name.into(),
        extensions,
        payload_types,
        ssrc: *stream.ssrc(),
        retransmission_ssrc: stream.rtx().map(|rtx| *rtx),
    })
}

fn extension_ids(media: &Media) -> ExtensionIds {
    let mut ids = ExtensionIds::default();
    for (id, extension) in media.remote_extmap().iter() {
        ids.learn(id, extension.as_uri());
    }
    ids
}

fn payloads(rtc: &Rtc) -> Vec<Payload> {
    rtc.codec_config().params().iter().flat_map(entries).collect()
}

/// A format, and the same in redundant packets (RFC 2198) where that was agreed on.
fn entries(params: &PayloadParams) -> impl Iterator<Item = Payload> + use<> {
    let codec = Codec::from_params(params);
    let plain = Payload { number: *params.pt(), codec, retransmission: params.resend().map(|pt| *pt) };
    let redundant = Codec { redundant: true, ..codec };
    let red = params.red().map(|pt| Payload { number: *pt, codec: redundant, retransmission: None });
    std::iter::once(plain).chain(red)
}

fn unknown_mid(role: &str, mid: &str) -> Refusal {
    let detail = format!("the offer has no m-line for the {role} mid {mid}");
    Refusal::new(RefusalCode::SdpUnsupported, detail)
}
