//! Workers that are linked about one room, clients, and the network between them.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime};

use sfu::command::{Command, OpenRelay};
use sfu::egress::{Egress, Outbox};
use sfu::event::{Event, SlotEntry};
use sfu::model::{Source, Transport};
use sfu::relay::{Parcel, RelayKey};
use sfu::rtcp::NtpClock;
use sfu::transport::{Datagram, Transports};
use sfu::worker::{Policy, Worker};

use crate::client::{Client, Received, Setup};
use crate::network::{Network, Path};
use crate::told;

pub const ROOM: &str = "room";
pub const RELAY: u64 = 0x5eed;
pub const KEY: [u8; 32] = [7; 32];

/// A batch on its way between two workers.
struct Hop {
    from: usize,
    parcel: Parcel,
}

pub struct World {
    pub now: Instant,
    pub workers: Vec<Worker>,
    pub clients: Vec<Client>,
    /// Which worker has each client.
    pub homes: Vec<usize>,
    pub events: Vec<(usize, Event)>,
    pub network: Network,
    pub up: Path,
    pub down: Path,
    /// The path of relays, and the datagrams that went over it.
    pub between: Path,
    pub tapped: Vec<(SocketAddr, SocketAddr, Vec<u8>)>,
    hops: VecDeque<Hop>,
    /// Batches and bytes that went from one worker to another.
    pub relayed: (u64, u64),
    requests: u64,
}

pub fn server(worker: usize) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, 1 + worker as u8], 3_478))
}

impl World {
    pub fn new(seed: u64, workers: usize) -> Self {
        let now = Instant::now();
        let clock = NtpClock::new(now, SystemTime::UNIX_EPOCH);
        let worker = |number| Worker::new(Transports::new(&[server(number)], false).unwrap(), Policy::default(), clock);
        World {
            now,
            workers: (0..workers).map(worker).collect(),
            clients: Vec::new(),
            homes: Vec::new(),
            events: Vec::new(),
            network: Network::new(seed),
            up: Path::default(),
            down: Path::default(),
            between: Path::default(),
            tapped: Vec::new(),
            hops: VecDeque::new(),
            relayed: (0, 0),
            requests: 0,
        }
    }

    /// A room whose clients are spread over the workers in turn, all connected.
    pub fn with_clients(seed: u64, workers: usize, clients: usize) -> Self {
        let mut world = World::new(seed, workers);
        world.link();
        for index in 0..clients {
            world.join(index % workers, Setup::default());
        }
        world
    }

    /// Link every worker with every other one; the first tells who speaks.
    pub fn link(&mut self) {
        let all: Vec<usize> = (0..self.workers.len()).collect();
        self.link_members(&all);
    }

    pub fn link_members(&mut self, members: &[usize]) {
        for worker in 0..self.workers.len() {
            let others: Vec<usize> = members.iter().copied().filter(|other| *other != worker).collect();
            let others = if members.contains(&worker) { others } else { Vec::new() };
            let is_told_elsewhere = members.first() != Some(&worker);
            self.workers[worker].set_members(&ROOM.into(), &others, is_told_elsewhere, self.now);
        }
        self.finish_pass();
    }

    /// A room whose clients are spread over two processes in turn, which have a relay.
    pub fn with_relay(seed: u64, clients: usize, between: Path) -> Self {
        let mut world = World::new(seed, 2);
        world.between = between;
        world.open_relays([KEY, KEY]);
        for index in 0..clients {
            world.join(index % 2, Setup::default());
        }
        world
    }

    /// A room in two processes of two workers each, whose first ones are linked by a relay.
    pub fn bridged(seed: u64, between: Path) -> Self {
        let mut world = World::new(seed, 4);
        world.between = between;
        for (worker, other) in [(0, 1), (1, 0), (2, 3), (3, 2)] {
            world.workers[worker].set_members(&ROOM.into(), &[other], worker > other, world.now);
        }
        for (worker, other) in [(0, 2), (2, 0)] {
            world.open_relay_to(worker, other, KEY);
        }
        world
    }

    /// Let two processes relay the room, each with a key.
    pub fn open_relays(&mut self, keys: [[u8; 32]; 2]) {
        for (worker, key) in keys.into_iter().enumerate() {
            self.open_relay(worker, key);
        }
    }

    pub fn open_relay(&mut self, worker: usize, key: [u8; 32]) {
        self.open_relay_to(worker, 1 - worker, key);
    }

    fn open_relay_to(&mut self, worker: usize, other: usize, key: [u8; 32]) {
        let (room, remote, first) = (ROOM.into(), server(other), worker < other);
        let (relay, key, is_told_elsewhere) = (RELAY, RelayKey(key), !first);
        self.command(worker, Command::OpenRelay(OpenRelay { room, relay, remote, key, first, is_told_elsewhere }));
    }

    pub fn join(&mut self, worker: usize, setup: Setup) -> usize {
        let index = self.open(worker, setup, 1);
        self.run_until(Duration::from_secs(10), |world| world.clients[index].connected);
        assert!(self.clients[index].connected, "client {index} did not connect");
        index
    }

    pub fn open(&mut self, worker: usize, setup: Setup, generation: u64) -> usize {
        let index = self.clients.len();
        let mut client = Client::new(index, setup, self.now);
        self.requests += 1;
        let request = self.requests;
        let open = client.open(request, ROOM, generation);
        self.workers[worker].handle_command(Command::OpenPeer(open), self.now);
        self.finish_pass();
        client.answered(&told::answer(self.told(), request).expect("an answer"));
        self.clients.push(client);
        self.homes.push(worker);
        index
    }

    pub fn command(&mut self, worker: usize, command: Command) {
        self.workers[worker].handle_command(command, self.now);
        self.finish_pass();
    }

    /// Show each `(publisher, width)` in the next video slot of a client.
    pub fn show(&mut self, client: usize, tiles: &[(usize, u32)]) {
        let tiles = tiles.iter().map(|(publisher, width)| (*publisher, Source::Camera, *width));
        self.command(self.homes[client], self.clients[client].layout(ROOM, tiles));
    }

    pub fn run(&mut self, duration: Duration) {
        self.run_until(duration, |_| false);
    }

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
        let now = self.now;
        let workers = self.workers.iter_mut().filter_map(|worker| worker.poll_timeout(now)).min();
        let clients = self.clients.iter().map(Client::next_at).min();
        let hop = self.hops.front().map(|_| now);
        [self.network.next_at(), workers, clients, hop]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(now + Duration::from_secs(60))
    }

    fn step(&mut self) {
        while let Some(parcel) = self.network.pop(self.now) {
            let (source, destination) = (parcel.from, parcel.to);
            if let Some(worker) = (0..self.workers.len()).find(|worker| server(*worker) == destination) {
                let datagram = Datagram { transport: Transport::Udp, source, destination, bytes: &parcel.bytes };
                self.workers[worker].handle_datagram(&datagram, self.now);
            } else if let Some(index) = client_at(destination).filter(|index| *index < self.clients.len()) {
                self.clients[index].receive(source, &parcel.bytes, self.now);
                self.poll_client(index);
            }
        }
        for _ in 0..self.hops.len() {
            let Hop { from, parcel } = self.hops.pop_front().unwrap();
            self.workers[parcel.to].handle_parcel(&parcel.room, from, parcel.bytes, self.now);
        }
        for worker in &mut self.workers {
            worker.handle_timeout(self.now);
        }
        self.finish_pass();
        for index in 0..self.clients.len() {
            if self.clients[index].next_at() <= self.now {
                self.poll_client(index);
            }
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
        let World { workers, clients, network, down, now, hops, relayed, events, between, tapped, .. } = self;
        for (number, worker) in workers.iter_mut().enumerate() {
            worker.flush(*now, &mut Wire { clients, network, down, between, tapped, now: *now });
            worker.drain_parcels(|parcel| {
                *relayed = (relayed.0 + 1, relayed.1 + parcel.bytes.len() as u64);
                hops.push_back(Hop { from: number, parcel });
            });
            events.extend(worker.take_events().into_iter().map(|event| (number, event)));
        }
    }

    /// What was told, by whichever worker.
    pub fn told(&self) -> impl DoubleEndedIterator<Item = &Event> {
        self.events.iter().map(|(_, event)| event)
    }

    /// The last assignment that a client was told of.
    pub fn slots_of(&self, client: usize) -> Vec<SlotEntry> {
        told::slots(self.told(), &self.clients[client].name).unwrap_or_default()
    }

    /// What a client saw in a video slot in the last while.
    pub fn seen(&self, client: usize, slot: usize, last: Duration) -> Vec<Received> {
        let client = &self.clients[client];
        client.since(client.video_slots[slot], self.now - last)
    }

    /// Whom a client heard in the last while, sorted.
    pub fn heard(&self, client: usize, last: Duration) -> Vec<u8> {
        let client = &self.clients[client];
        let packets = client.audio_slots.iter().flat_map(|mid| client.since(*mid, self.now - last));
        let mut who: Vec<u8> = packets.map(|packet| packet.tag.client).collect();
        who.sort_unstable();
        who.dedup();
        who
    }

    /// Only this client speaks, the others are silent.
    pub fn only_speaks(&mut self, speaker: usize) {
        for (index, client) in self.clients.iter_mut().enumerate() {
            client.level = Some(if index == speaker { -20 } else { -80 });
        }
    }
}

fn client_at(address: SocketAddr) -> Option<usize> {
    match address {
        SocketAddr::V4(address) => match address.ip().octets() {
            [10, 1, high, low] => Some(usize::from(high) << 8 | usize::from(low)),
            _ => None,
        },
        SocketAddr::V6(_) => None,
    }
}

/// The way from a worker to its clients.
struct Wire<'a> {
    clients: &'a mut Vec<Client>,
    network: &'a mut Network,
    down: &'a Path,
    between: &'a Path,
    tapped: &'a mut Vec<(SocketAddr, SocketAddr, Vec<u8>)>,
    now: Instant,
}

impl Outbox for Wire<'_> {
    fn send(&mut self, egress: &Egress) {
        for train in egress.trains() {
            let (source, destination) = (train.route.source, train.route.destination);
            if destination.port() == server(0).port() {
                for packet in egress.packets(train) {
                    self.tapped.push((source, destination, packet.to_vec()));
                    self.network.send(self.between, &mut self.now.clone(), self.now, (source, destination), packet);
                }
                continue;
            }
            let client = client_at(destination).and_then(|index| self.clients.get_mut(index)).expect("a client");
            for packet in egress.packets(train) {
                self.network.send(self.down, &mut client.downlink_busy, self.now, (source, destination), packet);
            }
        }
    }
}
