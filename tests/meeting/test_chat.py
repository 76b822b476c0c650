"""The chat: who sees what, in which order, and what becomes of a message."""

from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select, update
from tests.meeting.conftest import Asked, MakePerson, Person, deliver

from meeting_system.adapters.bus import LocalBus
from meeting_system.contracts.chat import DeleteMessage, EditMessage, ReactToMessage, TellPersonally
from meeting_system.contracts.meeting import Admission, LoadRoom, RoomView, SendChat
from meeting_system.contracts.signal_chat import ChatMessage
from meeting_system.kernel.clock import ManualClock
from meeting_system.kernel.errors import AppError
from meeting_system.kit.outbox import OutboxRelay
from meeting_system.kit.plug import Ports
from meeting_system.meeting.models import events, meetings


@dataclass
class Room:
    """Ada hosts; Bo has an account, Gus none; all three are in."""

    ada: Person
    bo: Person
    gus: Person
    host: Admission
    member: Admission
    guest: Admission
    bus: LocalBus
    outbox: OutboxRelay
    asked: Asked
    cids: int = 0

    @property
    def url(self) -> str:
        return f"/meetings/{self.host.meeting_id}/messages"

    def key(self, who: Admission) -> dict[str, Any]:
        self.cids += 1
        return {
            "meeting_id": who.meeting_id,
            "run_id": who.run_id,
            "participant_id": who.participant_id,
            "sid": f"sid-{who.participant_id}",
            "cid": self.cids,
        }

    async def send(self, who: Admission, body: str, **more: Any) -> ChatMessage:
        return await self.bus.call(SendChat(**self.key(who), body=body, **more))

    async def edit(self, who: Admission, message: ChatMessage, body: str) -> ChatMessage:
        return await self.bus.call(EditMessage(**self.key(who), message_id=message.message_id, body=body))

    async def delete(self, who: Admission, message: ChatMessage) -> ChatMessage:
        return await self.bus.call(DeleteMessage(**self.key(who), message_id=message.message_id))

    async def react(self, who: Admission, message: ChatMessage, emoji: str, *, on: bool = True) -> None:
        request = ReactToMessage(**self.key(who), message_id=message.message_id, emoji=emoji, on=on)
        await self.bus.call(request)

    async def view(self, *who: Admission) -> RoomView:
        return await self.bus.call(
            LoadRoom(
                meeting_id=self.host.meeting_id,
                run_id=self.host.run_id,
                participant_ids=[each.participant_id for each in who],
            )
        )

    async def told(self) -> list[TellPersonally]:
        await deliver(self.outbox)
        return self.asked.personal()


@pytest.fixture
async def room(
    account: MakePerson, guest: MakePerson, bus: LocalBus, outbox: OutboxRelay, asked: Asked
) -> Room:
    ada, bo, gus = account("Ada"), account("Bo"), guest("Gus")
    number = (await ada.create())["meeting_no"]
    admissions = [await person.enter(number) for person in (ada, bo, gus)]
    return Room(ada, bo, gus, *admissions, bus=bus, outbox=outbox, asked=asked)


async def refused(call: Any) -> tuple[int, str]:
    with pytest.raises(AppError) as raised:
        await call
    return raised.value.status, raised.value.code


async def set_options(ports: Ports, room: Room, **options: Any) -> None:
    async with ports.database.transaction() as connection:
        await connection.execute(
            update(meetings).where(meetings.c.meeting_id == room.host.meeting_id).values(options=options)
        )


async def test_an_answer_quotes_what_it_answers_as_that_reads_now(room: Room) -> None:
    asked = await room.send(room.guest, "When do we start? " + "x" * 200)
    answer = await room.send(room.host, "At nine", reply_to=asked.message_id)
    assert answer.reply_to is not None
    assert (answer.reply_to.display_name, len(answer.reply_to.body)) == ("Gus", 160)
    await room.edit(room.guest, asked, "When?")
    shown = (await room.view()).messages[-1]
    assert shown.reply_to is not None
    assert (shown.reply_to.body, shown.reply_to.deleted) == ("When?", False)
    await room.delete(room.guest, asked)
    shown = (await room.view()).messages[-1]
    assert shown.reply_to is not None
    assert (shown.reply_to.body, shown.reply_to.deleted) == ("", True)
    late = room.send(room.host, "too late", reply_to=asked.message_id)
    assert await refused(late) == (404, "message_not_found")


async def test_a_message_is_edited_by_its_author_for_some_time_and_says_so(
    room: Room, clock: ManualClock
) -> None:
    message = await room.send(room.guest, "Tuseday")
    assert await refused(room.edit(room.host, message, "mine")) == (403, "forbidden")
    changed = await room.edit(room.guest, message, " Tuesday ")
    assert (changed.body, changed.version, changed.edited_at is not None) == ("Tuesday", 2, True)
    assert (await room.view()).messages[-1] == changed
    url = f"{room.url}/{message.message_id}/edits"
    assert [each["body"] for each in (await room.ada.get(url)).json()["items"]] == ["Tuseday"]
    assert (await room.bo.get(url)).status_code == 403
    clock.advance(25 * 3600)
    assert await refused(room.edit(room.guest, message, "x")) == (409, "edit_too_late")


async def test_of_a_deleted_message_only_who_and_when_is_left(room: Room) -> None:
    message = await room.send(room.guest, "a secret")
    await room.edit(room.guest, message, "still a secret")
    await room.react(room.host, message, "👍")
    assert await refused(room.delete(room.member, message)) == (403, "forbidden")
    gone = await room.delete(room.host, message)
    assert (gone.body, gone.reactions, gone.deleted_by) == ("", [], "host")
    listed = (await room.bo.get(room.url)).json()["items"][-1]
    assert (listed["body"], listed["deleted_at"] is not None, listed["seq"]) == ("", True, 1)
    assert "secret" not in (await room.ada.get(f"{room.url}/{message.message_id}/edits")).text
    assert (await room.ada.get(f"{room.url}/search?q=secret")).json()["items"] == []
    assert await refused(room.delete(room.host, message)) == (404, "message_not_found")
    assert await refused(room.react(room.host, message, "👍")) == (404, "message_not_found")


async def test_reactions_are_put_and_taken_away_once_each(room: Room) -> None:
    message = await room.send(room.host, "Ship it?")
    await room.react(room.guest, message, "👍")
    await room.react(room.guest, message, "👍")
    await room.react(room.member, message, "👍")
    await room.react(room.guest, message, "🇨🇳")
    await room.react(room.guest, message, "👍", on=False)
    await room.react(room.guest, message, "👍", on=False)
    shown = (await room.view()).messages[-1]
    assert [(each.emoji, each.display_name) for each in shown.reactions] == [("👍", "Bo"), ("🇨🇳", "Gus")]
    assert shown.version == 5, "what changes nothing is no change"


@pytest.mark.parametrize("emoji", ["a", "<", "1", "👍x", "\u200d"])
async def test_a_reaction_is_an_emoji(room: Room, emoji: str) -> None:
    message = await room.send(room.host, "x")
    assert await refused(room.react(room.guest, message, emoji)) == (422, "invalid")


async def test_a_private_message_is_the_two_persons_alone(room: Room, ports: Ports) -> None:
    sent = await room.send(room.member, "between us 悄悄话", to=room.guest.participant_id)
    await room.send(room.guest, "yes", to=room.member.participant_id, reply_to=sent.message_id)
    await room.react(room.guest, sent, "🤫")
    view = await room.view(room.host, room.member, room.guest)
    assert view.messages == []
    assert view.personal[room.host.participant_id].private_messages == []
    of_member = view.personal[room.member.participant_id].private_messages
    assert [(each.seq, each.body) for each in of_member] == [(1, "between us 悄悄话"), (2, "yes")]
    assert view.personal[room.guest.participant_id].private_messages == of_member
    told = await room.told()
    two = {room.member.participant_id, room.guest.participant_id}
    assert [set(each.participant_ids) for each in told] == [two, two, two]
    assert [each.number for each in told] == [1, 2, 3]
    assert room.asked.events() == [], "the room log has nothing of it"
    async with ports.database.reading() as connection:
        assert (await connection.execute(select(events))).all() == []


async def test_a_host_finds_private_messages_nowhere(room: Room) -> None:
    sent = await room.send(room.member, "between us 悄悄话", to=room.guest.participant_id)
    for path in ("", "/private", "/search?q=between", "/search?q=悄悄话", "/export", "/export?form=json"):
        answer = await room.ada.get(f"{room.url}{path}")
        assert answer.status_code == 200
        assert "between" not in answer.text, path
    assert (await room.ada.get(f"{room.url}/{sent.message_id}/edits")).status_code == 404
    for call in (
        room.delete(room.host, sent),
        room.edit(room.host, sent, "x"),
        room.react(room.host, sent, "👍"),
    ):
        assert await refused(call) == (404, "message_not_found")
    stolen = room.send(room.host, "x", reply_to=sent.message_id)
    assert await refused(stolen) == (404, "message_not_found")
    for person in (room.bo, room.gus):
        found = (await person.get(f"{room.url}/search?q=悄话")).json()["items"]
        assert [each["message_id"] for each in found] == [sent.message_id]
        assert len((await person.get(f"{room.url}/private")).json()["items"]) == 1


async def test_private_messages_follow_an_account_to_another_device(room: Room, account: MakePerson) -> None:
    await room.send(room.member, "remember", to=room.host.participant_id)
    phone = Person(room.bo.client, room.bus, "bo-phone", room.bo.headers, "Bo", room.bo.user_id)
    again = await phone.enter(room.host.meeting_id)
    view = await room.view(again)
    assert [each.body for each in view.personal[again.participant_id].private_messages] == ["remember"]
    await room.send(room.host, "to both", to=room.member.participant_id)
    assert again.participant_id in (await room.told())[-1].participant_ids


async def test_who_may_write_to_whom_is_the_hosts_choice(room: Room, ports: Ports) -> None:
    await set_options(ports, room, attendees_may_chat="hosts")
    assert await refused(room.send(room.guest, "all")) == (403, "chat_off")
    assert await refused(room.send(room.guest, "x", to=room.member.participant_id)) == (403, "chat_off")
    await room.send(room.guest, "host", to=room.host.participant_id)
    await room.send(room.host, "all")
    await set_options(ports, room, attendees_may_chat="off")
    assert await refused(room.send(room.guest, "x", to=room.host.participant_id)) == (403, "chat_off")
    assert [each.seq for each in (await room.view()).messages] == [1], "what was refused has no number"


async def test_who_comes_late_sees_what_the_host_allows(
    room: Room, ports: Ports, clock: ManualClock, guest: MakePerson
) -> None:
    await set_options(ports, room, history_for_late=False)
    early = await room.send(room.host, "before 之前")
    clock.advance(60)
    kim = guest("Kim")
    late = await kim.enter(room.host.meeting_id)
    clock.advance(1)
    await room.send(room.host, "after 之后")
    view = await room.view(late, room.guest, room.host)
    assert view.personal[late.participant_id].first_seq == 2
    assert view.personal[room.guest.participant_id].first_seq == 1
    assert [each["body"] for each in (await kim.get(room.url)).json()["items"]] == ["after 之后"]
    assert (await kim.get(f"{room.url}/search?q=before")).json()["items"] == []
    assert await refused(room.react(late, early, "👍")) == (404, "message_not_found")
    assert await refused(room.send(late, "?", reply_to=early.message_id)) == (404, "message_not_found")
    before = len(room.asked.events())
    await room.edit(room.host, early, "before, edited")
    told = (await room.told())[-1]
    assert late.participant_id not in told.participant_ids
    assert set(told.participant_ids) == {each.participant_id for each in (room.host, room.member, room.guest)}
    assert len(room.asked.events()) <= before + 2, "the room heard of no edit"
    assert "chat.changed" not in {each.t for each in room.asked.events()}


async def test_the_chat_is_there_when_the_meeting_is_over(room: Room, account: MakePerson) -> None:
    message = await room.send(room.guest, "=HYPERLINK()\nsecond line")
    await room.send(room.host, "Noted", reply_to=message.message_id)
    await room.ada.post(f"/meetings/{room.host.meeting_id}/end")
    listed = (await room.bo.get(room.url)).json()["items"]
    assert [(each["body"], each["mine"]) for each in listed][1] == ("Noted", False)
    assert (await room.ada.get(room.url)).json()["items"][1]["mine"] is True
    text = (await room.ada.get(f"{room.url}/export")).text
    assert "Gus: =HYPERLINK()\n    second line\n" in text
    assert "Ada (re: Gus): Noted" in text
    exported = (await room.ada.get(f"{room.url}/export?form=json")).json()
    assert [each["seq"] for each in exported["messages"]] == [1, 2]
    assert (await room.bo.get(f"{room.url}/export")).status_code == 403
    stranger = account("Eve")
    assert (await stranger.get(room.url)).status_code == 404
    gone = await room.ada.delete(f"{room.url}/{message.message_id}")
    assert (gone.status_code, gone.json()["deleted_by"]) == (200, "host")
    assert (await room.ada.post(room.url, {"body": "x"})).json()["code"] == "meeting_not_live"


SAID = (
    "我们明天下午三点在北京大学开会",
    "The quarterly Résumé of Grüße is ready",
    "版本v2.1发布了，请大家测试",
    "ニュースを見ました",
    "100% of_it \\ done",
)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("开会", {0}),
        ("会", {0}),
        ("议", set()),
        ("北京大学", {0}),
        ("北京 开会", {0}),
        ("京学", set()),
        ("大学北京", set()),
        ("quart", {1}),
        ("RESUME", {1}),
        ("resume grusse", {1}),
        ("v2 发布", {2}),
        ("版本v2", {2}),
        ("ニュース", {3}),
        ("ﾆｭｰｽ", {3}),
        ("100%", {4}),
        ("of_it", {4}),
        ("quarterly 开会", set()),
    ],
)
async def test_search_finds_chinese_and_english_words(room: Room, words: str, found: set[int]) -> None:
    for body in SAID:
        await room.send(room.host, body)
    items = (await room.bo.get(f"{room.url}/search", params={"q": words})).json()["items"]
    assert {SAID.index(each["body"]) for each in items} == found


async def test_search_goes_on_in_pages_newest_first_and_needs_a_word(room: Room) -> None:
    for at in range(5):
        await room.send(room.host, f"same {at}")
    await room.send(room.guest, "same, private", to=room.member.participant_id)
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await room.bo.get(f"{room.url}/search", params={"q": "same", "limit": 2} | cursor)).json()
        seen += [each["body"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert sorted(seen) == sorted([*(f"same {at}" for at in range(5)), "same, private"])
    assert (await room.bo.get(f"{room.url}/search", params={"q": "!?"})).status_code == 422
    bad = await room.bo.get(f"{room.url}/search", params={"q": "a", "cursor": "AAAA"})
    assert (bad.status_code, bad.json()["code"]) == (422, "cursor_invalid")


async def test_an_edited_message_is_found_by_its_new_words_only(room: Room) -> None:
    message = await room.send(room.host, "昨天")
    await room.edit(room.host, message, "明天")
    assert (await room.bo.get(f"{room.url}/search?q=昨天")).json()["items"] == []
    assert len((await room.bo.get(f"{room.url}/search?q=明天")).json()["items"]) == 1


async def test_fifty_messages_of_history_are_two_statements(room: Room, statements: list[str]) -> None:
    for at in range(50):
        await room.send(room.guest, f"{at}")
    for person in (room.bo, room.gus):
        statements.clear()
        assert len((await person.get(f"{room.url}?limit=50")).json()["items"]) == 50
        assert len(statements) == 2


async def test_sending_takes_as_many_statements_as_before_there_was_more(
    room: Room, statements: list[str]
) -> None:
    first = await room.send(room.guest, "x")
    statements.clear()
    await room.send(room.guest, "y", reply_to=first.message_id)
    # The seventh reads what webhooks are told of the meeting.
    assert len(statements) == 7
