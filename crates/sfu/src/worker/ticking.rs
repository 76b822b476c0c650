//! What happens by the clock: who is gone, who speaks, what stopped, which layers fit now.

use std::time::{Duration, Instant};

use super::Worker;
use crate::event::{EndReason, Event};
use crate::link::Phase;
use crate::model::{Id, Kind, Source};
use crate::slab::Key;

/// Layers are chosen anew every so many ticks; estimates and rates do not change faster.
const RETARGET_TICKS: u64 = 3;
/// A client that was heard but brings no DTLS about within this time never will.
const DTLS_TIMEOUT: Duration = Duration::from_secs(20);
/// The event names at most so many speakers.
const MAX_SPEAKERS: usize = 8;

impl Worker {
    pub(super) fn tick(&mut self, now: Instant) {
        self.ticks += 1;
        let keys: Vec<Key> = self.peers.keys().collect();
        for key in keys {
            self.tell_tracks(key, now);
            if !self.is_here(key) {
                self.ask_for_keyframes(key, now);
                continue;
            }
            self.check_life(key, now);
            self.check_tracks(key, now);
            self.ask_for_keyframes(key, now);
            self.tell_wanted_layers(key, now);
            if self.ticks.is_multiple_of(RETARGET_TICKS) {
                self.retarget(key, now);
                self.smooth_pictures(key);
                self.tell_slots(key);
            }
            self.report_link(key, now);
        }
        let rooms: Vec<Id> = self.rooms.keys().cloned().collect();
        for room in rooms {
            self.assign_room_voices(&room, now);
            self.tell_speakers(&room, now);
        }
        self.tell_links(now);
        self.survey();
    }

    fn check_life(&mut self, key: Key, now: Instant) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        let silent = peer.link.is_silent(now);
        let timeout = self.policy.peer_timeout;
        if let Some(reason) = peer.transport.failed().then_some(EndReason::WorkerFailed) {
            return self.end(key, reason, now);
        }
        if !peer.transport.is_alive() {
            let connecting = peer.link.phase == Phase::Connecting;
            let reason = if connecting { EndReason::DtlsFailed } else { EndReason::Closed };
            return self.end(key, reason, now);
        }
        match peer.link.phase {
            Phase::Connecting if peer.link.silence(now) >= timeout => self.end(key, EndReason::IceTimeout, now),
            Phase::Connecting if peer.link.was_heard() && peer.link.age(now) >= timeout.max(DTLS_TIMEOUT) => {
                self.end(key, EndReason::DtlsFailed, now);
            }
            Phase::Connected if silent => self.disconnected(key),
            Phase::Disconnected if !silent => {
                peer.link.phase = Phase::Connected;
                self.tell_connected(key);
            }
            Phase::Disconnected if peer.link.silence(now) >= timeout => self.end(key, EndReason::IceTimeout, now),
            _ => {}
        }
    }

    fn disconnected(&mut self, key: Key) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        peer.link.phase = Phase::Disconnected;
        self.events.push(Event::PeerDisconnected {
            room: peer.room.clone(),
            peer: peer.name.clone(),
            generation: peer.generation,
        });
    }

    fn check_tracks(&mut self, key: Key, now: Instant) {
        let mut stopped = Vec::new();
        let Some(peer) = self.peers.get_mut(key) else { return };
        for (number, track) in peer.tracks.iter_mut().enumerate() {
            if track.has_stopped(now) {
                stopped.push(number);
                self.events.push(Event::TrackStopped {
                    room: peer.room.clone(),
                    peer: peer.name.clone(),
                    source: track.source,
                });
            }
        }
        for number in stopped {
            self.tell_track(key, number, now);
        }
    }

    /// Ask again for keyframes that slots still wait for, and for those that came too soon after the last.
    fn ask_for_keyframes(&mut self, key: Key, now: Instant) {
        let Some(peer) = self.peers.get(key) else { return };
        let layers: Vec<usize> = peer.tracks.iter().map(|track| track.layers.len()).collect();
        for slot in peer.slots_of(Kind::Video).collect::<Vec<_>>() {
            self.ask_for_awaited(key, slot, now);
        }
        for (track, layers) in layers.into_iter().enumerate() {
            for layer in 0..layers {
                self.ask_if_due(key, track, layer, now);
            }
        }
    }

    fn report_link(&mut self, key: Key, now: Instant) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        if peer.link.phase == Phase::Connecting {
            return;
        }
        if let Some(link) = peer.link.report(now) {
            self.events.push(Event::QualityChanged { room: peer.room.clone(), peer: peer.name.clone(), link });
        }
    }

    fn tell_speakers(&mut self, room: &Id, now: Instant) {
        if self.rooms.get(room).is_none_or(|room| room.is_told_elsewhere) || self.is_told_by_relay(room) {
            return;
        }
        let mut speakers = Vec::new();
        for key in self.room_of(room) {
            let Some(peer) = self.peers.get(key) else { continue };
            let voice = peer.tracks.iter().find(|track| track.source == Source::Microphone && !track.muted);
            if let Some(track) = voice.filter(|track| track.loudness.is_speaking(now)) {
                let level = 127 - track.loudness.score(now) as u8;
                speakers.push((peer.name.clone(), level));
            }
        }
        speakers.sort_by(|a, b| a.1.cmp(&b.1).then_with(|| a.0.cmp(&b.0)));
        speakers.truncate(MAX_SPEAKERS);
        let changed = self.rooms.get_mut(room).and_then(|state| state.speakers_changed(room, speakers, now));
        self.events.extend(changed);
    }
}
