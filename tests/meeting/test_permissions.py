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
from meeting_system.kernel.ids import UserId, new_id
from meeting_system.kernel.principal import Account, AccountRole, MeetingRole
from meeting_system.kit.plug import Ports
from meeting_system.meeting.models import members, participants
from meeting_system.meeting.rules import check_mute, check_remove, check_set_role

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
    "reaction:send": "yes yes yes yes no",
    "media:publish": "yes yes yes yes no",
    "media:share": "yes yes yes no no",
    "breakout:choose": "yes yes yes yes no",
    "breakout:ask_help": "yes yes yes yes no",
    "breakout:manage": "yes yes no no no",
    "lobby:read": "yes yes no no no",
    "lobby:admit": "yes yes no no no",
    "lobby:deny": "yes yes no no no",
    "lobby:say": "yes yes no no no",
    "participant:mute": "yes yes no no no",
    "participant:remove": "yes yes no no no",
    "participant:role": "yes yes no no no",
    "participant:rename": "yes yes no no no",
    "participant:ask_to_unmute": "yes yes no no no",
    "participant:lower_hand": "yes yes no no no",
    "participant:unban": "yes yes no no no",
    "meeting:mute_all": "yes yes no no no",
    "meeting:lower_hands": "yes yes no no no",
    "meeting:freeze": "yes yes no no no",
    "meeting:spotlight": "yes yes no no no",
    "meeting:set_options": "yes yes no no no",
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


@pytest.mark.parametrize(("actor", "target", "role"), list(product(MeetingRole, MeetingRole, MeetingRole)))
def test_hosts_give_every_role_and_co_hosts_none_of_their_own(
    actor: MeetingRole, target: MeetingRole, role: MeetingRole
) -> None:
    below = (P, A, O)
    may = (actor is H and target is not H) or (actor is C and target in below and role in below)
    assert _allowed(lambda: check_set_role(actor, target, role)) is may


OPERATIONS: dict[str, tuple[str, str, Any, str]] = {
    "read messages": ("GET", "/messages", None, "chat:read"),
    "list participants": ("GET", "/participants", None, "chat:read"),
    "mute": ("POST", "/participants/{target}/mute", {"source": "camera"}, "participant:mute"),
    "look into the lobby": ("GET", "/lobby", None, "lobby:read"),
    "admit": ("POST", "/lobby/admit", {"participant_id": "{waiting}"}, "lobby:admit"),
    "deny": ("POST", "/lobby/deny", {"participant_id": "{other}"}, "lobby:deny"),
    "say to the lobby": ("POST", "/lobby/say", {"body": "Soon."}, "lobby:say"),
    "admit all": ("POST", "/lobby/admit-all", None, "lobby:admit"),
    "ask to unmute": ("POST", "/participants/{target}/ask-to-unmute", None, "participant:ask_to_unmute"),
    "lower a hand": ("POST", "/participants/{target}/lower-hand", None, "participant:lower_hand"),
    "rename": ("POST", "/participants/{target}/rename", {"display_name": "T"}, "participant:rename"),
    "set a role": ("POST", "/participants/{target}/role", {"role": "presenter"}, "participant:role"),
    "mute all": ("POST", "/actions/mute-all", {"block": True}, "meeting:mute_all"),
    "lower all hands": ("POST", "/actions/lower-hands", None, "meeting:lower_hands"),
    "freeze": ("POST", "/actions/freeze", {"frozen": True}, "meeting:freeze"),
    "spotlight": ("POST", "/actions/spotlight", {"participant_id": "{target}"}, "meeting:spotlight"),
    "see the options": ("GET", "/options", None, "chat:read"),
    "set options": ("PATCH", "/options", {"lobby": "off"}, "meeting:set_options"),
    "remove": ("POST", "/participants/{target}/remove", None, "participant:remove"),
    "list the banned": ("GET", "/bans", None, "participant:unban"),
    "unban": ("POST", "/participants/{banned}/unban", None, "participant:unban"),
    "see breakouts": ("GET", "/breakouts", None, "chat:read"),
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
    host, actor, target, banned = account("Host"), account("Actor"), guest("Target"), guest("Bea")
    created = await host.create()
    await host.join(created["meeting_no"])
    actor_id = (await actor.join(created["meeting_no"]))["participant_id"]
    ids = {"target": (await target.join(created["meeting_no"]))["participant_id"]}
    ids["banned"] = (await banned.join(created["meeting_no"]))["participant_id"]
    base = f"/meetings/{created['meeting_id']}"
    await host.post(f"{base}/participants/{ids['banned']}/remove")
    await host.patch(f"{base}/options", {"lobby": "guests"})
    for name in ("waiting", "other"):
        ids[name] = (await guest(name).enter(created["meeting_no"])).participant_id
    async with ports.database.transaction() as connection:
        of_actor = members.c.user_id == actor.user_id
        await connection.execute(update(members).where(of_actor).values(role=role))
        joined = participants.c.participant_id == actor_id
        await connection.execute(update(participants).where(joined).values(role=role))
    sent = (await host.post(f"{base}/messages", {"body": "to be deleted"})).json()
    poll = (await host.post(f"{base}/polls", {"question": "?", "options": ["a", "b"]})).json()
    await host.post(f"{base}/polls/{poll['poll_id']}/start")
    ids |= {"message": sent["message_id"], "poll": poll["poll_id"]}
    for name, (method, path, body, permission) in OPERATIONS.items():
        may = permission in MEETING_PERMISSIONS[role]
        url = f"/api/v1{base}{path.format(**ids)}"
        sent = body and {key: _filled(value, ids) for key, value in body.items()}
        answer = await actor.client.request(method, url, json=sent, headers=actor.headers)
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
    places = dict.fromkeys(("target", "banned", "message", "poll"), created["meeting_id"])
    url = f"/api/v1/meetings/{created['meeting_id']}" + path.format(**places)
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


@pytest.mark.parametrize("operation", list(OPERATIONS))
async def test_nor_is_a_meeting_there_for_a_moderator_that_there_never_was(
    account: MakePerson, operation: str
) -> None:
    moderator, nowhere = account("Mo", role=AccountRole.SUPER_ADMIN), new_id(0)
    method, path, body, _ = OPERATIONS[operation]
    places = dict.fromkeys(("target", "banned", "message", "poll"), nowhere)
    url = f"/api/v1/meetings/{nowhere}" + path.format(**places)
    answer = await moderator.client.request(method, url, json=body, headers=moderator.headers)
    assert (answer.status_code, answer.json()["code"]) == (404, "meeting_not_found")


async def test_a_guest_account_makes_no_meetings(account: MakePerson) -> None:
    answer = await account("Gast", role=AccountRole.GUEST).post("/meetings", {})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def _filled(value: Any, ids: dict[str, str]) -> Any:
    return value.format(**ids) if isinstance(value, str) else value


def _allowed(check: Any) -> bool:
    try:
        check()
    except Forbidden:
        return False
    return True
