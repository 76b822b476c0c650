"""The door of this process: the sockets that are inside, and whether new ones are let in."""

from dataclasses import dataclass, field

from meeting_system.signaling.connection import Connection


@dataclass
class Door:
    """The gateway fills it, the jobs look after who is inside."""

    connections: set[Connection] = field(default_factory=set)
    is_closed: bool = False
