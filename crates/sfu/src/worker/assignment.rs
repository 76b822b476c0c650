//! What each slot carries: voices by loudness, pictures by layout, layers by width and bandwidth.

use std::time::Instant;

use super::Worker;
use crate::allocation::{Demand, Grant};
use crate::event::Event;
use crate::layers::{LayerState, Quality, fitting};
use crate::model::{Id, Kind, LayoutEntry, Source};
use crate::peer::Peer;
use crate::slab::Key;
use crate::slot::{Feed, Pause};
use crate::svc::Layers;
use crate::voices::{self, Claim, Held, Voice};

/// What a voice's headers, tags and addresses take: 50 packets a second of 68 bytes.
const VOICE_HEADERS_BPS: u64 = 27_200;
/// Below this, sound goes without redundancy, and above that with it again.
const NARROW_BPS: u64 = 450_000;
const WIDE_BPS: u64 = 600_000;
/// With more loss than this, redundancy is worth its price.
const SLIGHT_LOSS: f32 = 0.05;
/// The estimator is asked to look for this share of what is wanted, so that layers can be raised.
const GOAL_PERCENT: u64 = 125;
/// And at least for this.
const MIN_GOAL_BPS: u64 = 500_000;

/// What a video slot shall do.
enum Wish {
    /// Show the track, as well as bandwidth allows.
    Flow(Demand),
    /// Show nothing; a pause is told to the receiver.
    Hold(Option<Pause>),
    /// Go on as before.
    Keep,
}

impl Worker {
    pub(super) fn set_layout(&mut self, receiver: Key, entries: Vec<LayoutEntry>, now: Instant) {
        if let Some(peer) = self.peers.get_mut(receiver) {
            peer.layout = entries;
            self.assign_pictures(receiver, now);
        }
    }

    pub(super) fn set_muted(&mut self, publisher: Key, source: Source, muted: bool, now: Instant) {
        let Some(peer) = self.peers.get_mut(publisher) else { return };
        let Some(track) = peer.track_of(source) else { return };
        peer.tracks[track].muted = muted;
        let room = peer.room.clone();
        self.note_published(&room);
        self.note_wanting(publisher, track);
        self.retarget_subscribers(publisher, track, now);
        if source.kind() == Kind::Audio {
            self.assign_room_voices(&room, now);
        }
    }

    /// Fill the video slots of a peer as its layout asks.
    fn assign_pictures(&mut self, receiver: Key, now: Instant) {
        let Some(peer) = self.peers.get(receiver) else { return };
        let slots: Vec<usize> = peer.slots_of(Kind::Video).collect();
        for slot in slots {
            let wanted = self.wanted_picture(receiver, slot);
            self.fill(receiver, slot, wanted, now);
        }
        self.retarget(receiver, now);
        self.tell_slots(receiver);
    }

    fn wanted_picture(&self, receiver: Key, slot: usize) -> Option<Voice> {
        let peer = self.peers.get(receiver)?;
        let mid = &peer.slots[slot].line.mid;
        let entry = peer.layout.iter().find(|entry| entry.mid == *mid)?;
        let publisher = self.find(&peer.room, &entry.peer).filter(|key| *key != receiver)?;
        if entry.source.kind() != Kind::Video {
            return None;
        }
        let track = self.peers.get(publisher)?.track_of(entry.source)?;
        Some((publisher, track))
    }

    /// Put a track into a slot, unless it is there already.
    fn fill(&mut self, receiver: Key, slot: usize, wanted: Option<(Key, usize)>, now: Instant) {
        let Some(peer) = self.peers.get_mut(receiver) else { return };
        let old = peer.slots[slot].feed.as_ref().map(|feed| (feed.publisher, feed.track));
        if old == wanted {
            return;
        }
        if let Some((publisher, track)) = old {
            self.unsubscribe(publisher, track, receiver, slot);
        }
        let feed = wanted.and_then(|(publisher, track)| self.subscribe(publisher, track, receiver, slot, now));
        if let Some(peer) = self.peers.get_mut(receiver) {
            peer.slots[slot].set_feed(feed);
        }
        for (publisher, track) in old.into_iter().chain(wanted) {
            self.note_wanting(publisher, track);
        }
    }

    fn subscribe(&mut self, publisher: Key, track: usize, receiver: Key, slot: usize, now: Instant) -> Option<Feed> {
        let peer = self.peers.get_mut(publisher)?;
        let published = &mut peer.tracks[track];
        published.subscribers.push((receiver, slot));
        Some(Feed::new(publisher, track, peer.name.clone(), published.source, now))
    }

    fn unsubscribe(&mut self, publisher: Key, track: usize, receiver: Key, slot: usize) {
        if let Some(peer) = self.peers.get_mut(publisher) {
            peer.tracks[track].subscribers.retain(|subscriber| *subscriber != (receiver, slot));
        }
    }

    /// Take a leaving peer out of everything it received.
    pub(super) fn unsubscribe_all(&mut self, receiver: Key, peer: &Peer) {
        for (slot, feed) in peer.slots.iter().enumerate().filter_map(|(i, slot)| Some((i, slot.feed.as_ref()?))) {
            self.unsubscribe(feed.publisher, feed.track, receiver, slot);
            self.note_wanting(feed.publisher, feed.track);
        }
    }

    /// Empty the slots that a leaving peer filled, and let others take its voice slots.
    pub(super) fn clear_watchers(&mut self, publisher: Key, peer: &Peer, now: Instant) {
        self.empty_watchers(publisher, peer);
        self.assign_room_voices(&peer.room, now);
    }

    /// Empty the slots that a leaving peer filled.
    pub(super) fn empty_watchers(&mut self, publisher: Key, peer: &Peer) {
        let subscribers = peer.tracks.iter().flat_map(|track| &track.subscribers);
        for (receiver, slot) in subscribers {
            if let Some(watcher) = self.peers.get_mut(*receiver)
                && watcher.slots[*slot].feed.as_ref().is_some_and(|feed| feed.publisher == publisher)
            {
                watcher.slots[*slot].set_feed(None);
            }
            self.tell_slots(*receiver);
        }
    }

    /// Fill the slots of those whose layout waits for a peer that has just come.
    pub(super) fn reassign_watchers(&mut self, room: &Id, name: &Id, now: Instant) {
        for key in self.room_of(room) {
            let waits = |peer: &Peer| peer.layout.iter().any(|entry| entry.peer == *name);
            if self.peers.get(key).is_some_and(waits) {
                self.assign_pictures(key, now);
            }
        }
    }

    /// Choose voices for everybody in a room.
    pub(super) fn assign_room_voices(&mut self, room: &Id, now: Instant) {
        let claims = self.claims(room, now);
        for receiver in self.room_of(room) {
            self.assign_voices_from(receiver, &claims, now);
        }
    }

    /// Choose voices for one peer.
    pub(super) fn assign_voices(&mut self, receiver: Key, now: Instant) {
        let Some(room) = self.peers.get(receiver).map(|peer| peer.room.clone()) else { return };
        let claims = self.claims(&room, now);
        self.assign_voices_from(receiver, &claims, now);
    }

    fn claims(&self, room: &Id, now: Instant) -> Vec<Claim> {
        let mut claims = Vec::new();
        for key in self.room_of(room) {
            let tracks = self.peers.get(key).map_or(0, |peer| peer.tracks.len());
            claims.extend((0..tracks).filter_map(|track| self.claim((key, track), now)));
        }
        voices::sort(&mut claims);
        claims
    }

    fn claim(&self, voice: Voice, now: Instant) -> Option<Claim> {
        let track = &self.peers.get(voice.0)?.tracks[voice.1];
        (track.source.kind() == Kind::Audio).then(|| Claim {
            voice,
            flowing: track.flowing && !track.muted,
            screen: track.source == Source::ScreenAudio,
            speaking: track.loudness.is_speaking(now),
            score: track.loudness.score(now),
        })
    }

    fn assign_voices_from(&mut self, receiver: Key, claims: &[Claim], now: Instant) {
        let Some(peer) = self.peers.get(receiver) else { return };
        let slots: Vec<usize> = peer.slots_of(Kind::Audio).take(self.policy.audio_slots).collect();
        let held: Vec<Option<Held>> = slots.iter().map(|&slot| self.held(peer, slot, now)).collect();
        // More than the best of the others can never be chosen: everybody has at most two voices of their own.
        let others = claims.iter().filter(|claim| claim.voice.0 != receiver);
        let best: Vec<Claim> = others.take(slots.len() + 1).copied().collect();
        for (slot, voice) in slots.into_iter().zip(voices::assign(&held, &best, now)) {
            self.fill(receiver, slot, voice, now);
            self.open_voice(receiver, slot, now);
        }
        self.tell_slots(receiver);
    }

    fn held(&self, peer: &Peer, slot: usize, now: Instant) -> Option<Held> {
        let feed = peer.slots[slot].feed.as_ref()?;
        let claim = self.claim((feed.publisher, feed.track), now)?;
        Some(Held { claim, since: feed.since })
    }

    /// Sound always flows, unless the publisher is muted.
    fn open_voice(&mut self, receiver: Key, slot: usize, now: Instant) {
        let Some(voice) = self.feed_of(receiver, slot) else { return };
        let muted = self.peers.get(voice.0).is_none_or(|peer| peer.tracks[voice.1].muted);
        let whole = Quality::whole(0, Layers::ALL.spatial);
        let (target, pause) = if muted { (None, Some(Pause::Meant)) } else { (Some(whole), None) };
        self.set_target(receiver, slot, (target, pause), now);
    }

    fn feed_of(&self, receiver: Key, slot: usize) -> Option<Voice> {
        let feed = self.peers.get(receiver)?.slots[slot].feed.as_ref()?;
        Some((feed.publisher, feed.track))
    }

    fn set_target(&mut self, receiver: Key, slot: usize, wanted: (Option<Quality>, Option<Pause>), now: Instant) {
        if let Some(peer) = self.peers.get_mut(receiver) {
            peer.set_target(slot, wanted.0, wanted.1, now);
        }
        if let Some((publisher, track)) = self.feed_of(receiver, slot) {
            self.note_wanting(publisher, track);
        }
    }

    /// Choose layers anew for everybody who receives a track.
    pub(super) fn retarget_subscribers(&mut self, publisher: Key, track: usize, now: Instant) {
        let Some(peer) = self.peers.get(publisher) else { return };
        let is_video = peer.tracks[track].source.kind() == Kind::Video;
        for (receiver, slot) in peer.tracks[track].subscribers.clone() {
            match is_video {
                true => self.retarget(receiver, now),
                false => self.open_voice(receiver, slot, now),
            }
            self.tell_slots(receiver);
        }
    }

    /// Choose a layer for each video slot of a peer, as widths and bandwidth allow.
    pub(super) fn retarget(&mut self, receiver: Key, now: Instant) {
        let Some(peer) = self.peers.get(receiver) else { return };
        let slots: Vec<usize> = peer.slots_of(Kind::Video).filter(|&i| peer.slots[i].feed.is_some()).collect();
        let mut demands = Vec::with_capacity(slots.len());
        for slot in slots {
            let desired = self.desired(receiver, slot, now);
            if let Some(feed) = self.peers.get_mut(receiver).and_then(|peer| peer.slots[slot].feed.as_mut()) {
                feed.desired = desired;
            }
            match self.demand(receiver, slot, now) {
                Wish::Flow(demand) => demands.push(demand),
                Wish::Hold(pause) => self.set_target(receiver, slot, (None, pause), now),
                Wish::Keep => {}
            }
        }
        self.narrow_voices(receiver);
        let budget = self.video_budget(receiver, now);
        let Some(peer) = self.peers.get_mut(receiver) else { return };
        let grants = self.allocator.allocate(&demands, budget, &mut peer.fallback, now);
        peer.link.granted(granted_bps(&demands, grants), wanted_bps(&demands));
        for (demand, grant) in demands.iter().zip(grants) {
            let target = grant.layer().map(Quality::from_number);
            let pause = target.is_none().then_some(Pause::Bandwidth);
            peer.set_target(demand.slot, target, pause, now);
        }
        for demand in &demands {
            if let Some((publisher, track)) = self.feed_of(receiver, demand.slot) {
                self.note_wanting(publisher, track);
            }
            self.ask_for_awaited(receiver, demand.slot, now);
        }
        self.tell_goal(receiver, &demands);
    }

    /// What a slot shall do now, before bandwidth has its say.
    fn demand(&self, receiver: Key, slot: usize, now: Instant) -> Wish {
        let held = Wish::Hold(None);
        let Some(peer) = self.peers.get(receiver) else { return held };
        let Some(feed) = peer.slots[slot].feed.as_ref() else { return held };
        let Some(publisher) = self.peers.get(feed.publisher) else { return held };
        let track = &publisher.tracks[feed.track];
        let mid = &peer.slots[slot].line.mid;
        let width = peer.layout.iter().find(|entry| entry.mid == *mid).map_or(0, |entry| entry.width);
        if width == 0 || track.muted {
            return Wish::Hold(Some(Pause::Meant));
        }
        let (qualities, states): (Vec<Quality>, Vec<LayerState>) = track.qualities(now).into_iter().unzip();
        let Some(best) = fitting(&states, width) else {
            // A still screen sends nothing for a while. It goes on where it was, without a new keyframe.
            return if feed.target.is_some() { Wish::Keep } else { held };
        };
        let known = qualities.iter().zip(&states).take(best + 1);
        let cost = |(quality, state): (&Quality, &LayerState)| state.live.then_some((*quality, state.bitrate_bps));
        let whole = known.filter_map(cost);
        let smallest = whole.clone().next().filter(|(quality, _)| quality.spatial == 0);
        let thinned = smallest.into_iter().flat_map(|(quality, bps)| track.thinned(quality.layer, bps));
        Wish::Flow(Demand {
            slot,
            screen: feed.source == Source::Screen,
            speaker: speaks(publisher, now),
            width,
            thinned: thinned.clone().count() as u8,
            layers: thinned.chain(whole).map(|(quality, bps)| (quality.number(), bps)).collect(),
            current: feed.quality().map(Quality::number),
            last_raised: feed.raised_at,
        })
    }

    /// The layer that a tile would like if all of them flowed; `None` when it is not shown.
    fn desired(&self, receiver: Key, slot: usize, now: Instant) -> Option<usize> {
        let peer = self.peers.get(receiver)?;
        let feed = peer.slots[slot].feed.as_ref()?;
        let track = &self.peers.get(feed.publisher)?.tracks[feed.track];
        let mid = &peer.slots[slot].line.mid;
        let width = peer.layout.iter().find(|entry| entry.mid == *mid)?.width;
        if width == 0 || track.muted {
            return None;
        }
        let qualities = track.qualities(now);
        let states: Vec<LayerState> = qualities.iter().map(|(_, state)| LayerState { live: true, ..*state }).collect();
        Some(qualities[fitting(&states, width)?].0.layer)
    }

    /// Tell publishers which layers nobody wants any more, and which somebody wants again.
    pub(super) fn tell_wanted_layers(&mut self, publisher: Key, now: Instant) {
        let Some(peer) = self.peers.get(publisher) else { return };
        for track in 0..peer.tracks.len() {
            self.tell_wanted_of(publisher, track, now);
        }
    }

    fn tell_wanted_of(&mut self, publisher: Key, number: usize, now: Instant) {
        let Some(peer) = self.peers.get(publisher).filter(|peer| peer.is_here()) else { return };
        let track = &peer.tracks[number];
        if track.source.kind() != Kind::Video {
            return;
        }
        let desired = |(receiver, slot): &(Key, usize)| {
            self.peers.get(*receiver)?.slots[*slot].feed.as_ref()?.desired.map(|layer| layer + 1)
        };
        let wanted =
            track.subscribers.iter().filter_map(desired).max().unwrap_or(0).max(Self::desired_elsewhere(track));
        let Some(peer) = self.peers.get_mut(publisher) else { return };
        let track = &mut peer.tracks[number];
        let (source, told) = (track.source, track.wanted.note(wanted, now));
        if let Some(layers) = told {
            self.events.push(Event::LayersWanted {
                room: peer.room.clone(),
                peer: peer.name.clone(),
                generation: peer.generation,
                source,
                layers,
            });
        }
    }

    /// What remains for pictures beside the voices as they are now.
    fn video_budget(&self, receiver: Key, now: Instant) -> Option<u64> {
        let peer = self.peers.get(receiver)?;
        let cost = |slot: usize| {
            let feed = peer.slots[slot].feed.as_ref()?;
            let voice = self.peers.get(feed.publisher)?.tracks.get(feed.track)?.layers.first()?;
            // Redundant packets carry everything twice.
            let share = if peer.slots[slot].is_narrow() { 2 } else { 1 };
            voice.is_live(now).then(|| voice.bitrate_bps() / share + VOICE_HEADERS_BPS)
        };
        let voices: u64 = peer.slots_of(Kind::Audio).filter_map(cost).sum();
        Some(peer.downlink.estimate_bps()?.saturating_sub(voices))
    }

    /// Whoever has little and loses little gets sound without redundancy: it takes as much as a small picture.
    fn narrow_voices(&mut self, receiver: Key) {
        let Some(peer) = self.peers.get_mut(receiver) else { return };
        let (Some(bps), Some(loss)) = (peer.downlink.estimate_bps(), peer.downlink.loss()) else { return };
        for slot in peer.slots.iter_mut().filter(|slot| slot.kind == Kind::Audio) {
            let limit = if slot.is_narrow() { WIDE_BPS } else { NARROW_BPS };
            slot.set_narrow(bps < limit && loss < SLIGHT_LOSS);
        }
    }

    pub(super) fn ask_for_awaited(&mut self, receiver: Key, slot: usize, now: Instant) {
        let feed = self.peers.get(receiver).and_then(|peer| peer.slots[slot].feed.as_ref());
        let awaited = feed.and_then(|feed| Some((feed.publisher, feed.track, feed.awaited_layer()?)));
        if let Some((publisher, track, layer)) = awaited {
            self.want_keyframe(publisher, track, layer, now);
        }
    }

    fn tell_goal(&mut self, receiver: Key, demands: &[Demand]) {
        let goal = (wanted_bps(demands) * GOAL_PERCENT / 100).max(MIN_GOAL_BPS);
        if let Some(peer) = self.peers.get_mut(receiver)
            && goal.abs_diff(peer.goal_bps) > peer.goal_bps / 10
        {
            peer.goal_bps = goal;
            peer.downlink.set_goal(goal);
        }
    }

    pub(super) fn tell_slots(&mut self, receiver: Key) {
        let changed = self.peers.get_mut(receiver).and_then(Peer::slots_changed);
        self.events.extend(changed);
    }
}

/// What all pictures would take at their best.
fn wanted_bps(demands: &[Demand]) -> u64 {
    demands.iter().filter_map(|demand| demand.layers.last()).map(|layer| layer.1).sum()
}

/// What they take as they are shown.
fn granted_bps(demands: &[Demand], grants: &[Grant]) -> u64 {
    let cost = |(demand, grant): (&Demand, &Grant)| {
        let given = grant.layer()?;
        demand.layers.iter().find(|layer| layer.0 == given).map(|layer| layer.1)
    };
    demands.iter().zip(grants).filter_map(cost).sum()
}

fn speaks(peer: &Peer, now: Instant) -> bool {
    let voice = peer.track_of(Source::Microphone).map(|track| &peer.tracks[track]);
    voice.is_some_and(|track| track.flowing && !track.muted && track.loudness.is_speaking(now))
}
