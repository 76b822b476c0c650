//! A room's links to other workers: how they come and go, and what is told and sent over them.

use std::time::{Duration, Instant};

use super::Worker;
use crate::model::{Id, Kind};
use crate::peer::Peer;
use crate::relay::{End, Layers, Link, Listed, ListedTrack, MAX_LAYERS, Message, Packet, Parcel, TrackId};
use crate::ring::Stored;
use crate::slab::Key;
use crate::track::Track;

/// What another worker wants lapses when it is not said again for so long. It is said every tick.
const WANT_LEASE: Duration = Duration::from_secs(3);
/// What rests is told every so many ticks, in case it got lost.
pub(super) const REST_TICKS: u64 = 10;
/// Pictures' layers are told every so many ticks.
const LAYERS_TICKS: u64 = 3;
/// Buffers of batches that are kept for reuse.
const SPARE_BATCHES: usize = 32;

impl Worker {
    /// All other workers of the engine that have peers of a room, and whether one of them tells who speaks.
    pub fn set_members(&mut self, room: &Id, others: &[usize], is_told_elsewhere: bool, now: Instant) {
        let links = self.rooms.get(room).map(|room| room.links.clone()).unwrap_or_default();
        let is_gone = |link: &Link| matches!(link.end, End::Worker(worker) if !others.contains(&worker));
        for key in links {
            if self.links.get(key).is_some_and(is_gone) {
                self.close_link(key, now);
            }
        }
        for worker in others {
            if self.link_to(room, End::Worker(*worker)).is_none() {
                self.open_link(room, End::Worker(*worker), now);
            }
        }
        if let Some(room) = self.rooms.get_mut(room) {
            room.is_told_elsewhere = is_told_elsewhere;
        }
    }

    pub(super) fn open_link(&mut self, room: &Id, end: End, now: Instant) -> Key {
        self.sessions = self.sessions.wrapping_add(1).max(1);
        let key = self.links.insert(Link::new(room.clone(), end, self.sessions));
        self.rooms.entry(room.clone()).or_default().links.push(key);
        self.note_links(room);
        self.wake_for_ticks(now);
        key
    }

    fn note_links(&mut self, room: &Id) {
        let Some(room) = self.rooms.get_mut(room) else { return };
        let has = |relays: bool| {
            let is_of_kind = |key: &Key| self.links.get(*key).is_some_and(|link| link.end.is_relay() == relays);
            room.links.iter().any(is_of_kind)
        };
        let is_bridged = has(true) && has(false);
        if std::mem::replace(&mut room.is_bridged, is_bridged) != is_bridged {
            room.version += 1;
        }
    }

    pub(super) fn close_link(&mut self, key: Key, now: Instant) {
        self.forget_other_end(key, now);
        let Some(link) = self.links.remove(key) else { return };
        if let Some(room) = self.rooms.get_mut(&link.room) {
            room.links.retain(|other| *other != key);
        }
        self.note_links(&link.room);
        self.remove_if_empty(&link.room);
    }

    /// Nothing that came from the other end holds any more.
    pub(super) fn forget_other_end(&mut self, key: Key, now: Instant) {
        let Some(link) = self.links.get(key) else { return };
        let (room, mirrors): (Id, Vec<Key>) = (link.room.clone(), link.mirrors.values().copied().collect());
        self.end_mirrors(&room, &mirrors, now);
        for publisher in self.room_of(&room) {
            let Some(peer) = self.peers.get_mut(publisher) else { continue };
            peer.tracks.iter_mut().for_each(|track| track.relayed.retain(|relayed| relayed.link != key));
        }
    }

    pub(super) fn link_to(&self, room: &Id, end: End) -> Option<Key> {
        let is_it = |key: &&Key| self.links.get(**key).is_some_and(|link| link.end == end);
        self.rooms.get(room)?.links.iter().find(is_it).copied()
    }

    /// What is to be handed to other workers of the engine, after a [`flush`](Self::flush).
    pub fn drain_parcels(&mut self, mut take: impl FnMut(Parcel)) {
        let Worker { links, spare_batches, .. } = self;
        links.each_mut(|_, link| {
            let End::Worker(to) = link.end else { return };
            if let Some(bytes) = link.take_batch(|| spare_batches.pop().unwrap_or_default()) {
                take(Parcel { to, room: link.room.clone(), bytes });
            }
        });
    }

    /// Keep a buffer for reuse. Between two workers that send each other about as much, none is made anew.
    pub(super) fn keep_batch(&mut self, mut bytes: Vec<u8>) {
        if self.spare_batches.len() < SPARE_BATCHES {
            bytes.clear();
            self.spare_batches.push(bytes);
        }
    }

    /// Tell the other ends, by the clock, all that they have to know.
    pub(super) fn tell_links(&mut self, now: Instant) {
        let links: Vec<Key> = self.links.keys().collect();
        for key in links {
            self.check_relay(key, now);
            self.announce(key, now);
            self.place_unplaced(key, now);
        }
    }

    fn announce(&mut self, key: Key, now: Instant) {
        let Some(link) = self.links.get_mut(key) else { return };
        let Some(room) = self.rooms.get(&link.room) else { return };
        // Also told when nothing was ever published: by it the other end notices a new session.
        let version = room.version + 1;
        if !link.must_announce(version, now) {
            return;
        }
        let mut count = 0;
        for peer in room.peers.values() {
            let state = self.peers.get(*peer).filter(|state| state.is_told_to(link.end));
            let Some(listed) = state.and_then(|state| listed(*peer, state)) else { continue };
            link.say(&Message::Publisher { version, index: count, listed });
            count += 1;
        }
        link.say(&Message::Announce { version, count });
    }

    /// What peers elsewhere publish has changed, which others elsewhere are to be told.
    pub(super) fn note_mirrored(&mut self, room: &Id) {
        if let Some(room) = self.rooms.get_mut(room).filter(|room| room.is_bridged) {
            room.version += 1;
        }
    }

    /// What a room's peers here publish has changed.
    pub(super) fn note_published(&mut self, room: &Id) {
        if let Some(room) = self.rooms.get_mut(room) {
            room.version += 1;
        }
    }

    /// Tell the other ends, by the clock, how a peer's tracks do, or what is wanted of them.
    pub(super) fn tell_tracks(&mut self, key: Key, now: Instant) {
        let Some(peer) = self.peers.get(key) else { return };
        if self.rooms.get(&peer.room).is_none_or(|room| room.links.is_empty()) {
            return;
        }
        let here = peer.is_here();
        for number in 0..peer.tracks.len() {
            self.tell_track_by_clock(key, number, now);
            if !here {
                self.want(key, number, true);
            }
        }
    }

    fn tell_track_by_clock(&mut self, key: Key, number: usize, now: Instant) {
        let Some(track) = self.peers.get_mut(key).map(|peer| &mut peer.tracks[number]) else { return };
        track.relayed.retain(|relayed| now.saturating_duration_since(relayed.at) < WANT_LEASE);
        let period = match (track.flowing, track.source.kind()) {
            (false, _) => REST_TICKS,
            (true, Kind::Audio) => 1,
            (true, Kind::Video) => LAYERS_TICKS,
        };
        if self.ticks.is_multiple_of(period) {
            self.tell_track(key, number, now);
        }
    }

    /// Tell the other ends how a track does.
    pub(super) fn tell_track(&mut self, key: Key, number: usize, now: Instant) {
        let Some(peer) = self.peers.get(key) else { return };
        let Some(room) = self.rooms.get(&peer.room).filter(|room| peer.is_here() || room.is_bridged) else { return };
        let state = &peer.tracks[number];
        let (track, flowing) = (TrackId { peer: key.to_number(), track: number as u8 }, state.flowing);
        let message = match state.source.kind() {
            Kind::Audio => {
                let (speaking, score) = (state.loudness.is_speaking(now), state.loudness.score(now));
                Message::Voice { track, flowing, speaking, score }
            }
            Kind::Video => {
                Message::Layers { track, flowing, layers: Layers { way: peer.way(), ..state.told_layers(now) } }
            }
        };
        for link in &room.links {
            if let Some(link) = self.links.get_mut(*link).filter(|link| peer.is_told_to(link.end)) {
                link.say(&message);
            }
        }
    }

    /// What slots get of a mirrored track may have changed: it is looked at once, at the end of the pass.
    pub(super) fn note_wanting(&mut self, publisher: Key, number: usize) {
        let Some(peer) = self.peers.get_mut(publisher).filter(|peer| !peer.is_here()) else { return };
        if !std::mem::replace(&mut peer.tracks[number].asked.is_stale, true) {
            self.wanting.push((publisher, number));
        }
    }

    /// Say which layers of mirrored tracks are wanted now, where that has changed.
    pub(super) fn tell_wants(&mut self) {
        while let Some((publisher, number)) = self.wanting.pop() {
            self.want(publisher, number, false);
        }
    }

    /// Say what is wanted of a mirrored track, if it has changed or is wanted `again`.
    fn want(&mut self, publisher: Key, number: usize, again: bool) {
        let Some(peer) = self.peers.get(publisher) else { return };
        let (layers, desired) = self.wanted_of_mirror(&peer.tracks[number]);
        let Some(Peer { mirrors: Some(mirror), tracks, .. }) = self.peers.get_mut(publisher) else { return };
        let track = &mut tracks[number];
        let is_new = (track.asked.layers, track.asked.desired) != (layers, desired);
        let begins = layers & !track.asked.layers;
        (track.asked.layers, track.asked.desired, track.asked.is_stale) = (layers, desired, false);
        for (_, layer) in track.layers.iter_mut().enumerate().filter(|(layer, _)| begins & mask(*layer) != 0) {
            layer.relayed_restarts = None;
        }
        if is_new || (again && (layers, desired) != (0, 0)) {
            let track = mirror.track(number);
            if let Some(link) = self.links.get_mut(mirror.link) {
                link.say(&Message::Want { track, layers, desired });
            }
        }
    }

    /// The layers that slots and other ends get or wait for, and how many the publisher shall send.
    fn wanted_of_mirror(&self, track: &Track) -> (u8, u8) {
        let mut layers = track.relayed.iter().fold(0, |layers, relayed| layers | relayed.layers);
        let mut desired = Self::desired_elsewhere(track);
        for (receiver, slot) in &track.subscribers {
            let Some(feed) = self.peers.get(*receiver).and_then(|peer| peer.slots[*slot].feed.as_ref()) else {
                continue;
            };
            feed.layers().for_each(|layer| layers |= mask(layer));
            desired = desired.max(feed.desired.map_or(0, |layer| layer + 1));
        }
        (if track.muted { 0 } else { layers }, desired.min(MAX_LAYERS) as u8)
    }

    /// How many layers of a track, from the smallest, other workers want.
    pub(super) fn desired_elsewhere(track: &Track) -> usize {
        track.relayed.iter().map(|relayed| usize::from(relayed.desired)).max().unwrap_or(0)
    }

    /// Ask a mirrored publisher's worker for a keyframe; false when it is not a mirror.
    pub(super) fn ask_mirror(&mut self, publisher: Key, track: usize, layer: usize) -> bool {
        let Some(mirror) = self.peers.get(publisher).and_then(|peer| peer.mirrors) else { return false };
        if let Some(link) = self.links.get_mut(mirror.link) {
            link.say(&Message::Keyframe { track: mirror.track(track), layer: layer as u8 });
        }
        true
    }

    /// Send a track's new packets over the links that want them.
    pub(super) fn relay_fresh(&mut self, publisher: Key, number: usize, track: &Track) {
        if track.muted {
            return;
        }
        let id = TrackId { peer: publisher.to_number(), track: number as u8 };
        for relayed in &track.relayed {
            let Some(link) = self.links.get_mut(relayed.link) else { continue };
            for (number, layer) in track.layers.iter().enumerate().filter(|(n, _)| relayed.layers & mask(*n) != 0) {
                for stored in layer.fresh.iter().filter_map(|sequence| layer.packet(*sequence)) {
                    link.say(&Message::Packet(packet(id, number, layer.restarts, &stored)));
                }
            }
        }
    }

    /// Send packets over a link once more.
    pub(super) fn relay_again(&mut self, link: Key, id: TrackId, layer: usize, numbers: impl Iterator<Item = u16>) {
        let Worker { peers, links, .. } = self;
        let track = peers.get(Key::from_number(id.peer)).and_then(|peer| peer.tracks.get(usize::from(id.track)));
        let Some(state) = track.filter(|track| !track.muted).and_then(|track| track.layers.get(layer)) else { return };
        let Some(link) = links.get_mut(link) else { return };
        let newest = state.stream.as_ref().and_then(|stream| stream.newest());
        for number in numbers {
            if let Some(stored) = state.packet(crate::rtp::extend(newest, number)) {
                link.say(&Message::Packet(packet(id, layer, state.restarts, &stored)));
                self.counters.packets_retransmitted += 1;
            }
        }
    }
}

/// The bit of a layer; none beyond what a link carries.
pub(super) fn mask(layer: usize) -> u8 {
    1u8.checked_shl(layer as u32).unwrap_or(0)
}

/// A peer as the list names it; `None`: it publishes nothing.
fn listed(key: Key, peer: &Peer) -> Option<Listed> {
    if peer.tracks.is_empty() {
        return None;
    }
    let track = |track: &Track| ListedTrack {
        source: track.source,
        layers: track.layers.len().min(MAX_LAYERS) as u8,
        muted: track.muted,
    };
    Some(Listed {
        number: key.to_number(),
        name: peer.name.clone(),
        generation: peer.generation,
        tracks: peer.tracks.iter().map(track).collect(),
        payloads: peer.payloads.clone(),
    })
}

fn packet<'a>(track: TrackId, layer: usize, restarts: u32, stored: &Stored<'a>) -> Packet<'a> {
    let entry = stored.entry;
    Packet {
        track,
        layer: layer as u8,
        restarts: restarts as u8,
        sequence: entry.sequence as u16,
        timestamp: entry.timestamp,
        payload_type: entry.payload_type,
        marker: entry.marker,
        audio_level: entry.audio_level,
        orientation: entry.orientation,
        dependency: stored.dependency,
        payload: stored.payload,
    }
}
