//! Connections on str0m in RTP mode: ICE-lite, DTLS, SRTP, retransmission, transport-wide congestion control.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use str0m::bwe::{Bitrate, BweKind};
use str0m::change::SdpOffer;
use str0m::config::DtlsCert;
use str0m::format::PayloadParams;
use str0m::media::{KeyframeRequestKind, Mid, Pt, Rid, Rids};
use str0m::net::{Protocol, Receive, TcpType};
use str0m::rtp::{RtpPacket, RtpWrite, Ssrc};
use str0m::{Candidate, Event, Input, Rtc, RtcError};

use super::answer::complete;
use super::{Connection, ConnectionError, Datagram, Measured, Opened, Output, PacketIn, PacketOut, Plane, Transmit};
use crate::codec::Codec;
use crate::command::OpenPeer;
use crate::event::{Refusal, RefusalCode};
use crate::layers::order_of;
use crate::model::Transport;

/// What a new peer's path is thought to carry until it was measured.
const INITIAL_ESTIMATE_BPS: u64 = 2_500_000;
/// How often str0m reports what it measured.
const REPORT_INTERVAL: Duration = Duration::from_millis(1_000);
/// Packets kept for retransmission per video slot: two seconds of a large picture.
const VIDEO_CACHE_PACKETS: usize = 1_024;

/// Creates str0m connections that share a certificate and candidates.
#[derive(Clone)]
pub struct Str0mPlane {
    certificate: DtlsCert,
    candidates: Vec<Candidate>,
}

impl Str0mPlane {
    /// A plane whose answers advertise these addresses.
    pub fn new(addresses: &[SocketAddr], tcp: bool) -> Result<Self, ConnectionError> {
        let provider = str0m::crypto::from_feature_flags();
        let certificate = provider
            .dtls_provider
            .generate_certificate()
            .ok_or_else(|| ConnectionError("no certificate could be made".into()))?;
        let mut candidates = Vec::new();
        for address in addresses {
            candidates.push(Candidate::host(*address, Protocol::Udp).map_err(describe)?);
        }
        for address in addresses.iter().filter(|_| tcp) {
            let builder = Candidate::builder().tcp().host(*address).tcptype(TcpType::Passive);
            candidates.push(builder.build().map_err(describe)?);
        }
        Ok(Str0mPlane { certificate, candidates })
    }

    fn new_rtc(&self, now: Instant) -> Rtc {
        let mut rtc = Rtc::builder()
            .set_rtp_mode(true)
            .set_ice_lite(true)
            .set_dtls_cert(self.certificate.clone())
            .clear_codecs()
            .enable_opus(true, true)
            .enable_vp8(true)
            .enable_vp9(true)
            .enable_h264(true)
            .enable_av1(true)
            .set_send_buffer_video(VIDEO_CACHE_PACKETS)
            .set_stats_interval(Some(REPORT_INTERVAL))
            .enable_bwe(Some(Bitrate::bps(INITIAL_ESTIMATE_BPS)))
            .build(now);
        for candidate in &self.candidates {
            rtc.add_local_candidate(candidate.clone());
        }
        rtc
    }
}

fn describe(error: impl std::fmt::Display) -> ConnectionError {
    ConnectionError(error.to_string())
}

impl Plane for Str0mPlane {
    fn open(&mut self, open: &OpenPeer, now: Instant) -> Result<Opened, Refusal> {
        let mut rtc = self.new_rtc(now);
        let answer = accept(&mut rtc, &open.offer)?;
        let tracks = published_mids(&rtc, open)?;
        let slots = slot_mids(&rtc, open)?;
        let layers = tracks.iter().map(|track| track.rids.len().max(1)).collect();
        let codecs = Codecs::new(&rtc);
        let connection =
            Str0mConnection { rtc, tracks, slots, codecs, streams: HashMap::new(), measured: Measured::default() };
        Ok(Opened { connection: Box::new(connection), answer, layers })
    }
}

fn accept(rtc: &mut Rtc, offer: &str) -> Result<String, Refusal> {
    let offer =
        SdpOffer::from_sdp_string(offer).map_err(|error| Refusal::new(RefusalCode::SdpInvalid, error.to_string()))?;
    let answer = rtc.sdp_api().accept_offer(offer).map_err(refusal)?;
    Ok(complete(&answer.to_sdp_string()))
}

fn refusal(error: RtcError) -> Refusal {
    Refusal::new(RefusalCode::SdpInvalid, error.to_string())
}

fn published_mids(rtc: &Rtc, open: &OpenPeer) -> Result<Vec<PublishedMid>, Refusal> {
    let mut tracks = Vec::with_capacity(open.publish.len());
    for track in &open.publish {
        let mid = Mid::from(track.mid.as_str());
        let media = rtc.media(mid).ok_or_else(|| unknown_mid("published", &track.mid))?;
        let rids = match media.rids_rx() {
            Rids::Specific(rids) => order_of(rids),
            _ => Vec::new(),
        };
        tracks.push(PublishedMid { mid, rids });
    }
    Ok(tracks)
}

fn slot_mids(rtc: &Rtc, open: &OpenPeer) -> Result<Vec<SlotMid>, Refusal> {
    let mut slots = Vec::new();
    for name in open.audio_slots.iter().chain(&open.video_slots) {
        let mid = Mid::from(name.as_str());
        let media = rtc.media(mid).ok_or_else(|| unknown_mid("slot", name))?;
        if !media.direction().is_sending() {
            let detail = format!("slot m-line {name} is not recvonly in the offer");
            return Err(Refusal::new(RefusalCode::SdpUnsupported, detail));
        }
        slots.push(SlotMid { mid, payload_types: media.remote_pts().to_vec() });
    }
    Ok(slots)
}

fn unknown_mid(role: &str, mid: &str) -> Refusal {
    let detail = format!("the offer has no m-line for the {role} mid {mid}");
    Refusal::new(RefusalCode::SdpUnsupported, detail)
}

/// A published track's m-line.
struct PublishedMid {
    mid: Mid,
    /// Smallest layer first; empty without simulcast.
    rids: Vec<Rid>,
}

/// A receive slot's m-line.
struct SlotMid {
    mid: Mid,
    payload_types: Vec<Pt>,
}

/// The payload types of a session, which BUNDLE shares between all m-lines.
struct Codecs {
    payload_types: Vec<(Pt, Codec)>,
    /// One bit a payload type that carries retransmissions (RFC 4588).
    rtx: u128,
}

impl Codecs {
    fn new(rtc: &Rtc) -> Self {
        let params = rtc.codec_config().params();
        let resends = params.iter().filter_map(PayloadParams::resend);
        Codecs {
            payload_types: params.iter().flat_map(Self::entries).collect(),
            rtx: resends.fold(0, |bits, pt| bits | 1 << (*pt & 0x7f)),
        }
    }

    fn entries(params: &PayloadParams) -> impl Iterator<Item = (Pt, Codec)> + use<> {
        let codec = Codec::from_params(params);
        let redundant = Codec { redundant: true, ..codec };
        let red = params.red().map(|pt| (pt, redundant));
        std::iter::once((params.pt(), codec)).chain(red)
    }

    fn codec(&self, pt: Pt) -> Option<Codec> {
        let mut known = self.payload_types.iter();
        known.find(|(known, _)| *known == pt).map(|(_, codec)| *codec)
    }

    /// Whether a sent datagram is an RTP packet that carries a retransmission rather than padding.
    fn is_retransmission(&self, datagram: &[u8]) -> bool {
        match datagram {
            [first, second, ..] => first & 0xe0 == 0x80 && self.rtx >> (second & 0x7f) & 1 == 1,
            _ => false,
        }
    }
}

/// One peer on str0m.
struct Str0mConnection {
    rtc: Rtc,
    tracks: Vec<PublishedMid>,
    slots: Vec<SlotMid>,
    codecs: Codecs,
    streams: HashMap<Ssrc, (usize, usize)>,
    measured: Measured,
}

impl Str0mConnection {
    fn input<'a>(datagram: &Datagram<'a>, now: Instant) -> Result<Input<'a>, ConnectionError> {
        let receive = Receive::new(protocol(datagram.transport), datagram.source, datagram.destination, datagram.bytes);
        Ok(Input::Receive(now, receive.map_err(describe)?))
    }

    fn packet(&mut self, packet: RtpPacket) -> Option<PacketIn> {
        let (track, layer) = self.place_of(packet.header.ssrc)?;
        let codec = self.codecs.codec(packet.header.payload_type)?;
        Some(PacketIn {
            track,
            layer,
            codec,
            sequence: *packet.seq_no,
            timestamp: packet.header.timestamp,
            marker: packet.header.marker,
            payload: packet.payload,
            extensions: packet.header.ext_vals,
        })
    }

    /// Which track and layer an SSRC belongs to. Asked once a stream: the answer never changes.
    fn place_of(&mut self, ssrc: Ssrc) -> Option<(usize, usize)> {
        if let Some(place) = self.streams.get(&ssrc) {
            return Some(*place);
        }
        let mut api = self.rtc.direct_api();
        let stream = api.stream_rx(&ssrc)?;
        let (mid, rid) = (stream.mid(), stream.rid());
        let track = self.tracks.iter().position(|track| track.mid == mid)?;
        let layer = match rid {
            Some(rid) => self.tracks[track].rids.iter().position(|known| *known == rid)?,
            None => 0,
        };
        self.streams.insert(ssrc, (track, layer));
        Some((track, layer))
    }

    fn transmit(&self, transmit: str0m::net::Transmit) -> Transmit {
        let bytes: Vec<u8> = transmit.contents.into();
        Transmit {
            transport: if transmit.proto == Protocol::Udp { Transport::Udp } else { Transport::Tcp },
            source: transmit.source,
            destination: transmit.destination,
            is_retransmission: self.codecs.is_retransmission(&bytes),
            bytes,
        }
    }

    fn event(&mut self, event: Event) -> Option<Output> {
        match event {
            Event::RtpPacket(packet) => self.packet(packet).map(Output::Packet),
            Event::Connected => Some(Output::Connected),
            Event::Closed => Some(Output::Closed),
            Event::KeyframeRequest(request) => {
                let slot = self.slots.iter().position(|slot| slot.mid == request.mid)?;
                Some(Output::KeyframeRequested { slot })
            }
            Event::EgressBitrateEstimate(kind) => estimate(&kind),
            Event::MediaIngressStats(stats) => {
                self.measured.loss_up = larger(self.measured.loss_up, stats.loss);
                None
            }
            Event::MediaEgressStats(stats) => {
                self.measured.loss_down = larger(self.measured.loss_down, stats.loss);
                self.measured.rtt = stats.rtt.or(self.measured.rtt);
                None
            }
            Event::PeerStats(stats) => {
                self.measured.rtt = stats.rtt.or(self.measured.rtt);
                Some(Output::Measured(std::mem::take(&mut self.measured)))
            }
            _ => None,
        }
    }
}

fn larger(known: Option<f32>, new: Option<f32>) -> Option<f32> {
    match (known, new) {
        (Some(a), Some(b)) => Some(a.max(b)),
        (a, b) => a.or(b),
    }
}

fn estimate(kind: &BweKind) -> Option<Output> {
    match kind {
        BweKind::Twcc { estimate, can_probe } => Some(Output::Estimate(can_probe.then(|| estimate.as_u64()))),
        _ => None,
    }
}

fn protocol(transport: Transport) -> Protocol {
    match transport {
        Transport::Udp => Protocol::Udp,
        Transport::Tcp => Protocol::Tcp,
    }
}

impl Connection for Str0mConnection {
    fn ufrag(&mut self) -> String {
        self.rtc.direct_api().local_ice_credentials().ufrag
    }

    fn accepts(&self, datagram: &Datagram, now: Instant) -> bool {
        Self::input(datagram, now).is_ok_and(|input| self.rtc.accepts(&input))
    }

    fn receive(&mut self, datagram: &Datagram, now: Instant) -> Result<(), ConnectionError> {
        let input = Self::input(datagram, now)?;
        self.rtc.handle_input(input).map_err(describe)
    }

    fn advance(&mut self, now: Instant) {
        // Fails only for what a later poll reports again.
        let _ = self.rtc.handle_input(Input::Timeout(now));
    }

    fn poll(&mut self) -> Result<Output, ConnectionError> {
        loop {
            match self.rtc.poll_output().map_err(describe)? {
                str0m::Output::Timeout(at) => return Ok(Output::Timeout(at)),
                str0m::Output::Transmit(datagram) => {
                    return Ok(Output::Transmit(self.transmit(datagram)));
                }
                str0m::Output::Event(event) => {
                    if let Some(output) = self.event(event) {
                        return Ok(output);
                    }
                }
            }
        }
    }

    fn is_alive(&self) -> bool {
        self.rtc.is_alive()
    }

    fn send(&mut self, slot: usize, packet: PacketOut, now: Instant) {
        let mut api = self.rtc.direct_api();
        let Some(stream) = api.stream_tx_by_mid(self.slots[slot].mid, None) else {
            return;
        };
        let write =
            RtpWrite::new(Pt::from(packet.payload_type), packet.sequence.into(), packet.timestamp, now, packet.payload);
        let write = write.marker(packet.marker).ext_vals(packet.extensions).nackable(true);
        stream.write_rtp(match packet.patch {
            Some(patch) => write.vp8_patch(patch),
            None => write,
        });
    }

    fn request_keyframe(&mut self, track: usize, layer: usize) -> bool {
        let track = &self.tracks[track];
        let rid = track.rids.get(layer).copied();
        let mut api = self.rtc.direct_api();
        let Some(stream) = api.stream_rx_by_mid(track.mid, rid) else {
            return false;
        };
        stream.request_keyframe(KeyframeRequestKind::Pli);
        true
    }

    fn payload_type(&self, slot: usize, codec: Codec) -> Option<u8> {
        let allowed = &self.slots[slot].payload_types;
        let mut known = self.codecs.payload_types.iter().filter(|(_, known)| *known == codec);
        let (pt, _) = known.find(|(pt, _)| codec.redundant || allowed.contains(pt))?;
        Some(**pt)
    }

    fn set_bitrate_goal(&mut self, minimum_bps: u64, desired_bps: u64) {
        self.rtc.bwe().set_bitrate(Bitrate::bps(minimum_bps), Bitrate::bps(desired_bps));
    }

    fn restart_ice(&mut self, offer: &str) -> Result<String, Refusal> {
        accept(&mut self.rtc, offer)
    }

    fn close(&mut self) {
        // A connection that cannot close properly is dropped all the same.
        let _ = self.rtc.close();
    }
}
