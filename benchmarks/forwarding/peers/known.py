"""The servers that are compared."""

from benchmarks.forwarding.peers.janus import JanusPeer
from benchmarks.forwarding.peers.livekit import LiveKitPeer
from benchmarks.forwarding.peers.peer import Peer
from benchmarks.forwarding.peers.whip import WhipPeer

OURS = "ours"
OURS_WITHOUT_TRAINS = "ours, no gso"
JANUS = "janus"

PEERS: dict[str, Peer] = {
    peer.name: peer
    for peer in (
        WhipPeer(OURS, "sfu-server"),
        WhipPeer(OURS_WITHOUT_TRAINS, "sfu-server", {"MEETING_SFU_GSO": "0"}),
        # One event loop is Janus at its best on one core: a thread a participant costs it half.
        JanusPeer(JANUS, event_loops=1),
        JanusPeer("janus, thread each", event_loops=0),
        LiveKitPeer("livekit"),
        WhipPeer("str0m plain", "str0m-plain"),
    )
}

# What is measured with other numbers of receivers too.
SWEPT = (OURS, OURS_WITHOUT_TRAINS, JANUS, "str0m plain")
