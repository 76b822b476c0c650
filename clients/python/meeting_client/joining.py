"""Join a meeting over HTTP: the ticket that opens the WebSocket."""

from dataclasses import dataclass
from typing import Any

import httpx2


class JoinRefused(Exception):
    """The server said no; `code` says why."""

    def __init__(self, code: str, status: int) -> None:
        super().__init__(f"{status} {code}")
        self.code = code
        self.status = status


@dataclass(frozen=True)
class Joined:
    """A ticket (single use, 30 s), and who one is in the meeting. `guest_token` serves to come back."""

    ticket: str
    meeting_id: str
    participant_id: str
    role: str
    guest_token: str | None


async def join(
    http: httpx2.AsyncClient,
    reference: str,
    *,
    device_id: str,
    access_token: str | None = None,
    display_name: str | None = None,
    password: str | None = None,
) -> Joined:
    """POST the join of a meeting, by id or number, and return the ticket."""
    body: dict[str, Any] = {"device_id": device_id}
    if display_name is not None:
        body["display_name"] = display_name
    if password is not None:
        body["password"] = password
    headers = {} if access_token is None else {"Authorization": f"Bearer {access_token}"}
    answer = await http.post(f"/api/v1/meetings/{reference}/join", json=body, headers=headers)
    if answer.status_code != httpx2.codes.OK:
        raise JoinRefused(answer.json().get("code", "unknown"), answer.status_code)
    found = answer.json()
    return Joined(
        ticket=found["ticket"],
        meeting_id=found["meeting_id"],
        participant_id=found["participant_id"],
        role=found["role"],
        guest_token=found.get("guest_token"),
    )
