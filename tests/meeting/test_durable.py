"""Durable commands: once, in order, with everything that follows from them, or not at all."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import func, select
from tests.meeting.conftest import NOBODY, Asked, MakePerson, Person

from meeting_system.adapters.bus import LocalBus
from meeting_system.contracts.media import CloseMeetingMedia, ClosePeer, SetMuted
from meeting_system.contracts.meeting import (
    Admission,
    EndMeeting,
    FindLastCommand,
    LoadRoom,
    LockMeeting,
    MuteParticipant,
    RemoveParticipant,
    SendChat,
)
from meeting_system.contracts.signal import EVENTS
from meeting_system.kernel.errors import AppError
from meeting_system.kit.outbox import OutboxRelay
from meeting_system.kit.plug import Ports
from meeting_system.meeting.models import commands, events, messages, runs


def by(admission: Admission, cid: int = 1, **fields: Any) -> dict[str, Any]:
    """The fields that every durable command of a participant has."""
    return {
        "meeting_id": admission.meeting_id,
        "run_id": admission.run_id,
        "participant_id": admission.participant_id,
        "sid": f"sid-{admission.participant_id}",
        "cid": cid,
    } | fields


@pytest.fixture
async def ada(account: MakePerson) -> Person:
    return account("Ada")


@pytest.fixture
async def meeting_no(ada: Person) -> str:
    created: str = (await ada.create())["meeting_no"]
    return created


@pytest.fixture
async def host(ada: Person, meeting_no: str) -> Admission:
    return await ada.enter(meeting_no)


@pytest.fixture
def gus(guest: MakePerson) -> Person:
    return guest("Gus")


@pytest.fixture
async def attendee(gus: Person, meeting_no: str) -> Admission:
    return await gus.enter(meeting_no)


async def count(ports: Ports, table: Any) -> int:
    async with ports.database.reading() as connection:
        found: int = (await connection.execute(select(func.count()).select_from(table))).scalar_one()
    return found


async def refused(call: Any) -> tuple[int, str]:
    with pytest.raises(AppError) as raised:
        await call
    return raised.value.status, raised.value.code


async def test_fifty_messages_at_once_are_numbered_without_gaps_and_told_in_order(
    host: Admission, attendee: Admission, bus: LocalBus, outbox: OutboxRelay, asked: Asked, ports: Ports
) -> None:
    sent = [
        bus.call(SendChat(**by(who, cid), body=f"{who.display_name} {cid}"))
        for cid in range(1, 26)
        for who in (host, attendee)
    ]
    answers = await asyncio.gather(*sent)
    assert sorted(answer.seq for answer in answers) == list(range(1, 51))
    async with ports.database.reading() as connection:
        rows = (await connection.execute(select(messages).order_by(messages.c.seq))).all()
        numbers = (await connection.execute(select(events.c.log_seq).order_by(events.c.log_seq))).scalars()
        assert list(numbers) == list(range(1, 51))
        assert (await connection.execute(select(runs.c.log_seq))).scalar_one() == 50
    await asyncio.wait_for(_until(lambda: len(asked.events()) >= 50, outbox), 10)
    told = asked.events()
    assert [event.log_seq for event in told] == list(range(1, 51))
    assert [event.d["message"]["body"] for event in told] == [row.body for row in rows]  # type: ignore[index]
    assert {event.t for event in told} == {"chat.message"}


async def test_the_same_command_ten_times_at_once_takes_effect_once(
    attendee: Admission, bus: LocalBus, ports: Ports
) -> None:
    command = SendChat(**by(attendee, 7), body="once")
    answers = await asyncio.gather(*(bus.call(command) for _ in range(10)))
    assert all(answer == answers[0] for answer in answers)
    later = await bus.call(SendChat(**by(attendee, 7), body="another body under the same key"))
    assert later == answers[0]
    assert [await count(ports, table) for table in (messages, commands, events)] == [1, 1, 1]


async def test_the_key_of_somebody_else_gives_away_nothing(
    host: Admission, attendee: Admission, bus: LocalBus
) -> None:
    await bus.call(SendChat(**by(host, 1), body="mine"))
    stolen = SendChat(**by(attendee, 1) | {"sid": by(host)["sid"]}, body="x")
    assert await refused(bus.call(stolen)) == (409, "command_taken")


async def test_the_last_command_that_took_effect_is_known(
    host: Admission, attendee: Admission, bus: LocalBus
) -> None:
    for cid in (1, 2, 5):
        await bus.call(SendChat(**by(attendee, cid), body="x"))
    await refused(bus.call(EndMeeting(**by(attendee, 6))))
    sid = by(attendee)["sid"]
    for participant_id, cid in (
        (attendee.participant_id, 5),
        (host.participant_id, 0),
        ("nonsense", 0),
    ):
        last = await bus.call(FindLastCommand(participant_id=participant_id, sid=sid))
        assert last.cid == cid


@pytest.mark.parametrize("body", ["", "   ", "\n\n", "\u0000", "x" * 4001, "a\u202eb", "\u200b"])
async def test_what_is_no_message_is_refused_and_nothing_is_half_done(
    attendee: Admission, bus: LocalBus, ports: Ports, body: str
) -> None:
    assert await refused(bus.call(SendChat(**by(attendee), body=body))) == (422, "invalid")
    assert [await count(ports, table) for table in (messages, commands, events)] == [0, 0, 0]


async def test_a_message_keeps_its_lines_and_its_script(attendee: Admission, bus: LocalBus) -> None:
    answer = await bus.call(
        SendChat(**by(attendee), body="  第一行\r\n\r\nالثاني 🎉\t<b>x</b>'; DROP TABLE\n")
    )
    assert answer.body == "第一行\n\nالثاني 🎉\t<b>x</b>'; DROP TABLE"


@pytest.mark.parametrize("field", ["meeting_id", "run_id", "participant_id"])
@pytest.mark.parametrize("value", ["", "nonsense", NOBODY])
async def test_who_is_not_in_a_live_run_does_nothing(
    attendee: Admission, bus: LocalBus, ports: Ports, field: str, value: str
) -> None:
    command = SendChat(**by(attendee) | {field: value}, body="x")
    expected = (403, "forbidden") if field == "participant_id" else (409, "meeting_not_live")
    assert await refused(bus.call(command)) == expected
    assert await count(ports, commands) == 0


async def test_a_host_mutes_somebody_at_the_server(
    host: Admission, attendee: Admission, bus: LocalBus, outbox: OutboxRelay, asked: Asked
) -> None:
    await bus.call(MuteParticipant(**by(host), target_id=attendee.participant_id, source="microphone"))
    await asyncio.wait_for(_until(lambda: len(asked.requests) >= 2, outbox), 10)
    event = asked.events()[0]
    assert (event.t, event.by, event.log_seq) == ("participant.muted", host.participant_id, 1)
    assert event.d == {"participant_id": attendee.participant_id, "source": "microphone"}
    assert asked.media() == [
        SetMuted(
            meeting_id=host.meeting_id,
            participant_id=attendee.participant_id,
            source="microphone",
            muted=True,
        )
    ]


async def test_who_is_removed_stays_out_with_this_device(
    host: Admission,
    attendee: Admission,
    gus: Person,
    meeting_no: str,
    bus: LocalBus,
    outbox: OutboxRelay,
    asked: Asked,
    account: MakePerson,
) -> None:
    await bus.call(RemoveParticipant(**by(host), target_id=attendee.participant_id))
    await asyncio.wait_for(_until(lambda: len(asked.requests) >= 2, outbox), 10)
    assert asked.events()[0].t == "participant.removed"
    assert asked.media() == [ClosePeer(meeting_id=host.meeting_id, participant_id=attendee.participant_id)]
    url = f"/meetings/{attendee.meeting_id}"
    assert (await gus.get(f"{url}/messages")).json()["code"] == "participant_banned"
    assert await refused(bus.call(SendChat(**by(attendee), body="x"))) == (403, "participant_banned")
    # With the token, without it, under another name, or with an account: it is the device that is out.
    for headers in (gus.headers, {}, account("Gustav").headers):
        gus.headers = headers
        answer = await gus.try_join(meeting_no, display_name="Somebody Else")
        assert (answer.status_code, answer.json()["code"]) == (403, "participant_banned")
    room = await bus.call(LoadRoom(meeting_id=host.meeting_id, run_id=host.run_id))
    assert room.removed == [attendee.participant_id]
    again = RemoveParticipant(**by(host, 2), target_id=attendee.participant_id)
    assert await refused(bus.call(again)) == (404, "participant_not_found")


async def test_a_locked_meeting_lets_back_in_who_was_in(
    host: Admission, attendee: Admission, gus: Person, meeting_no: str, bus: LocalBus, account: MakePerson
) -> None:
    await bus.call(LockMeeting(**by(host), locked=True))
    answer = await account("Bob").try_join(meeting_no)
    assert (answer.status_code, answer.json()["code"]) == (409, "meeting_locked")
    assert (await gus.try_join(meeting_no)).status_code == 200
    await bus.call(LockMeeting(**by(host, 2), locked=False))
    assert (await account("Bob").try_join(meeting_no)).status_code == 200


async def test_the_end_is_for_everyone_and_for_good(
    host: Admission,
    attendee: Admission,
    gus: Person,
    meeting_no: str,
    bus: LocalBus,
    outbox: OutboxRelay,
    asked: Asked,
) -> None:
    assert await refused(bus.call(EndMeeting(**by(attendee)))) == (403, "forbidden")
    await bus.call(EndMeeting(**by(host, 3)))
    await bus.call(EndMeeting(**by(host, 3)))
    assert await refused(bus.call(EndMeeting(**by(host, 4)))) == (409, "meeting_not_live")
    await asyncio.wait_for(_until(lambda: len(asked.requests) >= 2, outbox), 10)
    assert [(event.t, event.d) for event in asked.events()] == [
        ("meeting.ended", {"reason": "host", "because": None})
    ]
    assert asked.media() == [CloseMeetingMedia(meeting_id=host.meeting_id)]
    answer = await gus.try_join(meeting_no)
    assert (answer.status_code, answer.json()["code"]) == (409, "meeting_ended")
    assert await refused(bus.call(SendChat(**by(attendee, 9), body="x"))) == (409, "meeting_not_live")
    assert (await bus.call(LoadRoom(meeting_id=host.meeting_id, run_id=host.run_id))).ended is True
    listed = (await gus.get(f"/meetings/{host.meeting_id}/participants")).json()["items"]
    assert {person["state"] for person in listed} == {"left"}


async def test_commands_over_http_do_the_same_once(
    ada: Person, host: Admission, attendee: Admission, outbox: OutboxRelay, asked: Asked, ports: Ports
) -> None:
    url = f"/meetings/{host.meeting_id}"
    target = f"{url}/participants/{attendee.participant_id}"
    answers = await asyncio.gather(
        *(ada.post(f"{target}/mute", {"source": "camera"}, key="k1") for _ in range(5))
    )
    assert [answer.status_code for answer in answers] == [204] * 5
    assert (await ada.post(f"{url}/actions/lock", {"locked": True})).status_code == 204
    assert (await ada.post(f"{target}/remove")).status_code == 204
    assert (await ada.post(f"{url}/end")).status_code == 204
    assert (await ada.post(f"{url}/end")).json()["code"] == "meeting_ended"
    await asyncio.wait_for(_until(lambda: len(asked.events()) >= 4, outbox), 10)
    told = [(event.log_seq, event.t, event.by) for event in asked.events()]
    names = ["participant.muted", "meeting.locked", "participant.removed", "meeting.ended"]
    assert told == [(number, name, host.participant_id) for number, name in enumerate(names, 1)]
    for event in asked.events():
        EVENTS[event.t][1].model_validate(event.d)


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/participants/nonsense/mute", {"source": "camera"}, 404, "participant_not_found"),
        (f"/participants/{NOBODY}/remove", None, 404, "participant_not_found"),
        ("/participants/x/mute", {"source": "everything"}, 422, "invalid"),
        ("/participants/x/mute", {}, 422, "invalid"),
        ("/actions/lock", {"locked": "yes"}, 422, "invalid"),
        ("/actions/lock", {"locked": 1}, 422, "invalid"),
        ("/actions/lock", {"locked": True, "why": "x"}, 422, "invalid"),
    ],
)
async def test_a_wrong_command_over_http_changes_nothing(
    ada: Person, host: Admission, ports: Ports, path: str, body: Any, status: int, code: str
) -> None:
    answer = await ada.post(f"/meetings/{host.meeting_id}{path}", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await count(ports, events) == 0


async def test_the_room_is_read_as_of_one_moment(host: Admission, attendee: Admission, bus: LocalBus) -> None:
    """While others write, a view holds exactly the messages up to its `log_seq`."""

    async def write() -> None:
        for cid in range(1, 61):
            await bus.call(SendChat(**by(attendee, cid), body=str(cid)))

    async def read() -> None:
        while True:
            view = await bus.call(LoadRoom(meeting_id=host.meeting_id, run_id=host.run_id))
            assert [message.seq for message in view.messages] == list(range(1, view.log_seq + 1))
            if view.log_seq == 60:
                return

    await asyncio.gather(write(), read(), read())


async def test_the_view_holds_the_latest_200_messages_and_history_the_rest(
    ada: Person, host: Admission, gus: Person, attendee: Admission, bus: LocalBus
) -> None:
    for cid in range(1, 211):
        await bus.call(SendChat(**by(attendee, cid), body=str(cid)))
    view = await bus.call(LoadRoom(meeting_id=host.meeting_id, run_id=host.run_id))
    assert [message.seq for message in view.messages] == list(range(11, 211))
    assert view.log_seq == 210
    assert view.meeting.host_name == "Ada"
    url = f"/meetings/{host.meeting_id}/messages"
    earlier = (await gus.get(f"{url}?before_seq=11&limit=5")).json()["items"]
    assert [message["seq"] for message in earlier] == [6, 7, 8, 9, 10]
    later = (await ada.get(f"{url}?after_seq=200&limit=3")).json()["items"]
    assert [message["seq"] for message in later] == [201, 202, 203]
    latest = (await ada.get(f"{url}?limit=2")).json()["items"]
    assert latest == [message.model_dump() | {"mine": False} for message in view.messages[-2:]]
    assert (await ada.get(f"{url}?before_seq=1")).json()["items"] == []
    for query in ("before_seq=-1", "before_seq=x", "limit=0", "limit=101", "after_seq=99999999999999999999"):
        assert (await ada.get(f"{url}?{query}")).status_code == 422


async def _until(true: Any, outbox: OutboxRelay) -> None:
    while not true():
        await outbox.deliver_all()
        await asyncio.sleep(0.01)
