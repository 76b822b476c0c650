//! How peers come and go.

use std::time::Instant;

use super::reporting::PULSE;
use super::{RouteChange, Worker};
use crate::command::{OpenPeer, RestartIce};
use crate::event::{EndReason, Event, Refusal, RefusalCode};
use crate::model::Id;
use crate::peer::Peer;
use crate::room::{self, Room};
use crate::slab::Key;
use crate::transport::guard::Guarded;
use crate::transport::{Opened, Output};

impl Worker {
    pub(super) fn open_peer(&mut self, open: OpenPeer, now: Instant) {
        match self.try_open(&open, now) {
            Ok((key, sdp)) => {
                self.events.push(Event::PeerAnswered {
                    request: open.request,
                    room: open.room.clone(),
                    peer: open.peer.clone(),
                    generation: open.generation,
                    sdp,
                });
                self.enter(key, &open.room, now);
            }
            Err(refusal) => self.refuse(open.request, open.room, open.peer, refusal),
        }
    }

    fn try_open(&mut self, open: &OpenPeer, now: Instant) -> Result<(Key, String), Refusal> {
        let old = self.find_here(&open.room, &open.peer);
        self.admit(open, old)?;
        let opened = self.transports.open(open, now)?;
        if let Some(mirror) = self.find(&open.room, &open.peer).filter(|key| !self.is_here(*key)) {
            self.end_mirrors(&open.room, &[mirror], now);
        }
        if let Some(old) = old {
            self.end(old, EndReason::Replaced, now);
        }
        let answer = opened.answer.clone();
        Ok((self.insert(open, opened, now), answer))
    }

    fn admit(&self, open: &OpenPeer, old: Option<Key>) -> Result<(), Refusal> {
        if let Some(old) = old.and_then(|key| self.peers.get(key))
            && old.generation >= open.generation
        {
            let detail = format!("generation {} of this peer exists", old.generation);
            return Err(Refusal::new(RefusalCode::StaleGeneration, detail));
        }
        let room = self.rooms.get(&open.room);
        if old.is_none() && room.is_some_and(|room| room.peers.len() >= room::MAX_PEERS) {
            let detail = format!("the room has {} peers", room::MAX_PEERS);
            return Err(Refusal::new(RefusalCode::RoomFull, detail));
        }
        Ok(())
    }

    fn insert(&mut self, open: &OpenPeer, opened: Opened, now: Instant) -> Key {
        let peer = Peer::new(open, Guarded::new(opened.transport), opened.agreed, now);
        let key = self.peers.insert(peer);
        self.adopt_ufrag(key);
        self.rooms.entry(open.room.clone()).or_default().peers.insert(open.peer.clone(), key);
        self.note_published(&open.room);
        key
    }

    /// Let the connection's present ICE name lead to the peer, and no other.
    fn adopt_ufrag(&mut self, key: Key) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        let ufrag = peer.transport.ufrag();
        if ufrag == peer.ufrag {
            return;
        }
        let old = std::mem::replace(&mut peer.ufrag, ufrag.clone());
        self.routes.add_ufrag(ufrag.clone(), key);
        self.route_changes.push(RouteChange::Added(ufrag));
        self.forget_ufrag(old, key);
    }

    fn forget_ufrag(&mut self, ufrag: String, key: Key) {
        if !ufrag.is_empty() {
            self.routes.remove_ufrag(&ufrag, key);
            self.route_changes.push(RouteChange::Removed(ufrag));
        }
    }

    fn enter(&mut self, key: Key, room: &Id, now: Instant) {
        self.wake_for_ticks(now);
        self.next_pulse.get_or_insert(now + PULSE);
        self.mark_dirty(key);
        self.assign_voices(key, now);
        self.tell_slots(key);
        let Some(name) = self.peers.get(key).map(|peer| peer.name.clone()) else { return };
        self.reassign_watchers(room, &name, now);
    }

    pub(super) fn restart_ice(&mut self, restart: RestartIce) {
        match self.try_restart(&restart) {
            Ok((key, sdp)) => {
                self.adopt_ufrag(key);
                self.mark_dirty(key);
                self.events.push(Event::PeerAnswered {
                    request: restart.request,
                    room: restart.room,
                    peer: restart.peer,
                    generation: restart.generation,
                    sdp,
                });
            }
            Err(refusal) => self.refuse(restart.request, restart.room, restart.peer, refusal),
        }
    }

    fn try_restart(&mut self, restart: &RestartIce) -> Result<(Key, String), Refusal> {
        let key = self.find_here(&restart.room, &restart.peer);
        let peer = key.and_then(|key| self.peers.get_mut(key));
        let (Some(key), Some(peer)) = (key, peer) else {
            return Err(Refusal::new(RefusalCode::PeerUnknown, "there is no such peer"));
        };
        if peer.generation != restart.generation {
            let detail = format!("the peer has generation {}", peer.generation);
            return Err(Refusal::new(RefusalCode::StaleGeneration, detail));
        }
        let answer = peer.transport.restart_ice(&restart.offer)?;
        Ok((key, answer))
    }

    fn refuse(&mut self, request: u64, room: Id, peer: Id, refusal: Refusal) {
        let Refusal { code, detail } = refusal;
        self.events.push(Event::PeerRefused { request, room, peer, code, detail });
    }

    /// End a peer: say good-bye, empty the slots that it filled, forget it.
    pub(super) fn end(&mut self, key: Key, reason: EndReason, now: Instant) {
        let Some(mut peer) = self.peers.remove(key) else { return };
        self.say_goodbye(&mut peer, now);
        self.timers.disarm(key);
        self.forget_ufrag(std::mem::take(&mut peer.ufrag), key);
        for source in &peer.sources {
            self.routes.remove_source(*source, key);
        }
        self.unsubscribe_all(key, &peer);
        self.leave_room(key, &peer);
        self.note_published(&peer.room);
        self.clear_watchers(key, &peer, now);
        self.events.push(Event::PeerEnded { room: peer.room, peer: peer.name, generation: peer.generation, reason });
    }

    fn say_goodbye(&mut self, peer: &mut Peer, now: Instant) {
        peer.transport.close();
        peer.transport.advance(now);
        // Bounded: a connection that only ever yields must not hold the worker.
        for _ in 0..64 {
            match peer.transport.poll() {
                Ok(Output::Transmit(transmit)) => self.transmits.push(transmit),
                Ok(Output::Timeout(_)) | Err(_) => break,
                Ok(_) => {}
            }
        }
    }

    pub(super) fn leave_room(&mut self, key: Key, peer: &Peer) {
        let Some(room) = self.rooms.get_mut(&peer.room) else { return };
        if room.peers.get(&peer.name) == Some(&key) {
            room.peers.remove(&peer.name);
        }
        self.remove_if_empty(&peer.room);
    }

    pub(super) fn remove_if_empty(&mut self, room: &Id) {
        if self.rooms.get(room).is_some_and(|room| room.peers.is_empty() && room.links.is_empty()) {
            self.rooms.remove(room);
        }
    }

    pub(super) fn room_of(&self, room: &Id) -> Vec<Key> {
        self.rooms.get(room).map(Room::keys).unwrap_or_default()
    }
}
