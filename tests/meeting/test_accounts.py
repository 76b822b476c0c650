"""What becomes of meetings when an account is closed or deleted."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
from sqlalchemy import text
from tests.meeting.conftest import Asked, MakePerson, Person, deliver

from meeting_system.adapters.bus import LocalBus
from meeting_system.contracts.account import CollectAccount, DisconnectAccount, ExpelAccount, ForgetAccount
from meeting_system.contracts.chat import EditMessage, ReactToMessage, StartPoll, VotePoll
from meeting_system.contracts.floor import SayToLobby, SetRole
from meeting_system.contracts.media import PeerQualityChanged
from meeting_system.contracts.meeting import Admission, EndMeeting, EndSession, RedeemTicket, SendChat
from meeting_system.kernel.clock import ManualClock
from meeting_system.kernel.errors import AppError
from meeting_system.kernel.principal import AccountRole, MeetingRole
from meeting_system.kit.outbox import OutboxRelay
from meeting_system.kit.plug import Ports
from meeting_system.meeting import live
from meeting_system.meeting.context import Context


async def test_a_banned_account_leaves_every_meeting_with_its_media(
    account: MakePerson, bus: LocalBus, asked: Asked, outbox: OutboxRelay
) -> None:
    host, eve = account("Host"), account("Eve")
    inside = []
    for _ in range(2):
        created = await host.create()
        inside.append((await eve.enter(created["meeting_no"])).participant_id)
    assert eve.user_id is not None
    await bus.call(ExpelAccount(user_id=eve.user_id))
    await bus.call(ExpelAccount(user_id=eve.user_id))
    await outbox.deliver_all()
    removed = [event.d["participant_id"] for event in asked.events() if event.t == "participant.removed"]
    assert sorted(removed) == sorted(inside)
    closed = [getattr(request, "participant_id", None) for request in asked.media()]
    assert sorted(filter(None, closed)) == sorted(inside)
    again = await eve.try_join(created["meeting_no"])
    assert (again.status_code, again.json()["code"]) == (403, "participant_banned")


async def test_an_account_that_is_logged_out_leaves_every_meeting_and_may_join_again(
    account: MakePerson, bus: LocalBus, asked: Asked, outbox: OutboxRelay
) -> None:
    host, eve = account("Host"), account("Eve")
    first, second = await host.create(), await host.create()
    inside = await eve.enter(first["meeting_no"])
    coming = await eve.join(second["meeting_no"])
    assert eve.user_id is not None
    await bus.call(DisconnectAccount(user_id=eve.user_id))
    await outbox.deliver_all()
    ended = [request for request in asked.requests if isinstance(request, EndSession)]
    assert {request.participant_id for request in ended} == {inside.participant_id, coming["participant_id"]}
    ticket = RedeemTicket(ticket=coming["ticket"], meeting_id=coming["meeting_id"], device_id=eve.device_id)
    with pytest.raises(AppError, match="this ticket holds no more"):
        await bus.call(ticket)
    again = await eve.enter(second["meeting_no"])
    assert again.participant_id == coming["participant_id"]


async def list_traces(ports: Ports, *wanted: str, apart_from: str = "") -> list[tuple[str, str]]:
    """Look through every row of the meeting service; return (table, text) for each text that is in it."""
    found = []
    async with ports.database.reading() as connection:
        names = text("SELECT table_name FROM information_schema.tables WHERE table_schema = 'meetings'")
        for table in (await connection.execute(names)).scalars().all():
            if table == apart_from:
                continue
            rows = await connection.execute(text(f"SELECT t::text FROM meetings.{table} AS t"))
            content = "\n".join(rows.scalars())
            found += [(table, trace) for trace in wanted if trace in content]
    return found


async def test_of_a_deleted_account_nothing_is_left_and_others_keep_theirs(
    account: MakePerson, bus: LocalBus, asked: Asked, outbox: OutboxRelay, ports: Ports
) -> None:
    ada, bo = account("Ada Lovelace"), account("Bo")
    own = (await ada.post("/meetings", {"title": "Ada's"}, key="k1")).json()
    other = await bo.create(title="Bo's")
    hosted = await ada.enter(own["meeting_no"])
    asked_first = {"question": "my secret?", "options": ["yes", "no"]}
    drafted = await ada.post(f"/meetings/{own['meeting_id']}/polls", asked_first, key="k2")
    assert drafted.status_code == 201, drafted.text
    theirs = await ada.enter(other["meeting_no"])
    await bo.enter(other["meeting_no"])
    said = SendChat(
        meeting_id=theirs.meeting_id,
        run_id=theirs.run_id,
        participant_id=theirs.participant_id,
        sid="s",
        cid=1,
        body="my secret",
    )
    await bus.call(said)
    in_hosted = {"meeting_id": hosted.meeting_id, "run_id": hosted.run_id}
    await bus.call(
        said.model_copy(update=in_hosted | {"participant_id": hosted.participant_id, "sid": "other"})
    )
    assert ada.user_id is not None
    kept = json.loads((await bus.call(CollectAccount(user_id=ada.user_id))).content)
    assert [message["body"] for message in kept["messages"]] == ["my secret"] * 2
    assert [meeting["title"] for meeting in kept["meetings"]] == ["Ada's"]
    for _ in range(2):
        await bus.call(ForgetAccount(user_id=ada.user_id, email="ada@example.org"))
    await outbox.deliver_all()
    assert [event.t for event in asked.events() if event.meeting_id == own["meeting_id"]][
        -1
    ] == "meeting.ended"
    # Events are those of the live run of somebody else: gone with it.
    assert await list_traces(ports, ada.user_id, "Ada", "my secret", apart_from="events") == []
    assert json.loads((await bus.call(CollectAccount(user_id=ada.user_id))).content)["messages"] == []
    assert (await bo.get(f"/meetings/{other['meeting_id']}")).json()["title"] == "Bo's"


@dataclass
class Talk:
    """Ada helps in Bo's meeting, and Gus is their guest."""

    bo: Person
    ada: Person
    host: Admission
    helper: Admission
    bus: LocalBus
    cids: Iterator[int] = field(default_factory=lambda: count(1))

    def by(self, who: Admission) -> dict[str, Any]:
        return {
            "meeting_id": who.meeting_id,
            "run_id": who.run_id,
            "participant_id": who.participant_id,
            "sid": f"sid-{who.participant_id}",
            "cid": next(self.cids),
        }

    async def say(self, who: Admission, body: str, **more: Any) -> str:
        return (await self.bus.call(SendChat(**self.by(who), body=body, **more))).message_id

    async def ask_and_vote(self) -> str:
        asked = {"question": "Lunch?", "options": ["Rice", "Noodles"], "live_results": True}
        poll = (await self.ada.post(f"/meetings/{self.host.meeting_id}/polls", asked)).json()["poll_id"]
        await self.bus.call(StartPoll(**self.by(self.helper), poll_id=poll))
        for who in (self.helper, self.host):
            await self.bus.call(VotePoll(**self.by(who), poll_id=poll, option_ids=["o1"]))
        return str(poll)


@pytest.fixture
async def talk(account: MakePerson, guest: MakePerson, bus: LocalBus) -> Talk:
    bo, ada = account("Bo"), account("Ada Lovelace")
    number = (await bo.create())["meeting_no"]
    talk = Talk(bo, ada, await bo.enter(number), await ada.enter(number), bus)
    await bus.call(
        SetRole(**talk.by(talk.host), target_id=talk.helper.participant_id, role=MeetingRole.CO_HOST)
    )
    return talk


async def test_what_somebody_left_with_others_goes_with_the_account(
    talk: Talk, ports: Ports, outbox: OutboxRelay
) -> None:
    bo, ada, host, helper, bus = talk.bo, talk.ada, talk.host, talk.helper, talk.bus
    url = f"/meetings/{host.meeting_id}"
    upload = f"/api/v1{url}/files?name=secret.txt"
    sent = (await ada.client.post(upload, content=b"my secret", headers=ada.headers)).json()
    theirs = await talk.say(helper, "my secret", file_ids=[sent["file_id"]])
    await bus.call(EditMessage(**talk.by(helper), message_id=theirs, body="my secret, in other words"))
    await talk.say(helper, "my secret, for you", to=host.participant_id)
    await talk.say(host, "I keep it", to=helper.participant_id)
    stays = await talk.say(host, "Hello")
    await bus.call(ReactToMessage(**talk.by(helper), message_id=stays, emoji="👍", on=True))
    await bus.call(ReactToMessage(**talk.by(host), message_id=stays, emoji="🎉", on=True))
    poll = await talk.ask_and_vote()
    await bus.call(SayToLobby(**talk.by(helper), body="One moment"))
    kept = json.loads((await bus.call(CollectAccount(user_id=str(ada.user_id)))).content)
    assert [each["body"] for each in kept["private_messages"]] == ["my secret, for you"]
    assert [each["name"] for each in kept["files"]] == ["secret.txt"]
    assert [each["choice"] for each in kept["votes"]] == [["o1"]]
    await bus.call(EndMeeting(**talk.by(host)))

    for _ in range(2):
        await bus.call(ForgetAccount(user_id=str(ada.user_id), email="ada@example.org"))
    await deliver(outbox)
    assert await list_traces(ports, str(ada.user_id), "Ada", "secret") == []
    assert [each.key for each in await ports.objects.list()] == []
    (message,) = (await bo.get(f"{url}/messages")).json()["items"]
    assert [each["emoji"] for each in message["reactions"]] == ["🎉"]
    (private,) = (await bo.get(f"{url}/messages/private")).json()["items"]
    assert (private["body"], private["recipient_name"]) == ("I keep it", "—")
    results = (await bo.get(f"{url}/polls/{poll}/results")).json()
    assert results["poll"]["counts"] == [2, 0]
    assert {each["display_name"] for each in results["votes"]} == {None, "Bo"}


@pytest.mark.parametrize("user_id", ["", "x", "00000000-0000-7000-8000-000000000000"])
async def test_an_account_that_nobody_knows_is_no_error(
    account: MakePerson, bus: LocalBus, user_id: str
) -> None:
    account("Somebody")
    await bus.call(ExpelAccount(user_id=user_id))
    await bus.call(ForgetAccount(user_id=user_id, email=""))


async def test_administrators_see_who_is_in_and_how_their_connection_does(
    account: MakePerson, context: Context, clock: ManualClock
) -> None:
    host, admin = account("Host"), account("Admin", role=AccountRole.ADMIN)
    for number in range(3):
        clock.advance(1)
        created = await host.create(title=f"Number {number}")
        entered = await host.enter(created["meeting_no"])
    told = PeerQualityChanged(
        meeting_id=entered.meeting_id,
        participant_id=entered.participant_id,
        quality="poor",
        rtt_s=0.3,
        loss_up=0.1,
        loss_down=0.1,
    )
    await live.note_quality(context, told)
    refused = await host.get("/admin/live")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    first = (await admin.get("/admin/live?limit=2")).json()
    assert [meeting["title"] for meeting in first["items"]] == ["Number 2", "Number 1"]
    qualities = [[person["quality"] for person in meeting["participants"]] for meeting in first["items"]]
    assert qualities == [["poor"], [None]]
    second = (await admin.get(f"/admin/live?limit=2&cursor={first['next_cursor']}")).json()
    assert [meeting["title"] for meeting in second["items"]] == ["Number 0"]
    assert second["next_cursor"] is None
