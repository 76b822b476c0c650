//! Which worker has which peer: rooms have a home, and those that grow too large for one worker are split.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::mailbox::{Mailbox, Message};
use crate::command::Command;
use crate::event::{Event, Refusal, RefusalCode};
use crate::model::Id;
use crate::room::MAX_PEERS;
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
}

#[derive(Debug, Default)]
struct Room {
    peers: HashMap<Id, Place>,
    /// How many peers each worker has.
    counts: Vec<usize>,
    /// Its relays to other processes, which lead to its home.
    relays: HashSet<u64>,
    /// The members that all were told of.
    told: Vec<usize>,
    /// Workers that have failed since.
    has_left: Vec<usize>,
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
    /// Those that have none any more.
    left: Vec<usize>,
}

impl Placement {
    /// Nothing is placed yet.
    pub fn new(mailboxes: Vec<Arc<Mailbox>>, split: usize) -> Self {
        let split = if mailboxes.len() > 1 { split } else { 0 };
        let state = State { workers: mailboxes.len(), split, rooms: HashMap::new() };
        Placement { state: Mutex::new(state), mailboxes }
    }

    /// Hand a command to the worker that it concerns; or say why to nobody.
    pub fn dispatch(&self, command: Command) -> Result<(), Refusal> {
        let mut state = self.lock();
        let room = command.room().clone();
        let workers = match &command {
            Command::CloseRoom { .. } => state.members_and_home(&room),
            Command::OpenPeer(open) => vec![state.open(&room, &open.peer)?],
            other => vec![other.peer().and_then(|peer| state.find(&room, peer)).unwrap_or(state.home(&room))],
        };
        state.note_relays(&command);
        self.tell(&mut state, &room);
        for worker in workers {
            self.mailboxes[worker].post(vec![Message::Command(command.clone())]);
        }
        Ok(())
    }

    /// A worker has handled a command to open a peer.
    pub fn opened(&self, worker: &Worker, index: usize, room: &Id, peer: &Id) {
        let mut state = self.lock();
        state.settle((room, peer), index, worker.has_peer(room, peer), 1);
        self.tell(&mut state, room);
    }

    /// Note which peers ended, before the events leave.
    pub fn note(&self, worker: &Worker, index: usize, events: &[Event]) {
        for event in events {
            if let Event::PeerEnded { room, peer, .. } = event {
                let mut state = self.lock();
                state.settle((room, peer), index, worker.has_peer(room, peer), 0);
                self.tell(&mut state, room);
            }
        }
    }

    /// A worker has failed: it has no peers and no links, and commands that it had taken are lost.
    pub fn forget(&self, index: usize) {
        let mut state = self.lock();
        for room in state.forget(index) {
            self.tell(&mut state, &room);
        }
    }

    /// Tell the workers of a room who the others are, if that has changed.
    fn tell(&self, state: &mut State, room: &Id) {
        let Some(Members { workers, left }) = state.take_change(room) else { return };
        let home = state.home(room);
        let teller = if workers.contains(&home) { Some(home) } else { workers.first().copied() };
        for worker in workers.iter().chain(&left).copied() {
            let others = match left.contains(&worker) {
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
        if self.split == 0 {
            return;
        }
        match command {
            Command::OpenRelay(open) => _ = self.room(&open.room).relays.insert(open.relay),
            Command::CloseRelay { room, relay } => _ = self.room(room).relays.remove(relay),
            Command::CloseRoom { room } => self.room(room).relays.clear(),
            _ => {}
        }
    }

    fn room(&mut self, room: &Id) -> &mut Room {
        let counts = self.workers;
        self.rooms.entry(room.clone()).or_insert_with(|| Room { counts: vec![0; counts], ..Room::default() })
    }

    fn find(&self, room: &Id, peer: &Id) -> Option<usize> {
        Some(self.rooms.get(room)?.peers.get(peer)?.worker)
    }

    /// The workers that have peers of a room, and its home.
    fn members_and_home(&self, room: &Id) -> Vec<usize> {
        let home = self.home(room);
        let mut members = self.rooms.get(room).map(|state| state.members(home)).unwrap_or_default();
        if !members.contains(&home) {
            members.push(home);
        }
        members
    }

    /// Choose the worker of a peer that is to be opened: the one that has it, else the home, else where fewest are.
    fn open(&mut self, room: &Id, peer: &Id) -> Result<usize, Refusal> {
        let (home, workers, split) = (self.home(room), self.workers, self.split);
        if split == 0 {
            return Ok(home);
        }
        let state = self.room(room);
        if let Some(place) = state.peers.get_mut(peer) {
            place.openings += 1;
            return Ok(place.worker);
        }
        if state.peers.len() >= MAX_PEERS {
            return Err(Refusal::new(RefusalCode::RoomFull, format!("the room has {MAX_PEERS} peers")));
        }
        let after_home = |worker: usize| (worker + workers - home) % workers;
        let emptiest = (0..workers).min_by_key(|worker| (state.counts[*worker], after_home(*worker)));
        let worker = if state.counts[home] < split { home } else { emptiest.unwrap_or(home) };
        state.add(peer, Place { worker, openings: 1 });
        Ok(worker)
    }

    /// A worker says whether it has a peer, after so many commands to open it.
    fn settle(&mut self, (room, peer): (&Id, &Id), worker: usize, exists: bool, openings: usize) {
        if self.split == 0 {
            return;
        }
        let state = self.room(room);
        match state.peers.get_mut(peer) {
            Some(place) if place.worker == worker => {
                place.openings = place.openings.saturating_sub(openings);
                if !exists && place.openings == 0 {
                    state.remove(peer);
                }
            }
            // It was forgotten with its worker, which has opened it since.
            None if exists => state.add(peer, Place { worker, openings: 0 }),
            _ => {}
        }
    }

    /// The rooms that are affected.
    fn forget(&mut self, worker: usize) -> Vec<Id> {
        let mut changed = Vec::new();
        for (id, room) in &mut self.rooms {
            if room.told.contains(&worker) {
                room.peers.retain(|_, place| place.worker != worker);
                room.counts[worker] = 0;
                // It began anew: what it was told is gone.
                room.told.retain(|told| *told != worker);
                room.has_left.push(worker);
                changed.push(id.clone());
            }
        }
        changed
    }

    /// The workers of a room, if they have changed; a room with nothing left is forgotten.
    fn take_change(&mut self, room: &Id) -> Option<Members> {
        let home = self.home(room);
        let state = self.rooms.get_mut(room)?;
        let workers = state.members(home);
        let is_new = state.told != workers || !state.has_left.is_empty();
        let mut left = std::mem::take(&mut state.has_left);
        left.extend(state.told.iter().copied());
        left.retain(|worker| !workers.contains(worker));
        state.told.clone_from(&workers);
        if workers.is_empty() {
            self.rooms.remove(room);
        }
        is_new.then_some(Members { workers, left })
    }
}

impl Room {
    /// Its home stands for all others before the other processes.
    fn members(&self, home: usize) -> Vec<usize> {
        let is_member = |worker: &usize| self.counts[*worker] > 0 || (*worker == home && !self.relays.is_empty());
        (0..self.counts.len()).filter(is_member).collect()
    }

    fn add(&mut self, peer: &Id, place: Place) {
        self.peers.insert(peer.clone(), place);
        self.counts[place.worker] += 1;
    }

    fn remove(&mut self, peer: &Id) {
        if let Some(place) = self.peers.remove(peer) {
            self.counts[place.worker] -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::OpenRelay;
    use crate::relay::RelayKey;

    fn state(workers: usize, split: usize) -> State {
        State { workers, split, rooms: HashMap::new() }
    }

    fn id(number: usize) -> Id {
        format!("p{number}").into()
    }

    fn open(state: &mut State, number: usize) -> (usize, Option<Members>) {
        let room: Id = "room".into();
        (state.open(&room, &id(number)).unwrap(), state.take_change(&room))
    }

    fn relay(state: &State) -> Command {
        let remote = ([127, 0, 0, 1], 9).into();
        let (room, key) = ("room".into(), RelayKey([state.workers as u8; 32]));
        Command::OpenRelay(OpenRelay { room, relay: 5, remote, key, first: true, is_told_elsewhere: false })
    }

    #[test]
    fn a_home_fills_up_before_others_help_evenly() {
        let mut state = state(4, 10);
        let room: Id = "room".into();
        let home = state.home(&room);
        let workers: Vec<usize> = (0..40).map(|number| open(&mut state, number).0).collect();
        assert!(workers[..10].iter().all(|worker| *worker == home));
        assert_eq!(state.rooms[&room].counts, [10; 4]);
        assert_eq!(open(&mut state, 17).0, workers[17], "who was opened stays where it is");
    }

    #[test]
    fn a_full_room_takes_nobody_more_on_any_worker() {
        let mut state = state(4, 100);
        let room: Id = "room".into();
        for number in 0..MAX_PEERS {
            open(&mut state, number);
        }
        assert_eq!(state.open(&room, &id(MAX_PEERS)).unwrap_err().code, RefusalCode::RoomFull);
        let worker = state.open(&room, &id(3)).expect("who is in it may come again");
        for _ in 0..2 {
            state.settle((&room, &id(3)), worker, false, 1);
        }
        assert!(state.open(&room, &id(MAX_PEERS)).is_ok(), "a place became free");
    }

    #[test]
    fn members_change_with_the_first_peer_of_a_worker_and_with_its_last() {
        let mut state = state(2, 1);
        let room: Id = "room".into();
        let home = state.home(&room);
        assert_eq!(open(&mut state, 0).1, Some(Members { workers: vec![home], left: vec![] }));
        assert_eq!(open(&mut state, 1).1, Some(Members { workers: vec![0, 1], left: vec![] }));
        assert_eq!(open(&mut state, 2).1, None);
        state.settle((&room, &id(1)), 1 - home, true, 1);
        assert_eq!(state.take_change(&room), None);
        state.settle((&room, &id(1)), 1 - home, false, 0);
        assert_eq!(state.take_change(&room), Some(Members { workers: vec![home], left: vec![1 - home] }));
    }

    #[test]
    fn the_home_of_a_room_with_relays_is_a_member_and_others_help_as_ever() {
        let mut state = state(2, 1);
        let room: Id = "room".into();
        let home = state.home(&room);
        let command = relay(&state);
        state.note_relays(&command);
        assert_eq!(state.take_change(&room), Some(Members { workers: vec![home], left: vec![] }));
        assert_eq!(open(&mut state, 0).0, home);
        assert_eq!(open(&mut state, 1), (1 - home, Some(Members { workers: vec![0, 1], left: vec![] })));
        state.settle((&room, &id(0)), home, false, 1);
        assert_eq!(state.take_change(&room), None, "it stands for the other before other processes");
        state.note_relays(&Command::CloseRelay { room: room.clone(), relay: 5 });
        assert_eq!(state.take_change(&room), Some(Members { workers: vec![1 - home], left: vec![home] }));
    }

    #[test]
    fn an_end_before_the_next_opening_was_seen_forgets_nothing() {
        let mut state = state(2, 1);
        let room: Id = "room".into();
        let (worker, _) = open(&mut state, 0);
        state.settle((&room, &id(0)), worker, true, 1);
        open(&mut state, 0);
        state.settle((&room, &id(0)), worker, false, 0);
        assert_eq!(state.find(&room, &id(0)), Some(worker));
        state.settle((&room, &id(0)), worker, false, 1);
        state.take_change(&room);
        assert!(state.rooms.is_empty(), "a refused opening leaves nothing");
    }

    #[test]
    fn a_worker_that_failed_has_nobody_and_is_told_of_the_others_when_it_stays_a_member() {
        let mut state = state(2, 1);
        let room: Id = "room".into();
        for number in 0..4 {
            open(&mut state, number);
        }
        assert_eq!(state.forget(0), std::slice::from_ref(&room));
        assert_eq!(state.take_change(&room), Some(Members { workers: vec![1], left: vec![0] }));
        assert_eq!(state.forget(1), std::slice::from_ref(&room));
        assert_eq!(state.take_change(&room), Some(Members { workers: vec![], left: vec![1] }));
        assert!(state.rooms.is_empty());
        for number in 0..4 {
            open(&mut state, number);
        }
        let command = relay(&state);
        state.note_relays(&command);
        state.take_change(&room);
        state.forget(state.home(&room));
        assert_eq!(state.take_change(&room), Some(Members { workers: vec![0, 1], left: vec![] }));
    }
}
