//! One thread of the engine: a worker with its sockets.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};
use std::os::fd::OwnedFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};

use super::mailbox::{Mailbox, Message, Router};
use super::placement::Placement;
use super::queue::EventQueue;
use super::tcp::TcpPeer;
use super::tcp_table::TcpTable;
use super::udp::{self, Receiver, Sender};
use crate::command::Command;
use crate::egress::{Egress, Outbox};
use crate::model::Transport;
use crate::relay::{Parcel, relay_of};
use crate::stun;
use crate::transport::Datagram;
use crate::worker::{RouteChange, Statistics, Worker};

const UDP: u64 = 0;
const MAILBOX: u64 = 1;
const LISTENER: u64 = 2;
const FIRST_TCP: u64 = 16;
/// Full batches of datagrams that are taken before anything is sent: more would add delay.
const MAX_BATCHES: usize = 4;
/// Known paths to other workers; beyond it all are learned anew.
const MAX_FOREIGN: usize = 65_536;
/// While TCP connections have to name a peer, they are looked at this often.
const TCP_CHECK: Duration = Duration::from_secs(5);

/// The addresses of the engine as its candidates carry them.
pub struct Places {
    /// With the port.
    pub addresses: Vec<SocketAddr>,
    /// Whether datagrams must leave from the address at which the peer found us.
    pub choose_source: bool,
}

impl Places {
    /// The candidate for a datagram that arrived at `local` from `source`.
    fn candidate(&self, source: SocketAddr, local: Option<IpAddr>) -> SocketAddr {
        let is_local = |a: &&SocketAddr| Some(a.ip()) == local;
        let is_family = |a: &&SocketAddr| a.is_ipv4() == source.is_ipv4();
        let found = self.addresses.iter().find(is_local).or_else(|| self.addresses.iter().find(is_family));
        found.copied().unwrap_or(self.addresses[0])
    }
}

/// The parts of a shard.
pub struct Shard {
    pub index: usize,
    pub udp: UdpSocket,
    pub listener: Option<TcpListener>,
    pub worker: Worker,
    pub gso: bool,
    pub places: Places,
    pub mailboxes: Vec<Arc<Mailbox>>,
    pub router: Arc<Router>,
    pub queue: Arc<EventQueue>,
    pub statistics: Arc<Mutex<Statistics>>,
    pub placement: Arc<Placement>,
}

/// The sockets of a shard, as the way out of its worker.
struct Wires<'a> {
    socket: &'a UdpSocket,
    sender: &'a mut Sender,
    tcp: &'a mut TcpTable,
    epoll: &'a OwnedFd,
}

impl Outbox for Wires<'_> {
    fn send(&mut self, egress: &Egress) {
        for train in egress.trains().iter().filter(|train| train.route.transport == Transport::Tcp) {
            egress.packets(train).for_each(|packet| self.tcp.send(self.epoll, train.route.destination, packet));
        }
        self.sender.send(self.socket, egress);
    }
}

/// A shard ready to run on its thread.
pub struct Running {
    shard: Shard,
    epoll: OwnedFd,
    receiver: Receiver,
    sender: Sender,
    tcp: TcpTable,
    tcp_check: Option<Instant>,
    foreign: HashMap<SocketAddr, usize>,
    outboxes: Vec<Vec<Message>>,
}

impl Shard {
    /// Register the sockets.
    pub fn prepare(self) -> io::Result<Running> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let watch = |fd: &dyn std::os::fd::AsFd, token| {
            epoll::add(&epoll, fd.as_fd(), EventData::new_u64(token), EventFlags::IN)
        };
        watch(&self.udp, UDP)?;
        watch(&self.mailboxes[self.index].as_fd(), MAILBOX)?;
        if let Some(listener) = &self.listener {
            watch(listener, LISTENER)?;
        }
        if self.places.choose_source {
            udp::enable_packet_info(&self.udp)?;
        }
        Ok(Running {
            sender: Sender::new(&self.udp, self.gso, self.places.choose_source)?,
            receiver: Receiver::new(&self.udp, true),
            tcp: TcpTable::new(FIRST_TCP),
            tcp_check: None,
            foreign: HashMap::new(),
            outboxes: self.mailboxes.iter().map(|_| Vec::new()).collect(),
            shard: self,
            epoll,
        })
    }
}

impl Running {
    /// Serve until told to stop. A failure ends the peers of this shard and no others; they are opened again.
    pub fn run(mut self) {
        while let Err(panic) = catch_unwind(AssertUnwindSafe(|| self.serve_until_stopped())) {
            let what = panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str));
            tracing::error!(worker = self.shard.index, what, "worker_failed");
            self.shard.worker.renew();
            self.shard.placement.forget(self.shard.index);
            self.outboxes.iter_mut().for_each(Vec::clear);
        }
    }

    fn serve_until_stopped(&mut self) {
        let mut events = Vec::with_capacity(64);
        loop {
            let timeout = self.timeout();
            events.clear();
            match epoll::wait(&self.epoll, spare_capacity(&mut events), timeout.as_ref()) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                // The descriptor is ours and open: any other error is a bug, and spinning on it would hide it.
                Err(error) => panic!("epoll failed: {error}"),
            }
            let now = Instant::now();
            for event in &events {
                if !self.serve(event.data.u64(), event.flags, now) {
                    return;
                }
            }
            self.finish_pass(now);
        }
    }

    /// How long to sleep; rounded up, so that nobody wakes just before the time.
    fn timeout(&mut self) -> Option<Timespec> {
        let now = Instant::now();
        let next = match (self.shard.worker.poll_timeout(now), self.tcp_check) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        let wait = next?.saturating_duration_since(now);
        Some(Timespec { tv_sec: wait.as_secs() as _, tv_nsec: wait.subsec_nanos() as _ })
    }

    /// Serve one readiness; false when told to stop.
    fn serve(&mut self, token: u64, flags: EventFlags, now: Instant) -> bool {
        match token {
            UDP => self.read_udp(now),
            MAILBOX => return self.read_mailbox(now),
            LISTENER => self.accept(now),
            token => {
                if flags.contains(EventFlags::OUT) {
                    self.tcp.flush(&self.epoll, token);
                }
                if !(flags & !EventFlags::OUT).is_empty() {
                    self.read_tcp(token, now);
                }
            }
        }
        true
    }

    fn read_udp(&mut self, now: Instant) {
        let Running { shard, receiver, foreign, outboxes, .. } = self;
        for _ in 0..MAX_BATCHES {
            let Shard { index, udp, worker, places, router, .. } = shard;
            let received = receiver.receive(udp, |source, local, bytes| {
                let destination = places.candidate(source, local);
                let datagram = Datagram { transport: Transport::Udp, source, destination, bytes };
                if worker.knows(&datagram) {
                    worker.handle_datagram(&datagram, now);
                } else if let Some(other) = foreign_worker(foreign, router, *index, &datagram) {
                    let bytes = bytes.to_vec();
                    outboxes[other].push(Message::Datagram { source, destination, bytes });
                } else {
                    worker.count_rejected();
                }
            });
            // Errors of a UDP socket speak about what was sent before; the next call goes on.
            if !received.unwrap_or(false) {
                break;
            }
        }
    }

    fn read_mailbox(&mut self, now: Instant) -> bool {
        for message in self.shard.mailboxes[self.shard.index].take() {
            match message {
                Message::Command(command) => self.take_command(command, now),
                Message::Members { room, others, is_told_elsewhere } => {
                    self.shard.worker.set_members(&room, &others, is_told_elsewhere, now);
                }
                Message::Relayed { from, room, bytes } => self.shard.worker.handle_parcel(&room, from, bytes, now),
                Message::Datagram { source, destination, bytes } => {
                    let transport = Transport::Udp;
                    let datagram = Datagram { transport, source, destination, bytes: &bytes };
                    self.shard.worker.handle_datagram(&datagram, now);
                }
                Message::Tcp { peer, frames } => self.adopt(peer, &frames, now),
                Message::Stop => return false,
            }
        }
        true
    }

    fn take_command(&mut self, command: Command, now: Instant) {
        let Shard { worker, placement, index, .. } = &mut self.shard;
        let opens = match &command {
            Command::OpenPeer(open) => Some((open.room.clone(), open.peer.clone())),
            _ => None,
        };
        worker.handle_command(command, now);
        if let Some((room, peer)) = opens {
            placement.opened(worker, *index, &room, &peer);
        }
    }

    fn accept(&mut self, now: Instant) {
        while let Some(Ok((stream, remote))) = self.shard.listener.as_ref().map(TcpListener::accept) {
            // A client that is gone already, or one too many: the connection closes.
            let Ok(peer) = TcpPeer::new(stream, remote) else { continue };
            let _ = self.tcp.add(&self.epoll, peer, now);
            self.tcp_check.get_or_insert(now + TCP_CHECK);
        }
    }

    fn adopt(&mut self, peer: TcpPeer, frames: &[Vec<u8>], now: Instant) {
        if let Ok(Some(token)) = self.tcp.add(&self.epoll, peer, now) {
            self.tcp_check.get_or_insert(now + TCP_CHECK);
            self.take_frames(token, frames, now);
        }
    }

    fn read_tcp(&mut self, token: u64, now: Instant) {
        let Some(peer) = self.tcp.get_mut(token) else { return };
        let open = peer.read().unwrap_or(false);
        let frames = peer.take_frames();
        self.take_frames(token, &frames, now);
        if !open {
            self.tcp.remove(&self.epoll, token);
        }
    }

    fn take_frames(&mut self, token: u64, frames: &[Vec<u8>], now: Instant) {
        for (i, bytes) in frames.iter().enumerate() {
            let Some(peer) = self.tcp.get_mut(token) else { return };
            let source = peer.remote();
            let destination = self.shard.places.candidate(source, Some(peer.local().ip()));
            let datagram = Datagram { transport: Transport::Tcp, source, destination, bytes };
            if let Some(other) = self.owner_elsewhere(&datagram) {
                return self.hand_over(token, other, &frames[i..]);
            }
            if self.shard.worker.handle_datagram(&datagram, now) {
                self.tcp.identify(token);
            }
        }
    }

    fn owner_elsewhere(&self, datagram: &Datagram) -> Option<usize> {
        let owner = self.shard.router.find(stun::local_ufrag(datagram.bytes)?)?;
        (owner != self.shard.index).then_some(owner)
    }

    fn hand_over(&mut self, token: u64, owner: usize, frames: &[Vec<u8>]) {
        if let Some(peer) = self.tcp.remove(&self.epoll, token) {
            self.outboxes[owner].push(Message::Tcp { peer, frames: frames.to_vec() });
        }
    }

    /// Everything that ends a pass: timers, then what goes out.
    fn finish_pass(&mut self, now: Instant) {
        self.shard.worker.handle_timeout(now);
        let mut wires =
            Wires { socket: &self.shard.udp, sender: &mut self.sender, tcp: &mut self.tcp, epoll: &self.epoll };
        self.shard.worker.flush(now, &mut wires);
        self.check_tcp(now);
        self.change_routes();
        let (outboxes, from) = (&mut self.outboxes, self.shard.index);
        self.shard.worker.drain_parcels(|Parcel { to, room, bytes }| {
            outboxes[to].push(Message::Relayed { from, room, bytes });
        });
        for (mailbox, outbox) in self.shard.mailboxes.iter().zip(&mut self.outboxes) {
            if !outbox.is_empty() {
                mailbox.post(std::mem::take(outbox));
            }
        }
        let events = self.shard.worker.take_events();
        self.shard.placement.note(&self.shard.worker, self.shard.index, &events);
        self.shard.queue.extend(events);
        let statistics = self.shard.worker.statistics();
        *self.shard.statistics.lock().unwrap_or_else(PoisonError::into_inner) = statistics;
    }

    fn check_tcp(&mut self, now: Instant) {
        if self.tcp_check.is_some_and(|at| at <= now) {
            self.tcp.close_unidentified(&self.epoll, now);
            self.tcp_check = self.tcp.has_unidentified().then_some(now + TCP_CHECK);
        }
    }

    /// Before the events leave: whoever has an answer may be asked for by name.
    fn change_routes(&mut self) {
        for change in self.shard.worker.take_route_changes() {
            match change {
                RouteChange::Added(ufrag) => self.shard.router.add(ufrag, self.shard.index),
                RouteChange::Removed(ufrag) => self.shard.router.remove(&ufrag),
                RouteChange::RelayAdded(relay) => self.shard.router.add_relay(relay, self.shard.index),
                RouteChange::RelayRemoved(relay) => self.shard.router.remove_relay(relay),
            }
        }
    }
}

/// The other worker that a datagram is for. The kernel gives all datagrams of a path to one socket, so what its first
/// datagrams tell holds for the later ones.
fn foreign_worker(
    foreign: &mut HashMap<SocketAddr, usize>,
    router: &Router,
    own: usize,
    datagram: &Datagram,
) -> Option<usize> {
    if let Some(relay) = relay_of(datagram.bytes) {
        return router.find_relay(relay).filter(|owner| *owner != own);
    }
    let Some(ufrag) = stun::local_ufrag(datagram.bytes) else {
        return foreign.get(&datagram.source).copied();
    };
    let owner = router.find(ufrag).filter(|owner| *owner != own)?;
    if foreign.len() >= MAX_FOREIGN {
        foreign.clear();
    }
    foreign.insert(datagram.source, owner);
    Some(owner)
}
