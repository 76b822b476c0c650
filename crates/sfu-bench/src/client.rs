//! One participant: str0m as the client, synthetic media out, everything received decrypted, verified and counted.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::UdpSocket;
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::format::Codec;
use str0m::media::{Direction, KeyframeRequest, MediaKind, Mid, Pt, Rid, Simulcast, SimulcastLayer};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{ExtensionValues, RtpPacket, RtpWrite, SeqNo, Ssrc};
use str0m::{Candidate, Event, Input, Output, Rtc};

use crate::protocol::{Publish, Reply, Totals};
use crate::source::{AudioSource, CAMERA_LAYERS, LayerShape, Packet, VideoSource};

/// Loudness in dBov that every client claims: a speaking voice.
const VOICE_LEVEL: i8 = -30;

/// Any failure, as text for the driver.
pub type Failure = Box<dyn std::error::Error>;

struct Layer {
    rid: Rid,
    source: VideoSource,
    sequence: u64,
}

/// The numbers of the codecs that were agreed on.
#[derive(Default)]
struct PayloadTypes {
    opus: Option<Pt>,
    vp8: Option<Pt>,
}

impl PayloadTypes {
    fn of(rtc: &Rtc) -> Self {
        let find = |codec| {
            rtc.codec_config().params().iter().find(|params| params.spec().codec == codec).map(|params| params.pt())
        };
        PayloadTypes { opus: find(Codec::Opus), vp8: find(Codec::Vp8) }
    }
}

/// What arrived of one stream.
struct Received {
    first: u64,
    highest: u64,
    packets: u64,
}

impl Received {
    fn new(packet: &RtpPacket) -> Self {
        let number = *packet.seq_no;
        Received { first: number, highest: number, packets: 0 }
    }

    fn count(&mut self, packet: &RtpPacket) {
        self.highest = self.highest.max(*packet.seq_no);
        self.packets += 1;
    }

    fn missing(&self) -> u64 {
        (self.highest - self.first + 1).saturating_sub(self.packets)
    }
}

/// Where a packet goes.
struct Outgoing {
    mid: Mid,
    rid: Option<Rid>,
    pt: Option<Pt>,
    levels: ExtensionValues,
}

impl Outgoing {
    /// Queue a packet; a stream that the server did not accept takes none.
    fn write(self, rtc: &mut Rtc, sequence: &mut u64, packet: Packet, now: Instant) {
        let Some(pt) = self.pt else { return };
        let mut api = rtc.direct_api();
        let Some(stream) = api.stream_tx_by_mid(self.mid, self.rid) else {
            return;
        };
        *sequence += 1;
        let rtp = RtpWrite::new(pt, SeqNo::from(*sequence), packet.timestamp, now, packet.payload);
        stream.write_rtp(rtp.marker(packet.marker).ext_vals(self.levels).nackable(self.rid.is_some()));
    }
}

fn layers() -> Simulcast {
    let mut simulcast = Simulcast::new();
    for shape in CAMERA_LAYERS {
        simulcast.add_send_layer(SimulcastLayer::new(shape.rid));
    }
    simulcast
}

fn new_layers(now: Instant) -> Vec<Layer> {
    let layer =
        |shape: LayerShape| Layer { rid: Rid::from(shape.rid), source: VideoSource::new(shape, now), sequence: 0 };
    CAMERA_LAYERS.into_iter().map(layer).collect()
}

/// What a client sends and receives.
pub struct Shape {
    /// A camera in three layers.
    pub camera: bool,
    /// A microphone.
    pub microphone: bool,
    /// Receive slots for video.
    pub video_slots: usize,
}

/// A participant.
pub struct Client {
    /// The driver's name for it.
    pub id: String,
    /// Its socket, registered by the owner of the poll.
    pub socket: UdpSocket,
    address: SocketAddr,
    rtc: Rtc,
    pending: Option<SdpPendingOffer>,
    microphone: Option<(Mid, AudioSource, u64)>,
    camera: Option<(Mid, Vec<Layer>)>,
    answered_at: Instant,
    connected: bool,
    video_seen: bool,
    payload_types: PayloadTypes,
    received: HashMap<Ssrc, Received>,
    totals: Totals,
    wake_at: Instant,
}

impl Client {
    /// Make a client with its offer. Video slots and three audio slots are receive-only m-lines.
    pub fn open(id: String, shape: &Shape, now: Instant) -> Result<(Client, Reply), Failure> {
        let socket = UdpSocket::bind("127.0.0.1:0".parse()?)?;
        let address = socket.local_addr()?;
        let mut rtc =
            Rtc::builder().set_rtp_mode(true).clear_codecs().enable_opus(true, true).enable_vp8(true).build(now);
        rtc.add_local_candidate(Candidate::host(address, Protocol::Udp)?);
        let mut api = rtc.sdp_api();
        let send = Direction::SendOnly;
        let microphone = shape.microphone.then(|| api.add_media(MediaKind::Audio, send, None, None, None));
        let camera = shape.camera.then(|| api.add_media(MediaKind::Video, send, None, None, Some(layers())));
        let mut slots = |kind, count| -> Vec<String> {
            (0..count).map(|_| api.add_media(kind, Direction::RecvOnly, None, None, None).to_string()).collect()
        };
        let audio_slots = slots(MediaKind::Audio, 3);
        let video_slots = slots(MediaKind::Video, shape.video_slots);
        let (offer, pending) = api.apply().ok_or("nothing to offer")?;
        let publish = microphone
            .map(|mid| Publish { mid: mid.to_string(), source: "microphone" })
            .into_iter()
            .chain(camera.map(|mid| Publish { mid: mid.to_string(), source: "camera" }))
            .collect();
        let reply = Reply::Offer { id: id.clone(), sdp: offer.to_sdp_string(), publish, audio_slots, video_slots };
        let client = Client {
            id,
            socket,
            address,
            rtc,
            pending: Some(pending),
            microphone: microphone.map(|mid| (mid, AudioSource::new(now), 0)),
            camera: camera.map(|mid| (mid, new_layers(now))),
            answered_at: now,
            connected: false,
            video_seen: false,
            payload_types: PayloadTypes::default(),
            received: HashMap::new(),
            totals: Totals::default(),
            wake_at: now,
        };
        Ok((client, reply))
    }

    /// Take the server's answer: the handshake begins.
    pub fn answer(&mut self, sdp: &str, now: Instant) -> Result<(), Failure> {
        let pending = self.pending.take().ok_or("there is no open offer")?;
        let answer = SdpAnswer::from_sdp_string(sdp)?;
        self.rtc.sdp_api().accept_answer(pending, answer)?;
        self.payload_types = PayloadTypes::of(&self.rtc);
        self.answered_at = now;
        Ok(())
    }

    /// When [`Client::run`] wants to be called again, if nothing arrives.
    pub fn wake_at(&self) -> Instant {
        self.wake_at
    }

    /// What was counted since the start.
    pub fn totals(&self) -> Totals {
        Totals { connected: usize::from(self.connected), packets_missing: self.missing(), ..self.totals }
    }

    fn missing(&self) -> u64 {
        self.received.values().map(Received::missing).sum()
    }

    /// Read what arrived, send what is due, and tell what happened.
    pub fn run(&mut self, now: Instant, replies: &mut Vec<Reply>) -> Result<(), Failure> {
        self.receive(now, replies)?;
        if self.connected {
            self.send_due(now, replies)?;
        }
        if now >= self.wake_at {
            self.rtc.handle_input(Input::Timeout(now))?;
        }
        let timeout = self.poll(replies)?;
        self.wake_at = timeout.min(self.next_media_at()).max(now + Duration::from_micros(200));
        Ok(())
    }

    fn next_media_at(&self) -> Instant {
        let far = self.answered_at + Duration::from_secs(86_400);
        if !self.connected {
            return far;
        }
        let audio = self.microphone.as_ref().map(|(_, source, _)| source.next_at());
        let layers = self.camera.iter().flat_map(|(_, layers)| layers);
        layers.map(|layer| layer.source.next_at()).chain(audio).min().unwrap_or(far)
    }

    fn receive(&mut self, now: Instant, replies: &mut Vec<Reply>) -> Result<(), Failure> {
        let mut buffer = [0u8; 2_000];
        loop {
            let (length, source) = match self.socket.recv_from(&mut buffer) {
                Ok(received) => received,
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            let Ok(contents) = buffer[..length].try_into() else {
                continue;
            };
            let receive = Receive { proto: Protocol::Udp, source, destination: self.address, contents };
            self.rtc.handle_input(Input::Receive(now, receive))?;
            self.poll(replies)?;
        }
    }

    fn poll(&mut self, replies: &mut Vec<Reply>) -> Result<Instant, Failure> {
        loop {
            match self.rtc.poll_output()? {
                Output::Timeout(at) => return Ok(at),
                Output::Transmit(transmit) => {
                    // A full socket buffer is loss, as on any network.
                    let _ = self.socket.send_to(&transmit.contents, transmit.destination);
                }
                Output::Event(event) => self.take(event, replies),
            }
        }
    }

    fn take(&mut self, event: Event, replies: &mut Vec<Reply>) {
        let after_ms = self.answered_at.elapsed().as_millis() as u64;
        match event {
            Event::Connected => {
                self.connected = true;
                replies.push(Reply::Connected { id: self.id.clone(), after_ms });
            }
            Event::RtpPacket(packet) => {
                if !self.video_seen && Some(packet.header.payload_type) == self.payload_types.vp8 {
                    self.video_seen = true;
                    replies.push(Reply::FirstVideo { id: self.id.clone(), after_ms });
                }
                self.count(&packet);
            }
            Event::KeyframeRequest(request) => self.request_keyframe(request),
            _ => {}
        }
    }

    fn count(&mut self, packet: &RtpPacket) {
        self.totals.packets_in += 1;
        self.totals.bytes_in += packet.payload.len() as u64;
        self.received.entry(packet.header.ssrc).or_insert_with(|| Received::new(packet)).count(packet);
    }

    fn request_keyframe(&mut self, request: KeyframeRequest) {
        let Some((_, layers)) = &mut self.camera else {
            return;
        };
        for layer in layers.iter_mut().filter(|layer| request.rid.is_none_or(|rid| rid == layer.rid)) {
            layer.source.request_keyframe();
        }
    }

    fn send_due(&mut self, now: Instant, replies: &mut Vec<Reply>) -> Result<(), Failure> {
        if let Some((mid, source, sequence)) = &mut self.microphone
            && let Some(packet) = source.poll(now)
        {
            let levels =
                ExtensionValues { audio_level: Some(VOICE_LEVEL), voice_activity: Some(true), ..Default::default() };
            let outgoing = Outgoing { mid: *mid, rid: None, pt: self.payload_types.opus, levels };
            outgoing.write(&mut self.rtc, sequence, packet, now);
            self.totals.packets_out += 1;
            self.poll(replies)?;
        }
        self.send_camera(now, replies)
    }

    fn send_camera(&mut self, now: Instant, replies: &mut Vec<Reply>) -> Result<(), Failure> {
        let Some((mid, mut layers)) = self.camera.take() else {
            return Ok(());
        };
        for layer in &mut layers {
            for packet in layer.source.poll(now) {
                let outgoing = Outgoing {
                    mid,
                    rid: Some(layer.rid),
                    pt: self.payload_types.vp8,
                    levels: ExtensionValues::default(),
                };
                outgoing.write(&mut self.rtc, &mut layer.sequence, packet, now);
                self.totals.packets_out += 1;
            }
        }
        self.camera = Some((mid, layers));
        self.poll(replies).map(|_| ())
    }
}
