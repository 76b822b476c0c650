"""Role by operation, every cell: first the tables, then the running service."""

from itertools import product
from typing import Any

import pytest
from sqlalchemy import update
from tests.meeting.conftest import MakePerson

from meeting_system.contracts.permissions import (
    ACCOUNT_PERMISSIONS,
    MEETING_PERMISSIONS,
    check_account,
    check_participant,
)
from meeting_system.kernel.errors import Forbidden
from meeting_system.kernel.ids import UserId
from meeting_system.kernel.principal import Account, AccountRole, MeetingRole
from meeting_system.kit.plug import Ports
from meeting_system.meeting.models import members, participants
from meeting_system.meeting.rules import check_mute, check_remove

H, C, P, A, O = MeetingRole.HOST, MeetingRole.CO_HOST, MeetingRole.PRESENTER, MeetingRole.ATTENDEE, MeetingRole.OBSERVER  # fmt: skip  # noqa: E501, E741

# Columns: host, co-host, presenter, attendee, observer.
IN_A_MEETING = {
    "chat:read": "yes yes yes yes yes",
    "chat:send": "yes yes yes yes no",
    "chat:delete": "yes yes no no no",
    "chat:export": "yes yes no no no",
    "file:upload": "yes yes yes yes no",
    "poll:read": "yes yes yes yes yes",
    "poll:vote": "yes yes yes yes no",
    "poll:create": "yes yes yes no no",
    "participant:mute": "yes yes no no no",
    "participant:remove": "yes yes no no no",
    "meeting:lock": "yes yes no no no",
    "meeting:stream": "yes yes no no no",
    "meeting:start": "yes no no no no",
    "meeting:update": "yes no no no no",
    "meeting:end": "yes no no no no",
    "meeting:cancel": "yes no no no no",
    "meeting:invite": "yes yes no no no",
    "meeting:attendance": "yes yes no no no",
}
# Columns: guest, user, moderator, admin, super_admin.
OF_ACCOUNTS = {
    "profile:read": "yes yes yes yes yes",
    "profile:update": "yes yes yes yes yes",
    "meeting:join": "yes yes yes yes yes",
    "room:read": "no yes yes yes yes",
    "room:update": "no yes yes yes yes",
    "room:create": "no yes yes yes yes",
    "meeting:create": "no yes yes yes yes",
    "meeting:read": "no yes yes yes yes",
    "webhook:own": "no yes yes yes yes",
    "webhook:manage": "no no no yes yes",
    "meeting:moderate": "no no yes yes yes",
    "audit:read": "no no no yes yes",
    "account:secure": "yes yes yes yes yes",
    "account:export": "yes yes yes yes yes",
    "account:delete": "yes yes yes yes yes",
    "meeting:act": "yes yes yes yes yes",
    "token:manage": "no yes yes yes yes",
    "user:read": "no no no yes yes",
    "user:create": "no no no yes yes",
    "user:ban": "no no no yes yes",
    "user:log_out": "no no no yes yes",
    "user:change_role": "no no no yes yes",
    "user:reset_password": "no no no yes yes",
    "user:delete": "no no no yes yes",
    "client:manage": "no no no yes yes",
    "live:read": "no no no yes yes",
}


def cells(table: dict[str, str], roles: Any) -> list[tuple[Any, str, bool]]:
    return [
        (role, permission, word == "yes")
        for permission, row in table.items()
        for role, word in zip(roles, row.split(), strict=True)
    ]


@pytest.mark.parametrize(("role", "permission", "may"), cells(IN_A_MEETING, MeetingRole))
def test_a_participant_may_what_the_table_says(role: MeetingRole, permission: str, may: bool) -> None:
    if may:
        check_participant(role, permission)
    else:
        with pytest.raises(Forbidden):
            check_participant(role, permission)


@pytest.mark.parametrize(("role", "permission", "may"), cells(OF_ACCOUNTS, AccountRole))
def test_an_account_may_what_the_table_says(role: AccountRole, permission: str, may: bool) -> None:
    account = Account(UserId("u"), role, "A", "f")
    if may:
        check_account(account, permission)
    else:
        with pytest.raises(Forbidden):
            check_account(account, permission)


def test_the_tables_name_every_permission_there_is() -> None:
    assert set(IN_A_MEETING) == frozenset().union(*MEETING_PERMISSIONS.values())
    assert set(OF_ACCOUNTS) == frozenset().union(*ACCOUNT_PERMISSIONS.values())
    assert set(MEETING_PERMISSIONS) == set(MeetingRole)
    assert set(ACCOUNT_PERMISSIONS) == set(AccountRole)


@pytest.mark.parametrize(("actor", "target"), list(product(MeetingRole, MeetingRole)))
def test_nobody_removes_a_host_and_only_hosts_remove_co_hosts(
    actor: MeetingRole, target: MeetingRole
) -> None:
    may = (actor is H and target is not H) or (actor is C and target in (P, A, O))
    assert _allowed(lambda: check_remove(actor, target)) is may


@pytest.mark.parametrize(("actor", "target"), list(product(MeetingRole, MeetingRole)))
def test_only_hosts_silence_hosts(actor: MeetingRole, target: MeetingRole) -> None:
    may = actor is H or (actor is C and target is not H)
    assert _allowed(lambda: check_mute(actor, target, "microphone")) is may


OPERATIONS = {
    "read messages": ("GET", "/messages", None, "chat:read"),
    "list participants": ("GET", "/participants", None, "chat:read"),
    "mute": ("POST", "/participants/{target}/mute", {"source": "camera"}, "participant:mute"),
    "remove": ("POST", "/participants/{target}/remove", None, "participant:remove"),
    "lock": ("POST", "/actions/lock", {"locked": True}, "meeting:lock"),
    "make a stream": ("POST", "/streams", {"direction": "watch"}, "meeting:stream"),
    "list streams": ("GET", "/streams", None, "meeting:stream"),
    "start": ("POST", "/start", None, "meeting:start"),
    "update": ("PATCH", "", {"title": "New"}, "meeting:update"),
    "list invitees": ("GET", "/invitees", None, "meeting:invite"),
    "invite": ("POST", "/invitees", {"items": [{"email": "eve@example.org"}]}, "meeting:invite"),
    "see who was there": ("GET", "/attendance", None, "meeting:attendance"),
    "download who was there": ("GET", "/attendance.csv", None, "meeting:attendance"),
    "search messages": ("GET", "/messages/search?q=x", None, "chat:read"),
    "export messages": ("GET", "/messages/export", None, "chat:export"),
    "send a message": ("POST", "/messages", {"body": "x"}, "chat:send"),
    "delete a message": ("DELETE", "/messages/{message}", None, "chat:delete"),
    "upload a file": ("POST", "/files?name=a", {}, "file:upload"),
    "list polls": ("GET", "/polls", None, "poll:read"),
    "make a poll": ("POST", "/polls", {"question": "?", "options": ["a", "b"]}, "poll:create"),
    "vote": ("POST", "/polls/{poll}/vote", {"option_ids": ["o1"]}, "poll:vote"),
    "end": ("POST", "/end", None, "meeting:end"),
}


@pytest.mark.parametrize("role", list(MeetingRole))
async def test_over_http_each_role_may_what_the_table_says(
    account: MakePerson, guest: MakePerson, ports: Ports, role: MeetingRole
) -> None:
    host, actor, target = account("Host"), account("Actor"), guest("Target")
    created = await host.create()
    await host.join(created["meeting_no"])
    actor_id = (await actor.join(created["meeting_no"]))["participant_id"]
    target_id = (await target.join(created["meeting_no"]))["participant_id"]
    async with ports.database.transaction() as connection:
        of_actor = members.c.user_id == actor.user_id
        await connection.execute(update(members).where(of_actor).values(role=role))
        joined = participants.c.participant_id == actor_id
        await connection.execute(update(participants).where(joined).values(role=role))
    url = f"/meetings/{created['meeting_id']}"
    sent = (await host.post(f"{url}/messages", {"body": "to be deleted"})).json()
    poll = (await host.post(f"{url}/polls", {"question": "?", "options": ["a", "b"]})).json()
    await host.post(f"{url}/polls/{poll['poll_id']}/start")
    there = {"target": target_id, "message": sent["message_id"], "poll": poll["poll_id"]}
    for name, (method, path, body, permission) in OPERATIONS.items():
        may = permission in MEETING_PERMISSIONS[role]
        url = f"/api/v1/meetings/{created['meeting_id']}" + path.format(**there)
        answer = await actor.client.request(method, url, json=body, headers=actor.headers)
        assert (answer.status_code < 300) is may, (name, answer.text)
        if not may:
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), name


@pytest.mark.parametrize("operation", list(OPERATIONS))
async def test_a_stranger_does_not_even_learn_that_a_meeting_exists(
    account: MakePerson, guest: MakePerson, operation: str
) -> None:
    created = await account("Host").create()
    elsewhere = await account("Other").create()
    stranger, of_other = account("Eve"), guest("Gus")
    await of_other.join(elsewhere["meeting_no"])
    method, path, body, _ = OPERATIONS[operation]
    url = f"/api/v1/meetings/{created['meeting_id']}" + path.format(
        **dict.fromkeys(("target", "message", "poll"), created["meeting_id"])
    )
    answer = await stranger.client.request(method, url, json=body, headers=stranger.headers)
    assert (answer.status_code, answer.json()["code"]) == (404, "meeting_not_found")
    if operation not in ("start", "update", "list invitees", "invite"):
        answer = await stranger.client.request(method, url, json=body, headers=of_other.headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "meeting_not_found")
    answer = await stranger.client.request(method, url, json=body)
    assert answer.status_code == 401


async def test_a_moderator_of_the_installation_acts_as_host_without_being_there(account: MakePerson) -> None:
    host, moderator = account("Host"), account("Mo", role=AccountRole.MODERATOR)
    created = await host.create()
    await host.join(created["meeting_no"])
    url = f"/meetings/{created['meeting_id']}"
    assert (await moderator.post(f"{url}/actions/lock", {"locked": True})).status_code == 204
    assert (await moderator.get(url)).json()["locked"] is True
    assert (await moderator.post(f"{url}/end")).status_code == 204


async def test_a_guest_account_makes_no_meetings(account: MakePerson) -> None:
    answer = await account("Gast", role=AccountRole.GUEST).post("/meetings", {})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def _allowed(check: Any) -> bool:
    try:
        check()
    except Forbidden:
        return False
    return True
