"""Webhooks: what is told arrives, signed, once or again and again, and nowhere it must not go."""

import json
from datetime import UTC, datetime
from typing import Any

from standardwebhooks.webhooks import Webhook as Verifier
from tests.receiver import Receiver
from tests.webhook.conftest import Happen, MakePerson, Person

from meeting_system.adapters.bus import LocalBus
from meeting_system.contracts.account import ForgetWebhooks
from meeting_system.kernel.clock import ManualClock
from meeting_system.kernel.principal import AccountRole
from meeting_system.webhook import rules
from meeting_system.webhook.sending import Sender


def signature(secret: str, got: Any) -> str:
    """Return what the sender must have signed with `secret`."""
    at = datetime.fromtimestamp(int(got.headers["webhook-timestamp"]), UTC)
    return Verifier(secret).sign(got.headers["webhook-id"], at, got.body.decode())


async def test_what_happens_arrives_signed(
    admin: Person, receiver: Receiver, sender: Sender, happen: Happen
) -> None:
    made = await admin.create(receiver.url, covers="everything")
    await happen()
    assert await sender.send_due() == 1
    (got,) = receiver.got
    body = json.loads(got.body)
    assert (body["type"], body["timestamp"]) == ("meeting.started", "2026-01-01T00:00:00.000Z")
    assert body["data"]["meeting"]["title"] == "Weekly"
    assert got.headers["content-type"] == "application/json"
    assert got.headers["webhook-id"] == "e1"
    assert got.headers["webhook-signature"] == signature(made["secret"], got)
    (delivery,) = await admin.deliveries(made)
    assert (delivery["state"], delivery["attempts"], delivery["log"][0]["status"]) == ("delivered", 1, 204)
    assert await sender.send_due() == 0


async def test_an_event_that_is_told_twice_arrives_once(
    admin: Person, receiver: Receiver, sender: Sender, happen: Happen
) -> None:
    await admin.create(receiver.url, covers="everything")
    await happen()
    await happen()
    assert await sender.send_due() == 1


async def test_a_webhook_gets_what_it_wants_and_of_ones_own_meetings(
    account: MakePerson, admin: Person, receiver: Receiver, sender: Sender, happen: Happen
) -> None:
    ada = account()
    await ada.create(receiver.url, "participant.joined")
    for number, (kind, host) in enumerate(
        [("participant.joined", ada.user_id), ("meeting.ended", ada.user_id), ("participant.joined", None)]
    ):
        await happen(kind, host_id=host, event_id=f"e{number}")
    await sender.send_due()
    assert [got.headers["webhook-id"] for got in receiver.got] == ["e0"]


async def test_with_an_account_go_its_own_webhooks_and_not_those_of_all(
    admin: Person, account: MakePerson, receiver: Receiver, bus: LocalBus
) -> None:
    mine = await admin.create(receiver.url)
    of_all = await admin.create(f"{receiver.url}all", covers="everything")
    other = account(AccountRole.ADMIN)
    of_other = await other.create(receiver.url)
    for _ in range(2):
        await bus.call(ForgetWebhooks(user_id=admin.user_id))
    await bus.call(ForgetWebhooks(user_id="nobody"))
    left = [each["webhook_id"] for each in (await other.ask("GET")).json()["items"]]
    assert mine["webhook_id"] not in left
    assert sorted(left) == sorted([of_all["webhook_id"], of_other["webhook_id"]])


async def test_it_is_tried_again_for_a_day_then_kept_and_sent_again_on_demand(
    admin: Person, receiver: Receiver, sender: Sender, happen: Happen, clock: ManualClock
) -> None:
    made = await admin.create(receiver.url, covers="everything")
    receiver.status = 500
    await happen()
    began = clock.now()
    while (delivery := (await admin.deliveries(made))[0])["state"] == "pending":
        due = datetime.fromisoformat(delivery["next_at"])
        clock.advance(max(0.0, (due - clock.now()).total_seconds()))
        assert await sender.send_due() == 1
    assert len(receiver.got) == len(rules.RETRY_S) + 1 == delivery["attempts"]
    assert 20 * 3600 < (clock.now() - began).total_seconds() < 24 * 3600
    assert (delivery["state"], delivery["next_at"]) == ("failed", None)
    assert len({got.headers["webhook-id"] for got in receiver.got}) == 1
    assert (await admin.ask("GET", f"/{made['webhook_id']}")).json()["failed"] == 1
    receiver.status = 200
    answer = await admin.ask("POST", f"/{made['webhook_id']}/replay")
    assert (answer.status_code, answer.json()) == (202, {"count": 1})
    await sender.send_due()
    assert [each["state"] for each in await admin.deliveries(made)] == ["delivered"]
    again = await admin.ask("POST", f"/{made['webhook_id']}/deliveries/{delivery['delivery_id']}/replay")
    assert again.json() == {"count": 1}
    assert await sender.send_due() == 1


async def test_a_receiver_that_asks_for_time_gets_it(
    admin: Person, receiver: Receiver, sender: Sender, happen: Happen, clock: ManualClock
) -> None:
    made = await admin.create(receiver.url, covers="everything")
    receiver.answers = [b"HTTP/1.1 503 X\r\nRetry-After: 3000\r\nContent-Length: 0\r\n\r\n"]
    await happen()
    await sender.send_due()
    (delivery,) = await admin.deliveries(made)
    assert (datetime.fromisoformat(delivery["next_at"]) - clock.now()).total_seconds() == 3000


async def test_gone_switches_a_webhook_off_and_on_again_it_gets_what_waited(
    admin: Person, receiver: Receiver, sender: Sender, happen: Happen
) -> None:
    made = await admin.create(receiver.url, covers="everything")
    receiver.answers = [410]
    await happen()
    await happen(event_id="e2")
    # Both may be in hand at the same time: the second is delivered, or waits.
    await sender.send_due()
    shown = (await admin.ask("GET", f"/{made['webhook_id']}")).json()
    assert (shown["active"], shown["disabled_why"]) == (False, "gone")
    await happen(event_id="e3")
    assert await sender.send_due() == 0
    changed = await admin.ask("PATCH", f"/{made['webhook_id']}", {"active": True})
    assert (changed.json()["active"], changed.json()["disabled_why"]) == (True, None)


async def test_while_a_secret_is_replaced_both_sign(
    admin: Person, receiver: Receiver, sender: Sender, happen: Happen, clock: ManualClock
) -> None:
    made = await admin.create(receiver.url, covers="everything")
    rotated = (await admin.ask("POST", f"/{made['webhook_id']}/rotate-secret")).json()
    assert rotated["secret"] != made["secret"]
    await happen()
    await sender.send_due()
    got = receiver.got[0]
    wanted = [signature(secret, got) for secret in (rotated["secret"], made["secret"])]
    assert got.headers["webhook-signature"].split(" ") == wanted
    clock.advance(24 * 3600 + 1)
    await happen(event_id="e2")
    await sender.send_due()
    got = receiver.got[1]
    assert got.headers["webhook-signature"] == signature(rotated["secret"], got)


async def test_a_ping_goes_to_one_webhook_whatever_it_wants(
    admin: Person, receiver: Receiver, sender: Sender
) -> None:
    made = await admin.create(receiver.url)
    answer = await admin.ask("POST", f"/{made['webhook_id']}/ping")
    assert (answer.status_code, answer.json()["state"]) == (202, "pending")
    await sender.send_due()
    assert json.loads(receiver.got[0].body)["type"] == "webhook.ping"
    answers = [await admin.ask("POST", f"/{made['webhook_id']}/ping") for _ in range(10)]
    assert [each.status_code for each in answers] == [202] * 9 + [429]
    assert answers[-1].headers["ratelimit-policy"] == '"webhook_ping";q=10;w=60'


async def test_a_slow_or_endless_receiver_costs_no_more_than_its_time(
    admin: Person, receiver: Receiver, sender: Sender, happen: Happen
) -> None:
    made = await admin.create(receiver.url, covers="everything")
    receiver.answers = [b"HTTP/1.1 200 X\r\nContent-Length: 9999999\r\n\r\n" + b"x" * 100_000]
    await happen()
    await sender.send_due()
    (delivery,) = await admin.deliveries(made)
    assert (delivery["state"], len(delivery["log"][0]["answer"])) == ("delivered", 1024)
    receiver.hangs = True
    await happen(event_id="e2")
    await sender.send_due()
    latest = (await admin.deliveries(made, "?state=pending"))[0]
    assert latest["log"][0]["error"] == "timeout"


async def test_a_redirect_is_not_followed(
    admin: Person, receiver: Receiver, sender: Sender, happen: Happen
) -> None:
    made = await admin.create(receiver.url, covers="everything")
    location = b"HTTP/1.1 302 X\r\nLocation: http://127.0.0.1:1/secret\r\nContent-Length: 0\r\n\r\n"
    receiver.answers = [location]
    await happen()
    await sender.send_due()
    (delivery,) = await admin.deliveries(made)
    assert (delivery["state"], delivery["log"][0]["status"]) == ("pending", 302)
    assert len(receiver.got) == 1


async def test_everybody_manages_their_own_and_administrators_all(
    account: MakePerson, admin: Person, receiver: Receiver
) -> None:
    ada, bob, guest = account(), account(), account(AccountRole.GUEST)
    made = await ada.create(receiver.url)
    path = f"/{made['webhook_id']}"
    for method, rest in (
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", "/ping"),
        ("POST", "/rotate-secret"),
        ("GET", "/deliveries"),
        ("POST", "/replay"),
    ):
        body = {} if method == "PATCH" else None
        assert (await bob.ask(method, path + rest, body)).status_code == 404
        assert (await guest.ask(method, path + rest, body)).status_code == 403
    assert [each["webhook_id"] for each in (await admin.ask("GET")).json()["items"]] == [made["webhook_id"]]
    assert (await bob.ask("GET")).json()["items"] == []
    everything = {"url": receiver.url, "events": ["meeting.ended"], "covers": "everything"}
    assert (await ada.ask("POST", body=everything)).status_code == 403
    assert (await admin.ask("DELETE", path)).status_code == 204
    assert (await ada.ask("GET", path)).json()["code"] == "webhook_not_found"


async def test_an_account_has_a_few_and_no_more_and_the_secret_is_shown_once(
    account: MakePerson, receiver: Receiver
) -> None:
    ada = account()
    made = [await ada.create(receiver.url) for _ in range(3)]
    refused = await ada.ask("POST", body={"url": receiver.url, "events": ["meeting.ended"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_webhooks")
    shown = await ada.ask("GET")
    assert "secret" not in shown.text.replace("former_secret_until", "")
    assert made[0]["secret"].startswith("whsec_")


async def test_lists_come_in_pages(admin: Person, receiver: Receiver, happen: Happen, sender: Sender) -> None:
    made = await admin.create(receiver.url, covers="everything")
    for number in range(5):
        await happen(event_id=f"e{number}")
    path, cursor, seen = f"/{made['webhook_id']}/deliveries?limit=2", "", []
    while cursor is not None:
        page = (await admin.ask("GET", path + cursor)).json()
        seen += [each["event_id"] for each in page["items"]]
        cursor = f"&cursor={page['next_cursor']}" if page["next_cursor"] else None
    assert sorted(seen) == [f"e{number}" for number in range(5)]
    wrong = await admin.ask("GET", f"/{made['webhook_id']}/deliveries?cursor=bm8")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "cursor_invalid")


async def test_a_change_of_another_version_is_refused(admin: Person, receiver: Receiver) -> None:
    made = await admin.create(receiver.url)
    path = f"/{made['webhook_id']}"
    tag = (await admin.ask("GET", path)).headers["etag"]
    first = await admin.ask("PATCH", path, {"description": "mine"}, **{"If-Match": tag})
    assert first.status_code == 200
    second = await admin.ask("PATCH", path, {"description": "yours"}, **{"If-Match": tag})
    assert (second.status_code, second.json()["code"]) == (412, "precondition_failed")
    assert (await admin.ask("GET", path)).json()["description"] == "mine"
    third = await admin.ask("PATCH", path, {"description": "ours"}, **{"If-Match": first.headers["etag"]})
    assert third.status_code == 200
