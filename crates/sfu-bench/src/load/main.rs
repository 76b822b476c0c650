//! Load on an SFU: publishers that send at a fixed rate and receivers by the hundred, in one thread:
//! `sfu-load [address]`.
//!
//! The driver (`benchmarks/sfu.py`) does the signaling and speaks JSON lines with this process; see [`protocol`].

mod participant;
mod payload;
mod protocol;
mod source;
mod tally;

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::Ipv4Addr;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use sfu::transport::keys;
use sfu_bench::socket::{Receiver, monotonic_ns, process_cpu_s};
use str0m::crypto::CryptoProvider;

use participant::{Failure, Participant, Role, Shared};
use protocol::{Bulk, Command, Counters, Reply};
use source::Shape;

const STDIN: u64 = u64::MAX;
/// Without participants there is nothing to do but to wait for the driver.
const IDLE: Duration = Duration::from_secs(1);

fn main() -> Result<(), Failure> {
    let address = std::env::args().nth(1).map_or(Ok(Ipv4Addr::LOCALHOST), |text| text.parse())?;
    let crypto = CryptoProvider::clone(keys::watching_provider());
    crypto.clone().install_process_default();
    let certificate = crypto.dtls_provider.generate_certificate().ok_or("no certificate could be made")?;
    let epoll = epoll::create(CreateFlags::CLOEXEC)?;
    epoll::add(&epoll, std::io::stdin().as_fd(), EventData::new_u64(STDIN), EventFlags::IN)?;
    let load = Load {
        epoll,
        shared: Shared { certificate, crypto, address },
        participants: Vec::new(),
        names: HashMap::new(),
        receiver: Receiver::default(),
        shape: Shape { packets_per_second: 0.0, burst: 1, payload_bytes: 0 },
        replies: Vec::new(),
        input: Vec::new(),
    };
    load.run()
}

struct Load {
    epoll: std::os::fd::OwnedFd,
    shared: Shared,
    participants: Vec<Option<Participant>>,
    names: HashMap<String, usize>,
    receiver: Receiver,
    shape: Shape,
    replies: Vec<Reply>,
    input: Vec<u8>,
}

impl Load {
    fn run(mut self) -> Result<(), Failure> {
        let mut events = Vec::with_capacity(256);
        loop {
            events.clear();
            let timeout = self.timeout();
            match epoll::wait(&self.epoll, spare_capacity(&mut events), Some(&timeout)) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            for event in &events {
                match event.data.u64() {
                    STDIN if !self.read_commands()? => return Ok(()),
                    STDIN => {}
                    index => self.run_participant(index as usize, true),
                }
            }
            self.run_due();
            self.print()?;
        }
    }

    fn timeout(&self) -> Timespec {
        let now = Instant::now();
        let next = self.participants.iter().flatten().map(Participant::wake_at).min();
        let wait = next.map_or(IDLE, |at| at.saturating_duration_since(now)).min(IDLE);
        Timespec { tv_sec: wait.as_secs() as i64, tv_nsec: i64::from(wait.subsec_nanos()) }
    }

    fn run_due(&mut self) {
        let now = Instant::now();
        for index in 0..self.participants.len() {
            if self.participants[index].as_ref().is_some_and(|participant| participant.wake_at() <= now) {
                self.run_participant(index, false);
            }
        }
    }

    fn run_participant(&mut self, index: usize, readable: bool) {
        let Some(participant) = self.participants.get_mut(index).and_then(Option::as_mut) else { return };
        if let Err(error) = participant.run(readable, &mut self.receiver, &self.shared, &mut self.replies) {
            self.replies.push(Reply::Failed { id: participant.id.clone(), detail: error.to_string() });
            self.end(index);
        }
    }

    fn end(&mut self, index: usize) {
        if let Some(participant) = self.participants.get_mut(index).and_then(Option::take) {
            let _ = epoll::delete(&self.epoll, &*participant.socket);
            self.names.remove(&participant.id);
        }
    }

    /// False when the driver has gone.
    fn read_commands(&mut self) -> Result<bool, Failure> {
        let mut buffer = [0u8; 65_536];
        let count = std::io::stdin().lock().read(&mut buffer)?;
        self.input.extend_from_slice(&buffer[..count]);
        while let Some(end) = self.input.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.input.drain(..=end).collect();
            if let Err((id, error)) = self.obey(&line) {
                self.replies.push(Reply::Failed { id, detail: error.to_string() });
            }
        }
        Ok(count > 0)
    }

    fn obey(&mut self, line: &[u8]) -> Result<(), (String, Failure)> {
        let command = serde_json::from_slice(line).map_err(|error| (String::new(), error.into()))?;
        let now = Instant::now();
        match command {
            Command::Accept { id, sdp, .. } if self.names.contains_key(&id) => {
                let mut answer = None;
                self.with(id, |one| one.accept(&sdp, now).map(|reply| answer = Some(reply)))?;
                self.replies.extend(answer);
            }
            Command::Publish { ref id, .. } | Command::Receive { ref id, .. } | Command::Accept { ref id, .. } => {
                let id = id.clone();
                return self.open(command, now).map_err(|error| (id, error));
            }
            Command::Answer { id, sdp } => return self.with(id, |one| one.answer(&sdp, now)),
            Command::Candidate { id, candidate } => return self.with(id, |one| one.add_candidate(&candidate, now)),
            Command::Media { packets_per_second, burst, payload_bytes } => {
                self.shape = Shape { packets_per_second, burst: burst.max(1), payload_bytes };
                let shape = self.shape;
                self.participants.iter_mut().flatten().for_each(|one| one.set_shape(shape, now));
            }
            Command::Reset => self.reset(),
            Command::Counters => self.tell_counters(),
            Command::Close { id } => {
                if let Some(index) = self.names.get(&id).copied() {
                    self.end(index);
                }
            }
        }
        Ok(())
    }

    fn with(
        &mut self,
        id: String,
        act: impl FnOnce(&mut Participant) -> Result<(), Failure>,
    ) -> Result<(), (String, Failure)> {
        let participant = self.names.get(&id).and_then(|index| self.participants[*index].as_mut());
        participant.ok_or("no such participant".into()).and_then(act).map_err(|error| (id, error))
    }

    fn open(&mut self, command: Command, now: Instant) -> Result<(), Failure> {
        let (mut participant, reply) = Participant::open(command, &self.shared, now)?;
        participant.set_shape(self.shape, now);
        let index = self.participants.len();
        epoll::add(&self.epoll, &*participant.socket, EventData::new_u64(index as u64), EventFlags::IN)?;
        self.names.insert(participant.id.clone(), index);
        self.participants.push(Some(participant));
        self.replies.push(reply);
        Ok(())
    }

    fn reset(&mut self) {
        for participant in self.participants.iter_mut().flatten() {
            if let Role::Probe(tally) = &mut participant.role {
                tally.reset();
            }
        }
    }

    fn tell_counters(&mut self) {
        let mut counters = Counters { at_ns: monotonic_ns(), ..Counters::default() };
        for participant in self.participants.iter_mut().flatten() {
            count(participant, &mut counters);
        }
        let tallies = self.participants.iter().flatten().filter_map(|participant| match &participant.role {
            Role::Probe(tally) => Some(tally),
            _ => None,
        });
        counters.probes = tally::sum(tallies);
        counters.cpu_s = process_cpu_s();
        self.replies.push(Reply::Counters(counters));
    }

    fn print(&mut self) -> Result<(), Failure> {
        if self.replies.is_empty() {
            return Ok(());
        }
        let mut out = std::io::stdout().lock();
        for reply in self.replies.drain(..) {
            serde_json::to_writer(&mut out, &reply)?;
            out.write_all(b"\n")?;
        }
        out.flush()?;
        Ok(())
    }
}

fn count(participant: &mut Participant, counters: &mut Counters) {
    counters.connected += usize::from(participant.connected);
    if let Some(keys) = &participant.keys {
        *counters.ciphers.entry(keys.profile_name()).or_default() += 1;
    }
    match &mut participant.role {
        Role::Publisher(publisher) => {
            counters.sent += publisher.source.sent();
            counters.late_frames += publisher.source.late_frames;
            counters.keyframe_requests += publisher.keyframe_requests;
        }
        Role::Bulk(receiver) => {
            receiver.count_drops(&participant.socket);
            let Bulk { receivers, packets, fewest, most, reports } = &mut counters.bulk;
            *fewest = if *receivers == 0 { receiver.packets } else { receiver.packets.min(*fewest) };
            *most = receiver.packets.max(*most);
            *receivers += 1;
            *packets += receiver.packets;
            *reports += receiver.reports;
        }
        Role::Probe(_) => {}
    }
}
