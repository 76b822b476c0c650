//! What is told to peers by RTCP: reports, feedback on arrivals, requests for packets and keyframes.

use std::time::{Duration, Instant};

use super::Worker;
use crate::downlink::Exit;
use crate::peer::{Mirror, Peer};
use crate::relay::Link;
use crate::rtcp::{NtpClock, ReportBlock, Writer};
use crate::slab::Key;

/// Feedback, requests and estimates are looked at this often.
pub(super) const PULSE: Duration = Duration::from_millis(20);
/// Reports about every stream are sent this often.
const REPORT_INTERVAL: Duration = Duration::from_millis(1_000);
/// A first guess, until a report tells.
const ROUND_TRIP: Duration = Duration::from_millis(50);
/// Requests in one packet.
const MAX_NACKS: usize = 128;
/// Report blocks in one packet.
const MAX_BLOCKS: usize = 31;
/// The name that all our streams share; clients never show it.
const CANONICAL_NAME: &str = "sfu";

impl Worker {
    /// Everything that is due by the clock and leaves as packets.
    pub(super) fn pulse(&mut self, exit: &mut Exit, now: Instant) {
        self.send_keyframe_requests(exit);
        if self.next_pulse.is_none_or(|at| at > now) {
            return;
        }
        self.repeat_tails();
        self.answer_overtaken(now);
        self.repair(exit, now);
        self.next_pulse = (!self.peers.is_empty()).then_some(now + PULSE);
        let reports = self.next_report.is_none_or(|at| at <= now);
        if reports {
            self.next_report = Some(now + REPORT_INTERVAL);
        }
        let clock = self.clock;
        let Worker { peers, links, lost_pictures, counters, .. } = self;
        peers.each_mut(|key, peer| {
            if let Some(mirror) = peer.mirrors
                && let Some(link) = links.get_mut(mirror.link)
            {
                ask_link(key, peer, &mirror, link, now, lost_pictures);
            }
            if !peer.downlink.is_open() {
                return;
            }
            send_feedback(peer, exit, now);
            counters.packets_requested += send_nacks(key, peer, exit, now, lost_pictures);
            peer.pulse(exit, now);
            if reports {
                send_sender_reports(peer, &clock, exit, now);
                send_receiver_report(peer, exit, now);
            }
            peer.link.sent(std::mem::take(&mut peer.downlink.bytes));
        });
        while let Some((publisher, track, layer)) = self.lost_pictures.pop() {
            if self.is_watched(publisher, track, layer) {
                self.counters.pictures_lost += 1;
                self.want_keyframe(publisher, track, layer, now);
            }
        }
        self.send_keyframe_requests(exit);
    }

    fn send_keyframe_requests(&mut self, exit: &mut Exit) {
        for (publisher, ssrc) in self.keyframe_requests.drain(..) {
            if let Some(peer) = self.peers.get_mut(publisher) {
                let sender = peer.report_ssrc;
                peer.downlink.send_reports(exit, |bytes| {
                    let mut writer = Writer::new(bytes);
                    writer.pli(sender, ssrc);
                    writer.length()
                });
            }
        }
    }
}

/// Tell a publisher when its packets arrived.
fn send_feedback(peer: &mut Peer, exit: &mut Exit, now: Instant) {
    let (sender, Peer { uplink, downlink, .. }) = (peer.report_ssrc, peer);
    let media = uplink.first_ssrc().unwrap_or(0);
    let Some(arrivals) = &mut uplink.arrivals else { return };
    if !arrivals.feedback_due(now) {
        return;
    }
    // Bounded: a packet of feedback tells hundreds of arrivals, a pulse brings fewer.
    for _ in 0..16 {
        if !arrivals.has_waiting() {
            return;
        }
        downlink.send_reports(exit, |bytes| {
            let mut writer = Writer::new(bytes);
            arrivals.write_feedback(&mut writer, sender, media, now);
            writer.length()
        });
    }
}

/// Ask a publisher for what is missing: for how many packets.
fn send_nacks(
    key: Key,
    peer: &mut Peer,
    exit: &mut Exit,
    now: Instant,
    lost_pictures: &mut Vec<(Key, usize, usize)>,
) -> u64 {
    let mut asked = 0;
    let (sender, Peer { tracks, downlink, .. }) = (peer.report_ssrc, peer);
    let round_trip = downlink.round_trip.unwrap_or(ROUND_TRIP);
    for (number, track) in tracks.iter_mut().enumerate() {
        for (layer, state) in track.layers.iter_mut().enumerate() {
            let Some(stream) = state.stream.as_mut().filter(|stream| stream.has_missing()) else { continue };
            let mut numbers = [0; MAX_NACKS];
            let count = stream.nacks(now, round_trip, &mut numbers);
            let ssrc = stream.ssrc();
            if count > 0 {
                downlink.send_reports(exit, |bytes| {
                    let mut writer = Writer::new(bytes);
                    writer.nack(sender, ssrc, &numbers[..count]);
                    writer.length()
                });
            }
            asked += count as u64;
            if stream.take_needs_keyframe() {
                lost_pictures.push((key, number, layer));
            }
        }
    }
    asked
}

/// Ask a mirrored publisher's worker for what is missing.
fn ask_link(
    key: Key,
    peer: &mut Peer,
    mirror: &Mirror,
    link: &mut Link,
    now: Instant,
    lost_pictures: &mut Vec<(Key, usize, usize)>,
) {
    for (number, track) in peer.tracks.iter_mut().enumerate() {
        for (layer, state) in track.layers.iter_mut().enumerate() {
            let Some(stream) = state.stream.as_mut().filter(|stream| stream.has_missing()) else { continue };
            let mut numbers = [0; MAX_NACKS];
            let count = stream.nacks(now, ROUND_TRIP, &mut numbers);
            if count > 0 && track.asked.layers != 0 {
                link.say_missing(mirror.track(number), layer as u8, &numbers[..count]);
            }
            if stream.take_needs_keyframe() {
                lost_pictures.push((key, number, layer));
            }
        }
    }
}

/// A sender report for each stream that carried something lately.
fn send_sender_reports(peer: &mut Peer, clock: &NtpClock, exit: &mut Exit, now: Instant) {
    let Peer { slots, downlink, .. } = peer;
    for slot in slots.iter().filter(|slot| slot.feed.is_some()) {
        let outgoing = &slot.outgoing;
        let Some(clock_hz) = outgoing.clock_hz() else { continue };
        let Some(info) = outgoing.stats.sender_info(outgoing.ssrc(), clock_hz, clock, now) else { continue };
        downlink.send_reports(exit, |bytes| {
            let mut writer = Writer::new(bytes);
            writer.sender_report(&info, &[]);
            writer.canonical_name(outgoing.ssrc(), CANONICAL_NAME);
            writer.length()
        });
    }
}

/// A receiver report about everything that a peer sends.
fn send_receiver_report(peer: &mut Peer, exit: &mut Exit, now: Instant) {
    let (sender, Peer { tracks, downlink, link, .. }) = (peer.report_ssrc, peer);
    let mut blocks = [ReportBlock::default(); MAX_BLOCKS];
    let mut count = 0;
    let streams = tracks.iter_mut().flat_map(|track| &mut track.layers).filter_map(|layer| layer.stream.as_mut());
    let mut lost = 0.0;
    for block in streams.filter_map(|stream| stream.report_block(now)).take(MAX_BLOCKS) {
        let fraction = f32::from(block.fraction_lost) / 256.0;
        link.lost_up(fraction);
        lost += fraction;
        blocks[count] = block;
        count += 1;
    }
    if count > 0 {
        link.note_loss_up(lost / count as f32);
        downlink.send_reports(exit, |bytes| {
            let mut writer = Writer::new(bytes);
            writer.receiver_report(sender, &blocks[..count]);
            writer.canonical_name(sender, CANONICAL_NAME);
            writer.length()
        });
    }
}
