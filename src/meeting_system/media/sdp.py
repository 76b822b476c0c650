"""The little that the service itself reads in an SDP: media lines and candidates (RFC 8866, RFC 8839)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class MediaLine:
    """One m-line: `kind` is audio, video or application; who wrote the SDP `sends` or `receives`.

    `refused`: its port is 0, which says so in an answer.
    """

    kind: str
    mid: str
    sends: bool
    receives: bool = False
    refused: bool = False


def media_lines(sdp: str) -> list[MediaLine]:
    """List the m-lines that carry a mid."""
    found = []
    for section in sdp.replace("\r\n", "\n").split("\nm=")[1:]:
        lines = section.split("\n")
        first = lines[0].split(" ")
        mid = next((line.removeprefix("a=mid:") for line in lines if line.startswith("a=mid:")), None)
        if mid is not None:
            inactive = "a=inactive" in lines
            found.append(
                MediaLine(
                    kind=first[0],
                    mid=mid.strip(),
                    sends=not (inactive or "a=recvonly" in lines),
                    receives=not (inactive or "a=sendonly" in lines),
                    refused=first[1:2] == ["0"] and "a=bundle-only" not in lines,
                )
            )
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
