//! Our engine with one worker, its media at an address, behind WHIP and WHEP on loopback: `sfu-server [address]`.
//!
//! Prints the address of its HTTP server. Ends when its standard input does.

use std::collections::HashMap;
use std::io::Read;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use sfu::command::{Command, OpenPeer};
use sfu::engine::{Engine, EngineConfig};
use sfu::event::Event;
use sfu::model::{LayoutEntry, PublishedTrack, Source};
use sfu_bench::http::{self, Call, Outcome};

/// How long a peer may take to be answered.
const PATIENCE: Duration = Duration::from_secs(5);
const EVENTS_AT_ONCE: usize = 256;
/// Tiles are large, so that the engine takes the best layer.
const TILE_WIDTH: u32 = 1_280;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).map_or(Ok(Ipv4Addr::LOCALHOST), |text| text.parse())?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let engine = Engine::start(&configuration(address)).map_err(|error| error.to_string())?;
    println!("http://{}", listener.local_addr()?);
    let rooms = Rooms { engine, next_request: 0, publishers: HashMap::new() };
    let server = Server(Mutex::new(rooms));
    std::thread::spawn(move || http::serve(&listener, move |call| server.answer(call)));
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn configuration(address: Ipv4Addr) -> EngineConfig {
    // `MEETING_SFU_GSO=0` forbids trains.
    let gso = std::env::var_os("MEETING_SFU_GSO").is_none_or(|value| value != "0");
    EngineConfig { bind: address.into(), workers: 1, tcp: false, gso, ..EngineConfig::default() }
}

/// The engine behind one lock: a peer is answered before the next is opened.
struct Server(Mutex<Rooms>);

struct Rooms {
    engine: Engine,
    next_request: u64,
    publishers: HashMap<String, usize>,
}

impl Server {
    fn answer(&self, call: Call) -> Outcome {
        let mut rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = match call {
            Call::Publish { room, offer } => rooms.publish(room, offer),
            Call::Subscribe { room, offer } => rooms.subscribe(room, offer),
            Call::Leave { room, peer } => {
                rooms.engine.command(Command::ClosePeer { room: room.into(), peer: peer.into() });
                Ok(Outcome::Left)
            }
        };
        outcome.unwrap_or_else(Outcome::Refused)
    }
}

impl Rooms {
    fn publish(&mut self, room: String, offer: String) -> Result<Outcome, String> {
        let number = self.publishers.entry(room.clone()).or_default();
        let peer = publisher_name(*number);
        *number += 1;
        let mids = http::mids(&offer, "video", "a=sendonly").into_iter();
        let publish = mids.map(|mid| PublishedTrack { mid, source: Source::Camera }).collect();
        self.open(room, peer, offer, publish, Vec::new())
    }

    fn subscribe(&mut self, room: String, offer: String) -> Result<Outcome, String> {
        let slots = http::mids(&offer, "video", "a=recvonly");
        let entry = |(number, mid): (usize, &String)| LayoutEntry {
            mid: mid.clone(),
            peer: publisher_name(number).into(),
            source: Source::Camera,
            width: TILE_WIDTH,
        };
        let entries = slots.iter().enumerate().map(entry).collect();
        let peer = format!("receiver-{}", self.next_request);
        let outcome = self.open(room.clone(), peer.clone(), offer, Vec::new(), slots)?;
        self.engine.command(Command::SetLayout { room: room.into(), peer: peer.into(), entries });
        Ok(outcome)
    }

    fn open(
        &mut self,
        room: String,
        peer: String,
        offer: String,
        publish: Vec<PublishedTrack>,
        video_slots: Vec<String>,
    ) -> Result<Outcome, String> {
        let request = self.next_request;
        self.next_request += 1;
        self.engine.command(Command::OpenPeer(OpenPeer {
            request,
            room: room.as_str().into(),
            peer: peer.as_str().into(),
            generation: 1,
            offer,
            publish,
            audio_slots: Vec::new(),
            video_slots,
        }));
        let answer = self.wait_for_answer(request)?;
        Ok(Outcome::Created { room, peer, answer })
    }

    /// Nobody else wants the events: those before the answer are dropped.
    fn wait_for_answer(&self, expected: u64) -> Result<String, String> {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            for event in self.engine.drain(EVENTS_AT_ONCE) {
                match event {
                    Event::PeerAnswered { request, sdp, .. } if request == expected => return Ok(sdp),
                    Event::PeerRefused { request, detail, .. } if request == expected => return Err(detail),
                    _ => {}
                }
            }
            let mut fds = [PollFd::from_borrowed_fd(self.engine.event_fd(), PollFlags::IN)];
            let _ = poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 100_000_000 }));
        }
        Err("the engine did not answer".into())
    }
}

fn publisher_name(number: usize) -> String {
    format!("publisher-{number}")
}
