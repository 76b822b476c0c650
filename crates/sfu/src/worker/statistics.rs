//! What a worker counts.

use super::Worker;
use crate::peer::Peer;
use crate::slot::{Pause, Slot};

/// Numbers that can be summed over workers.
macro_rules! statistics {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// Counters since the start, and gauges as of now or of the last few ticks.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct Statistics {
            $($(#[$doc])* pub $name: u64),*
        }

        impl Statistics {
            /// Add another worker's.
            pub fn add(&mut self, other: &Statistics) {
                $(self.$name += other.$name;)*
            }
        }
    };
}

statistics! {
    /// Rooms with at least one peer, here or elsewhere. A gauge.
    rooms,
    /// Peers. A gauge.
    peers,
    /// Peers that get sound alone, because no picture fits their path. A gauge.
    peers_sound_only,
    /// Peers of whose pictures at least one is paused for want of bandwidth. A gauge.
    peers_video_paused,
    /// Peers of whose paths it is known what they carry. A gauge.
    peers_estimated,
    /// What those paths are thought to carry together, in bits a second. A gauge.
    estimated_bps,
    /// Relays that are open. A gauge.
    relays,
    /// Relays whose other end is heard. A gauge.
    relays_up,
    /// Datagrams taken by a peer or a relay.
    datagrams_in,
    /// Datagrams sent.
    datagrams_out,
    /// Bytes taken by a peer or a relay.
    bytes_in,
    /// Bytes sent.
    bytes_out,
    /// Datagrams that nobody took.
    datagrams_rejected,
    /// Datagrams taken by a relay.
    relay_datagrams_in,
    /// Datagrams sent to other ends of relays.
    relay_datagrams_out,
    /// Bytes taken by a relay.
    relay_bytes_in,
    /// Bytes sent to other ends of relays.
    relay_bytes_out,
    /// Packets sent again.
    packets_retransmitted,
    /// Packets that were asked for and not sent again: retransmissions have a share of what the path carries.
    repairs_refused,
    /// Requests to publishers for a missing packet.
    packets_requested,
    /// Times that packets were missing for so long that a keyframe was asked for in their place.
    pictures_lost,
    /// Larger layers that publishers left out while somebody could have watched them.
    layers_stalled,
    /// Keyframes asked of publishers.
    keyframe_requests,
    /// Packets from a peer's address, or of a relay, whose tag was wrong.
    packets_forged,
    /// Packets that had come before.
    packets_replayed,
    /// Messages of data channels that were passed on, once for each receiver.
    messages_passed,
    /// Messages that were too many or too long, and those that found no room on the way to another worker or process.
    messages_dropped,
    /// How often a worker failed and began anew.
    failures,
}

impl Worker {
    /// A snapshot of the counters.
    pub fn statistics(&self) -> Statistics {
        Statistics {
            rooms: self.rooms.len() as u64,
            peers: self.peers.len() as u64 - self.mirrors,
            relays: self.relays.len() as u64,
            ..self.counters
        }
    }

    /// Bring the gauges up to date for which all peers are looked at.
    pub(super) fn survey(&mut self) {
        let mut counters = self.counters.without_gauges();
        self.peers.each_mut(|_, peer| count(peer, &mut counters));
        let is_up =
            |key| self.links.get(key).and_then(|link| link.tunnel.as_ref()).is_some_and(|tunnel| tunnel.is_up());
        counters.relays_up = self.relays.values().filter(|key| is_up(**key)).count() as u64;
        self.counters = counters;
    }
}

impl Statistics {
    /// Without what is not counted but looked at.
    pub(super) fn without_gauges(self) -> Self {
        let (peers_sound_only, peers_video_paused, peers_estimated, estimated_bps, relays_up) = (0, 0, 0, 0, 0);
        Statistics { peers_sound_only, peers_video_paused, peers_estimated, estimated_bps, relays_up, ..self }
    }
}

fn count(peer: &Peer, found: &mut Statistics) {
    let lacks_bandwidth = |slot: &Slot| slot.feed.as_ref().is_some_and(|feed| feed.pause == Some(Pause::Bandwidth));
    found.peers_sound_only += u64::from(peer.fallback.is_audio_only());
    found.peers_video_paused += u64::from(peer.slots.iter().any(lacks_bandwidth));
    if let Some(bps) = peer.downlink.estimate_bps() {
        found.peers_estimated += 1;
        found.estimated_bps += bps;
    }
}
