//! What comes over links: peers of other workers, mirrored here so that slots are filled with them like with any other;
//! and what other workers want.

use std::time::Instant;

use super::Worker;
use crate::codec::inspect;
use crate::model::Id;
use crate::peer::{Mirror, Peer};
use crate::reception::{Arrival, Stream};
use crate::relay::{End, Heard, Layers, Listed, Message, Packet, TrackId};
use crate::ring::{Entry, MAX_STORED_BYTES};
use crate::room;
use crate::rtp::extensions::MAX_DEPENDENCY_BYTES;
use crate::slab::Key;
use crate::track::{Layer, Relayed};
use crate::transport::Payload;

impl Worker {
    /// Take a batch of another worker of the engine about a room.
    pub fn handle_parcel(&mut self, room: &Id, from: usize, bytes: Vec<u8>, now: Instant) {
        // Without a link it is not known here yet that the other has peers of the room: all will be told again.
        if let Some(link) = self.link_to(room, End::Worker(from)) {
            self.take_batch(link, &bytes, now);
        }
        self.keep_batch(bytes);
    }

    pub(super) fn take_batch(&mut self, link: Key, bytes: &[u8], now: Instant) {
        let Some((heard, messages)) = self.links.get_mut(link).and_then(|link| link.hear(bytes)) else { return };
        if heard == Heard::Anew {
            self.forget_other_end(link, now);
        }
        for message in messages {
            self.take_message(link, message, now);
        }
    }

    fn take_message(&mut self, link: Key, message: Message, now: Instant) {
        match message {
            Message::Packet(packet) => _ = self.take_packet(link, &packet, now),
            Message::Announce { version, count } => {
                let is_complete = self.links.get_mut(link).is_some_and(|link| link.listing.announce(version, count));
                self.listed(link, is_complete, now);
            }
            Message::Publisher { version, index, listed } => {
                let state = self.links.get_mut(link);
                let is_complete = state.is_some_and(|link| link.listing.entry(version, index, listed));
                self.listed(link, is_complete, now);
            }
            Message::Voice { track, flowing, speaking, score } => {
                self.take_voice(link, track, (flowing, speaking, score), now);
            }
            Message::Layers { track, flowing, layers } => _ = self.take_layers(link, track, flowing, &layers, now),
            Message::Want { track, layers, desired } => {
                if let Some((publisher, number)) = self.own_track(link, track) {
                    self.take_want((publisher, number), Relayed { link, layers, desired, at: now });
                }
            }
            Message::Keyframe { track, layer } => {
                if let Some((publisher, number)) = self.own_track(link, track)
                    && self.peers.get(publisher).is_some_and(|p| usize::from(layer) < p.tracks[number].layers.len())
                {
                    self.want_keyframe(publisher, number, usize::from(layer), now);
                }
            }
            Message::Nack { track, layer, numbers } => {
                if self.own_track(link, track).is_some() {
                    self.relay_again(link, track, usize::from(layer), numbers.iter());
                }
            }
            Message::Piece { number, ends, bytes } => self.take_piece(link, (number, ends), bytes),
            Message::Receipt { next, later } => {
                if let Some(link) = self.links.get_mut(link) {
                    link.take_receipt(next, later, now);
                }
            }
        }
    }

    /// A track of a peer that the link's other end is told of.
    fn own_track(&self, link: Key, track: TrackId) -> Option<(Key, usize)> {
        let (key, number) = (Key::from_number(track.peer), usize::from(track.track));
        let (peer, link) = (self.peers.get(key)?, self.links.get(link)?);
        let is_told = peer.room == link.room && peer.is_told_to(link.end);
        (is_told && number < peer.tracks.len()).then_some((key, number))
    }

    /// A track of one of the link's mirrors.
    fn mirrored_track(&self, link: Key, track: TrackId) -> Option<(Key, usize)> {
        let key = *self.links.get(link)?.mirrors.get(&track.peer)?;
        let number = usize::from(track.track);
        (number < self.peers.get(key)?.tracks.len()).then_some((key, number))
    }

    fn take_want(&mut self, (publisher, number): (Key, usize), wanted: Relayed) {
        let Some(peer) = self.peers.get_mut(publisher) else { return };
        let relayed = &mut peer.tracks[number].relayed;
        relayed.retain(|other| other.link != wanted.link);
        if (wanted.layers, wanted.desired) != (0, 0) {
            relayed.push(wanted);
        }
        self.note_wanting(publisher, number);
    }

    fn take_voice(&mut self, link: Key, id: TrackId, told: (bool, bool, f32), now: Instant) {
        let Some((publisher, number)) = self.mirrored_track(link, id) else { return };
        let Some(peer) = self.peers.get_mut(publisher) else { return };
        let ((flowing, speaking, score), room) = (told, peer.room.clone());
        let track = &mut peer.tracks[number];
        track.loudness.tell(speaking, score);
        if track.tell_flowing(flowing) {
            self.assign_room_voices(&room, now);
            self.tell_track(publisher, number, now);
        }
    }

    fn take_layers(&mut self, link: Key, id: TrackId, flowing: bool, layers: &Layers, now: Instant) -> Option<()> {
        let (publisher, number) = self.mirrored_track(link, id)?;
        let peer = self.peers.get_mut(publisher)?;
        peer.tell_way(layers.way);
        let track = &mut peer.tracks[number];
        let mut changed = track.tell_flowing(flowing);
        let told = layers.told.iter().take(usize::from(layers.count));
        for (layer, told) in track.layers.iter_mut().zip(told) {
            let was_live = layer.told.is_some() && layer.is_live(now);
            layer.told = Some(*told);
            changed |= layer.is_live(now) != was_live;
        }
        if changed {
            self.retarget_subscribers(publisher, number, now);
            self.tell_track(publisher, number, now);
        }
        Some(())
    }

    /// Put a packet into the ring of a mirror, as if it had come from its client.
    fn take_packet(&mut self, link: Key, packet: &Packet, now: Instant) -> Option<()> {
        let (publisher, number) = self.mirrored_track(link, packet.track)?;
        let Peer { tracks, payloads, .. } = self.peers.get_mut(publisher)?;
        let track = &mut tracks[number];
        let number_of_layer = usize::from(packet.layer);
        if track.asked.layers & super::relaying::mask(number_of_layer) == 0 {
            return None;
        }
        let entry = store(track.layers.get_mut(number_of_layer)?, payloads, packet, now)?;
        if !packet.payload.is_empty() {
            // What it changed is the other worker's to tell.
            let flowing = track.flowing;
            track.note(number_of_layer, &entry, now);
            track.flowing = flowing;
        }
        if !std::mem::replace(&mut track.is_fresh, true) {
            self.fresh.push((publisher, number));
        }
        Some(())
    }

    /// The other end's list has arrived: mirror what is new, end what is gone.
    fn listed(&mut self, key: Key, is_complete: bool, now: Instant) {
        let Some(link) = self.links.get_mut(key).filter(|_| is_complete) else { return };
        link.acknowledge();
        let room = link.room.clone();
        let (listing, mirrors) = (&link.listing, &link.mirrors);
        let stays = |number: &u64| listing.current().iter().any(|listed| listed.number == *number);
        let gone: Vec<Key> = mirrors.iter().filter(|(number, _)| !stays(number)).map(|(_, key)| *key).collect();
        self.end_mirrors(&room, &gone, now);
        self.mirror_listed(key, now);
    }

    pub(super) fn place_unplaced(&mut self, key: Key, now: Instant) {
        if self.links.get(key).is_some_and(|link| link.has_unplaced) {
            self.mirror_listed(key, now);
        }
    }

    fn mirror_listed(&mut self, key: Key, now: Instant) {
        let Some(link) = self.links.get_mut(key) else { return };
        link.has_unplaced = false;
        let listing = std::mem::take(&mut link.listing);
        for listed in listing.current() {
            match self.links.get(key).and_then(|link| link.mirrors.get(&listed.number)).copied() {
                Some(mirror) => self.update_mirror(mirror, listed, now),
                None => self.open_mirror(key, listed, now),
            }
        }
        if let Some(link) = self.links.get_mut(key) {
            link.listing = listing;
        }
    }

    fn update_mirror(&mut self, mirror: Key, listed: &Listed, now: Instant) {
        for track in &listed.tracks {
            let of_source = |peer: &Peer| peer.track_of(track.source).map(|number| peer.tracks[number].muted);
            if self.peers.get(mirror).and_then(of_source).is_some_and(|muted| muted != track.muted) {
                self.set_muted(mirror, track.source, track.muted, now);
            }
        }
    }

    /// A peer that is connected here goes before one of the same id elsewhere.
    fn open_mirror(&mut self, key: Key, listed: &Listed, now: Instant) {
        let Some(link) = self.links.get_mut(key) else { return };
        let room_id = link.room.clone();
        let Some(room) = self.rooms.get_mut(&room_id) else { return };
        if room.peers.contains_key(&listed.name) || room.peers.len() >= room::MAX_PEERS {
            link.has_unplaced = true;
            return;
        }
        let mirror = Mirror { link: key, number: listed.number, is_relayed: link.end.is_relay() };
        let mirror = self.peers.insert(Peer::mirror(&room_id, listed, mirror, now));
        link.mirrors.insert(listed.number, mirror);
        room.peers.insert(listed.name.clone(), mirror);
        self.mirrors += 1;
        self.note_mirrored(&room_id);
        self.reassign_watchers(&room_id, &listed.name, now);
    }

    /// Forget mirrored peers of a room, and empty the slots that they filled.
    pub(super) fn end_mirrors(&mut self, room: &Id, mirrors: &[Key], now: Instant) {
        for key in mirrors {
            let Some(peer) = self.peers.remove(*key) else { continue };
            self.mirrors -= 1;
            if let Some(mirror) = peer.mirrors
                && let Some(link) = self.links.get_mut(mirror.link)
            {
                link.mirrors.remove(&mirror.number);
            }
            self.leave_room(*key, &peer);
            self.empty_watchers(*key, &peer);
        }
        if !mirrors.is_empty() {
            self.note_mirrored(room);
            self.assign_room_voices(room, now);
        }
    }
}

/// Store a packet in a layer's ring; `None` when it came before or belongs nowhere.
fn store(layer: &mut Layer, payloads: &[Payload], packet: &Packet, now: Instant) -> Option<Entry> {
    let codec = payloads.iter().find(|payload| payload.number == packet.payload_type)?.codec;
    let (dependency, length) = (packet.dependency.len(), packet.payload.len());
    if dependency > MAX_DEPENDENCY_BYTES || dependency + length > MAX_STORED_BYTES {
        return None;
    }
    let sequence = place(layer, packet, codec.clock_hz, now)?;
    let room = layer.ring.room();
    room[..dependency].copy_from_slice(packet.dependency);
    room[dependency..dependency + length].copy_from_slice(packet.payload);
    let descriptor = (dependency > 0).then_some(packet.dependency);
    let meta = inspect(codec, packet.payload, descriptor, &mut layer.state);
    let mut entry = Entry::new(sequence, packet.timestamp, meta, now);
    entry.payload_type = packet.payload_type;
    entry.marker = packet.marker;
    entry.audio_level = packet.audio_level;
    entry.orientation = packet.orientation;
    entry.dependency_bytes = dependency as u8;
    entry.payload_bytes = length as u16;
    layer.ring.commit(entry, now);
    layer.fresh.push(sequence);
    Some(entry)
}

/// The packet's number without wrap, in the stream that began when the layer was last wanted.
fn place(layer: &mut Layer, packet: &Packet, clock_hz: u32, now: Instant) -> Option<u64> {
    match layer.relayed_restarts {
        // Overtaken by the stream that follows its own.
        Some(restarts) if packet.restarts.wrapping_sub(restarts) > 0x7f => return None,
        Some(restarts) if packet.restarts == restarts => {}
        _ => {
            layer.replace_stream();
            layer.relayed_restarts = Some(packet.restarts);
        }
    }
    let stream = layer.stream.get_or_insert_with(|| Stream::with_repair(0, clock_hz));
    match stream.received(packet.sequence, packet.timestamp, now) {
        Arrival::Fresh { extended, .. } | Arrival::Late { extended } => Some(extended),
        Arrival::Restarted { extended } => {
            layer.restart();
            Some(extended)
        }
        Arrival::Duplicate | Arrival::Stray => None,
    }
}
