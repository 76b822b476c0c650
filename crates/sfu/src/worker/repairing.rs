//! What receivers ask for: packets again, keyframes; and what their reports tell.

use std::time::{Duration, Instant};

use super::Worker;
use crate::downlink::Exit;
use crate::model::Kind;
use crate::peer::{Overtaken, Peer, Tail};
use crate::rtcp::{self, Packet, ReportBlock};
use crate::slab::Key;
use crate::srtp::Refusal;

/// Bytes of one decrypted datagram of reports.
const MAX_REPORT_BYTES: usize = 2_048;
/// Packets that one pass sends again for all peers together; what is asked beyond it is asked again.
const MAX_REPAIRS: usize = 4_096;

/// A packet that a receiver asks for again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Repair {
    receiver: Key,
    slot: usize,
    sequence: u16,
    /// Nobody asked: see [`Tail`](crate::peer::Tail).
    unasked: bool,
}

impl Worker {
    pub(super) fn receive_rtcp(&mut self, key: Key, bytes: &[u8], now: Instant) -> bool {
        let mut plain = [0; MAX_REPORT_BYTES];
        let Some(peer) = self.peers.get_mut(key) else { return false };
        let Some(srtp) = &mut peer.uplink.srtp else { return false };
        let length = match srtp.open_rtcp(bytes, &mut plain) {
            Ok(length) => length,
            Err(refusal) => {
                self.counters.packets_forged += u64::from(refusal == Refusal::Forged);
                self.counters.packets_replayed += u64::from(refusal == Refusal::Replayed);
                return false;
            }
        };
        for packet in rtcp::parse(&plain[..length]) {
            self.take_report(key, &packet, now);
        }
        true
    }

    fn take_report(&mut self, key: Key, packet: &Packet, now: Instant) {
        match packet {
            Packet::SenderReport(report) => {
                if let Some(Peer { uplink, tracks, .. }) = self.peers.get_mut(key)
                    && let Some(stream) = uplink.stream(report.info.ssrc, tracks)
                {
                    stream.sender_report(report.info.ntp, now);
                }
                report.blocks().for_each(|block| self.take_block(key, &block, now));
            }
            Packet::ReceiverReport(report) => report.blocks().for_each(|block| self.take_block(key, &block, now)),
            Packet::Nack(nack) => self.want_again(key, nack, now),
            Packet::Pli(pli) => self.want_keyframe_in(key, pli.media_ssrc, now),
            Packet::Fir(fir) => fir.entries().for_each(|entry| self.want_keyframe_in(key, entry.ssrc, now)),
            Packet::TransportFeedback(feedback) => {
                if let Some(peer) = self.peers.get_mut(key) {
                    peer.downlink.feedback(feedback, now);
                }
            }
            _ => {}
        }
    }

    /// What a receiver tells about one of our streams.
    fn take_block(&mut self, key: Key, block: &ReportBlock, now: Instant) {
        let round_trip = rtcp::round_trip_time(block, self.clock.ntp(now));
        let Some(peer) = self.peers.get_mut(key) else { return };
        if peer.slot_of(block.ssrc).is_none() {
            return;
        }
        peer.link.lost_down(f32::from(block.fraction_lost) / 256.0);
        if let Some(round_trip) = round_trip {
            peer.link.round_trip(round_trip);
            peer.downlink.set_round_trip(round_trip);
        }
    }

    fn want_again(&mut self, key: Key, nack: &rtcp::Nack, now: Instant) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        let Some(slot) = peer.slot_of(nack.media_ssrc) else { return };
        let room = MAX_REPAIRS.saturating_sub(self.repairs.len());
        for sequence in nack.lost().take(room) {
            if peer.has_arrived(slot, sequence) || peer.puts_off(slot, sequence, now) {
                continue;
            }
            // Where much is lost the answer may be lost too: it is given once more at the next pulse.
            peer.note_tail(slot, sequence);
            self.repairs.push(Repair { receiver: key, slot, sequence, unasked: false });
        }
    }

    /// Send once more what was noted since the last pulse.
    pub(super) fn repeat_tails(&mut self) {
        let Worker { peers, repairs, .. } = self;
        peers.each_mut(|receiver, peer| {
            let room = MAX_REPAIRS.saturating_sub(repairs.len());
            let tails = peer.tails.drain(..).take(room);
            repairs.extend(tails.map(|Tail { slot, sequence }| Repair { receiver, slot, sequence, unasked: true }));
        });
    }

    /// Note for sending what was put off and has not arrived meanwhile.
    pub(super) fn answer_overtaken(&mut self, now: Instant) {
        let Worker { peers, repairs, .. } = self;
        peers.each_mut(|receiver, peer| {
            let mut overtaken = std::mem::take(&mut peer.overtaken);
            overtaken.retain(|each| {
                let Overtaken { slot, sequence, until } = *each;
                let arrived = peer.has_arrived(slot, sequence);
                let is_due = !arrived && until <= now && repairs.len() < MAX_REPAIRS;
                if is_due {
                    peer.note_tail(slot, sequence);
                    repairs.push(Repair { receiver, slot, sequence, unasked: false });
                }
                !arrived && !is_due
            });
            peer.overtaken = overtaken;
        });
    }

    /// Send again what was asked for in this pass.
    pub(super) fn repair(&mut self, exit: &mut Exit, now: Instant) {
        let mut repairs = std::mem::take(&mut self.repairs);
        for repair in repairs.drain(..) {
            self.send_again(&repair, exit, now);
        }
        self.repairs = repairs;
    }

    fn send_again(&mut self, repair: &Repair, exit: &mut Exit, now: Instant) -> Option<()> {
        let peer = self.peers.get_mut(repair.receiver)?;
        let spacing = peer.downlink.round_trip.unwrap_or(Duration::from_millis(20)) / 2;
        let outgoing = &mut peer.slots.get_mut(repair.slot)?.outgoing;
        let origin = match repair.unasked {
            true => outgoing.find(repair.sequence)?,
            false => outgoing.find_to_repeat(repair.sequence, spacing, now)?,
        };
        let at = origin.attachment;
        let tracks = std::mem::take(&mut self.peers.get_mut(at.publisher)?.tracks);
        if let Some(peer) = self.peers.get_mut(repair.receiver)
            && let Some(stored) = tracks[at.track].layers[at.layer].packet(origin.incoming)
            && let Some(slot) = peer.slots.get_mut(repair.slot)
            && let Some(ready) = slot.outgoing.again(&origin, &stored)
        {
            if peer.downlink.may_repeat(stored.payload.len(), !repair.unasked, now) {
                peer.downlink.send_again(&mut slot.outgoing, &ready, &stored, exit, now);
            } else {
                exit.refused += u64::from(!repair.unasked);
            }
        }
        self.peers.get_mut(at.publisher)?.tracks = tracks;
        Some(())
    }

    fn want_keyframe_in(&mut self, receiver: Key, ssrc: u32, now: Instant) {
        let Some(peer) = self.peers.get(receiver) else { return };
        let Some(slot) = peer.slot_of(ssrc).filter(|slot| peer.slots[*slot].kind == Kind::Video) else { return };
        let wanted = peer.slots[slot].feed.as_ref().and_then(|feed| {
            let layer = feed.awaited_layer().or(feed.current())?;
            Some((feed.publisher, feed.track, layer))
        });
        if let Some((publisher, track, layer)) = wanted {
            self.want_keyframe(publisher, track, layer, now);
        }
    }

    /// Whether anybody is shown the layer, or waits for it.
    pub(super) fn is_watched(&self, publisher: Key, track: usize, layer: usize) -> bool {
        let Some(track) = self.peers.get(publisher).map(|peer| &peer.tracks[track]) else { return false };
        let shows = |(receiver, slot): &(Key, usize)| {
            let feed = self.peers.get(*receiver).and_then(|peer| peer.slots[*slot].feed.as_ref());
            feed.is_some_and(|feed| feed.layers().any(|shown| shown == layer))
        };
        track.subscribers.iter().any(shows) || track.relayed.iter().any(|relayed| relayed.layers & 1 << layer != 0)
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
        let round_trip = peer.downlink.round_trip.unwrap_or_default();
        let state = &mut peer.tracks[track].layers[layer];
        if !state.gate.is_due(round_trip, now) {
            return;
        }
        state.gate.asked(now);
        if self.ask_mirror(publisher, track, layer) {
            return;
        }
        let Some(state) = self.peers.get(publisher).map(|peer| &peer.tracks[track].layers[layer]) else { return };
        if let Some(ssrc) = state.ssrc {
            self.counters.keyframe_requests += 1;
            self.keyframe_requests.push((publisher, ssrc));
        }
    }
}
