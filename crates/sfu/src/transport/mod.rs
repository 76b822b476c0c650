//! One peer's transport: SDP, ICE-lite, DTLS and data channels by str0m. Media never enters it.

mod answer;
pub mod guard;
#[doc(hidden)]
pub mod keys;
mod negotiation;

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use str0m::change::SdpOffer;
use str0m::channel::ChannelId;
use str0m::config::DtlsCert;
use str0m::crypto::CryptoProvider;
use str0m::net::{Protocol, Receive, TcpType};
use str0m::rtp::{Extension, ExtensionSerializer, ExtensionValues};
use str0m::{Candidate, Event, Input, Rtc, RtcError};

use answer::complete;
use keys::KeyCell;
pub use negotiation::{Agreed, Payload, SlotLine, TrackLine};

use crate::command::OpenPeer;
use crate::egress::Route;
use crate::event::{Refusal, RefusalCode};
use crate::model::Transport as Protocols;
use crate::rtp::extensions::DEPENDENCY_URI;
use crate::srtp::KeyingMaterial;

/// Reports are ours: str0m shall not wake for its own.
const NEVER: Duration = Duration::from_secs(24 * 3_600);
/// Data channels that a client may have open.
const MAX_CHANNELS: usize = 16;
/// The longest label of a data channel, in bytes; what is said in channels of longer ones goes nowhere.
pub const MAX_LABEL_BYTES: usize = 255;
/// The id that we would like the Dependency Descriptor to have; the offer decides.
const DEPENDENCY_ID: u8 = 12;
/// The same for the playout delay.
const PLAYOUT_DELAY_ID: u8 = 9;

/// A datagram (or a TCP frame) that arrived.
#[derive(Debug, Clone, Copy)]
pub struct Datagram<'a> {
    /// UDP or TCP.
    pub transport: Protocols,
    /// Who sent it.
    pub source: SocketAddr,
    /// The local candidate at which it arrived.
    pub destination: SocketAddr,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// A datagram (or a TCP frame) of the transport to send.
#[derive(Debug)]
pub struct Transmit {
    /// Its way.
    pub route: Route,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What a transport yields when polled.
#[derive(Debug)]
pub enum Output {
    /// Nothing more until this time.
    Timeout(Instant),
    /// Send this.
    Transmit(Transmit),
    /// ICE and DTLS are up; the keys can be taken.
    Connected,
    /// A message came in one of the client's data channels.
    Message(Message),
    /// The client closed the connection.
    Closed,
}

/// A message of a data channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The channel's label.
    pub label: String,
    /// Bytes rather than text.
    pub is_binary: bool,
    /// The content.
    pub data: Vec<u8>,
}

/// A transport that cannot go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransportError(pub String);

fn describe(error: impl std::fmt::Display) -> TransportError {
    TransportError(error.to_string())
}

/// Creates transports that share a certificate and candidates.
#[derive(Clone)]
pub struct Transports {
    certificate: DtlsCert,
    candidates: Vec<Candidate>,
}

/// A transport that was just created.
pub struct Opened {
    /// The transport.
    pub transport: Transport,
    /// The complete SDP answer.
    pub answer: String,
    /// What was agreed on.
    pub agreed: Agreed,
}

impl Transports {
    /// Transports whose answers advertise these addresses.
    pub fn new(addresses: &[SocketAddr], tcp: bool) -> Result<Self, TransportError> {
        let dtls = keys::provider().dtls_provider;
        let certificate = dtls.generate_certificate().ok_or_else(|| describe("no certificate could be made"))?;
        let mut candidates = Vec::new();
        for address in addresses {
            candidates.push(Candidate::host(*address, Protocol::Udp).map_err(describe)?);
        }
        for address in addresses.iter().filter(|_| tcp) {
            let builder = Candidate::builder().tcp().host(*address).tcptype(TcpType::Passive);
            candidates.push(builder.build().map_err(describe)?);
        }
        Ok(Transports { certificate, candidates })
    }

    /// The address to send to another process from: one of the same family.
    pub fn address_towards(&self, remote: SocketAddr) -> Option<SocketAddr> {
        let mut addresses = self.candidates.iter().map(Candidate::addr);
        addresses.find(|address| address.is_ipv4() == remote.is_ipv4())
    }

    /// The cryptography that SRTP keys are derived with.
    pub fn crypto(&self) -> &'static CryptoProvider {
        keys::provider()
    }

    /// Accept the offer of a new peer. An offer over which str0m panics is refused like any other bad one.
    pub fn open(&self, open: &OpenPeer, now: Instant) -> Result<Opened, Refusal> {
        // Unwind safety: nothing of the attempt is used after a panic.
        let opened = catch_unwind(AssertUnwindSafe(|| self.try_open(open, now)));
        opened.unwrap_or_else(|_| Err(Refusal::new(RefusalCode::SdpInvalid, "the offer contradicts itself")))
    }

    fn try_open(&self, open: &OpenPeer, now: Instant) -> Result<Opened, Refusal> {
        let mut rtc = self.new_rtc(now);
        let keys = keys::last_cell();
        let answer = accept(&mut rtc, &open.offer)?;
        let agreed = Agreed::read(&mut rtc, open)?;
        Ok(Opened { transport: Transport { rtc, keys, channels: Vec::new() }, answer, agreed })
    }

    fn new_rtc(&self, now: Instant) -> Rtc {
        let mut rtc = Rtc::builder()
            .set_crypto_provider(keys::provider().clone())
            .set_rtp_mode(true)
            .set_ice_lite(true)
            .set_dtls_cert(self.certificate.clone())
            .set_rtcp_report_interval_audio(NEVER)
            .set_rtcp_report_interval_video(NEVER)
            .set_extension(DEPENDENCY_ID, Extension::with_serializer(DEPENDENCY_URI, NotByStr0m))
            .set_extension(PLAYOUT_DELAY_ID, Extension::PlayoutDelay)
            .clear_codecs()
            .enable_opus(true, true)
            .enable_vp8(true)
            .enable_vp9(true)
            .enable_h264(true)
            .enable_av1(true)
            .build(now);
        for candidate in &self.candidates {
            rtc.add_local_candidate(candidate.clone());
        }
        rtc
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

/// Lets str0m negotiate an extension that it never reads or writes.
#[derive(Debug)]
struct NotByStr0m;

impl ExtensionSerializer for NotByStr0m {
    fn write_to(&self, _: &mut [u8], _: &ExtensionValues) -> usize {
        0
    }

    fn parse_value(&self, _: &[u8], _: &mut ExtensionValues) -> bool {
        true
    }

    fn is_video(&self) -> bool {
        true
    }

    fn is_audio(&self) -> bool {
        false
    }
}

/// One peer's transport. After every call that changes it, it must be polled until it yields a timeout.
pub struct Transport {
    rtc: Rtc,
    keys: KeyCell,
    /// The client's open data channels and their labels.
    channels: Vec<(ChannelId, String)>,
}

impl Transport {
    fn input<'a>(datagram: &Datagram<'a>, now: Instant) -> Result<Input<'a>, TransportError> {
        let protocol = match datagram.transport {
            Protocols::Udp => Protocol::Udp,
            Protocols::Tcp => Protocol::Tcp,
        };
        let receive = Receive::new(protocol, datagram.source, datagram.destination, datagram.bytes);
        Ok(Input::Receive(now, receive.map_err(describe)?))
    }

    /// The local ICE user name fragment, which routes the first datagrams of a path.
    pub fn ufrag(&mut self) -> String {
        self.rtc.direct_api().local_ice_credentials().ufrag
    }

    /// Whether the datagram belongs to this peer.
    pub fn accepts(&self, datagram: &Datagram, now: Instant) -> bool {
        Self::input(datagram, now).is_ok_and(|input| self.rtc.accepts(&input))
    }

    /// Take a datagram. An error means it was dropped.
    pub fn receive(&mut self, datagram: &Datagram, now: Instant) -> Result<(), TransportError> {
        let input = Self::input(datagram, now)?;
        self.rtc.handle_input(input).map_err(describe)
    }

    /// Time has passed.
    pub fn advance(&mut self, now: Instant) {
        // Fails only for what a later poll reports again.
        let _ = self.rtc.handle_input(Input::Timeout(now));
    }

    /// The next output.
    pub fn poll(&mut self) -> Result<Output, TransportError> {
        loop {
            match self.rtc.poll_output().map_err(describe)? {
                str0m::Output::Timeout(at) => return Ok(Output::Timeout(at)),
                str0m::Output::Transmit(datagram) => return Ok(Output::Transmit(transmit(datagram))),
                str0m::Output::Event(Event::Connected) => return Ok(Output::Connected),
                str0m::Output::Event(Event::Closed) => return Ok(Output::Closed),
                str0m::Output::Event(event) => {
                    if let Some(message) = self.take_channel_event(event) {
                        return Ok(Output::Message(message));
                    }
                }
            }
        }
    }

    fn take_channel_event(&mut self, event: Event) -> Option<Message> {
        match event {
            Event::ChannelOpen(id, label) if self.channels.len() < MAX_CHANNELS && label.len() <= MAX_LABEL_BYTES => {
                self.channels.push((id, label));
            }
            Event::ChannelClose(id) => self.channels.retain(|(known, _)| *known != id),
            Event::ChannelData(data) => {
                let (_, label) = self.channels.iter().find(|(known, _)| *known == data.id)?;
                return Some(Message { label: label.clone(), is_binary: data.binary, data: data.data });
            }
            _ => {}
        }
        None
    }

    /// Send a message in the client's channel of the same label; whether there is one that takes it.
    pub fn send_message(&mut self, message: &Message) -> bool {
        let found = self.channels.iter().find(|(_, label)| *label == message.label);
        let Some(mut channel) = found.and_then(|(id, _)| self.rtc.channel(*id)) else { return false };
        channel.write(message.is_binary, &message.data).unwrap_or(false)
    }

    /// The keys of the handshake, once.
    pub fn take_keys(&mut self) -> Option<KeyingMaterial> {
        self.keys.take()
    }

    /// Whether it can still be used.
    pub fn is_alive(&self) -> bool {
        self.rtc.is_alive()
    }

    /// Accept an offer with new ICE credentials; returns the answer.
    pub fn restart_ice(&mut self, offer: &str) -> Result<String, Refusal> {
        accept(&mut self.rtc, offer)
    }

    /// Begin to say good-bye.
    pub fn close(&mut self) {
        // A connection that cannot close properly is dropped all the same.
        let _ = self.rtc.close();
    }
}

fn transmit(datagram: str0m::net::Transmit) -> Transmit {
    let transport = if datagram.proto == Protocol::Udp { Protocols::Udp } else { Protocols::Tcp };
    let route = Route { transport, source: datagram.source, destination: datagram.destination };
    Transmit { route, bytes: datagram.contents.into() }
}
