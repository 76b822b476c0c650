//! One participant: str0m for ICE and DTLS, and by its role for the media too.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::rc::Rc;
use std::time::{Duration, Instant};

use sfu::srtp::KeyingMaterial;
use sfu::transport::keys::{self, KeyCell};
use sfu_bench::reporter::Reporter;
use sfu_bench::socket::{self, BATCH, Outbox, Receiver, monotonic_ns};
use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::config::DtlsCert;
use str0m::crypto::CryptoProvider;
use str0m::format::Codec;
use str0m::media::{Direction, MediaKind, Mid, Pt};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{Extension, RtpWrite, SeqNo};
use str0m::{Candidate, Event, Input, Output, Rtc};

use crate::protocol::{Command, Reply};
use crate::source::{Shape, Source};
use crate::tally::Tally;

/// RFC 3550: reports of a receiver whose bandwidth is no concern.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);
/// Room for what probes receive while this thread does something else.
const PROBE_BUFFER_BYTES: i32 = 4 * 1024 * 1024;
/// Who a bulk receiver's reports are from.
const OWN_SSRC: u32 = 1;
/// RFC 3550 section 6.4.1.
const SENDER_REPORT: u8 = 200;
/// str0m may ask to be called at once; other participants have to have their turn.
const MIN_PAUSE: Duration = Duration::from_micros(200);

/// Any failure, as text for the driver.
pub type Failure = Box<dyn std::error::Error>;

/// What all participants share.
pub struct Shared {
    /// The identity of all: making one for each would cost the time that the handshakes are to have.
    pub certificate: DtlsCert,
    /// Ciphers.
    pub crypto: CryptoProvider,
    /// Where all sockets are bound.
    pub address: Ipv4Addr,
}

/// What a participant is for.
pub enum Role {
    /// Sends.
    Publisher(Publisher),
    /// Has the kernel drop and count its RTP, and reports that all is well.
    Bulk(Bulk),
    /// Decrypts and checks.
    Probe(Tally),
}

/// A sender's state.
pub struct Publisher {
    /// What it sends.
    pub source: Source,
    /// Keyframes that the server asked for.
    pub keyframe_requests: u64,
    mid: Option<Mid>,
    payload_type: Option<Pt>,
    sequence: u64,
}

/// The state of a receiver that does not look at its media.
#[derive(Default)]
pub struct Bulk {
    /// Datagrams that the kernel dropped.
    pub packets: u64,
    /// Reports sent.
    pub reports: u64,
    drops: u32,
    media_ssrc: Option<u32>,
    reporter: Option<Reporter>,
    report_at: Option<Instant>,
}

/// A participant.
pub struct Participant {
    /// The driver's name for it.
    pub id: String,
    /// Its socket.
    pub socket: Rc<UdpSocket>,
    /// Whether media is up.
    pub connected: bool,
    /// What it is for.
    pub role: Role,
    /// What its handshake gave, once that is over.
    pub keys: Option<KeyingMaterial>,
    cell: KeyCell,
    address: SocketAddr,
    rtc: Rtc,
    pending: Option<SdpPendingOffer>,
    answered_at: Instant,
    outbox: Outbox,
    destination: Option<SocketAddrV4>,
    rtc_at: Instant,
}

impl Participant {
    /// Make the participant that a command asks for; also what it says first.
    pub fn open(command: Command, shared: &Shared, now: Instant) -> Result<(Participant, Reply), Failure> {
        match command {
            Command::Publish { id, stream } => {
                let source = Source::new(stream, now);
                let publisher = Publisher { source, keyframe_requests: 0, mid: None, payload_type: None, sequence: 0 };
                Self::new(id, Role::Publisher(publisher), shared, now)?.offer(Direction::SendOnly, 1)
            }
            Command::Receive { id, streams, probe } => {
                Self::new(id, receiver(probe), shared, now)?.offer(Direction::RecvOnly, streams)
            }
            Command::Accept { id, sdp, probe } => {
                let mut participant = Self::new(id, receiver(probe), shared, now)?;
                let reply = participant.accept(&sdp, now)?;
                Ok((participant, reply))
            }
            _ => Err("this opens nothing".into()),
        }
    }

    fn new(id: String, role: Role, shared: &Shared, now: Instant) -> Result<Participant, Failure> {
        let socket = UdpSocket::bind((shared.address, 0))?;
        socket.set_nonblocking(true)?;
        if matches!(role, Role::Probe(_)) {
            socket::enlarge_buffers(&socket, PROBE_BUFFER_BYTES)?;
        }
        let address = socket.local_addr()?;
        let mut rtc = Rtc::builder()
            .set_rtp_mode(true)
            .set_dtls_cert(shared.certificate.clone())
            .clear_codecs()
            .enable_vp8(true)
            // No transport-wide sequence numbers: nobody may adapt what is to be measured at a fixed rate.
            .clear_extension_map()
            .set_extension(4, Extension::RtpMid)
            .build(now);
        let cell = keys::last_cell();
        rtc.add_local_candidate(Candidate::host(address, Protocol::Udp)?);
        Ok(Participant {
            id,
            socket: Rc::new(socket),
            connected: false,
            role,
            keys: None,
            cell,
            address,
            rtc,
            pending: None,
            answered_at: now,
            outbox: Outbox::default(),
            destination: None,
            rtc_at: now,
        })
    }

    fn offer(mut self, direction: Direction, streams: usize) -> Result<(Participant, Reply), Failure> {
        let mut api = self.rtc.sdp_api();
        let mids: Vec<Mid> =
            (0..streams).map(|_| api.add_media(MediaKind::Video, direction, None, None, None)).collect();
        let (offer, pending) = api.apply().ok_or("nothing to offer")?;
        self.pending = Some(pending);
        if let Role::Publisher(publisher) = &mut self.role {
            publisher.mid = mids.first().copied();
        }
        let reply = Reply::Offer { id: self.id.clone(), sdp: offer.to_sdp_string() };
        Ok((self, reply))
    }

    /// Answer the server's offer, the first or a later one.
    pub fn accept(&mut self, sdp: &str, now: Instant) -> Result<Reply, Failure> {
        let answer = self.rtc.sdp_api().accept_offer(SdpOffer::from_sdp_string(sdp)?)?;
        self.rtc_at = now;
        Ok(Reply::Answer { id: self.id.clone(), sdp: answer.to_sdp_string() })
    }

    /// Take the server's answer: the handshake begins.
    pub fn answer(&mut self, sdp: &str, now: Instant) -> Result<(), Failure> {
        let pending = self.pending.take().ok_or("there is no open offer")?;
        self.rtc.sdp_api().accept_answer(pending, SdpAnswer::from_sdp_string(sdp)?)?;
        if let Role::Publisher(publisher) = &mut self.role {
            let params = self.rtc.codec_config().params();
            publisher.payload_type =
                params.iter().find(|params| params.spec().codec == Codec::Vp8).map(|params| params.pt());
        }
        self.answered_at = now;
        self.rtc_at = now;
        Ok(())
    }

    /// The server can be reached here too.
    pub fn add_candidate(&mut self, candidate: &str, now: Instant) -> Result<(), Failure> {
        self.rtc.add_remote_candidate(Candidate::from_sdp_string(candidate)?);
        self.rtc_at = now;
        Ok(())
    }

    /// Send like this from now on.
    pub fn set_shape(&mut self, shape: Shape, now: Instant) {
        if let Role::Publisher(publisher) = &mut self.role {
            publisher.source.set_shape(shape, now);
        }
    }

    /// When [`Participant::run`] wants to be called again, if nothing arrives.
    pub fn wake_at(&self) -> Instant {
        let media_at = match &self.role {
            Role::Publisher(publisher) if self.connected => publisher.source.next_at(),
            Role::Bulk(bulk) => bulk.report_at,
            _ => None,
        };
        media_at.map_or(self.rtc_at, |at| at.min(self.rtc_at))
    }

    /// Read what arrived, send what is due, and tell what happened.
    pub fn run(
        &mut self,
        readable: bool,
        receiver: &mut Receiver,
        shared: &Shared,
        replies: &mut Vec<Reply>,
    ) -> Result<(), Failure> {
        let now = Instant::now();
        if readable {
            self.receive(receiver, now, replies)?;
        }
        self.send_frames(now)?;
        self.report(shared, now);
        if now >= self.rtc_at {
            self.rtc.handle_input(Input::Timeout(now))?;
        }
        let next = self.poll(now, replies)?;
        self.rtc_at = next.max(now + MIN_PAUSE);
        self.flush();
        Ok(())
    }

    fn receive(&mut self, receiver: &mut Receiver, now: Instant, replies: &mut Vec<Reply>) -> Result<(), Failure> {
        let socket = Rc::clone(&self.socket);
        loop {
            let mut failure = None;
            let count = receiver.receive(&socket, |source, bytes| {
                if failure.is_none() {
                    failure = self.take_datagram(source, bytes, now, replies).err();
                }
            })?;
            match failure {
                Some(failure) => return Err(failure),
                None if count < BATCH => return Ok(()),
                None => {}
            }
        }
    }

    fn take_datagram(
        &mut self,
        source: SocketAddr,
        bytes: &[u8],
        now: Instant,
        replies: &mut Vec<Reply>,
    ) -> Result<(), Failure> {
        if let (Role::Bulk(bulk), [first, kind, _, _, ssrc @ ..]) = (&mut self.role, bytes)
            && first >> 6 == 2
        {
            bulk.take_rtcp(*kind, ssrc);
            return Ok(());
        }
        // What a server sends that str0m does not know is dropped, as a browser does.
        let Ok(contents) = bytes.try_into() else { return Ok(()) };
        let receive = Receive { proto: Protocol::Udp, source, destination: self.address, contents };
        self.rtc.handle_input(Input::Receive(now, receive))?;
        self.poll(now, replies)?;
        Ok(())
    }

    fn poll(&mut self, now: Instant, replies: &mut Vec<Reply>) -> Result<Instant, Failure> {
        loop {
            match self.rtc.poll_output()? {
                Output::Timeout(at) => return Ok(at),
                Output::Transmit(transmit) => self.transmit(transmit.destination, &transmit.contents),
                Output::Event(event) => self.take_event(event, now, replies)?,
            }
        }
    }

    fn transmit(&mut self, destination: SocketAddr, bytes: &[u8]) {
        let SocketAddr::V4(destination) = destination else { return };
        let rtcp = bytes.first().is_some_and(|first| first >> 6 == 2);
        if rtcp && matches!(&self.role, Role::Bulk(bulk) if bulk.reporter.is_some()) {
            // str0m's own reports would share our sequence of SRTCP packets.
            return;
        }
        if self.destination != Some(destination) {
            self.flush();
            self.destination = Some(destination);
        }
        self.outbox.push(bytes);
    }

    fn flush(&mut self) {
        if let Some(destination) = self.destination {
            self.outbox.flush(&self.socket, destination);
        }
    }

    fn take_event(&mut self, event: Event, now: Instant, replies: &mut Vec<Reply>) -> Result<(), Failure> {
        match (event, &mut self.role) {
            (Event::Connected, role) => {
                self.connected = true;
                self.keys = self.cell.take();
                if let Role::Bulk(bulk) = role {
                    socket::drop_rtp(&self.socket)?;
                    bulk.report_at = Some(now + REPORT_INTERVAL);
                }
                let after_ms = (now - self.answered_at).as_millis() as u64;
                replies.push(Reply::Connected { id: self.id.clone(), after_ms });
            }
            (Event::KeyframeRequest(_), Role::Publisher(publisher)) => {
                publisher.keyframe_requests += 1;
                publisher.source.request_keyframe();
            }
            (Event::RtpPacket(packet), Role::Probe(tally)) => tally.count(&packet.payload, monotonic_ns()),
            _ => {}
        }
        Ok(())
    }

    fn send_frames(&mut self, now: Instant) -> Result<(), Failure> {
        let Role::Publisher(publisher) = &mut self.role else { return Ok(()) };
        if self.connected && publisher.send(&mut self.rtc, now)? {
            self.rtc.handle_input(Input::Timeout(now))?;
        }
        Ok(())
    }

    fn report(&mut self, shared: &Shared, now: Instant) {
        let Role::Bulk(bulk) = &mut self.role else { return };
        if bulk.report_at.is_none_or(|at| now < at) {
            return;
        }
        bulk.report_at = Some(now + REPORT_INTERVAL);
        bulk.count_drops(&self.socket);
        if bulk.reporter.is_none() {
            let sender = self.keys.as_ref().map(|keys| keys.contexts(&shared.crypto).0);
            bulk.reporter = sender.map(|sender| Reporter::new(sender, OWN_SSRC));
        }
        if let (Some(report), Some(destination)) = (bulk.next_report(), self.destination)
            && self.socket.send_to(&report, destination).is_ok()
        {
            bulk.reports += 1;
        }
    }
}

impl Publisher {
    /// Hand str0m the packets of a frame that is due; whether there was one.
    fn send(&mut self, rtc: &mut Rtc, now: Instant) -> Result<bool, Failure> {
        let packets = self.source.poll(now, monotonic_ns());
        let (Some(mid), Some(payload_type), false) = (self.mid, self.payload_type, packets.is_empty()) else {
            return Ok(false);
        };
        let mut api = rtc.direct_api();
        let stream = api.stream_tx_by_mid(mid, None).ok_or("the server does not take the stream")?;
        for packet in packets {
            let sequence = SeqNo::from(self.sequence);
            self.sequence += 1;
            let rtp = RtpWrite::new(payload_type, sequence, packet.timestamp, now, packet.payload);
            stream.write_rtp(rtp.marker(packet.marker).nackable(true));
        }
        Ok(true)
    }
}

impl Bulk {
    /// The header of RTCP is not encrypted: whose report is it?
    fn take_rtcp(&mut self, kind: u8, ssrc: &[u8]) {
        if kind == SENDER_REPORT && self.media_ssrc.is_none() {
            self.media_ssrc = ssrc.first_chunk().map(|bytes| u32::from_be_bytes(*bytes));
        }
    }

    /// The kernel counts in 32 bits.
    pub fn count_drops(&mut self, socket: &UdpSocket) {
        let drops = socket::drops(socket).unwrap_or(self.drops);
        self.packets += u64::from(drops.wrapping_sub(self.drops));
        self.drops = drops;
    }

    fn next_report(&mut self) -> Option<Vec<u8>> {
        let highest = self.packets as u32;
        let media_ssrc = self.media_ssrc?;
        Some(self.reporter.as_mut()?.report(media_ssrc, highest))
    }
}

fn receiver(probe: bool) -> Role {
    if probe { Role::Probe(Tally::default()) } else { Role::Bulk(Bulk::default()) }
}
