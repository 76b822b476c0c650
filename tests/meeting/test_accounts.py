"""What becomes of meetings when an account is closed or deleted."""

import json

import pytest
from sqlalchemy import text
from tests.meeting.conftest import Asked, MakePerson

from meeting_system.adapters.bus import LocalBus
from meeting_system.contracts.account import CollectAccount, DisconnectAccount, ExpelAccount, ForgetAccount
from meeting_system.contracts.media import PeerQualityChanged
from meeting_system.contracts.meeting import EndSession, RedeemTicket, SendChat
from meeting_system.kernel.clock import ManualClock
from meeting_system.kernel.errors import AppError
from meeting_system.kernel.principal import AccountRole
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


async def test_of_a_deleted_account_nothing_is_left_and_others_keep_theirs(
    account: MakePerson, bus: LocalBus, asked: Asked, outbox: OutboxRelay, ports: Ports
) -> None:
    ada, bo = account("Ada Lovelace"), account("Bo")
    own, other = await ada.create(title="Ada's"), await bo.create(title="Bo's")
    await ada.enter(own["meeting_no"])
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
    assert ada.user_id is not None
    kept = json.loads((await bus.call(CollectAccount(user_id=ada.user_id))).content)
    assert [message["body"] for message in kept["messages"]] == ["my secret"]
    assert [meeting["title"] for meeting in kept["meetings"]] == ["Ada's"]
    for _ in range(2):
        await bus.call(ForgetAccount(user_id=ada.user_id, email="ada@example.org"))
    await outbox.deliver_all()
    assert [event.t for event in asked.events() if event.meeting_id == own["meeting_id"]][
        -1
    ] == "meeting.ended"
    async with ports.database.reading() as connection:
        tables = (
            await connection.execute(
                text("SELECT table_name FROM information_schema.tables WHERE table_schema = 'meetings'")
            )
        ).scalars()
        for table in tables.all():
            if table == "events":  # of the live run of somebody else: gone with it
                continue
            rows = await connection.execute(text(f"SELECT t::text FROM meetings.{table} AS t"))
            content = "\n".join(rows.scalars())
            for trace in (ada.user_id, "Ada", "my secret"):
                assert trace not in content, table
    assert json.loads((await bus.call(CollectAccount(user_id=ada.user_id))).content)["messages"] == []
    assert (await bo.get(f"/meetings/{other['meeting_id']}")).json()["title"] == "Bo's"


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
