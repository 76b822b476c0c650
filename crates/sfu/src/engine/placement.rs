//! Which worker has which peer: rooms have a home, and those that grow too large for one worker are split.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::mailbox::{Mailbox, Message};
use crate::command::Command;
use crate::event::Event;
use crate::model::Id;
use crate::worker::Worker;

/// Hands commands to workers, and tells workers which others have peers of a room.
///
/// It knows every peer that was opened and has not ended; shards tell it what came of an opening, and who ended.
pub struct Placement {
    /// Messages are posted under the lock: so all workers see changes of a room in one order.
    state: Mutex<State>,
    mailboxes: Vec<Arc<Mailbox>>,
}

/// Where the peers of all rooms are.
#[derive(Debug)]
struct State {
    workers: usize,
    /// A home takes so many peers of a room before others help; 0: rooms are never split.
    split: usize,
    rooms: HashMap<Id, Room>,
    /// The relays of rooms. Such a room stays at its home: what came over one link is sent over no other.
    relays: HashMap<Id, HashSet<u64>>,
}

#[derive(Debug, Default)]
struct Room {
    peers: HashMap<Id, Place>,
    /// How many peers each worker has.
    counts: Vec<usize>,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    worker: usize,
    /// Commands to open it that its worker has not seen yet.
    openings: usize,
}

/// The workers that have peers of a room, when that has changed.
#[derive(Debug, PartialEq, Eq)]
struct Members {
    workers: Vec<usize>,
    /// One that has none any more.
    left: Option<usize>,
}

impl Placement {
    /// Nothing is placed yet.
    pub fn new(mailboxes: Vec<Arc<Mailbox>>, split: usize) -> Self {
        let split = if mailboxes.len() > 1 { split } else { 0 };
        let state = State { workers: mailboxes.len(), split, rooms: HashMap::new(), relays: HashMap::new() };
        Placement { state: Mutex::new(state), mailboxes }
    }

    /// Hand a command to the worker that it concerns.
    pub fn dispatch(&self, command: Command) {
        let mut state = self.lock();
        let room = command.room().clone();
        state.note_relays(&command);
        let workers = match &command {
            Command::CloseRoom { .. } => {
                let mut workers = state.members(&room);
                let home = state.home(&room);
                if !workers.contains(&home) {
                    workers.push(home);
                }
                workers
            }
            Command::OpenPeer(open) => {
                let (worker, members) = state.open(&room, &open.peer);
                self.tell(&state, &room, members);
                vec![worker]
            }
            other => vec![other.peer().and_then(|peer| state.find(&room, peer)).unwrap_or(state.home(&room))],
        };
        for worker in workers {
            self.mailboxes[worker].post(vec![Message::Command(command.clone())]);
        }
    }

    /// A worker has handled a command to open a peer.
    pub fn opened(&self, worker: &Worker, index: usize, room: &Id, peer: &Id) {
        let mut state = self.lock();
        let members = state.settle((room, peer), index, worker.has_peer(room, peer), 1);
        self.tell(&state, room, members);
    }

    /// Note which peers ended, before the events leave.
    pub fn note(&self, worker: &Worker, index: usize, events: &[Event]) {
        for event in events {
            if let Event::PeerEnded { room, peer, .. } = event {
                let mut state = self.lock();
                let members = state.settle((room, peer), index, worker.has_peer(room, peer), 0);
                self.tell(&state, room, members);
            }
        }
    }

    /// A worker has failed: it has no peers, and commands that it had taken are lost.
    pub fn forget(&self, index: usize) {
        let mut state = self.lock();
        for (room, members) in state.forget(index) {
            self.tell(&state, &room, Some(members));
        }
    }

    fn tell(&self, state: &State, room: &Id, members: Option<Members>) {
        let Some(Members { workers, left }) = members else { return };
        let home = state.home(room);
        let teller = if workers.contains(&home) { Some(home) } else { workers.first().copied() };
        for worker in workers.iter().copied().chain(left) {
            let others = match left == Some(worker) {
                true => Vec::new(),
                false => workers.iter().copied().filter(|other| *other != worker).collect(),
            };
            let is_told_elsewhere = teller != Some(worker);
            self.mailboxes[worker].post(vec![Message::Members { room: room.clone(), others, is_told_elsewhere }]);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The worker where a room begins: FNV-1a, so that it stays the same for the life of the process.
    fn home(&self, room: &str) -> usize {
        let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        let hash = room.bytes().fold(0xcbf2_9ce4_8422_2325, step);
        ((hash >> 32) as usize) % self.workers.max(1)
    }

    fn note_relays(&mut self, command: &Command) {
        match command {
            Command::OpenRelay(open) => _ = self.relays.entry(open.room.clone()).or_default().insert(open.relay),
            Command::CloseRelay { room, relay } => {
                if let Some(relays) = self.relays.get_mut(room) {
                    relays.remove(relay);
                }
                self.relays.retain(|_, relays| !relays.is_empty());
            }
            Command::CloseRoom { room } => _ = self.relays.remove(room),
            _ => {}
        }
    }

    fn find(&self, room: &Id, peer: &Id) -> Option<usize> {
        Some(self.rooms.get(room)?.peers.get(peer)?.worker)
    }

    /// The workers that have peers of a room; its home when none has.
    fn members(&self, room: &Id) -> Vec<usize> {
        let members = self.rooms.get(room).map(Room::members).unwrap_or_default();
        if members.is_empty() { vec![self.home(room)] } else { members }
    }

    /// Choose the worker of a peer that is to be opened: the one that has it, else the home, else where fewest are.
    fn open(&mut self, room: &Id, peer: &Id) -> (usize, Option<Members>) {
        let home = self.home(room);
        if self.split == 0 {
            return (home, None);
        }
        let workers = self.workers;
        let split = if self.relays.contains_key(room) { usize::MAX } else { self.split };
        let state = self.rooms.entry(room.clone()).or_default();
        state.counts.resize(workers, 0);
        if let Some(place) = state.peers.get_mut(peer) {
            place.openings += 1;
            return (place.worker, None);
        }
        let after_home = |worker: usize| (worker + workers - home) % workers;
        let emptiest = (0..workers).min_by_key(|worker| (state.counts[*worker], after_home(*worker)));
        let worker = if state.counts[home] < split { home } else { emptiest.unwrap_or(home) };
        (worker, state.add(peer, Place { worker, openings: 1 }))
    }

    /// A worker says whether it has a peer, after so many commands to open it.
    fn settle(&mut self, (room, peer): (&Id, &Id), worker: usize, exists: bool, openings: usize) -> Option<Members> {
        if self.split == 0 {
            return None;
        }
        let workers = self.workers;
        let state = self.rooms.entry(room.clone()).or_default();
        state.counts.resize(workers, 0);
        let mut members = None;
        match state.peers.get_mut(peer) {
            Some(place) if place.worker == worker => {
                place.openings = place.openings.saturating_sub(openings);
                if !exists && place.openings == 0 {
                    members = state.remove(peer);
                }
            }
            // It was forgotten with its worker, which has opened it since.
            None if exists => members = state.add(peer, Place { worker, openings: 0 }),
            _ => {}
        }
        if state.peers.is_empty() {
            self.rooms.remove(room);
        }
        members
    }

    fn forget(&mut self, worker: usize) -> Vec<(Id, Members)> {
        let mut changed = Vec::new();
        for (id, room) in &mut self.rooms {
            if room.counts[worker] > 0 {
                room.peers.retain(|_, place| place.worker != worker);
                room.counts[worker] = 0;
                changed.push((id.clone(), Members { workers: room.members(), left: Some(worker) }));
            }
        }
        self.rooms.retain(|_, room| !room.peers.is_empty());
        changed
    }
}

impl Room {
    fn members(&self) -> Vec<usize> {
        (0..self.counts.len()).filter(|worker| self.counts[*worker] > 0).collect()
    }

    fn add(&mut self, peer: &Id, place: Place) -> Option<Members> {
        self.peers.insert(peer.clone(), place);
        self.counts[place.worker] += 1;
        (self.counts[place.worker] == 1).then(|| Members { workers: self.members(), left: None })
    }

    fn remove(&mut self, peer: &Id) -> Option<Members> {
        let worker = self.peers.remove(peer)?.worker;
        self.counts[worker] -= 1;
        (self.counts[worker] == 0).then(|| Members { workers: self.members(), left: Some(worker) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(workers: usize, split: usize) -> State {
        State { workers, split, rooms: HashMap::new(), relays: HashMap::new() }
    }

    fn id(number: usize) -> Id {
        format!("p{number}").into()
    }

    #[test]
    fn a_home_fills_up_before_others_help_evenly() {
        let mut state = state(4, 10);
        let room: Id = "room".into();
        let home = state.home(&room);
        let workers: Vec<usize> = (0..40).map(|number| state.open(&room, &id(number)).0).collect();
        assert!(workers[..10].iter().all(|worker| *worker == home));
        assert_eq!(state.rooms[&room].counts, [10; 4]);
        assert_eq!(state.open(&room, &id(17)).0, workers[17], "who was opened stays where it is");
    }

    #[test]
    fn members_change_with_the_first_peer_of_a_worker_and_with_its_last() {
        let mut state = state(2, 1);
        let room: Id = "room".into();
        let home = state.home(&room);
        assert_eq!(state.open(&room, &id(0)).1, Some(Members { workers: vec![home], left: None }));
        assert_eq!(state.open(&room, &id(1)).1, Some(Members { workers: vec![0, 1], left: None }));
        assert_eq!(state.open(&room, &id(2)).1, None);
        assert_eq!(state.settle((&room, &id(1)), 1 - home, true, 1), None);
        let left = Some(Members { workers: vec![home], left: Some(1 - home) });
        assert_eq!(state.settle((&room, &id(1)), 1 - home, false, 0), left);
    }

    #[test]
    fn an_end_before_the_next_opening_was_seen_forgets_nothing() {
        let mut state = state(2, 1);
        let room: Id = "room".into();
        let (worker, _) = state.open(&room, &id(0));
        state.settle((&room, &id(0)), worker, true, 1);
        state.open(&room, &id(0));
        state.settle((&room, &id(0)), worker, false, 0);
        assert_eq!(state.find(&room, &id(0)), Some(worker));
        state.settle((&room, &id(0)), worker, false, 1);
        assert!(state.rooms.is_empty(), "a refused opening leaves nothing");
    }

    #[test]
    fn a_worker_that_failed_has_nobody() {
        let mut state = state(2, 1);
        let room: Id = "room".into();
        for number in 0..4 {
            state.open(&room, &id(number));
        }
        let told = state.forget(0);
        assert_eq!(told, [(room.clone(), Members { workers: vec![1], left: Some(0) })]);
        assert_eq!(state.members(&room), [1]);
        assert!(state.forget(1).len() == 1 && state.rooms.is_empty());
    }
}
