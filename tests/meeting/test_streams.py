"""Tokens of encoders and players: who makes them, what they let in, and when they hold no more."""

from typing import Any

import pytest
from sqlalchemy import text
from tests.meeting.conftest import Asked, MakePerson, Person

from meeting_system.adapters.bus import LocalBus
from meeting_system.contracts.meeting import ReportPresence
from meeting_system.contracts.stream import AdmitStream, EndStream, StreamAdmission
from meeting_system.kernel.clock import ManualClock
from meeting_system.kernel.errors import AppError
from meeting_system.kernel.principal import MeetingRole
from meeting_system.kit.outbox import OutboxRelay
from meeting_system.kit.sql import Database
from meeting_system.meeting import lifecycle
from meeting_system.meeting.context import Context

from .conftest import NOBODY


async def make(host: Person, meeting_id: str, **body: Any) -> dict[str, Any]:
    answer = await host.post(f"/meetings/{meeting_id}/streams", {"direction": "publish"} | body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def admit(bus: LocalBus, meeting: str, token: str, direction: Any = "publish") -> StreamAdmission:
    return await bus.call(AdmitStream(meeting=meeting, token=token, direction=direction))


async def code_of(bus: LocalBus, meeting: str, token: str, direction: Any = "publish") -> tuple[int, str]:
    with pytest.raises(AppError) as refused:
        await admit(bus, meeting, token, direction)
    return refused.value.status, refused.value.code


@pytest.fixture
async def live(account: MakePerson) -> tuple[Person, dict[str, Any]]:
    """A host in their meeting."""
    host = account()
    meeting = await host.create()
    await host.enter(meeting["meeting_id"])
    return host, meeting


Live = tuple[Person, dict[str, Any]]


async def test_a_token_is_shown_once_and_kept_as_a_hash(live: Live, database: Database) -> None:
    host, meeting = live
    made = await make(host, meeting["meeting_id"], name="Encoder  1", source="screen")
    assert made["url"] == f"http://localhost/api/v1/media/whip/{meeting['meeting_id']}"
    assert (made["name"], made["source"], made["active"]) == ("Encoder 1", "screen", 0)
    listed = (await host.get(f"/meetings/{meeting['meeting_id']}/streams")).json()["items"]
    assert [stream["stream_id"] for stream in listed] == [made["stream_id"]]
    assert "token" not in listed[0]
    async with database.reading() as connection:
        rows = (await connection.execute(text("SELECT * FROM meetings.streams"))).all()
    assert made["token"] not in str(rows)


async def test_a_token_to_watch_has_another_address(live: Live) -> None:
    host, meeting = live
    made = await make(host, meeting["meeting_id"], direction="watch")
    assert made["url"].endswith(f"/api/v1/media/whep/{meeting['meeting_id']}")


async def test_a_repeat_with_the_same_key_gets_the_same_token(live: Live, bus: LocalBus) -> None:
    host, meeting = live
    path = f"/meetings/{meeting['meeting_id']}/streams"
    first, second = [(await host.post(path, {"direction": "publish"}, key="k")).json() for _ in range(2)]
    assert first == second
    await admit(bus, meeting["meeting_id"], second["token"])


async def test_only_hosts_make_list_and_revoke_tokens(
    live: Live, guest: MakePerson, account: MakePerson
) -> None:
    host, meeting = live
    path = f"/meetings/{meeting['meeting_id']}/streams"
    made = await make(host, meeting["meeting_id"])
    inside = guest()
    await inside.join(meeting["meeting_id"])
    for person, status in ((inside, 403), (account(), 404)):
        assert (await person.post(path, {"direction": "publish"})).status_code == status
        assert (await person.get(path)).status_code == status
        assert (await person.delete(f"{path}/{made['stream_id']}")).status_code == status


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"direction": "both"},
        {"direction": "publish", "expires_in_s": 1},
        {"direction": "watch", "name": ""},
    ],
)
async def test_what_makes_no_sense_is_refused(live: Live, body: dict[str, Any]) -> None:
    host, meeting = live
    assert (await host.post(f"/meetings/{meeting['meeting_id']}/streams", body)).status_code == 422


async def test_a_meeting_takes_twenty_tokens_and_room_comes_back_with_a_revocation(live: Live) -> None:
    host, meeting = live
    path = f"/meetings/{meeting['meeting_id']}/streams"
    made = [await make(host, meeting["meeting_id"]) for _ in range(20)]
    refused = await host.post(path, {"direction": "publish"})
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_streams")
    assert (await host.delete(f"{path}/{made[0]['stream_id']}")).status_code == 204
    await make(host, meeting["meeting_id"])


async def test_a_publisher_is_one_named_guest_however_often_it_comes(live: Live, bus: LocalBus) -> None:
    host, meeting = live
    made = await make(host, meeting["meeting_id"], name="Stage camera")
    first = await admit(bus, meeting["meeting_id"], made["token"])
    again = await admit(bus, meeting["meeting_no"], made["token"])
    assert first.participant_id == again.participant_id
    assert (first.display_name, first.role, first.source) == ("Stage camera", MeetingRole.ATTENDEE, "camera")
    people = (await host.get(f"/meetings/{meeting['meeting_id']}/participants")).json()["items"]
    assert {each["display_name"]: each["is_guest"] for each in people} == {"Ada": False, "Stage camera": True}


async def test_every_player_is_an_observer_of_its_own(live: Live, bus: LocalBus) -> None:
    host, meeting = live
    made = await make(host, meeting["meeting_id"], direction="watch")
    both = [await admit(bus, meeting["meeting_id"], made["token"], "watch") for _ in range(2)]
    assert both[0].participant_id != both[1].participant_id
    assert {each.role for each in both} == {MeetingRole.OBSERVER}
    for each in both:
        await bus.call(presence(each))
    listed = (await host.get(f"/meetings/{meeting['meeting_id']}/streams")).json()["items"]
    assert listed[0]["active"] == 2


async def test_a_token_is_for_one_meeting_and_one_direction(live: Live, bus: LocalBus) -> None:
    host, meeting = live
    made = await make(host, meeting["meeting_id"])
    assert await code_of(bus, meeting["meeting_id"], "no-such-token-at-all") == (401, "stream_token_invalid")
    assert await code_of(bus, meeting["meeting_id"], made["token"], "watch") == (
        403,
        "stream_direction_wrong",
    )
    assert await code_of(bus, NOBODY, made["token"]) == (404, "meeting_not_found")
    assert await code_of(bus, "nonsense", made["token"]) == (404, "meeting_not_found")


async def test_a_token_holds_until_it_expires_or_is_revoked(
    live: Live, bus: LocalBus, clock: ManualClock, outbox: OutboxRelay, asked: Asked
) -> None:
    host, meeting = live
    short = await make(host, meeting["meeting_id"], expires_in_s=60)
    revoked = await make(host, meeting["meeting_id"])
    clock.advance(61)
    assert (await code_of(bus, meeting["meeting_id"], short["token"]))[1] == "stream_token_invalid"
    path = f"/meetings/{meeting['meeting_id']}/streams/{revoked['stream_id']}"
    assert (await host.delete(path)).status_code == 204
    assert (await host.delete(path)).json()["code"] == "stream_not_found"
    assert (await host.delete(path + "x")).status_code == 404
    assert (await code_of(bus, meeting["meeting_id"], revoked["token"]))[1] == "stream_token_invalid"
    await outbox.deliver_all()
    assert EndStream(meeting_id=meeting["meeting_id"], stream_id=revoked["stream_id"]) in asked.requests


async def test_a_meeting_must_be_live(account: MakePerson, bus: LocalBus) -> None:
    host = account()
    meeting = await host.create()
    made = await make(host, meeting["meeting_id"])
    assert await code_of(bus, meeting["meeting_id"], made["token"]) == (409, "meeting_not_live")
    await host.post(f"/meetings/{meeting['meeting_id']}/start")
    await admit(bus, meeting["meeting_id"], made["token"])
    await host.post(f"/meetings/{meeting['meeting_id']}/end")
    assert await code_of(bus, meeting["meeting_id"], made["token"]) == (409, "meeting_not_live")
    assert (await host.post(f"/meetings/{meeting['meeting_id']}/streams", {"direction": "watch"})).json()[
        "code"
    ] == "meeting_ended"


async def test_a_lock_is_for_people_and_not_for_streams(live: Live, bus: LocalBus) -> None:
    host, meeting = live
    made = await make(host, meeting["meeting_id"])
    await host.post(f"/meetings/{meeting['meeting_id']}/actions/lock", {"locked": True})
    await admit(bus, meeting["meeting_id"], made["token"])


async def test_a_removed_publisher_stays_out(live: Live, bus: LocalBus) -> None:
    host, meeting = live
    made = await make(host, meeting["meeting_id"])
    admitted = await admit(bus, meeting["meeting_id"], made["token"])
    path = f"/meetings/{meeting['meeting_id']}/participants/{admitted.participant_id}/remove"
    assert (await host.post(path)).status_code == 204
    assert await code_of(bus, meeting["meeting_id"], made["token"]) == (403, "participant_banned")


async def test_a_player_alone_keeps_no_meeting_alive_but_a_publisher_does(
    live: Live, bus: LocalBus, clock: ManualClock, context: Context
) -> None:
    host, meeting = live
    publisher = await make(host, meeting["meeting_id"], expires_in_s=24 * 3600)
    player = await make(host, meeting["meeting_id"], direction="watch")
    watching = await admit(bus, meeting["meeting_id"], player["token"], "watch")
    sending = await admit(bus, meeting["meeting_id"], publisher["token"])
    await bus.call(presence(watching))
    await bus.call(presence(sending))
    clock.advance(2 * context.settings.empty_after_s)
    assert await lifecycle.end_empty(context) == 0
    await bus.call(presence(sending, "left"))
    clock.advance(2 * context.settings.empty_after_s)
    assert await lifecycle.end_empty(context) == 1


def presence(admission: StreamAdmission, state: Any = "connected") -> ReportPresence:
    return ReportPresence(
        meeting_id=admission.meeting_id,
        run_id=admission.run_id,
        participant_id=admission.participant_id,
        state=state,
    )
