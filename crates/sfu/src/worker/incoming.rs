//! The way in: from a datagram to its peer, and into the ring of a track.

use std::time::Instant;

use super::Worker;
use crate::egress::Route;
use crate::event::{EndReason, Event};
use crate::link::Phase;
use crate::model::{Kind, Transport};
use crate::peer::Peer;
use crate::relay::relay_of;
use crate::rtp::{self, Incoming};
use crate::slab::Key;
use crate::stun;
use crate::transport::{Datagram, Output};
use crate::uplink::{Rejection, Taken};

/// A peer is heard from at most so many addresses; the oldest is forgotten first.
const MAX_SOURCES: usize = 16;
/// A transport that fails to yield so often in one pass is left for its next timer.
const MAX_POLL_ERRORS: usize = 8;

impl Worker {
    pub(super) fn receive(&mut self, datagram: &Datagram, now: Instant) -> bool {
        if let Some(relay) = relay_of(datagram.bytes) {
            return self.receive_relayed(relay, datagram.bytes, now);
        }
        let Some(key) = self.routes.find(datagram) else { return false };
        let taken = match rtp::incoming(datagram.bytes) {
            Incoming::Transport => self.receive_transport(key, datagram, now),
            Incoming::Rtp => self.receive_rtp(key, datagram.bytes, now),
            Incoming::Rtcp => self.receive_rtcp(key, datagram.bytes, now),
            Incoming::Unknown => false,
        };
        if taken && let Some(peer) = self.peers.get_mut(key) {
            peer.link.received(datagram.bytes.len(), now);
        }
        taken
    }

    fn receive_transport(&mut self, key: Key, datagram: &Datagram, now: Instant) -> bool {
        let Some(peer) = self.peers.get_mut(key) else { return false };
        let taken = peer.transport.receive(datagram, now);
        if taken && stun::is_stun(datagram.bytes) {
            if stun::nominates(datagram.bytes) {
                let Datagram { transport, source, destination, .. } = *datagram;
                self.take_route(key, Route { transport, source: destination, destination: source });
            }
            self.learn_source(key, datagram.transport, datagram.source);
        }
        self.drain(key, now);
        taken
    }

    /// The path that a peer chose: media goes there from now on.
    fn take_route(&mut self, key: Key, route: Route) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        peer.downlink.route = Some(route);
        if peer.link.transport != route.transport {
            peer.link.transport = route.transport;
            if peer.link.phase == Phase::Connected {
                self.tell_connected(key);
            }
        }
    }

    /// An address that passed the integrity check of a binding request leads to the peer from now on.
    fn learn_source(&mut self, key: Key, transport: Transport, source: std::net::SocketAddr) {
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

    fn receive_rtp(&mut self, key: Key, bytes: &[u8], now: Instant) -> bool {
        let Some(peer) = self.peers.get_mut(key) else { return false };
        let Peer { uplink, tracks, payloads, .. } = peer;
        match uplink.receive(bytes, tracks, payloads, now) {
            Ok(Some(taken)) => self.note(key, taken, now),
            Ok(None) => {}
            Err(rejection) => {
                self.counters.packets_forged += u64::from(rejection == Rejection::Forged);
                self.counters.packets_replayed += u64::from(rejection == Rejection::Replayed);
                return false;
            }
        }
        true
    }

    /// A packet lies in a ring: it is sent to everybody at the end of the pass.
    fn note(&mut self, key: Key, taken: Taken, now: Instant) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        if !std::mem::replace(&mut peer.tracks[taken.track].is_fresh, true) {
            self.fresh.push((key, taken.track));
        }
        let Some(change) = taken.change else { return };
        self.counters.layers_stalled += u64::from(change.layer_stalled);
        if !(change.track_started || change.layer_started || change.layer_stalled) {
            return;
        }
        self.tell_track(key, taken.track, now);
        if change.track_started {
            self.track_started(key, taken.track, now);
        } else {
            self.retarget_subscribers(key, taken.track, now);
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

    /// Take everything that a transport has to say.
    pub(super) fn drain(&mut self, key: Key, now: Instant) {
        let mut errors = 0;
        while let Some(peer) = self.peers.get_mut(key) {
            match peer.transport.poll() {
                Ok(Output::Timeout(at)) => return self.timers.arm(key, at),
                Ok(Output::Transmit(transmit)) => {
                    peer.downlink.bytes += transmit.bytes.len() as u64;
                    self.transmits.push(transmit);
                }
                Ok(Output::Connected) => self.connected(key),
                Ok(Output::Message(message)) => self.pass_message(key, &message, now),
                Ok(Output::Closed) => self.end(key, EndReason::Closed, now),
                Err(_) if errors < MAX_POLL_ERRORS && peer.transport.is_alive() => errors += 1,
                Err(_) => return self.handle_broken(key, now),
            }
        }
    }

    fn handle_broken(&mut self, key: Key, now: Instant) {
        let Some(peer) = self.peers.get(key) else { return };
        let reason = match peer.link.phase {
            _ if peer.transport.failed() => EndReason::WorkerFailed,
            Phase::Connecting => EndReason::DtlsFailed,
            _ => EndReason::Closed,
        };
        self.end(key, reason, now);
    }

    fn connected(&mut self, key: Key) {
        if let Some(peer) = self.peers.get_mut(key) {
            peer.link.phase = Phase::Connected;
            if let Some(keys) = peer.transport.take_keys() {
                let (sender, receiver) = keys.contexts(self.transports.crypto());
                peer.downlink.srtp = Some(sender);
                peer.uplink.srtp = Some(receiver);
            }
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
}
