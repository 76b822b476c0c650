"""Which media node a participant is placed on. Pure.

A meeting stays on one node, its home, as long as it can: every further node costs a relay to each of the
others.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Standing:
    """A node that lives. `load` is a fraction of what it can carry; nodes of two formats can't be relayed."""

    load: float
    full: bool = False
    draining: bool = False
    relay_format: int = 0

    @property
    def accepts(self) -> bool:
        """Whether it takes participants who are not there yet."""
        return not self.draining and not self.full


@dataclass(frozen=True)
class Share:
    """How many participants of a meeting are placed on a node."""

    node_id: str
    peers: int


def place(
    present: str | None, shares: Sequence[Share], nodes: Mapping[str, Standing], *, spread_after: int
) -> str | None:
    """Return the node for a participant; None where none can take one.

    `present` is where they are placed already, `shares` are in the order in which the nodes came to the
    meeting: the first is its home. A node takes at most `spread_after` of a meeting while another can help,
    and all of it sooner than one that can't be relayed to those that have it: that divides the meeting.
    """
    if present is not None and present in nodes and not nodes[present].draining:
        return present
    having = [share.node_id for share in shares if share.node_id in nodes and nodes[share.node_id].accepts]
    peers = {share.node_id: share.peers for share in shares}
    roomy = [node_id for node_id in having if peers[node_id] < spread_after]
    if shares and shares[0].node_id in roomy:
        return shares[0].node_id
    others = [node_id for node_id, node in nodes.items() if node.accepts and node_id not in peers]
    formats = {nodes[share.node_id].relay_format for share in shares if share.node_id in nodes}
    related = [node_id for node_id in others if formats <= {nodes[node_id].relay_format}]
    in_turn = (roomy, related, having, others)
    return next(filter(None, (_least_loaded(candidates, nodes) for candidates in in_turn)), None)


def _least_loaded(candidates: Iterable[str], nodes: Mapping[str, Standing]) -> str | None:
    return min(candidates, key=lambda node_id: (nodes[node_id].load, node_id), default=None)
