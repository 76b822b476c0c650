//! Relays: links to other processes, over sealed datagrams.

use std::time::Instant;

use super::relaying::REST_TICKS;
use super::{RouteChange, Worker};
use crate::command::OpenRelay;
use crate::downlink::Exit;
use crate::event::Event;
use crate::model::Id;
use crate::relay::{End, Link, Refused, Tunnel};
use crate::slab::Key;

/// The longest batch of messages in a datagram.
const MAX_BATCH_BYTES: usize = 2_560;

impl Worker {
    pub(super) fn open_relay(&mut self, open: &OpenRelay, now: Instant) {
        self.close_relay(open.relay, now);
        let Some(source) = self.transports.address_towards(open.remote) else {
            return self.events.push(Event::RelayLost { room: open.room.clone(), relay: open.relay });
        };
        let key = self.open_link(&open.room, End::Relay(open.relay), now);
        let route = Tunnel::route(source, open.remote);
        let mut tunnel = Tunnel::new(open.relay, route, &open.key, open.first, self.clock.ntp(now), now);
        tunnel.is_told_elsewhere = open.is_told_elsewhere;
        if let Some(link) = self.links.get_mut(key) {
            // A process that began anew counts its sessions anew; the time tells them apart.
            link.begin_at(self.clock.ntp(now));
            link.tunnel = Some(Box::new(tunnel));
            link.acknowledge();
        }
        self.relays.insert(open.relay, key);
        self.route_changes.push(RouteChange::RelayAdded(open.relay));
    }

    pub(super) fn close_relay(&mut self, relay: u64, now: Instant) {
        if let Some(key) = self.relays.remove(&relay) {
            self.close_link(key, now);
            self.route_changes.push(RouteChange::RelayRemoved(relay));
        }
    }

    pub(super) fn close_relays_of(&mut self, room: &Id, now: Instant) {
        let is_of = |key: &Key| self.links.get(*key).is_some_and(|link| link.room == *room);
        let relays: Vec<u64> = self.relays.iter().filter(|(_, key)| is_of(key)).map(|(relay, _)| *relay).collect();
        relays.into_iter().for_each(|relay| self.close_relay(relay, now));
    }

    /// Take a datagram of a relay; whether it was genuine.
    pub(super) fn receive_relayed(&mut self, relay: u64, datagram: &[u8], now: Instant) -> bool {
        let Some(key) = self.relays.get(&relay).copied() else { return false };
        let Some(Link { room, tunnel: Some(tunnel), .. }) = self.links.get_mut(key) else { return false };
        let mut plain = [0; MAX_BATCH_BYTES];
        let was_up = tunnel.is_up();
        match tunnel.open(datagram, &mut plain, now) {
            Ok(length) => {
                self.counters.relay_datagrams_in += 1;
                self.counters.relay_bytes_in += datagram.len() as u64;
                if !was_up {
                    self.events.push(Event::RelayUp { room: room.clone(), relay });
                }
                self.take_batch(key, &plain[..length], now);
                true
            }
            Err(refused) => {
                self.counters.packets_forged += u64::from(refused == Refused::Forged);
                self.counters.packets_replayed += u64::from(refused == Refused::Replayed);
                false
            }
        }
    }

    /// By the clock: say that this end lives, notice when the other does not.
    pub(super) fn check_relay(&mut self, key: Key, now: Instant) {
        let Some(link) = self.links.get_mut(key) else { return };
        let Some(tunnel) = &mut link.tunnel else { return };
        let (relay, is_lost) = (tunnel.id, tunnel.has_been_lost(now));
        if self.ticks.is_multiple_of(REST_TICKS) {
            link.acknowledge();
        }
        if is_lost {
            link.lose();
            self.events.push(Event::RelayLost { room: link.room.clone(), relay });
            self.forget_other_end(key, now);
        }
    }

    /// Send what is to be said over relays.
    pub(super) fn send_relays(&mut self, exit: &mut Exit) {
        let Worker { relays, links, counters, .. } = self;
        for key in relays.values() {
            let Some(link) = links.get_mut(*key) else { continue };
            link.send_datagrams(|tunnel, messages| {
                let route = tunnel.route;
                exit.send_written(&route, |room| {
                    let length = tunnel.seal(messages, room);
                    counters.relay_datagrams_out += 1;
                    counters.relay_bytes_out += length as u64;
                    length
                });
            });
        }
    }

    pub(super) fn is_told_by_relay(&self, room: &Id) -> bool {
        let tells =
            |key: &Key| self.links.get(*key).and_then(|link| link.tunnel.as_ref()).is_some_and(|t| t.is_told_there());
        self.rooms.get(room).is_some_and(|room| room.links.iter().any(tells))
    }
}
