"""What goes wrong with media: between nodes, and with streams over HTTP.

The latter have the status that RFC 9725 or RFC 9110 gives them.
"""

from meeting_system.kernel.errors import Invalid, NotFound, Unauthenticated, Unavailable


class SdpUnreadable(Invalid):
    """What was sent is no SDP, or lacks what every WebRTC offer has."""

    status = 400
    code = "sdp_unreadable"


class SdpUnacceptable(Invalid):
    """An SDP that says what can't be done here: nothing to send or receive, no BUNDLE, unknown codecs."""

    status = 406
    code = "sdp_unacceptable"


class AnswerUnacceptable(Invalid):
    """The client's Accept excludes application/sdp."""

    status = 406
    code = "answer_unacceptable"


class PreconditionRequired(Invalid):
    """PATCH needs If-Match: the ETag of the present ICE session, or `*`."""

    status = 428
    code = "precondition_required"


class PreconditionFailed(Invalid):
    """The ICE session of this ETag is over."""

    status = 412
    code = "precondition_failed"


class StreamTokenMissing(Unauthenticated):
    """No `Authorization: Bearer …`, or not the token of this stream."""

    code = "stream_token_invalid"


class StreamUnknown(NotFound):
    """There is no such stream, or it ended."""

    code = "stream_not_found"


class EngineAway(Unavailable):
    """The engine is missing, closed, or did not answer in time."""

    code = "media_unavailable"


class StreamsExhausted(Unavailable):
    """As many streams run as this server takes."""

    code = "streams_exhausted"


class NodeGone(Unavailable):
    """The media node is not there any more, or lives on under another id."""

    code = "media_node_gone"


class NodeDraining(Unavailable):
    """The media node takes nobody any more."""

    code = "media_node_draining"


class RelayForeign(Unavailable):
    """The other media node's relays write in a format that this one does not read."""

    code = "media_relay_foreign"


class NodesFull(Unavailable):
    """No media node takes anybody at present."""

    code = "media_full"


class PeerNotPlaced(NotFound):
    """No media node has a connection of this participant."""

    code = "media_peer_unknown"
