//! Messages of data channels: what one peer says in a channel goes to everybody in the room who has one of that label,
//! on whichever worker and in whichever process they are.

use std::time::Instant;

use super::Worker;
use crate::model::Id;
use crate::relay::encode;
use crate::slab::Key;
use crate::transport::Message;

impl Worker {
    /// Pass on what a peer says. One too many, or too long, is dropped: channels are for what may be lost.
    pub(super) fn pass_message(&mut self, sender: Key, message: &Message, now: Instant) {
        let Some(peer) = self.peers.get_mut(sender) else { return };
        if !peer.messages.take(message.data.len(), now) {
            self.counters.messages_dropped += 1;
            return;
        }
        let room = peer.room.clone();
        self.say_here(&room, message, Some(sender));
        self.say_over_links(&room, message, None);
    }

    /// Take a piece of what was said elsewhere.
    pub(super) fn take_piece(&mut self, link: Key, piece: (u32, bool), bytes: &[u8]) {
        let Some(state) = self.links.get_mut(link) else { return };
        let (room, mut said) = (state.room.clone(), Vec::new());
        state.take_piece(piece, bytes, |message| said.push(message));
        for message in &said {
            self.say_here(&room, message, None);
            self.say_over_links(&room, message, Some(link));
        }
    }

    fn say_here(&mut self, room: &Id, message: &Message, sender: Option<Key>) {
        for key in self.room_of(room) {
            let receiver = self.peers.get_mut(key).filter(|_| Some(key) != sender);
            if receiver.is_some_and(|peer| peer.transport.send_message(message)) {
                self.counters.messages_passed += 1;
                self.mark_dirty(key);
            }
        }
    }

    /// Over all links, or over those that lead on `from` one. A link over which too much waits is left out.
    fn say_over_links(&mut self, room: &Id, message: &Message, from: Option<Key>) {
        let Some(room) = self.rooms.get(room).filter(|room| !room.links.is_empty()) else { return };
        let came_by = from.and_then(|from| self.links.get(from)).map(|link| link.end.is_relay());
        let bytes = encode(message);
        for key in &room.links {
            let Some(link) = self.links.get_mut(*key) else { continue };
            if came_by == Some(link.end.is_relay()) {
                continue;
            }
            if !link.say_in_channel(&bytes) {
                self.counters.messages_dropped += 1;
            } else if !self.saying.contains(key) {
                self.saying.push(*key);
            }
        }
    }

    /// Send pieces of messages whose time has come.
    pub(super) fn send_pieces(&mut self, now: Instant) {
        let Worker { links, saying, .. } = self;
        saying.retain(|key| links.get_mut(*key).is_some_and(|link| link.send_pieces(now)));
    }

    /// When pieces are to be sent again.
    pub(super) fn next_piece_at(&self) -> Option<Instant> {
        self.saying.iter().filter_map(|key| self.links.get(*key)?.next_piece_at()).min()
    }
}
