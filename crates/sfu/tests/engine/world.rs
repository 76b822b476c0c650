//! A worker, clients and the network between them, in virtual time.

use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime};

use sfu::command::{Command, RestartIce};
use sfu::egress::{Egress, Outbox};
use sfu::event::Event;
use sfu::model::{Source, Transport};
use sfu::rtcp::NtpClock;
use sfu::transport::{Datagram, Transports};
use sfu::worker::{Policy, Worker};

use crate::client::{Client, Setup};
use crate::network::{Network, Path};
use crate::told;

pub const ROOM: &str = "room";

pub struct World {
    pub now: Instant,
    pub worker: Worker,
    pub server: SocketAddr,
    pub clients: Vec<Client>,
    pub events: Vec<Event>,
    pub network: Network,
    pub up: Path,
    pub down: Path,
    /// Runs the worker for each media datagram by itself.
    pub around_media: Option<Around>,
    /// Runs the network that takes what leaves.
    pub around_network: Around,
    requests: u64,
}

/// Calls what it is given, once, and maybe watches it.
pub type Around = fn(&mut dyn FnMut());

impl World {
    pub fn new(seed: u64) -> Self {
        let server = SocketAddr::from(([10, 0, 0, 1], 3_478));
        let transports = Transports::new(&[server], false).unwrap();
        let now = Instant::now();
        let clock = NtpClock::new(now, SystemTime::UNIX_EPOCH);
        World {
            now,
            worker: Worker::new(transports, Policy::default(), clock),
            server,
            clients: Vec::new(),
            events: Vec::new(),
            network: Network::new(seed),
            up: Path::default(),
            down: Path::default(),
            around_media: None,
            around_network: |run| run(),
            requests: 0,
        }
    }

    /// A world with so many connected clients in one room.
    pub fn with_clients(seed: u64, count: usize) -> Self {
        let mut world = World::new(seed);
        for _ in 0..count {
            world.join(ROOM, Setup::default());
        }
        world
    }

    /// Add a client to a room and run until it is connected; returns its index.
    pub fn join(&mut self, room: &str, setup: Setup) -> usize {
        let index = self.open(room, setup, 1);
        self.run_until(Duration::from_secs(10), |world| world.clients[index].connected);
        assert!(self.clients[index].connected, "client {index} did not connect");
        index
    }

    /// Add a client and let it have its answer.
    pub fn open(&mut self, room: &str, setup: Setup, generation: u64) -> usize {
        let index = self.clients.len();
        let client = Client::new(index, setup, self.now);
        self.clients.push(client);
        self.answer(index, room, generation);
        index
    }

    fn answer(&mut self, index: usize, room: &str, generation: u64) {
        self.requests += 1;
        let request = self.requests;
        let open = self.clients[index].open(request, room, generation);
        self.command(Command::OpenPeer(open));
        let sdp =
            told::answer(self.events.iter(), request).unwrap_or_else(|| panic!("no answer: {:?}", self.events.last()));
        self.clients[index].answered(&sdp);
    }

    /// Let a client go on at another address, with an ICE restart; whether the worker answered.
    pub fn move_client(&mut self, index: usize, address: SocketAddr) -> bool {
        self.clients[index].move_to(address);
        let offer = self.clients[index].restart_ice();
        self.requests += 1;
        let peer = self.clients[index].name.as_str().into();
        let restart = RestartIce { request: self.requests, room: ROOM.into(), peer, generation: 1, offer };
        self.command(Command::RestartIce(restart));
        told::answer(self.events.iter(), self.requests).is_some_and(|sdp| {
            self.clients[index].answered(&sdp);
            true
        })
    }

    pub fn command(&mut self, command: Command) {
        self.worker.handle_command(command, self.now);
        self.finish_pass();
    }

    /// Show each `(publisher, width)` in the next video slot of a client.
    pub fn show(&mut self, client: usize, tiles: &[(usize, u32)]) {
        let tiles = tiles.iter().map(|(publisher, width)| (*publisher, Source::Camera, *width));
        self.command(self.clients[client].layout(ROOM, tiles));
    }

    pub fn show_sources(&mut self, client: usize, tiles: &[(usize, Source, u32)]) {
        self.command(self.clients[client].layout(ROOM, tiles.iter().copied()));
    }

    pub fn run(&mut self, duration: Duration) {
        self.run_until(duration, |_| false);
    }

    /// Run until the condition holds or the time is over.
    pub fn run_until(&mut self, duration: Duration, done: impl Fn(&World) -> bool) {
        let end = self.now + duration;
        while !done(self) {
            let next = self.next_at().max(self.now);
            if next > end {
                self.now = end;
                return;
            }
            self.now = next;
            self.step();
        }
    }

    fn next_at(&mut self) -> Instant {
        let clients = self.clients.iter().map(Client::next_at).min();
        let all = [self.network.next_at(), self.worker.poll_timeout(self.now), clients];
        all.into_iter().flatten().min().unwrap_or(self.now + Duration::from_secs(3_600))
    }

    fn step(&mut self) {
        while let Some(parcel) = self.network.pop(self.now) {
            if parcel.to == self.server {
                let (source, destination) = (parcel.from, parcel.to);
                let datagram = Datagram { transport: Transport::Udp, source, destination, bytes: &parcel.bytes };
                self.take(&datagram);
            } else if let Some(index) = self.clients.iter().position(|c| c.address == parcel.to) {
                self.clients[index].receive(parcel.from, &parcel.bytes, self.now);
                self.poll_client(index);
            }
        }
        self.worker.handle_timeout(self.now);
        self.finish_pass();
        for index in 0..self.clients.len() {
            if self.clients[index].next_at() <= self.now {
                self.poll_client(index);
            }
        }
    }

    fn take(&mut self, datagram: &Datagram) {
        let (now, around) = (self.now, self.around_media);
        let (worker, mut wire) = self.wire();
        match around.filter(|_| is_media(datagram.bytes)) {
            Some(around) => {
                // What is due by the clock goes first: then nothing is left but the packet.
                worker.handle_timeout(now);
                worker.flush(now, &mut wire);
                around(&mut || {
                    worker.handle_datagram(datagram, now);
                    worker.flush(now, &mut wire);
                });
            }
            None => _ = worker.handle_datagram(datagram, now),
        }
    }

    fn poll_client(&mut self, index: usize) {
        let client = &mut self.clients[index];
        for (to, bytes) in client.advance(self.now) {
            let route = (client.address, to);
            self.network.send(&self.up, &mut client.uplink_busy, self.now, route, &bytes);
        }
    }

    pub fn finish_pass(&mut self) {
        let now = self.now;
        let (worker, mut wire) = self.wire();
        worker.flush(now, &mut wire);
        self.events.extend(self.worker.take_events());
    }

    /// The worker, and its way to the clients.
    pub fn wire(&mut self) -> (&mut Worker, Wire<'_>) {
        let World { worker, clients, network, down, now, around_network, .. } = self;
        (worker, Wire { clients, network, down, now: *now, around: *around_network })
    }

    /// Hand a datagram to the worker as if it came from this address.
    pub fn inject(&mut self, source: SocketAddr, bytes: &[u8]) -> bool {
        let datagram = Datagram { transport: Transport::Udp, source, destination: self.server, bytes };
        let taken = self.worker.handle_datagram(&datagram, self.now);
        self.finish_pass();
        taken
    }
}

/// The way from the worker to its clients.
pub struct Wire<'a> {
    clients: &'a mut Vec<Client>,
    network: &'a mut Network,
    down: &'a Path,
    now: Instant,
    around: Around,
}

impl Outbox for Wire<'_> {
    fn send(&mut self, egress: &Egress) {
        (self.around)(&mut || self.carry(egress));
    }
}

impl Wire<'_> {
    fn carry(&mut self, egress: &Egress) {
        for train in egress.trains() {
            let (source, destination) = (train.route.source, train.route.destination);
            if self.clients.iter().any(|client| client.left.contains(&destination)) {
                continue;
            }
            let Some(client) = self.clients.iter_mut().find(|c| c.address == destination) else {
                panic!("a datagram for nobody: {destination}");
            };
            for packet in egress.packets(train) {
                self.network.send(self.down, &mut client.downlink_busy, self.now, (source, destination), packet);
            }
        }
    }
}

fn is_media(bytes: &[u8]) -> bool {
    sfu::rtp::incoming(bytes) == sfu::rtp::Incoming::Rtp
}
