//! A client on str0m: offers once, sends recognisable media, and keeps what it receives.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use str0m::bwe::Bitrate;
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::channel::ChannelId;
use str0m::format::Codec;
use str0m::media::{Direction, MediaKind, Mid, Pt, Rid, Simulcast, SimulcastLayer};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{Extension, ExtensionValues, RtpPacket, RtpWrite};
use str0m::{Candidate, Event, IceConnectionState, Input, Output, Rtc};

use sfu::codec::vp8::Descriptor;
use sfu::command::{Command, OpenPeer};
use sfu::model::{LayoutEntry, PublishedTrack, Source};

use crate::payload::{Tag, Temporal, h264_payload, read_tag, vp8_payload, write_tag};

pub const AUDIO_EVERY: Duration = Duration::from_millis(20);
pub const VIDEO_EVERY: Duration = Duration::from_millis(40);
/// The widths of the layers q, h, f.
pub const WIDTHS: [u16; 3] = [320, 640, 1280];

/// How a client is made.
#[derive(Debug, Clone)]
pub struct Setup {
    pub rids: Vec<&'static str>,
    pub audio_slots: usize,
    pub video_slots: usize,
    pub codecs: Vec<Codec>,
    /// Payload bytes of each packet, by layer.
    pub packet_bytes: [usize; 3],
    /// Packets of a keyframe; other frames have two.
    pub keyframe_packets: usize,
    /// The time from one frame to the next.
    pub frames_every: Duration,
    /// Whether the pictures have three temporal layers, as browsers send VP8 in simulcast.
    pub is_temporal: bool,
    /// Payload bytes of a packet of sound.
    pub voice_bytes: usize,
    pub screen: bool,
    /// The label of its data channel.
    pub channel: Option<&'static str>,
}

impl Default for Setup {
    fn default() -> Self {
        Setup {
            rids: vec!["q", "h", "f"],
            audio_slots: 3,
            video_slots: 4,
            codecs: vec![Codec::Vp8],
            packet_bytes: [200, 400, 800],
            keyframe_packets: 2,
            frames_every: VIDEO_EVERY,
            is_temporal: false,
            voice_bytes: 40,
            screen: false,
            channel: None,
        }
    }
}

/// A packet as a receiver saw it. `tag` tells who sent it: client number, layer, frame.
#[derive(Debug, Clone)]
pub struct Received {
    pub at: Instant,
    pub sequence: u64,
    pub timestamp: u32,
    pub tag: Tag,
    pub picture_id: Option<u16>,
    pub tl0: Option<u8>,
    /// The temporal layer; 0 where none is told.
    pub temporal: u8,
    pub keyframe: bool,
    /// How long it is to be held back at least.
    pub held_back: Option<Duration>,
}

/// One outgoing stream.
#[derive(Debug)]
struct Outgoing {
    sequence: u64,
    frame: u32,
    keyframe_due: bool,
    /// Frames since the last keyframe.
    since_keyframe: u32,
    /// Frames of temporal layer 0.
    tl0: u8,
}

pub struct Client {
    pub number: u8,
    pub name: String,
    pub address: SocketAddr,
    /// Where it was before.
    pub left: Vec<SocketAddr>,
    pub rtc: Rtc,
    pub setup: Setup,
    pub microphone: Mid,
    pub camera: Mid,
    pub screen: Option<Mid>,
    pub audio_slots: Vec<Mid>,
    pub video_slots: Vec<Mid>,
    pub offer: String,
    /// Its open data channel.
    pub channel: Option<ChannelId>,
    /// What came in it.
    pub messages: Vec<Vec<u8>>,
    pub connected: bool,
    pub closed: bool,
    pub received: HashMap<Mid, Vec<Received>>,
    /// In -dBov; `None`: no audio is sent.
    pub level: Option<i8>,
    pub sends_video: bool,
    pub layers_sent: usize,
    pub wake_at: Instant,
    pub uplink_busy: Instant,
    pub downlink_busy: Instant,
    pending: Option<SdpPendingOffer>,
    next_audio: Instant,
    next_video: Instant,
    streams: HashMap<(Mid, Option<Rid>), Outgoing>,
}

impl Client {
    pub fn new(index: usize, setup: Setup, now: Instant) -> Self {
        let address = SocketAddr::from(([10, 1, (index >> 8) as u8, index as u8], 5_000));
        Client::at(address, index, setup, now)
    }

    pub fn at(address: SocketAddr, index: usize, setup: Setup, now: Instant) -> Self {
        let config = Rtc::builder().set_rtp_mode(true).set_extension(7, Extension::PlayoutDelay);
        let mut config = config.clear_codecs().enable_opus(true, false);
        for codec in &setup.codecs {
            config = match codec {
                Codec::Vp8 => config.enable_vp8(true),
                Codec::H264 => config.enable_h264(true),
                other => panic!("no test sends {other:?}"),
            };
        }
        let mut rtc = config.enable_bwe(Some(Bitrate::mbps(3))).build(now);
        rtc.add_local_candidate(Candidate::host(address, Protocol::Udp).unwrap());
        let mut api = rtc.sdp_api();
        let microphone = api.add_media(MediaKind::Audio, Direction::SendOnly, None, None, None);
        let camera = api.add_media(MediaKind::Video, Direction::SendOnly, None, None, simulcast(&setup.rids));
        let screen = setup.screen.then(|| api.add_media(MediaKind::Video, Direction::SendOnly, None, None, None));
        let slot = |kind, api: &mut str0m::change::SdpApi| api.add_media(kind, Direction::RecvOnly, None, None, None);
        let audio_slots = (0..setup.audio_slots).map(|_| slot(MediaKind::Audio, &mut api)).collect();
        let video_slots = (0..setup.video_slots).map(|_| slot(MediaKind::Video, &mut api)).collect();
        if let Some(label) = setup.channel {
            api.add_channel(label.into());
        }
        let (offer, pending) = api.apply().unwrap();
        Client {
            number: index as u8,
            name: name(index),
            address,
            left: Vec::new(),
            rtc,
            setup,
            microphone,
            camera,
            screen,
            audio_slots,
            video_slots,
            offer: offer.to_sdp_string(),
            channel: None,
            messages: Vec::new(),
            connected: false,
            closed: false,
            received: HashMap::new(),
            level: Some(-30),
            sends_video: true,
            layers_sent: 3,
            wake_at: now,
            uplink_busy: now,
            downlink_busy: now,
            pending: Some(pending),
            next_audio: now,
            next_video: now,
            streams: HashMap::new(),
        }
    }

    pub fn open(&self, request: u64, room: &str, generation: u64) -> OpenPeer {
        let mut publish = vec![
            PublishedTrack { mid: self.microphone.to_string(), source: Source::Microphone },
            PublishedTrack { mid: self.camera.to_string(), source: Source::Camera },
        ];
        publish.extend(self.screen.map(|mid| PublishedTrack { mid: mid.to_string(), source: Source::Screen }));
        OpenPeer {
            request,
            room: room.into(),
            peer: self.name.as_str().into(),
            generation,
            offer: self.offer.clone(),
            publish,
            audio_slots: self.audio_slots.iter().map(ToString::to_string).collect(),
            video_slots: self.video_slots.iter().map(ToString::to_string).collect(),
        }
    }

    /// Show each publisher's source, at a width, in the next video slot.
    pub fn layout(&self, room: &str, tiles: impl IntoIterator<Item = (usize, Source, u32)>) -> Command {
        let entry = |(mid, (publisher, source, width)): (&Mid, (usize, Source, u32))| LayoutEntry {
            mid: mid.to_string(),
            peer: name(publisher).into(),
            source,
            width,
        };
        let entries = self.video_slots.iter().zip(tiles).map(entry).collect();
        Command::SetLayout { room: room.into(), peer: self.name.as_str().into(), entries }
    }

    pub fn answered(&mut self, sdp: &str) {
        let answer = SdpAnswer::from_sdp_string(sdp).unwrap();
        let pending = self.pending.take().unwrap();
        self.rtc.sdp_api().accept_answer(pending, answer).unwrap();
    }

    /// From now on at another address.
    pub fn move_to(&mut self, address: SocketAddr) {
        let old = Candidate::host(self.address, Protocol::Udp).unwrap();
        self.rtc.direct_api().invalidate_candidate(&old);
        self.rtc.add_local_candidate(Candidate::host(address, Protocol::Udp).unwrap());
        self.left.push(std::mem::replace(&mut self.address, address));
    }

    /// How many frames it has sent of a layer of its camera.
    pub fn frames_sent(&self, layer: u8) -> u32 {
        let rid = self.setup.rids.get(usize::from(layer)).map(|rid| Rid::from(*rid));
        self.streams.get(&(self.camera, rid)).map_or(0, |stream| stream.frame)
    }

    /// Let a stream go on under another SSRC, without a keyframe.
    pub fn begin_anew(&mut self, mid: Mid, rid: Option<Rid>) {
        let mut api = self.rtc.direct_api();
        let (ssrc, repair) = (api.new_ssrc(), api.new_ssrc());
        api.reset_stream_tx(mid, rid, ssrc, Some(repair)).unwrap();
        self.streams.get_mut(&(mid, rid)).unwrap().sequence = 40_000;
    }

    /// Let the next frame be a keyframe.
    pub fn make_keyframe(&mut self, mid: Mid, rid: Option<Rid>) {
        self.streams.get_mut(&(mid, rid)).unwrap().keyframe_due = true;
    }

    /// Say something in the data channel.
    pub fn say(&mut self, text: &str) {
        self.say_bytes(false, text.as_bytes());
    }

    /// Say something as text or as bytes.
    pub fn say_bytes(&mut self, is_binary: bool, bytes: &[u8]) {
        let mut channel = self.rtc.channel(self.channel.unwrap()).unwrap();
        assert!(channel.write(is_binary, bytes).unwrap());
    }

    /// An offer with new ICE credentials.
    pub fn restart_ice(&mut self) -> String {
        let mut api = self.rtc.sdp_api();
        api.ice_restart(true);
        let (offer, pending) = api.apply().unwrap();
        self.pending = Some(pending);
        offer.to_sdp_string()
    }

    pub fn receive(&mut self, from: SocketAddr, bytes: &[u8], now: Instant) {
        let Ok(receive) = Receive::new(Protocol::Udp, from, self.address, bytes) else { return };
        let input = Input::Receive(now, receive);
        if self.rtc.accepts(&input) {
            let _ = self.rtc.handle_input(input);
        }
    }

    /// Send media that is due; then everything that the connection has to say.
    pub fn advance(&mut self, now: Instant) -> Vec<(SocketAddr, Vec<u8>)> {
        self.send_media(now);
        let _ = self.rtc.handle_input(Input::Timeout(now));
        let mut datagrams = Vec::new();
        loop {
            match self.rtc.poll_output() {
                Ok(Output::Transmit(transmit)) => datagrams.push((transmit.destination, transmit.contents.to_vec())),
                Ok(Output::Event(event)) => self.event(event, now),
                Ok(Output::Timeout(at)) => {
                    self.wake_at = at;
                    break;
                }
                Err(_) => break,
            }
        }
        datagrams
    }

    pub fn next_at(&self) -> Instant {
        if self.connected { self.wake_at.min(self.next_audio).min(self.next_video) } else { self.wake_at }
    }

    fn event(&mut self, event: Event, now: Instant) {
        match event {
            Event::Connected => {
                self.connected = true;
                self.next_audio = now;
                self.next_video = now;
            }
            Event::Closed | Event::IceConnectionStateChange(IceConnectionState::Disconnected) => self.closed = true,
            Event::ChannelOpen(id, _) => self.channel = Some(id),
            Event::ChannelData(data) => self.messages.push(data.data),
            Event::RtpPacket(packet) => self.keep(&packet, now),
            Event::KeyframeRequest(request) => {
                if let Some(stream) = self.streams.get_mut(&(request.mid, request.rid)) {
                    stream.keyframe_due = true;
                }
            }
            _ => {}
        }
    }

    fn keep(&mut self, packet: &RtpPacket, now: Instant) {
        let mid = self.rtc.direct_api().stream_rx(&packet.header.ssrc).unwrap().mid();
        let Some(tag) = read_tag(&packet.payload) else { return };
        let is_video = self.video_slots.contains(&mid);
        let vp8 = str0m::rtp::Vp8Descriptor::parse(&packet.payload).ok().filter(|_| is_video);
        self.received.entry(mid).or_default().push(Received {
            at: now,
            sequence: *packet.seq_no,
            timestamp: packet.header.timestamp,
            tag,
            picture_id: vp8.and_then(|d| d.picture_id()),
            tl0: vp8.and_then(|d| d.tl0_pic_idx()),
            temporal: vp8.and_then(|_| Descriptor::parse(&packet.payload)?.temporal).unwrap_or(0),
            held_back: packet.header.ext_vals.play_delay_min.map(Duration::from),
            keyframe: vp8.is_some_and(|d| d.starts_keyframe(&packet.payload)),
        });
    }

    fn send_media(&mut self, now: Instant) {
        if !self.connected {
            return;
        }
        if now >= self.next_audio {
            self.next_audio += AUDIO_EVERY;
            self.send_audio(now);
        }
        if now >= self.next_video {
            self.next_video += self.setup.frames_every;
            if self.sends_video {
                self.send_pictures(now);
            }
        }
    }

    fn send_audio(&mut self, now: Instant) {
        let Some(level) = self.level else { return };
        let tag = self.next_tag(self.microphone, None, 0);
        let extensions = ExtensionValues {
            audio_level: Some(level),
            voice_activity: Some(level > -50),
            ..ExtensionValues::default()
        };
        let payload = write_tag(vec![0x78; self.setup.voice_bytes], tag);
        let pt = self.payload_type(Codec::Opus);
        self.write(self.microphone, None, pt, tag.frame * 960, true, payload, extensions, now);
    }

    fn send_pictures(&mut self, now: Instant) {
        let codec = self.setup.codecs[0];
        let pt = self.payload_type(codec);
        let rids = self.setup.rids.clone();
        if rids.is_empty() {
            self.send_picture(self.camera, None, 0, 0, pt, now);
        }
        for (layer, rid) in rids.iter().enumerate().take(self.layers_sent) {
            self.send_picture(self.camera, Some(Rid::from(*rid)), layer, layer, pt, now);
        }
        if let Some(screen) = self.screen {
            self.send_picture(screen, None, 2, 9, pt, now);
        }
    }

    /// A frame of two packets, or of more if it is a keyframe. `tag_layer` is what receivers see in the tag.
    fn send_picture(&mut self, mid: Mid, rid: Option<Rid>, layer: usize, tag_layer: usize, pt: Pt, now: Instant) {
        let tag = self.next_tag(mid, rid, tag_layer as u8);
        let is_temporal = self.setup.is_temporal;
        let stream = self.streams.get_mut(&(mid, rid)).unwrap();
        let keyframe = std::mem::take(&mut stream.keyframe_due);
        let temporal = stream.next_temporal(keyframe, is_temporal);
        let parts = if keyframe { self.setup.keyframe_packets } else { 2 };
        let ticks = (self.setup.frames_every.as_micros() * 9 / 100) as u32;
        let timestamp = tag.frame.wrapping_mul(ticks).wrapping_add(layer as u32 * 1_000_000);
        for part in 0..parts {
            let bytes = self.setup.packet_bytes[layer];
            let payload = match self.setup.codecs[0] {
                Codec::H264 => h264_payload(keyframe, bytes, tag),
                _ => vp8_payload(keyframe, part == 0, WIDTHS[layer], bytes, tag, temporal),
            };
            self.write(mid, rid, pt, timestamp, part + 1 == parts, payload, ExtensionValues::default(), now);
        }
    }

    fn next_tag(&mut self, mid: Mid, rid: Option<Rid>, layer: u8) -> Tag {
        let first = Outgoing { sequence: 100, frame: 0, keyframe_due: true, since_keyframe: 0, tl0: 0 };
        let stream = self.streams.entry((mid, rid)).or_insert(first);
        stream.frame += 1;
        Tag { client: self.number, layer, frame: stream.frame }
    }

    fn payload_type(&self, codec: Codec) -> Pt {
        self.rtc.codec_config().find(|params| params.spec().codec == codec).unwrap().pt()
    }

    #[allow(clippy::too_many_arguments, reason = "the fields of an RTP packet")]
    fn write(
        &mut self,
        mid: Mid,
        rid: Option<Rid>,
        pt: Pt,
        timestamp: u32,
        marker: bool,
        payload: Vec<u8>,
        extensions: ExtensionValues,
        now: Instant,
    ) {
        let sequence = self.streams.get_mut(&(mid, rid)).unwrap();
        sequence.sequence += 1;
        let write = RtpWrite::new(pt, sequence.sequence.into(), timestamp, now, payload)
            .marker(marker)
            .nackable(true)
            .ext_vals(extensions);
        let mut api = self.rtc.direct_api();
        api.stream_tx_by_mid(mid, rid).unwrap().write_rtp(write);
    }

    /// What arrived in a slot since a time.
    pub fn since(&self, mid: Mid, at: Instant) -> Vec<Received> {
        let all = self.received.get(&mid).map(Vec::as_slice).unwrap_or_default();
        all.iter().filter(|packet| packet.at >= at).cloned().collect()
    }
}

impl Outgoing {
    /// The layers go 0 2 1 2, those above 0 anew with each layer 0.
    fn next_temporal(&mut self, keyframe: bool, is_temporal: bool) -> Temporal {
        self.since_keyframe = if keyframe { 0 } else { self.since_keyframe.wrapping_add(1) };
        let (layer, is_sync) = match self.since_keyframe % 4 {
            _ if !is_temporal => (0, false),
            0 => (0, false),
            1 => (2, true),
            2 => (1, true),
            _ => (2, false),
        };
        self.tl0 = self.tl0.wrapping_add(u8::from(layer == 0));
        Temporal { layer, is_sync, tl0: self.tl0 }
    }
}

fn name(index: usize) -> String {
    format!("p{index}")
}

fn simulcast(rids: &[&str]) -> Option<Simulcast> {
    if rids.is_empty() {
        return None;
    }
    let mut simulcast = Simulcast::new();
    for rid in rids {
        simulcast.add_send_layer(SimulcastLayer::new(rid));
    }
    Some(simulcast)
}
