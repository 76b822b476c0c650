//! A client: str0m for ICE and DTLS; the media is the target's own, sealed with the keys of the handshake.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Instant;

use sfu::command::OpenPeer;
use sfu::model::{PublishedTrack, Source};
use sfu::rtp::{Header, Incoming, extend, incoming};
use sfu::srtp::{RTCP_OVERHEAD, RTP_OVERHEAD, Receiver, Sender};
use sfu::transport::keys::{self, KeyCell};
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::config::DtlsCert;
use str0m::media::{Direction, MediaKind, Mid, Simulcast, SimulcastLayer};
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, Input, Output, Rtc};

/// The names of the camera's layers.
pub const RIDS: [&str; 3] = ["q", "h", "f"];
const PACKET_BYTES: usize = 2_048;

/// What a client sends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Its voice.
    Voice,
    /// A layer of its camera.
    Layer(u8),
    /// The retransmissions of a layer.
    Repair(u8),
}

/// A client.
pub struct Client {
    pub address: SocketAddr,
    pub connected: bool,
    pub microphone: Mid,
    pub camera: Mid,
    number: u8,
    rtc: Rtc,
    cell: KeyCell,
    media: Option<(Sender, Receiver)>,
    pending: Option<SdpPendingOffer>,
    offer: String,
    audio_slots: Vec<Mid>,
    pub video_slots: Vec<Mid>,
    newest: HashMap<u32, u64>,
}

fn certificate() -> &'static DtlsCert {
    static CERTIFICATE: OnceLock<DtlsCert> = OnceLock::new();
    let make = || keys::watching_provider().dtls_provider.generate_certificate();
    // Making one for each client would cost more than all the rest of a run.
    CERTIFICATE.get_or_init(|| make().expect("a certificate"))
}

impl Client {
    pub fn new(number: u8, now: Instant) -> Self {
        let address = SocketAddr::from(([10, 1, 0, number], 5_000));
        let builder = Rtc::builder().set_crypto_provider(keys::watching_provider().clone()).set_rtp_mode(true);
        let mut rtc = builder.set_dtls_cert(certificate().clone()).build(now);
        let cell = keys::last_cell();
        rtc.add_local_candidate(Candidate::host(address, Protocol::Udp).expect("an address"));
        let mut api = rtc.sdp_api();
        let mut simulcast = Simulcast::new();
        RIDS.iter().for_each(|rid| simulcast.add_send_layer(SimulcastLayer::new(rid)));
        let mut line = |kind, direction, layers| api.add_media(kind, direction, None, None, layers);
        let microphone = line(MediaKind::Audio, Direction::SendOnly, None);
        let camera = line(MediaKind::Video, Direction::SendOnly, Some(simulcast));
        let audio_slots = vec![line(MediaKind::Audio, Direction::RecvOnly, None)];
        let video_slots = (0..2).map(|_| line(MediaKind::Video, Direction::RecvOnly, None)).collect();
        let (offer, pending) = api.apply().expect("an offer");
        Client {
            address,
            connected: false,
            microphone,
            camera,
            number,
            rtc,
            cell,
            media: None,
            pending: Some(pending),
            offer: offer.to_sdp_string(),
            audio_slots,
            video_slots,
            newest: HashMap::new(),
        }
    }

    pub fn name(&self) -> String {
        format!("p{}", self.number)
    }

    pub fn open(&self, room: &str) -> OpenPeer {
        let track = |mid: Mid, source| PublishedTrack { mid: mid.to_string(), source };
        OpenPeer {
            request: u64::from(self.number),
            room: room.into(),
            peer: self.name().into(),
            generation: 1,
            offer: self.offer.clone(),
            publish: vec![track(self.microphone, Source::Microphone), track(self.camera, Source::Camera)],
            audio_slots: self.audio_slots.iter().map(ToString::to_string).collect(),
            video_slots: self.video_slots.iter().map(ToString::to_string).collect(),
        }
    }

    pub fn answered(&mut self, sdp: &str) {
        let answer = SdpAnswer::from_sdp_string(sdp).expect("an answer");
        let pending = self.pending.take().expect("an open offer");
        self.rtc.sdp_api().accept_answer(pending, answer).expect("an answer to the offer");
    }

    /// The payload type of VP8 or Opus, or of VP8's retransmissions.
    pub fn payload_type(&self, stream: Stream) -> u8 {
        let name = if stream == Stream::Voice { str0m::format::Codec::Opus } else { str0m::format::Codec::Vp8 };
        let params = self.rtc.codec_config().find(|params| params.spec().codec == name).expect("a codec");
        match stream {
            Stream::Repair(_) => *params.resend().expect("retransmissions"),
            _ => *params.pt(),
        }
    }

    /// Whether a payload type is one of retransmissions.
    pub fn repairs(&self, payload_type: u8) -> bool {
        self.rtc.codec_config().params().iter().any(|params| params.resend().is_some_and(|pt| *pt == payload_type))
    }

    /// Everything that ICE and DTLS have to say.
    pub fn advance(&mut self, now: Instant) -> Vec<Vec<u8>> {
        let _ = self.rtc.handle_input(Input::Timeout(now));
        let mut datagrams = Vec::new();
        loop {
            match self.rtc.poll_output() {
                // Its own reports would share our numbers of SRTCP.
                Ok(Output::Transmit(sent)) if incoming(&sent.contents) == Incoming::Transport => {
                    datagrams.push(sent.contents.to_vec());
                }
                Ok(Output::Event(Event::Connected)) => self.connect(),
                Ok(Output::Timeout(_)) | Err(_) => return datagrams,
                Ok(_) => {}
            }
        }
    }

    fn connect(&mut self) {
        self.connected = true;
        self.media = self.cell.take().map(|keys| keys.contexts(keys::watching_provider()));
    }

    /// Take a datagram of ICE or DTLS.
    pub fn receive(&mut self, from: SocketAddr, bytes: &[u8], now: Instant) {
        let Ok(receive) = Receive::new(Protocol::Udp, from, self.address, bytes) else { return };
        let _ = self.rtc.handle_input(Input::Receive(now, receive));
    }

    /// Seal an RTP packet; `None`: it is none, or there are no keys.
    pub fn seal_rtp(&mut self, plain: &[u8]) -> Option<Vec<u8>> {
        let header = Header::parse(plain)?;
        let (sender, _) = self.media.as_ref()?;
        // As the receiver will guess it.
        let newest = self.newest.get(&header.ssrc).copied();
        let index = extend(newest, header.sequence);
        self.newest.insert(header.ssrc, newest.map_or(index, |newest| newest.max(index)));
        let mut packet = plain.to_vec();
        packet.resize(plain.len() + RTP_OVERHEAD, 0);
        let length = sender.seal_rtp(&mut packet, header.bytes, plain.len(), header.ssrc, index);
        packet.truncate(length);
        Some(packet)
    }

    /// Seal an RTCP packet; `None`: it is too short, or there are no keys.
    pub fn seal_rtcp(&mut self, plain: &[u8]) -> Option<Vec<u8>> {
        let (sender, _) = self.media.as_mut().filter(|_| plain.len() >= 8)?;
        let mut packet = plain.to_vec();
        packet.resize(plain.len() + RTCP_OVERHEAD, 0);
        let length = sender.seal_rtcp(&mut packet, plain.len());
        packet.truncate(length);
        Some(packet)
    }

    /// The header and payload of a media packet that came; `None`: it is not authentic.
    pub fn open_rtp(&mut self, packet: &[u8]) -> Option<(Header, Vec<u8>)> {
        let header = Header::parse(packet)?;
        let (_, receiver) = self.media.as_ref()?;
        let newest = self.newest.get(&header.ssrc).copied();
        let index = extend(newest, header.sequence);
        let mut payload = vec![0; PACKET_BYTES];
        let length = receiver.open_rtp(packet, header.bytes, header.ssrc, index, &mut payload)?;
        self.newest.insert(header.ssrc, newest.map_or(index, |newest| newest.max(index)));
        payload.truncate(length);
        Some((header, payload))
    }

    /// The RTCP packet that came; `None`: it is not authentic.
    pub fn open_rtcp(&mut self, packet: &[u8]) -> Option<Vec<u8>> {
        let (_, receiver) = self.media.as_mut()?;
        let mut plain = vec![0; PACKET_BYTES];
        let length = receiver.open_rtcp(packet, &mut plain).ok()?;
        plain.truncate(length);
        Some(plain)
    }
}
