//! The way out: what is new in the rings goes to everybody who receives it, at the end of a pass.

use std::time::Instant;

use super::Worker;
use crate::downlink::{Exit, Waiting};
use crate::egress::{Egress, Outbox};
use crate::slab::Key;

/// Counts what leaves.
struct Counted<'a> {
    outbox: &'a mut dyn Outbox,
    datagrams: u64,
    bytes: u64,
}

impl Outbox for Counted<'_> {
    fn send(&mut self, egress: &Egress) {
        for train in egress.trains() {
            self.datagrams += u64::from(train.packets);
            self.bytes += egress.bytes(train).len() as u64;
        }
        self.outbox.send(egress);
    }
}

impl Worker {
    /// Send everything that a pass has brought. To be called after every batch of input.
    pub fn flush(&mut self, now: Instant, outbox: &mut dyn Outbox) {
        while let Some(key) = self.dirty.pop() {
            let Some(peer) = self.peers.get_mut(key) else { continue };
            peer.dirty = false;
            peer.transport.advance(now);
            self.drain(key, now);
        }
        let mut counted = Counted { outbox, datagrams: 0, bytes: 0 };
        let mut egress = std::mem::replace(&mut self.egress, Egress::empty());
        let mut exit = Exit { egress: &mut egress, outbox: &mut counted, retransmitted: 0, refused: 0 };
        for transmit in self.transmits.drain(..) {
            exit.send_plain(&transmit.route, &transmit.bytes);
        }
        self.repair(&mut exit, now);
        self.tell_wants();
        self.fan_out_fresh(&mut exit, now);
        self.release_waiting(&mut exit, now);
        self.pulse(&mut exit, now);
        self.send_pieces(now);
        self.send_relays(&mut exit);
        let (retransmitted, refused) = (exit.retransmitted, exit.refused);
        if !egress.is_empty() {
            counted.send(&egress);
            egress.clear();
        }
        self.counters.datagrams_out += counted.datagrams;
        self.counters.bytes_out += counted.bytes;
        self.counters.packets_retransmitted += retransmitted;
        self.counters.repairs_refused += refused;
        self.egress = egress;
    }

    fn fan_out_fresh(&mut self, exit: &mut Exit, now: Instant) {
        let mut fresh = std::mem::take(&mut self.fresh);
        for (publisher, track) in fresh.drain(..) {
            self.fan_out(publisher, track, exit, now);
        }
        self.fresh = fresh;
    }

    /// Send a track's new packets to each of its receivers, one receiver after the other: so packets to one place lie
    /// side by side and leave as a train.
    fn fan_out(&mut self, publisher: Key, number: usize, exit: &mut Exit, now: Instant) {
        let Some(peer) = self.peers.get_mut(publisher) else { return };
        // Taken out and put back: receivers are other peers, nobody gets themselves.
        let (mut tracks, payloads) = (std::mem::take(&mut peer.tracks), std::mem::take(&mut peer.payloads));
        let track = &mut tracks[number];
        for (receiver, slot) in &track.subscribers {
            let Some(peer) = self.peers.get_mut(*receiver) else { continue };
            let had_waiting = !peer.downlink.waiting.is_empty();
            peer.forward(*slot, track, &payloads, exit, now);
            if !had_waiting && !peer.downlink.waiting.is_empty() {
                self.waiting.push(*receiver);
            }
        }
        self.relay_fresh(publisher, number, track);
        track.layers.iter_mut().for_each(|layer| layer.fresh.clear());
        track.is_fresh = false;
        if let Some(peer) = self.peers.get_mut(publisher) {
            (peer.tracks, peer.payloads) = (tracks, payloads);
        }
    }

    /// Send what the pacer held back and whose time has come.
    fn release_waiting(&mut self, exit: &mut Exit, now: Instant) {
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.retain(|key| {
            while let Some(packet) = self.peers.get_mut(*key).and_then(|peer| peer.downlink.release(now)) {
                self.send_waiting(*key, &packet, exit, now);
            }
            self.peers.get(*key).is_some_and(|peer| !peer.downlink.waiting.is_empty())
        });
        self.waiting = waiting;
    }

    fn send_waiting(&mut self, receiver: Key, packet: &Waiting, exit: &mut Exit, now: Instant) {
        let slot = self.peers.get(receiver).and_then(|peer| peer.slots.get(packet.slot));
        let Some(attachment) = slot.and_then(|slot| slot.outgoing.attachment(packet.ready.epoch)) else { return };
        let Some(publisher) = self.peers.get_mut(attachment.publisher) else { return };
        let tracks = std::mem::take(&mut publisher.tracks);
        if let Some(peer) = self.peers.get_mut(receiver)
            && let Some(stored) = tracks[attachment.track].layers[attachment.layer].packet(packet.incoming)
            && let Some(slot) = peer.slots.get_mut(packet.slot)
        {
            peer.downlink.send(&mut slot.outgoing, &packet.ready, &stored, exit, now);
        }
        if let Some(publisher) = self.peers.get_mut(attachment.publisher) {
            publisher.tracks = tracks;
        }
    }

    /// When the first packet that waits may leave.
    pub(super) fn next_release_at(&self, now: Instant) -> Option<Instant> {
        let at = |key: &Key| self.peers.get(*key)?.downlink.next_release_at(now);
        self.waiting.iter().filter_map(at).min()
    }
}
