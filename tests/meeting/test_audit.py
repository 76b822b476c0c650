"""What hosts do to others and to all is told to the audit trail: who, to whom, where; names never."""

from typing import Any

from tests.meeting.conftest import Asked, MakePerson, Person, deliver

from meeting_system.contracts.audit import NoteModeration
from meeting_system.kit.outbox import OutboxRelay


async def do(person: Person, path: str, body: Any = None, *, status: int = 204) -> None:
    answer = await person.post(path, body)
    assert answer.status_code == status, answer.text


def short(note: NoteModeration) -> tuple[str, str | None, dict[str, str]]:
    return note.action, note.user_id, note.detail


async def test_what_a_host_does_is_told_with_who_did_it_to_whom_and_where(
    account: MakePerson, guest: MakePerson, asked: Asked, outbox: OutboxRelay
) -> None:
    host, eve, gus = account("Host"), account("Eve"), guest("Gus")
    meeting = await host.create()
    me = await host.enter(meeting["meeting_no"])
    her, him = await eve.enter(meeting["meeting_no"]), await gus.enter(meeting["meeting_no"])
    base = f"/meetings/{meeting['meeting_id']}"
    await do(host, f"{base}/participants/{her.participant_id}/role", {"role": "presenter"})
    await do(host, f"{base}/actions/lock", {"locked": True})
    await do(host, f"{base}/actions/lock", {"locked": False})
    await do(host, f"{base}/actions/mute-all", {"block": True})
    await do(host, f"{base}/actions/freeze", {"frozen": True})
    await do(host, f"{base}/actions/freeze", {"frozen": False})
    await do(host, f"{base}/participants/{her.participant_id}/remove")
    await do(host, f"{base}/participants/{him.participant_id}/remove")
    await do(host, f"{base}/participants/{him.participant_id}/unban")
    await do(host, f"{base}/end")
    await deliver(outbox)
    where = {"meeting": meeting["meeting_id"], "by_participant": me.participant_id}
    to_her = where | {"participant": her.participant_id, "by": host.user_id}
    to_him = where | {"participant": him.participant_id, "by": host.user_id}
    assert [short(note) for note in asked.noted] == [
        ("participant_role_given", eve.user_id, to_her | {"role": "presenter"}),
        ("meeting_locked", host.user_id, where),
        ("meeting_unlocked", host.user_id, where),
        ("meeting_muted_all", host.user_id, where),
        ("meeting_frozen", host.user_id, where),
        ("meeting_thawed", host.user_id, where),
        ("participant_removed", eve.user_id, to_her),
        ("participant_removed", None, to_him),
        ("participant_unbanned", host.user_id, where | {"participant": him.participant_id}),
        ("meeting_ended", host.user_id, where),
    ]


async def test_who_is_kept_out_from_the_lobby_is_told_and_an_end_before_the_beginning(
    account: MakePerson, guest: MakePerson, asked: Asked, outbox: OutboxRelay
) -> None:
    host, gus = account("Host"), guest("Gus")
    meeting = await host.create(options={"lobby": "guests"})
    await host.enter(meeting["meeting_no"])
    waiting = await gus.enter(meeting["meeting_no"])
    body = {"participant_id": waiting.participant_id, "ban": True}
    await do(host, f"/meetings/{meeting['meeting_id']}/lobby/deny", body)
    unused = await host.create()
    await do(host, f"/meetings/{unused['meeting_id']}/end")
    await deliver(outbox)
    assert sorted((note.action, note.detail["meeting"]) for note in asked.noted) == [
        ("meeting_ended", unused["meeting_id"]),
        ("participant_banned", meeting["meeting_id"]),
    ]


async def test_what_is_refused_and_what_is_said_is_nothing_for_the_trail(
    account: MakePerson, guest: MakePerson, asked: Asked, outbox: OutboxRelay
) -> None:
    host, gus = account("Host"), guest("Gus")
    meeting = await host.create()
    me = await host.enter(meeting["meeting_no"])
    await gus.enter(meeting["meeting_no"])
    base = f"/meetings/{meeting['meeting_id']}"
    await do(gus, f"{base}/participants/{me.participant_id}/remove", status=403)
    await do(gus, f"{base}/end", status=403)
    await do(host, f"{base}/messages", {"body": "Hello"}, status=201)
    await deliver(outbox)
    assert asked.noted == []
