//! What str0m does without us: a fan-out in RTP mode, one thread, one `sendto` a packet: `str0m-plain [address]`.
//!
//! Same signaling as `sfu-server`. Every receiver gets every publisher, unchanged.

use std::collections::HashMap;
use std::io::{self, Read};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use sfu_bench::http::{self, Call, Outcome};
use sfu_bench::socket::enlarge_buffers;
use str0m::change::SdpOffer;
use str0m::config::DtlsCert;
use str0m::format::Codec;
use str0m::media::{KeyframeRequestKind, Mid, Pt};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{RtpPacket, RtpWrite};
use str0m::{Candidate, Event, Input, Output, Rtc};

type Failure = Box<dyn std::error::Error>;
/// A call, and where its outcome is awaited.
type Asked = (Call, Sender<Outcome>);

const SOCKET_BUFFER_BYTES: i32 = 4 * 1024 * 1024;
/// Datagrams that are read before time is looked at again.
const READS: usize = 64;
const IDLE: Duration = Duration::from_secs(1);

fn main() -> Result<(), Failure> {
    str0m::crypto::from_feature_flags().install_process_default();
    let address = std::env::args().nth(1).map_or(Ok(Ipv4Addr::LOCALHOST), |text| text.parse())?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    println!("http://{}", listener.local_addr()?);
    let wake = Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?);
    let (sender, calls) = channel::<Asked>();
    let waker = wake.clone();
    std::thread::spawn(move || http::serve(&listener, move |call| ask(call, &sender, &waker)));
    std::thread::spawn(|| {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    Fanout::new(address)?.run(&calls, &wake)
}

fn ask(call: Call, calls: &Sender<Asked>, wake: &std::os::fd::OwnedFd) -> Outcome {
    let (answer, outcome) = channel();
    let asked = calls.send((call, answer)).is_ok() && rustix::io::write(wake, &1u64.to_ne_bytes()).is_ok();
    let gone = || Outcome::Refused("the server has ended".into());
    if asked { outcome.recv().unwrap_or_else(|_| gone()) } else { gone() }
}

struct Peer {
    rtc: Rtc,
    /// The m-lines: a publisher's only one, or one a publisher.
    mids: Vec<Mid>,
    payload_type: Option<Pt>,
    publishes: bool,
    wake_at: Instant,
}

struct Fanout {
    socket: UdpSocket,
    address: SocketAddr,
    certificate: DtlsCert,
    peers: Vec<Option<Peer>>,
    routes: HashMap<SocketAddr, usize>,
    /// Packets that came in, with the place of their publisher.
    packets: Vec<(usize, RtpPacket)>,
    /// Publishers, by their place, whose keyframe was asked for.
    keyframes: Vec<usize>,
}

impl Fanout {
    fn new(address: Ipv4Addr) -> Result<Self, Failure> {
        let socket = UdpSocket::bind((address, 0))?;
        socket.set_nonblocking(true)?;
        enlarge_buffers(&socket, SOCKET_BUFFER_BYTES)?;
        let provider = str0m::crypto::from_feature_flags().dtls_provider;
        Ok(Fanout {
            address: socket.local_addr()?,
            socket,
            certificate: provider.generate_certificate().ok_or("no certificate could be made")?,
            peers: Vec::new(),
            routes: HashMap::new(),
            packets: Vec::new(),
            keyframes: Vec::new(),
        })
    }

    fn run(mut self, calls: &Receiver<Asked>, wake: &std::os::fd::OwnedFd) -> Result<(), Failure> {
        loop {
            let next = self.peers.iter().flatten().map(|peer| peer.wake_at).min();
            let wait = next.map_or(IDLE, |at| at.saturating_duration_since(Instant::now())).min(IDLE);
            let timeout = Timespec { tv_sec: wait.as_secs() as i64, tv_nsec: i64::from(wait.subsec_nanos()) };
            let mut fds = [PollFd::new(&self.socket, PollFlags::IN), PollFd::new(wake, PollFlags::IN)];
            let _ = poll(&mut fds, Some(&timeout));
            let _ = rustix::io::read(wake, &mut [0u8; 8]);
            while let Ok((call, answer)) = calls.try_recv() {
                let outcome = self.take_call(call).unwrap_or_else(|error| Outcome::Refused(error.to_string()));
                let _ = answer.send(outcome);
            }
            self.receive();
            self.pass_time();
        }
    }

    fn take_call(&mut self, call: Call) -> Result<Outcome, Failure> {
        match call {
            Call::Publish { room, offer } => self.open(room, &offer, true),
            Call::Subscribe { room, offer } => self.open(room, &offer, false),
            Call::Leave { peer, .. } => {
                self.end(peer.parse()?);
                Ok(Outcome::Left)
            }
        }
    }

    fn open(&mut self, room: String, offer: &str, publishes: bool) -> Result<Outcome, Failure> {
        let now = Instant::now();
        let mut rtc = Rtc::builder()
            .set_rtp_mode(true)
            .set_ice_lite(true)
            .set_dtls_cert(self.certificate.clone())
            .clear_codecs()
            .enable_vp8(true)
            .build(now);
        rtc.add_local_candidate(Candidate::host(self.address, Protocol::Udp)?);
        let answer = rtc.sdp_api().accept_offer(SdpOffer::from_sdp_string(offer)?)?.to_sdp_string();
        let direction = if publishes { "a=sendonly" } else { "a=recvonly" };
        let params = rtc.codec_config().params().iter();
        let payload_type = params.filter(|params| params.spec().codec == Codec::Vp8).map(|params| params.pt()).next();
        let mids = http::mids(offer, "video", direction).iter().map(|mid| Mid::from(mid.as_str())).collect();
        let peer = self.peers.len().to_string();
        self.peers.push(Some(Peer { rtc, mids, payload_type, publishes, wake_at: now }));
        Ok(Outcome::Created { room, peer, answer })
    }

    fn end(&mut self, index: usize) {
        if let Some(peer) = self.peers.get_mut(index) {
            *peer = None;
            self.routes.retain(|_, known| *known != index);
        }
    }

    fn receive(&mut self) {
        let mut buffer = [0u8; 2_048];
        for _ in 0..READS {
            // Errors of a UDP socket speak about what was sent before.
            let Ok((length, source)) = self.socket.recv_from(&mut buffer) else { return };
            let now = Instant::now();
            let Ok(contents) = buffer[..length].try_into() else { continue };
            let receive = Receive { proto: Protocol::Udp, source, destination: self.address, contents };
            let input = Input::Receive(now, receive);
            let Some(index) = self.route(source, &input) else { continue };
            if let Some(Some(peer)) = self.peers.get_mut(index) {
                // An error is a dropped datagram.
                let _ = peer.rtc.handle_input(input);
                self.poll(index);
            }
            self.forward(now);
        }
    }

    fn route(&mut self, source: SocketAddr, input: &Input) -> Option<usize> {
        if let Some(index) = self.routes.get(&source) {
            return Some(*index);
        }
        let accepts = |peer: &Option<Peer>| peer.as_ref().is_some_and(|peer| peer.rtc.accepts(input));
        let index = self.peers.iter().position(accepts)?;
        self.routes.insert(source, index);
        Some(index)
    }

    fn pass_time(&mut self) {
        let now = Instant::now();
        for index in 0..self.peers.len() {
            if let Some(peer) = self.peers[index].as_mut().filter(|peer| peer.wake_at <= now) {
                let _ = peer.rtc.handle_input(Input::Timeout(now));
                self.poll(index);
            }
        }
        self.forward(now);
    }

    fn poll(&mut self, index: usize) {
        let publisher_place = self.publishers().position(|known| known == index);
        let Some(peer) = &mut self.peers[index] else { return };
        loop {
            match peer.rtc.poll_output() {
                Ok(Output::Timeout(at)) => {
                    peer.wake_at = at;
                    return;
                }
                Ok(Output::Transmit(transmit)) => {
                    // A full buffer is loss, as on any network.
                    let _ = self.socket.send_to(&transmit.contents, transmit.destination);
                }
                Ok(Output::Event(Event::RtpPacket(packet))) => {
                    self.packets.extend(publisher_place.map(|place| (place, packet)));
                }
                Ok(Output::Event(Event::KeyframeRequest(request))) => {
                    self.keyframes.extend(peer.mids.iter().position(|mid| *mid == request.mid));
                }
                Ok(Output::Event(_)) => {}
                Err(_) => return self.end(index),
            }
        }
    }

    fn publishers(&self) -> impl Iterator<Item = usize> {
        let places = self.peers.iter().enumerate();
        places.filter(|(_, peer)| peer.as_ref().is_some_and(|peer| peer.publishes)).map(|(index, _)| index)
    }

    fn forward(&mut self, now: Instant) {
        for (place, packet) in std::mem::take(&mut self.packets) {
            for index in 0..self.peers.len() {
                let receiver = self.peers[index].as_mut().filter(|peer| !peer.publishes);
                if receiver.is_some_and(|peer| peer.send(place, &packet, now)) {
                    self.poll(index);
                }
            }
        }
        for place in std::mem::take(&mut self.keyframes) {
            let publisher = self.publishers().nth(place);
            let Some(index) = publisher else { continue };
            if let Some(peer) = &mut self.peers[index] {
                peer.request_keyframe();
            }
            self.poll(index);
        }
    }
}

impl Peer {
    /// Queue a packet of the publisher at a place; false when this receiver has no m-line for it.
    fn send(&mut self, place: usize, packet: &RtpPacket, now: Instant) -> bool {
        let (Some(mid), Some(payload_type)) = (self.mids.get(place), self.payload_type) else { return false };
        if !self.rtc.is_connected() {
            return false;
        }
        let mut api = self.rtc.direct_api();
        let Some(stream) = api.stream_tx_by_mid(*mid, None) else { return false };
        let header = &packet.header;
        let rtp = RtpWrite::new(payload_type, packet.seq_no, header.timestamp, now, packet.payload.clone());
        stream.write_rtp(rtp.marker(header.marker).nackable(true));
        true
    }

    fn request_keyframe(&mut self) {
        let mut api = self.rtc.direct_api();
        if let Some(stream) = self.mids.first().and_then(|mid| api.stream_rx_by_mid(*mid, None)) {
            stream.request_keyframe(KeyframeRequestKind::Pli);
        }
    }
}
