//! The sans-I/O heart: a worker owns rooms, takes datagrams, commands and time, and yields datagrams and events.
//!
//! The caller hands in whatever has come, then calls [`Worker::flush`] once, which sends through its outbox: so batches
//! grow with the load and nothing waits without it.

mod admission;
mod assignment;
mod channels;
mod fanning;
mod incoming;
mod mirroring;
mod relaying;
mod repairing;
mod reporting;
mod smoothing;
mod statistics;
mod ticking;
mod tunnelling;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::allocation::Allocator;
use crate::command::Command;
use crate::egress::{Egress, MAX_TRAIN_PACKETS};
use crate::event::{EndReason, Event};
use crate::model::Id;
use crate::peer::Peer;
use crate::relay::{End, Link, relay_of};
use crate::room::Room;
use crate::routes::Routes;
use crate::rtcp::NtpClock;
use crate::slab::{Key, Slab};
use crate::timers::Timers;
use crate::transport::{Datagram, Transmit, Transports};

use repairing::Repair;
pub use statistics::Statistics;

/// Speakers, slots, keyframe requests and timeouts are looked at this often, while there are peers.
const TICK: Duration = Duration::from_millis(100);

/// A change of the ICE names that lead to this worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RouteChange {
    /// The name leads here.
    Added(String),
    /// It does no longer.
    Removed(String),
    /// The relay leads here.
    RelayAdded(u64),
    /// It does no longer.
    RelayRemoved(u64),
}

/// How a worker treats its peers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Peers that are silent for so long end.
    pub peer_timeout: Duration,
    /// At most so many voices are forwarded to a peer at once.
    pub audio_slots: usize,
}

impl Default for Policy {
    fn default() -> Self {
        Policy { peer_timeout: Duration::from_secs(30), audio_slots: 3 }
    }
}

/// A worker.
pub struct Worker {
    transports: Transports,
    policy: Policy,
    clock: NtpClock,
    peers: Slab<Peer>,
    rooms: HashMap<Id, Room>,
    routes: Routes,
    timers: Timers,
    dirty: Vec<Key>,
    next_tick: Option<Instant>,
    ticks: u64,
    next_pulse: Option<Instant>,
    next_report: Option<Instant>,
    egress: Egress,
    allocator: Allocator,
    /// Tracks with packets that nobody was sent yet.
    fresh: Vec<(Key, usize)>,
    /// Peers with packets that wait for their pacer.
    waiting: Vec<Key>,
    repairs: Vec<Repair>,
    /// Publishers and the SSRCs of which they are asked for a keyframe.
    keyframe_requests: Vec<(Key, u32)>,
    /// Layers of which too much was lost.
    lost_pictures: Vec<(Key, usize, usize)>,
    /// The rooms' links to other workers.
    links: Slab<Link>,
    /// How many of the peers are mirrors.
    mirrors: u64,
    /// The session of the last link that was opened.
    sessions: u32,
    /// The links to other processes, by the ids of the relays.
    relays: HashMap<u64, Key>,
    /// Mirrored tracks of which something else may be wanted now.
    wanting: Vec<(Key, usize)>,
    /// Links over which messages of data channels wait for an answer.
    saying: Vec<Key>,
    spare_batches: Vec<Vec<u8>>,
    events: Vec<Event>,
    transmits: Vec<Transmit>,
    route_changes: Vec<RouteChange>,
    counters: Statistics,
}

impl Worker {
    /// A worker without rooms.
    pub fn new(transports: Transports, policy: Policy, clock: NtpClock) -> Self {
        Worker {
            transports,
            policy,
            clock,
            peers: Slab::default(),
            rooms: HashMap::new(),
            routes: Routes::default(),
            timers: Timers::default(),
            dirty: Vec::new(),
            next_tick: None,
            ticks: 0,
            next_pulse: None,
            next_report: None,
            egress: Egress::new(MAX_TRAIN_PACKETS),
            allocator: Allocator::default(),
            fresh: Vec::new(),
            waiting: Vec::new(),
            repairs: Vec::new(),
            keyframe_requests: Vec::new(),
            lost_pictures: Vec::new(),
            links: Slab::default(),
            mirrors: 0,
            sessions: 0,
            relays: HashMap::new(),
            wanting: Vec::new(),
            saying: Vec::new(),
            spare_batches: Vec::new(),
            events: Vec::new(),
            transmits: Vec::new(),
            route_changes: Vec::new(),
            counters: Statistics::default(),
        }
    }

    /// Begin anew after a failure: every peer ends, and is to be opened again. What was queued is lost.
    pub fn renew(&mut self) {
        let mut new = Worker::new(self.transports.clone(), self.policy, self.clock);
        new.counters = Statistics { failures: self.counters.failures + 1, ..self.counters.without_gauges() };
        new.events = std::mem::take(&mut self.events);
        // Other workers notice by the session of a link that it is a new one.
        new.sessions = self.sessions;
        new.route_changes = std::mem::take(&mut self.route_changes);
        self.peers.each_mut(|_, peer| {
            if !peer.is_here() {
                return;
            }
            new.route_changes.push(RouteChange::Removed(std::mem::take(&mut peer.ufrag)));
            let (room, peer, generation) = (peer.room.clone(), peer.name.clone(), peer.generation);
            new.events.push(Event::PeerEnded { room, peer, generation, reason: EndReason::WorkerFailed });
        });
        self.links.each_mut(|_, link| {
            if let End::Relay(relay) = link.end {
                new.route_changes.push(RouteChange::RelayRemoved(relay));
                new.events.push(Event::RelayLost { room: link.room.clone(), relay });
            }
        });
        *self = new;
    }

    /// Take a command.
    pub fn handle_command(&mut self, command: Command, now: Instant) {
        match command {
            Command::OpenPeer(open) => self.open_peer(open, now),
            Command::RestartIce(restart) => self.restart_ice(restart),
            Command::SetLayout { room, peer, entries } => {
                if let Some(key) = self.find_here(&room, &peer) {
                    self.set_layout(key, entries, now);
                }
            }
            Command::SetMuted { room, peer, source, muted } => {
                if let Some(key) = self.find_here(&room, &peer) {
                    self.set_muted(key, source, muted, now);
                }
            }
            Command::ClosePeer { room, peer } => {
                if let Some(key) = self.find_here(&room, &peer) {
                    self.end(key, EndReason::Closed, now);
                }
            }
            Command::OpenRelay(open) => self.open_relay(&open, now),
            Command::CloseRelay { relay, .. } => self.close_relay(relay, now),
            Command::CloseRoom { room } => {
                self.close_relays_of(&room, now);
                for key in self.room_of(&room) {
                    if self.is_here(key) {
                        self.end(key, EndReason::RoomClosed, now);
                    }
                }
            }
        }
    }

    /// Take a datagram; whether a peer took it.
    pub fn handle_datagram(&mut self, datagram: &Datagram, now: Instant) -> bool {
        let taken = self.receive(datagram, now);
        if taken {
            self.counters.datagrams_in += 1;
            self.counters.bytes_in += datagram.bytes.len() as u64;
        } else {
            self.counters.datagrams_rejected += 1;
        }
        taken
    }

    /// Whether the datagram claims to be for a peer of this worker.
    pub fn knows(&self, datagram: &Datagram) -> bool {
        match relay_of(datagram.bytes) {
            Some(relay) => self.relays.contains_key(&relay),
            None => self.routes.find(datagram).is_some(),
        }
    }

    /// Count a datagram that was rejected before it came here.
    pub fn count_rejected(&mut self) {
        self.counters.datagrams_rejected += 1;
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(key) = self.timers.pop(now) {
            self.mark_dirty(key);
        }
        if self.next_tick.is_some_and(|at| at <= now) {
            self.next_tick = (!self.peers.is_empty() || !self.links.is_empty()).then_some(now + TICK);
            self.tick(now);
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout), and then [`flush`](Self::flush), want to be called; `None`: there
    /// is nothing to wait for.
    pub fn poll_timeout(&mut self, now: Instant) -> Option<Instant> {
        let waiting = self.next_release_at(now).into_iter().chain(self.next_piece_at()).min();
        let times = [self.timers.next_at(), self.next_tick, self.next_pulse, waiting];
        times.into_iter().flatten().min()
    }

    /// What happened.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// How the ICE names that lead here have changed.
    pub fn take_route_changes(&mut self) -> Vec<RouteChange> {
        std::mem::take(&mut self.route_changes)
    }

    fn find(&self, room: &Id, peer: &Id) -> Option<Key> {
        self.rooms.get(room)?.peers.get(peer).copied()
    }

    /// As [`find`](Self::find), only among the peers that are connected to this worker.
    fn find_here(&self, room: &Id, peer: &Id) -> Option<Key> {
        self.find(room, peer).filter(|key| self.is_here(*key))
    }

    /// Whether the room has the peer, and it is connected to this worker.
    pub fn has_peer(&self, room: &Id, peer: &Id) -> bool {
        self.find_here(room, peer).is_some()
    }

    fn is_here(&self, key: Key) -> bool {
        self.peers.get(key).is_some_and(Peer::is_here)
    }

    fn wake_for_ticks(&mut self, now: Instant) {
        self.next_tick.get_or_insert(now + TICK);
    }

    fn mark_dirty(&mut self, key: Key) {
        if let Some(peer) = self.peers.get_mut(key)
            && !std::mem::replace(&mut peer.dirty, true)
        {
            self.dirty.push(key);
        }
    }
}
