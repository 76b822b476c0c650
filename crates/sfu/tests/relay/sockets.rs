//! Real engines, threads and sockets on the loopback interface, in real time: seconds, with wide margins.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use sfu::command::{Command, OpenRelay};
use sfu::engine::{Engine, EngineConfig};
use sfu::event::Event;
use sfu::model::Source;
use sfu::relay::RelayKey;

use crate::client::{Client, Setup};

const ROOM: &str = "room";
const PATIENCE: Duration = Duration::from_secs(20);

struct Attendee {
    client: Client,
    socket: UdpSocket,
    engine: usize,
}

struct Hall {
    engines: Vec<Engine>,
    attendees: Vec<Attendee>,
    events: Vec<Event>,
}

impl Hall {
    fn new(engines: usize, room_split: usize) -> Self {
        let config =
            EngineConfig { bind: Ipv4Addr::LOCALHOST.into(), workers: 2, room_split, ..EngineConfig::default() };
        let engines = (0..engines).map(|_| Engine::start(&config).unwrap()).collect();
        Hall { engines, attendees: Vec::new(), events: Vec::new() }
    }

    fn join(&mut self, engine: usize) {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        socket.set_nonblocking(true).unwrap();
        let index = self.attendees.len();
        let client = Client::at(socket.local_addr().unwrap(), index, Setup::default(), Instant::now());
        self.engines[engine].command(Command::OpenPeer(client.open(index as u64, ROOM, 1)));
        self.attendees.push(Attendee { client, socket, engine });
        self.run_until(|hall| hall.attendees[index].client.connected);
    }

    /// Everybody sees the one after them.
    fn show_the_next(&self) {
        let count = self.attendees.len();
        for (index, attendee) in self.attendees.iter().enumerate() {
            let next = ((index + 1) % count, Source::Camera, 300);
            self.engines[attendee.engine].command(attendee.client.layout(ROOM, [next]));
        }
    }

    /// Whether everybody was sent some pictures of the next, and some sound.
    fn is_served(&self, since: Instant) -> bool {
        let count = self.attendees.len();
        self.attendees.iter().enumerate().all(|(index, Attendee { client, .. })| {
            let seen = client.since(client.video_slots[0], since);
            let next = seen.iter().filter(|packet| usize::from(packet.tag.client) == (index + 1) % count).count();
            next > 20 && client.audio_slots.iter().any(|mid| client.since(*mid, since).len() > 10)
        })
    }

    fn run_until(&mut self, done: impl Fn(&Hall) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !done(self) {
            assert!(Instant::now() < end, "not within {PATIENCE:?}: {:?}", self.events);
            self.turn();
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn turn(&mut self) {
        let events: Vec<Event> = self.engines.iter().flat_map(|engine| engine.drain(1_000)).collect();
        for event in &events {
            if let Event::PeerAnswered { request, sdp, .. } = event {
                self.attendees[*request as usize].client.answered(sdp);
            }
        }
        self.events.extend(events);
        let (now, mut bytes) = (Instant::now(), [0; 2_048]);
        for Attendee { client, socket, .. } in &mut self.attendees {
            while let Ok((length, from)) = socket.recv_from(&mut bytes) {
                client.receive(from, &bytes[..length], now);
            }
            for (to, datagram) in client.advance(now) {
                let _ = socket.send_to(&datagram, to);
            }
        }
    }
}

#[test]
fn an_engine_splits_a_room_over_its_workers() {
    let mut hall = Hall::new(1, 2);
    for _ in 0..4 {
        hall.join(0);
    }
    hall.show_the_next();
    let start = Instant::now();
    hall.run_until(|hall| hall.is_served(start));
    let statistics = hall.engines[0].statistics();
    assert_eq!((statistics.rooms, statistics.peers), (2, 4), "both workers have peers of the room");
    hall.engines[0].command(Command::CloseRoom { room: ROOM.into() });
    let ended = |hall: &Hall| hall.events.iter().filter(|event| matches!(event, Event::PeerEnded { .. })).count();
    hall.run_until(|hall| ended(hall) == 4 && hall.engines[0].statistics().rooms == 0);
}

#[test]
fn two_engines_relay_a_room() {
    let mut hall = Hall::new(2, 300);
    for engine in 0..2 {
        let remote = SocketAddr::from((Ipv4Addr::LOCALHOST, hall.engines[1 - engine].port()));
        let (relay, key, first) = (77, RelayKey([9; 32]), engine == 0);
        let open = OpenRelay { room: ROOM.into(), relay, remote, key, first, is_told_elsewhere: !first };
        hall.engines[engine].command(Command::OpenRelay(open));
    }
    for engine in [0, 1, 0] {
        hall.join(engine);
    }
    hall.show_the_next();
    let start = Instant::now();
    hall.run_until(|hall| hall.is_served(start));
}
