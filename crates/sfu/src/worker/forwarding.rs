//! The way of a packet: from a datagram to its peer, from its track to the slots that carry it.

use std::net::SocketAddr;
use std::time::Instant;

use super::Worker;
use crate::event::{EndReason, Event};
use crate::link::Phase;
use crate::model::{Kind, Transport};
use crate::plane::{Datagram, Output, PacketIn, Transmit};
use crate::slab::Key;
use crate::stun;

/// A peer is heard from at most so many addresses; the oldest is forgotten first.
const MAX_SOURCES: usize = 16;
/// A connection that fails to yield so often in one pass is left for its next timer.
const MAX_POLL_ERRORS: usize = 8;

impl Worker {
    pub(super) fn receive(&mut self, datagram: &Datagram, now: Instant) -> bool {
        let Some(key) = self.routes.find(datagram) else { return false };
        let Some(peer) = self.peers.get_mut(key) else { return false };
        let taken = peer.connection.receive(datagram, now);
        if taken {
            peer.link.received(datagram.bytes.len(), now);
            if stun::is_stun(datagram.bytes) {
                self.learn_source(key, datagram.transport, datagram.source);
            }
        }
        self.drain(key, now);
        taken
    }

    /// An address that passed the integrity check of a binding request leads to the peer from now on.
    fn learn_source(&mut self, key: Key, transport: Transport, source: SocketAddr) {
        if !self.routes.add_source(transport, source, key) {
            return;
        }
        let Some(peer) = self.peers.get_mut(key) else { return };
        peer.sources.push(source);
        if peer.sources.len() > MAX_SOURCES {
            let oldest = peer.sources.remove(0);
            self.routes.remove_source(oldest, key);
        }
    }

    /// Take everything that a connection has to say.
    pub(super) fn drain(&mut self, key: Key, now: Instant) {
        let mut errors = 0;
        while let Some(peer) = self.peers.get_mut(key) {
            match peer.connection.poll() {
                Ok(Output::Timeout(at)) => return self.timers.arm(key, at),
                Ok(output) => self.handle_output(key, output, now),
                Err(_) if errors < MAX_POLL_ERRORS && peer.connection.is_alive() => errors += 1,
                Err(_) => return self.handle_broken(key, now),
            }
        }
    }

    fn handle_output(&mut self, key: Key, output: Output, now: Instant) {
        match output {
            Output::Timeout(_) => {}
            Output::Transmit(transmit) => self.transmit_for(key, transmit),
            Output::Packet(packet) => self.forward(key, &packet, now),
            Output::KeyframeRequested { slot } => self.want_keyframe_for(key, slot, now),
            Output::Connected => self.connected(key),
            Output::Closed => self.end(key, EndReason::Closed, now),
            Output::Estimate(estimate) => {
                if let Some(peer) = self.peers.get_mut(key) {
                    peer.estimate_bps = estimate;
                }
            }
            Output::Measured(measured) => {
                if let Some(peer) = self.peers.get_mut(key) {
                    peer.link.measure(measured);
                }
            }
        }
    }

    fn handle_broken(&mut self, key: Key, now: Instant) {
        let Some(peer) = self.peers.get(key) else { return };
        let reason = match peer.link.phase {
            _ if peer.connection.failed() => EndReason::WorkerFailed,
            Phase::Connecting => EndReason::DtlsFailed,
            _ => EndReason::Closed,
        };
        self.end(key, reason, now);
    }

    pub(super) fn transmit(&mut self, transmit: Transmit) {
        self.counters.datagrams_out += 1;
        self.counters.bytes_out += transmit.bytes.len() as u64;
        self.counters.packets_retransmitted += u64::from(transmit.is_retransmission);
        self.transmits.push(transmit);
    }

    fn transmit_for(&mut self, key: Key, transmit: Transmit) {
        let is_check = stun::is_stun(&transmit.bytes);
        let transport = transmit.transport;
        if let Some(peer) = self.peers.get_mut(key) {
            peer.link.sent(transmit.bytes.len());
            // Answers to checks go where the check came from; only what follows tells the chosen path.
            if !is_check && transport != peer.link.transport {
                peer.link.transport = transport;
                if peer.link.phase == Phase::Connected {
                    self.tell_connected(key);
                }
            }
        }
        self.transmit(transmit);
    }

    fn connected(&mut self, key: Key) {
        if let Some(peer) = self.peers.get_mut(key) {
            peer.link.phase = Phase::Connected;
        }
        self.tell_connected(key);
    }

    pub(super) fn tell_connected(&mut self, key: Key) {
        let Some(peer) = self.peers.get(key) else { return };
        self.events.push(Event::PeerConnected {
            room: peer.room.clone(),
            peer: peer.name.clone(),
            generation: peer.generation,
            transport: peer.link.transport,
        });
    }

    fn forward(&mut self, publisher: Key, packet: &PacketIn, now: Instant) {
        let Some(peer) = self.peers.get_mut(publisher) else { return };
        let arrival = peer.tracks[packet.track].note(packet, now);
        if arrival.started {
            self.track_started(publisher, packet.track, now);
        } else if arrival.layer_started {
            self.retarget_subscribers(publisher, packet.track, now);
        }
        self.fan_out(publisher, packet, arrival.starts_keyframe, now);
    }

    fn fan_out(&mut self, publisher: Key, packet: &PacketIn, starts_keyframe: bool, now: Instant) {
        let Some(peer) = self.peers.get_mut(publisher) else { return };
        // Taken out and put back: sending touches other peers, never this list.
        let subscribers = std::mem::take(&mut peer.tracks[packet.track].subscribers);
        for (receiver, slot) in &subscribers {
            let Some(peer) = self.peers.get_mut(*receiver) else { continue };
            if peer.offer(*slot, packet, starts_keyframe, now) {
                self.mark_dirty(*receiver);
            }
        }
        if let Some(peer) = self.peers.get_mut(publisher) {
            peer.tracks[packet.track].subscribers = subscribers;
        }
    }

    fn track_started(&mut self, publisher: Key, track: usize, now: Instant) {
        let Some(peer) = self.peers.get(publisher) else { return };
        let source = peer.tracks[track].source;
        let room = peer.room.clone();
        self.events.push(Event::TrackStarted { room: room.clone(), peer: peer.name.clone(), source });
        match source.kind() {
            Kind::Audio => self.assign_room_voices(&room, now),
            Kind::Video => self.retarget_subscribers(publisher, track, now),
        }
    }

    fn want_keyframe_for(&mut self, receiver: Key, slot: usize, now: Instant) {
        let feed = self.peers.get(receiver).and_then(|peer| peer.slots[slot].feed.as_ref());
        let wanted = feed.and_then(|feed| {
            let layer = feed.awaited_layer().or(feed.current())?;
            Some((feed.publisher, feed.track, layer))
        });
        if let Some((publisher, track, layer)) = wanted {
            self.want_keyframe(publisher, track, layer, now);
        }
    }

    /// Ask the publisher for a keyframe of a layer, now or when the last request is long enough ago.
    pub(super) fn want_keyframe(&mut self, publisher: Key, track: usize, layer: usize, now: Instant) {
        let Some(peer) = self.peers.get_mut(publisher) else { return };
        let state = &mut peer.tracks[track].layers[layer];
        if !state.is_live(now) {
            return;
        }
        state.gate.want();
        self.ask_if_due(publisher, track, layer, now);
    }

    pub(super) fn ask_if_due(&mut self, publisher: Key, track: usize, layer: usize, now: Instant) {
        let Some(peer) = self.peers.get_mut(publisher) else { return };
        if !peer.tracks[track].layers[layer].gate.is_due(now) {
            return;
        }
        peer.tracks[track].layers[layer].gate.asked(now);
        if peer.connection.request_keyframe(track, layer) {
            self.counters.keyframe_requests += 1;
            self.mark_dirty(publisher);
        }
    }
}
