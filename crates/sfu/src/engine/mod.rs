//! The shell around workers: sockets, threads, and the queue of events.

mod address;
mod mailbox;
mod placement;
mod queue;
mod shard;
mod tcp;
mod tcp_table;
mod udp;

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::BorrowedFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Instant, SystemTime};

use crate::command::Command;
use crate::event::{Event, Refusal};
use crate::rtcp::NtpClock;
use crate::transport::Transports;
use crate::worker::{Policy, Statistics, Worker};

use mailbox::{Mailbox, Message, Router};
use placement::Placement;
use queue::EventQueue;
use shard::{Places, Shard};

/// Where an engine listens and how it behaves.
#[derive(Debug, Clone)]
pub struct EngineConfig {
    /// The address of the UDP and the TCP socket.
    pub bind: IpAddr,
    /// Their common port; 0: any free one.
    pub port: u16,
    /// The addresses in candidates; empty: those of the bound interfaces.
    pub advertised: Vec<IpAddr>,
    /// Threads; 0: one a core.
    pub workers: usize,
    /// So many peers of a room one worker takes before others help; 0: rooms are never split.
    pub room_split: usize,
    /// Whether to offer ICE-TCP.
    pub tcp: bool,
    /// Whether to let the kernel segment trains of packets (UDP_SEGMENT), where it can.
    pub gso: bool,
    /// How peers are treated.
    pub policy: Policy,
    /// How many events may wait.
    pub event_capacity: usize,
}

impl Default for EngineConfig {
    fn default() -> Self {
        EngineConfig {
            bind: Ipv4Addr::UNSPECIFIED.into(),
            port: 0,
            advertised: Vec::new(),
            workers: 0,
            room_split: 300,
            tcp: true,
            gso: true,
            policy: Policy::default(),
            event_capacity: 65_536,
        }
    }
}

/// Why an engine did not start.
#[derive(Debug)]
pub enum StartError {
    /// Somebody else has the port.
    AddressInUse(io::Error),
    /// The address is not ours, or cannot be advertised.
    AddressInvalid(String),
    /// Anything else that the system refused.
    System(io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::AddressInUse(error) => write!(f, "the media port is taken: {error}"),
            StartError::AddressInvalid(detail) => write!(f, "the media address cannot be used: {detail}"),
            StartError::System(error) => write!(f, "the media engine could not start: {error}"),
        }
    }
}

impl std::error::Error for StartError {}

impl From<io::Error> for StartError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::AddrInUse => StartError::AddressInUse(error),
            io::ErrorKind::AddrNotAvailable => StartError::AddressInvalid(error.to_string()),
            _ => StartError::System(error),
        }
    }
}

/// A running engine. Dropping it stops it.
pub struct Engine {
    port: u16,
    addresses: Vec<IpAddr>,
    queue: Arc<EventQueue>,
    mailboxes: Vec<Arc<Mailbox>>,
    placement: Arc<Placement>,
    statistics: Vec<Arc<Mutex<Statistics>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Engine {
    /// Bind the sockets and start the workers.
    pub fn start(config: &EngineConfig) -> Result<Self, StartError> {
        let workers = match config.workers {
            0 => thread::available_parallelism().map_or(1, usize::from),
            workers => workers,
        };
        let addresses = address::advertised(config.bind, &config.advertised)?;
        let mut sockets = address::bind_sockets(config.bind, config.port, workers, config.tcp)?;
        let mailboxes: io::Result<Vec<Arc<Mailbox>>> = (0..workers).map(|_| Ok(Arc::new(Mailbox::new()?))).collect();
        let mailboxes = mailboxes?;
        let mut engine = Engine {
            port: sockets.port,
            addresses,
            queue: Arc::new(EventQueue::new(config.event_capacity)?),
            placement: Arc::new(Placement::new(mailboxes.clone(), config.room_split)),
            mailboxes,
            statistics: (0..workers).map(|_| Arc::default()).collect(),
            threads: Mutex::default(),
        };
        let router = Arc::new(Router::default());
        // All workers share one certificate: it is the identity of the engine, and costly to make.
        let transports = engine.transports(config)?;
        let clock = NtpClock::new(Instant::now(), SystemTime::now());
        for (index, udp) in sockets.udp.drain(..).enumerate() {
            let shard = Shard {
                index,
                udp,
                listener: if index == 0 { sockets.tcp.take() } else { None },
                worker: Worker::new(transports.clone(), config.policy, clock),
                gso: config.gso,
                places: engine.places(config),
                mailboxes: engine.mailboxes.clone(),
                router: router.clone(),
                queue: engine.queue.clone(),
                statistics: engine.statistics[index].clone(),
                placement: engine.placement.clone(),
            };
            engine.spawn(shard)?;
        }
        Ok(engine)
    }

    fn socket_addresses(&self) -> Vec<SocketAddr> {
        self.addresses.iter().map(|ip| SocketAddr::new(*ip, self.port)).collect()
    }

    fn transports(&self, config: &EngineConfig) -> Result<Transports, StartError> {
        let transports = Transports::new(&self.socket_addresses(), config.tcp);
        transports.map_err(|error| StartError::AddressInvalid(error.0))
    }

    fn places(&self, config: &EngineConfig) -> Places {
        Places {
            addresses: self.socket_addresses(),
            // Behind NAT the advertised address is not one of ours, and on a single one there is no choice.
            choose_source: config.advertised.is_empty() && config.bind.is_unspecified(),
        }
    }

    fn spawn(&mut self, shard: Shard) -> io::Result<()> {
        let name = format!("sfu-{}", shard.index);
        let running = shard.prepare()?;
        let handle = thread::Builder::new().name(name).spawn(move || running.run())?;
        self.threads.get_mut().unwrap_or_else(PoisonError::into_inner).push(handle);
        Ok(())
    }

    /// The common port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The addresses that candidates carry.
    pub fn addresses(&self) -> &[IpAddr] {
        &self.addresses
    }

    /// Readable while events wait.
    pub fn event_fd(&self) -> BorrowedFd<'_> {
        self.queue.as_fd()
    }

    /// Take up to so many events, oldest first.
    pub fn drain(&self, max_events: usize) -> Vec<Event> {
        self.queue.drain(max_events)
    }

    /// Hand a command to the worker of its peer or room.
    pub fn command(&self, command: Command) {
        let opening = match &command {
            Command::OpenPeer(open) => Some((open.request, open.room.clone(), open.peer.clone())),
            _ => None,
        };
        if let (Err(Refusal { code, detail }), Some((request, room, peer))) =
            (self.placement.dispatch(command), opening)
        {
            self.queue.extend(vec![Event::PeerRefused { request, room, peer, code, detail }]);
        }
    }

    /// Counters, summed over the workers.
    pub fn statistics(&self) -> Statistics {
        let mut sum = Statistics::default();
        for statistics in &self.statistics {
            sum.add(&statistics.lock().unwrap_or_else(PoisonError::into_inner));
        }
        sum
    }

    /// How many events were lost because nobody drained them.
    pub fn events_dropped(&self) -> u64 {
        self.queue.dropped()
    }

    /// Stop the workers and close the sockets. Again: nothing.
    pub fn close(&self) {
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        for mailbox in &self.mailboxes {
            mailbox.post(vec![Message::Stop]);
        }
        for handle in threads.drain(..) {
            // A worker that panicked has ended as well.
            let _ = handle.join();
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.close();
    }
}
