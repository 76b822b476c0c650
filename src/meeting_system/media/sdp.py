"""The little that the service itself reads in an SDP: media lines and candidates (RFC 8866, RFC 8839)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class MediaLine:
    """One m-line: `kind` is audio, video or application; `sends` is seen from who wrote the SDP."""

    kind: str
    mid: str
    sends: bool


def media_lines(sdp: str) -> list[MediaLine]:
    """List the m-lines that carry a mid."""
    found = []
    for section in sdp.replace("\r\n", "\n").split("\nm=")[1:]:
        lines = section.split("\n")
        mid = next((line.removeprefix("a=mid:") for line in lines if line.startswith("a=mid:")), None)
        if mid is not None:
            receives_only = "a=recvonly" in lines or "a=inactive" in lines
            found.append(MediaLine(kind=lines[0].split(" ", 1)[0], mid=mid.strip(), sends=not receives_only))
    return found


def keep_candidates(sdp: str, transport: str) -> str | None:
    """Drop the candidates of other transports; None when none is left."""
    kept = [line for line in sdp.splitlines() if not line.startswith("a=candidate:") or uses(line, transport)]
    if not any(line.startswith("a=candidate:") for line in kept):
        return None
    return "\r\n".join(kept) + "\r\n"


def uses(candidate: str, transport: str) -> bool:
    """Tell whether an `a=candidate:` line (foundation component transport …) is of `transport`."""
    fields = candidate.split(" ")
    return len(fields) > 2 and fields[2].lower() == transport
