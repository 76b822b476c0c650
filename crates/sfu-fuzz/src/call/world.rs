//! A worker and its clients, and what must always hold between them.

use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime};

use sfu::command::Command;
use sfu::egress::{Egress, Outbox};
use sfu::event::{EndReason, Event};
use sfu::model::Transport;
use sfu::relay::{End, Link, Message};
use sfu::rtcp::{self, NtpClock};
use sfu::rtp::{Header, Incoming, incoming};
use sfu::transport::{Datagram, Transports};
use sfu::worker::{Policy, Worker};

use super::client::Client;

const ROOM: &str = "room";
/// The number of the other worker.
const OTHER: usize = 1;
const STEP: Duration = Duration::from_millis(5);
/// A handshake takes a fraction of it.
const CONNECT_STEPS: usize = 400;
/// Numbers within payloads that forwarding may change lie before this, and are at most so many bytes.
const PATCHED_WITHIN: usize = 16;
const PATCHED_BYTES: usize = 4;

/// A call.
pub struct World {
    pub worker: Worker,
    pub clients: Vec<Client>,
    pub now: Instant,
    /// Media packets that each client received, padding left out.
    pub received: Vec<usize>,
    /// Valid datagrams that clients sent.
    pub sent: Vec<(SocketAddr, Vec<u8>)>,
    server: SocketAddr,
    /// The payloads that each client sent.
    payloads: Vec<Vec<Vec<u8>>>,
    /// The payloads that came from another worker.
    elsewhere: Vec<Vec<u8>>,
    /// What the worker said to the other.
    parcels: Vec<Vec<u8>>,
}

/// Datagrams on their way to clients.
#[derive(Default)]
struct Wire(Vec<(SocketAddr, Vec<u8>)>);

impl Outbox for Wire {
    fn send(&mut self, egress: &Egress) {
        for train in egress.trains() {
            self.0.extend(egress.packets(train).map(|packet| (train.route.destination, packet.to_vec())));
        }
    }
}

fn transports(server: SocketAddr) -> Transports {
    static TRANSPORTS: OnceLock<Transports> = OnceLock::new();
    TRANSPORTS.get_or_init(|| Transports::new(&[server], false).expect("a certificate")).clone()
}

impl World {
    /// A call of so many clients, which have their answers and are not connected.
    pub fn new(count: u8) -> Self {
        static START: OnceLock<Instant> = OnceLock::new();
        let now = *START.get_or_init(Instant::now);
        let server = SocketAddr::from(([10, 0, 0, 1], 3_478));
        let clock = NtpClock::new(now, SystemTime::UNIX_EPOCH);
        let mut world = World {
            worker: Worker::new(transports(server), Policy::default(), clock),
            clients: (0..count).map(|number| Client::new(number, now)).collect(),
            now,
            received: vec![0; usize::from(count)],
            sent: Vec::new(),
            server,
            payloads: vec![Vec::new(); usize::from(count)],
            elsewhere: Vec::new(),
            parcels: Vec::new(),
        };
        for index in 0..world.clients.len() {
            let open = world.clients[index].open(ROOM);
            let events = world.command(Command::OpenPeer(open));
            let answer = events.into_iter().find_map(|event| match event {
                Event::PeerAnswered { sdp, .. } => Some(sdp),
                _ => None,
            });
            world.clients[index].answered(&answer.expect("an answer"));
        }
        world
    }

    /// A call of so many clients, all connected.
    pub fn connected(count: u8) -> Self {
        let mut world = World::new(count);
        for _ in 0..CONNECT_STEPS {
            if world.clients.iter().all(|client| client.connected) {
                break;
            }
            world.step();
        }
        assert!(world.clients.iter().all(|client| client.connected), "not connected");
        world
    }

    pub fn room(&self) -> sfu::model::Id {
        ROOM.into()
    }

    /// Give a command; what happened.
    pub fn command(&mut self, command: Command) -> Vec<Event> {
        self.worker.handle_command(command, self.now);
        self.flush()
    }

    /// Let time pass.
    pub fn pass(&mut self, duration: Duration) {
        let end = self.now + duration;
        while self.now < end {
            self.step();
        }
    }

    fn step(&mut self) {
        self.now += STEP;
        for index in 0..self.clients.len() {
            let client = &mut self.clients[index];
            let address = client.address;
            for datagram in client.advance(self.now) {
                self.send(address, datagram);
            }
        }
        self.worker.handle_timeout(self.now);
        self.flush();
    }

    /// Another worker has peers of the room, or none any more.
    pub fn set_linked(&mut self, is_linked: bool) {
        let others: &[usize] = if is_linked { &[OTHER] } else { &[] };
        self.worker.set_members(&ROOM.into(), others, false, self.now);
        self.flush();
    }

    /// The other worker says something, whatever it is.
    pub fn hear(&mut self, batch: Vec<u8>) {
        let mut reader = Link::new(ROOM.into(), End::Worker(OTHER), 1);
        let messages = reader.hear(&batch).into_iter().flat_map(|(_, messages)| messages);
        self.elsewhere.extend(messages.filter_map(|message| match message {
            Message::Packet(packet) => Some(packet.payload.to_vec()),
            _ => None,
        }));
        self.worker.handle_parcel(&ROOM.into(), OTHER, batch, self.now);
        self.flush();
    }

    /// What the worker said to the other.
    pub fn take_parcels(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.parcels)
    }

    /// A client sends what is valid.
    pub fn send(&mut self, address: SocketAddr, datagram: Vec<u8>) {
        self.inject(address, &datagram);
        self.sent.push((address, datagram));
    }

    /// Something comes from an address; whether a peer took it.
    pub fn inject(&mut self, source: SocketAddr, bytes: &[u8]) -> bool {
        let datagram = Datagram { transport: Transport::Udp, source, destination: self.server, bytes };
        let taken = self.worker.handle_datagram(&datagram, self.now);
        self.flush();
        taken
    }

    /// A client seals and sends an RTP packet, whatever it is; whether it was taken.
    pub fn send_rtp(&mut self, index: usize, plain: &[u8]) -> bool {
        let Some(header) = Header::parse(plain) else { return false };
        let payload = &plain[header.bytes..];
        let length = header.unpadded(payload).unwrap_or(0);
        self.payloads[index].push(payload[..length].to_vec());
        let Some(packet) = self.clients[index].seal_rtp(plain) else { return false };
        let address = self.clients[index].address;
        let taken = self.inject(address, &packet);
        self.sent.push((address, packet));
        taken
    }

    /// A client seals and sends RTCP, whatever it is.
    pub fn send_rtcp(&mut self, index: usize, plain: &[u8]) {
        if let Some(packet) = self.clients[index].seal_rtcp(plain) {
            self.send(self.clients[index].address, packet);
        }
    }

    /// Let what was done have its effect; what happened.
    pub fn flush(&mut self) -> Vec<Event> {
        let mut wire = Wire::default();
        self.worker.flush(self.now, &mut wire);
        for (destination, packet) in wire.0 {
            self.deliver(destination, &packet);
        }
        self.worker.drain_parcels(|parcel| self.parcels.push(parcel.bytes));
        self.worker.take_route_changes();
        let events = self.worker.take_events();
        for event in &events {
            let is_failure = matches!(event, Event::PeerEnded { reason: EndReason::WorkerFailed, .. });
            assert!(!is_failure, "a transport panicked");
        }
        events
    }

    fn deliver(&mut self, destination: SocketAddr, packet: &[u8]) {
        let index = self.clients.iter().position(|client| client.address == destination);
        let index = index.unwrap_or_else(|| panic!("an answer to a stranger, {destination}"));
        let client = &mut self.clients[index];
        match incoming(packet) {
            Incoming::Transport => client.receive(self.server, packet, self.now),
            Incoming::Rtp => {
                let (header, payload) = client.open_rtp(packet).expect("a packet that its receiver can open");
                self.check(index, &header, &payload);
            }
            Incoming::Rtcp => {
                let plain = client.open_rtcp(packet).expect("reports that their receiver can open");
                assert!(rtcp::parse(&plain).count() > 0);
            }
            Incoming::Unknown => panic!("a datagram of no kind"),
        }
    }

    /// Nothing is forwarded that was not sent by somebody else.
    fn check(&mut self, receiver: usize, header: &Header, payload: &[u8]) {
        let length = header.unpadded(payload).expect("padding that is possible");
        let skipped = if self.clients[receiver].repairs(header.payload_type) { 2.min(length) } else { 0 };
        let payload = &payload[skipped..length];
        if payload.is_empty() {
            return;
        }
        self.received[receiver] += 1;
        let others = self.payloads.iter().enumerate().filter(|(sender, _)| *sender != receiver);
        let mut sent = others.flat_map(|(_, sent)| sent).chain(&self.elsewhere);
        assert!(sent.any(|sent| is_from(payload, sent)), "nobody sent this");
    }
}

/// Whether a forwarded payload is one that was sent: the end of it where redundancy was taken off, with other numbers
/// in its descriptor.
fn is_from(forwarded: &[u8], sent: &[u8]) -> bool {
    let Some(start) = sent.len().checked_sub(forwarded.len()) else { return false };
    let differs = |index: &usize| forwarded[*index] != sent[start + *index];
    let (head, rest) = (0..forwarded.len().min(PATCHED_WITHIN), PATCHED_WITHIN..forwarded.len());
    head.filter(differs).count() <= PATCHED_BYTES && !rest.into_iter().any(|index| differs(&index))
}
