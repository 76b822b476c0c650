//! Messages of data channels: what one peer says in a channel goes to everybody in the room who has one of that label.

use std::time::Instant;

use super::Worker;
use crate::slab::Key;
use crate::transport::Message;

impl Worker {
    /// Pass a message on. One too many, or too long, is dropped: channels are for what may be lost.
    pub(super) fn pass_message(&mut self, sender: Key, message: &Message, now: Instant) {
        let Some(peer) = self.peers.get_mut(sender) else { return };
        if !peer.messages.take(message.data.len(), now) {
            self.counters.messages_dropped += 1;
            return;
        }
        let room = peer.room.clone();
        for key in self.room_of(&room) {
            let receiver = self.peers.get_mut(key).filter(|_| key != sender);
            if receiver.is_some_and(|peer| peer.transport.send_message(message)) {
                self.counters.messages_passed += 1;
                self.mark_dirty(key);
            }
        }
    }
}
