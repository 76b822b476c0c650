"""One journey through everything: from the invitation to a series to the account that leaves no trace.

The host sits at a desk in Berlin and reads English, the guest holds a phone in Shanghai and reads Chinese.
"""

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect
from tests.calendar_rules import check_calendar
from tests.e2e.letters import calendar_of, link_of, wait_letter
from tests.e2e.patterns import ALICE, BOB, Look, picture
from tests.e2e.person import PASSWORD, Person, by_id, sit_down
from tests.e2e.server import Server
from tests.e2e.test_access import PHONE, find_violations, overflow
from tests.e2e.traces import list_objects, list_traces
from tests.mail_server import Received, mail_server
from tests.scenarios.cluster import open_system

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

log = logging.getLogger(__name__)

HOST = "Alice"
GUEST, RENAMED = "小薇", "小薇（上海）"
ADDRESS = "xiaowei@elsewhere.example"
TITLE = "Weekly planning"
ZONE = "Europe/Berlin"
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
ON_A_PHONE = {"viewport": PHONE, "is_mobile": True, "has_touch": True, "timezone_id": "Asia/Shanghai"}
GONE_S = 30.0
PICTURES = os.environ.get("E2E_PICTURES")
"""A folder for a picture of either side after each step, for who wants to look at them."""


@dataclass
class Journey:
    """Two people, the server that they use, and what they have learnt on their way."""

    server: Server
    post: Received
    host: Person
    guest: Person
    email: str
    folder: Path
    number: str = ""
    starts_at: datetime | None = None
    user_id: str = ""
    host_id: str = ""
    guest_id: str = ""

    @property
    def both(self) -> tuple[Person, Person]:
        return self.host, self.guest

    @asynccontextmanager
    async def step(self, name: str) -> AsyncIterator[None]:
        """Name what fails, keep a picture of it, and say how long it took."""
        begun = time.monotonic()
        try:
            yield
        except Exception as error:
            error.add_note(f"in the step {name}; pictures of both sides: {self.folder}/failed-*.png")
            await self.take_pictures("failed")
            raise
        finally:
            log.info("%5.1f s %s", time.monotonic() - begun, name)

    async def take_pictures(self, name: str) -> None:
        for side, person in (("host", self.host), ("guest", self.guest)):
            await person.page.screenshot(path=self.folder / f"{name}-{side}.png")


@pytest_asyncio.fixture(loop_scope="session", params=["one process", "cluster"])
async def journey(
    request: pytest.FixtureRequest, browsers: dict[Look, Browser], tmp_path: Path, email: str
) -> AsyncIterator[Journey]:
    """A server with a mail server, and two people at fresh pages. No page may throw."""
    with mail_server() as post:
        settings = {
            "MEETING_MAIL__URL": f"smtp://127.0.0.1:{post.port}",
            "MEETING_MAIL__SENDER": "Meetings <meetings@example.org>",
            "MEETING_MEETING__LOOK_AFTER_S": "1",
        }
        async with open_system(request.param, tmp_path, settings) as server:
            host, first = await sit_down(browsers[ALICE], ALICE, server.url, timezone_id=ZONE)
            guest, second = await sit_down(browsers[BOB], BOB, server.url, locale="zh-CN", **ON_A_PHONE)
            yield Journey(server, post, host, guest, email, Path(PICTURES or tmp_path))
            assert host.complaints + guest.complaints == []
            await first.close()
            await second.close()


async def sign_up(journey: Journey) -> None:
    host = journey.host
    await host.register(journey.email)
    await host.page.goto(f"{host.url}/settings")
    await host.hand_over("avatar", picture("me.png"))
    await host.page.wait_for_selector(".settings-avatar img")
    (key,) = list_objects(journey.server.data)
    journey.user_id = key.split("/")[1]


async def schedule(journey: Journey) -> None:
    """A series that begins now: what ends before its time counts as tried out, and is still to come."""
    page = journey.host.page
    await page.goto(journey.host.url)
    await page.click(by_id("schedule"))
    starts_at = datetime.now(ZoneInfo(ZONE)).replace(second=0, microsecond=0)
    await page.fill(by_id("schedule-title"), TITLE)
    await page.fill(by_id("schedule-date"), starts_at.strftime("%Y-%m-%d"))
    await page.fill(by_id("schedule-time"), starts_at.strftime("%H:%M"))
    await journey.host.select("Repeats", "Weekly")
    await journey.host.select("Ends", "After some times")
    await page.fill(by_id("schedule-count"), "3")
    await page.fill(by_id("schedule-invitee"), f"{GUEST} <{ADDRESS}>")
    await page.keyboard.press("Enter")
    await page.locator(".schedule-more summary").click()
    await journey.host.select("Who waits in the lobby", "Guests")
    await page.click(by_id("schedule-submit"))
    await page.wait_for_url("**/meetings/*")
    await page.get_by_text("3 times").wait_for()
    journey.starts_at = starts_at


async def read_invitation(journey: Journey) -> None:
    """What a calendar program makes of the letter."""
    letter = await wait_letter(journey.post, 1)
    assert letter["To"] == f"{GUEST} <{ADDRESS}>"
    (event,) = check_calendar(calendar_of(letter, "REQUEST"), "REQUEST").events
    starts_at = journey.starts_at
    assert starts_at is not None
    assert event["rrule"] == {"FREQ": ["WEEKLY"], "COUNT": [3], "BYDAY": [DAYS[starts_at.weekday()]]}
    assert (event["dtstart"].dt, event["dtstart"].params["TZID"]) == (starts_at, ZONE)
    assert event["attendee"] == f"mailto:{ADDRESS}"
    assert event["organizer"] == f"mailto:{journey.email}"
    assert event["summary"] == TITLE
    journey.number = link_of(letter, "/m/").rpartition("/")[2]
    assert event["url"] == f"{journey.server.url}/m/{journey.number}"


async def accept(journey: Journey) -> None:
    page = journey.guest.page
    await page.goto(link_of(await wait_letter(journey.post, 1), "/rsvp/", "accepted"))
    await page.click(by_id("rsvp-send"))
    await page.get_by_text("你的回复：已接受").wait_for()
    await check_phone(journey.guest)


async def check_phone(guest: Person) -> None:
    """It is in Chinese, fits the phone, and axe finds nothing."""
    assert await guest.page.evaluate("document.documentElement.lang") == "zh-CN"
    assert await overflow(guest.page) <= 0
    assert await find_violations(guest.page) == []


async def knock(journey: Journey) -> None:
    """From the letter's page to the lobby; the host is not there yet."""
    page = journey.guest.page
    await page.get_by_role("link", name="加入").click()
    await page.fill(by_id("display-name"), GUEST)
    await page.click(by_id("join-button"))
    await page.wait_for_selector(by_id("lobby"))
    await page.get_by_text(f"{HOST} 还没到").wait_for()
    await check_phone(journey.guest)


async def let_in(journey: Journey) -> None:
    host, guest = journey.both
    await host.page.reload()
    await host.page.get_by_text("1 accepted").wait_for()
    await host.page.get_by_role("link", name="Join").click()
    await host.page.wait_for_selector(by_id("join-button"))
    await host.enter()
    await guest.page.get_by_text("主持人很快会让你加入").wait_for()
    await host.page.get_by_text(f"{GUEST} asks to join").first.wait_for()
    await host.page.click(by_id("toast-admit"))
    for person in journey.both:
        await person.wait_view("view.phase === 'live' && view.participants.length === 2")
    journey.host_id, journey.guest_id = await host.self_id(), await guest.self_id()


async def meet(journey: Journey) -> None:
    """Each sees the other's moving picture, and hears their voice."""
    host, guest = journey.both
    await host.wait_sees(journey.guest_id, BOB.hue)
    await guest.wait_sees(journey.host_id, ALICE.hue)
    await host.wait_hears(BOB.tone_hz)
    await guest.wait_hears(ALICE.tone_hz)
    await check_phone(guest)


async def moderate(journey: Journey) -> None:
    host, guest = journey.both
    guest_id = journey.guest_id
    await host.open_people()
    await host.page.click(by_id(f"mute-{guest_id}"))
    await guest.page.get_by_text("主持人已将你静音").first.wait_for()
    await host.wait_hears()
    await guest.page.click(by_id("toggle-microphone"))
    await host.wait_hears(BOB.tone_hz)

    await host.page.click(by_id("mute-all"))
    await host.page.get_by_text("Participants may unmute themselves").click()
    await host.page.click(by_id("confirm-mute-all"))
    await guest.wait_view("view.blocked.includes('microphone')")
    await guest.page.click(by_id("toggle-microphone"))
    await guest.page.get_by_text("请先举手").first.wait_for()
    await host.wait_hears()
    await host.choose("ask-to-unmute", guest_id)
    await guest.page.click(by_id("unmute-now"))
    await host.wait_hears(BOB.tone_hz)

    await host.choose("rename", guest_id)
    await host.page.fill(by_id("new-name"), RENAMED)
    await host.page.keyboard.press("Enter")
    for person in journey.both:
        await person.wait_view(f"view.participants.some((p) => p.displayName === '{RENAMED}')")


async def talk(journey: Journey) -> None:
    """One message from each to all, one with a file, and one that is private."""
    host, guest = journey.both
    await host.say("Welcome to Berlin")
    await host.hand_over("chat-attach", picture("map.png"))
    await host.page.wait_for_selector(f"{by_id('chat-upload')}[data-done]")
    await host.page.click(by_id("chat-send"))
    await guest.say("上海下雨了")
    for person in journey.both:
        await person.wait_chat(["Welcome to Berlin", "", "上海下雨了"])
    await guest.page.wait_for_selector(".chat-picture img")
    await check_phone(guest)
    await guest.page.click(by_id("chat-private"))
    await guest.page.fill(by_id("chat-input"), "只告诉你一个人")
    await guest.page.click(by_id("chat-send"))
    await host.page.click(by_id("chat-private"))
    await host.page.get_by_test_id("chat-message").get_by_text("只告诉你一个人").wait_for()
    await guest.page.click(by_id("close-panel"))


async def vote(journey: Journey) -> None:
    host, guest = journey.both
    await host.choose_more("polls")
    await host.page.click(by_id("poll-new"))
    await host.page.fill(by_id("poll-question"), "午饭吃什么 / Lunch?")
    await host.page.fill(by_id("poll-field-1"), "面条")
    await host.page.fill(by_id("poll-field-2"), "Rice")
    await host.page.click(by_id("poll-create"))
    await guest.wait_view("view.polls.some((poll) => poll.phase === 'open')")
    await guest.choose_more("polls")
    await guest.page.click(by_id("poll-option-o1"))
    await guest.page.click(by_id("poll-vote"))
    await host.wait_view("view.polls[0].voters === 1")
    await host.page.click(by_id("poll-close"))
    await host.page.click(by_id("poll-publish"))
    for person in journey.both:
        await person.page.get_by_test_id("poll-result-o1").get_by_text("1 · 100%").wait_for()
    await check_phone(guest)
    await guest.page.click(by_id("close-panel"))


async def visit_breakout(journey: Journey) -> None:
    """The guest is moved to a room, where the host visits, and back, and remains who they were."""
    host, guest = journey.both
    loaded = await guest.page.evaluate("performance.timeOrigin")
    await host.choose_more("breakouts")
    await host.select("Who goes where", "I decide")
    await host.page.click(by_id("create-breakouts"))
    await host.wait_view("view.breakouts?.status === 'planned'")
    room = await host.view("view.breakouts.rooms[0].breakoutId")
    await host.page.click(by_id(f"move-{journey.guest_id}"))
    await host.page.click(by_id(f"move-{journey.guest_id}-{room}"))
    await host.wait_view("view.breakouts.places.length === 1")
    await host.page.click(by_id("start-breakouts"))
    await guest.wait_view("view.breakouts?.here != null && view.participants.length === 1")
    await check_phone(guest)
    await host.page.click(by_id(f"visit-{room}"))
    for person in journey.both:
        await person.wait_view("view.breakouts?.here != null && view.participants.length === 2")
    await guest.wait_sees(await host.self_id(), ALICE.hue)
    await host.wait_hears(BOB.tone_hz)
    await host.page.click(by_id("close-breakouts"))
    for person in journey.both:
        await person.wait_view("view.breakouts?.here == null && view.participants.length === 2")
    await host.page.keyboard.press("Escape")
    await host.wait_sees(journey.guest_id, BOB.hue)
    await guest.wait_sees(journey.host_id, ALICE.hue)
    await host.wait_hears(BOB.tone_hz)
    assert await guest.self_id() == journey.guest_id
    assert await guest.page.evaluate("performance.timeOrigin") == loaded


async def end(journey: Journey) -> None:
    host, guest = journey.both
    await host.page.click(by_id("leave"))
    await host.page.click(by_id("end-for-all"))
    await host.page.click(by_id("confirm"))
    await guest.page.get_by_role("heading", name="会议已结束").wait_for()
    await host.page.get_by_role("heading", name="The meeting has ended").wait_for()
    await check_phone(guest)


async def look_back(journey: Journey) -> None:
    """Polls, chat and who was there are on the meeting's page; what was private its search finds."""
    page = journey.host.page
    await page.get_by_role("link", name="Home", exact=True).click()
    await page.get_by_role("tab", name="Past").click()
    await page.get_by_role("link", name=TITLE).click()
    chat = page.get_by_test_id("meeting-chat")
    for text in ("Welcome to Berlin", "上海下雨了"):
        await chat.get_by_text(text).wait_for()
    await expect(chat.get_by_text("只告诉你一个人")).to_have_count(0)
    await page.wait_for_selector(".chat-picture img")
    await page.fill(by_id("chat-search"), "告诉你")
    await page.get_by_test_id("chat-found").get_by_text("只告诉你一个人").wait_for()
    await page.fill(by_id("chat-search"), "")
    polls = page.get_by_test_id("meeting-polls")
    await polls.get_by_role("heading", name="午饭吃什么 / Lunch?").wait_for()
    await polls.get_by_test_id("poll-result-o1").get_by_text("1 · 100%").wait_for()
    await page.click(by_id("show-attendance"))
    for name in (HOST, RENAMED):
        await page.get_by_role("rowheader", name=name).wait_for()
    assert await find_violations(page) == []


async def leave_no_trace(journey: Journey) -> None:
    """All of the account is gone, and of its guest, but for its bare id in the trail of audits."""
    page, server = journey.host.page, journey.server
    wanted = (journey.user_id, journey.email, HOST, GUEST, ADDRESS, TITLE, "Berlin", "上海", "面条")
    before = await list_traces(server.database, *wanted)
    assert {text for _, text in before} == set(wanted), "else this looks in the wrong place"
    assert len(list_objects(server.data)) == 3, "the picture of the account, the file and its preview"
    await page.goto(f"{journey.server.url}/settings")
    await page.click(by_id("delete-account"))
    await page.fill(by_id("proof"), PASSWORD)
    await page.click(by_id("prove"))
    await page.wait_for_url(f"{journey.server.url}/")
    await wait_gone(server, wanted, stays=[("users.audit", journey.user_id)])
    letter = await wait_letter(journey.post, 2)
    assert letter["To"] == f"{GUEST} <{ADDRESS}>"
    check_calendar(calendar_of(letter, "CANCEL"), "CANCEL")
    await page.goto(f"{journey.server.url}/login")
    await page.fill(by_id("email"), journey.email)
    await page.fill(by_id("password"), PASSWORD)
    await page.click(by_id("submit"))
    await page.get_by_text("The email address or password is wrong.").wait_for()
    guest = journey.guest.page
    await guest.goto(link_of(journey.post.letters[0], "/rsvp/", "accepted"))
    await guest.get_by_role("heading", name="该邀请已失效").wait_for()


async def wait_gone(server: Server, wanted: tuple[str, ...], *, stays: list[tuple[str, str]]) -> None:
    """Wait until the outbox and the jobs have done their part."""
    left: object = None
    for _ in range(int(GONE_S / 0.5)):
        left = (await list_traces(server.database, *wanted), list_objects(server.data))
        if left == (stays, []):
            return
        await asyncio.sleep(0.5)
    raise AssertionError(f"still there after {GONE_S:g} s: {left}")


STEPS = (
    sign_up,
    schedule,
    read_invitation,
    accept,
    knock,
    let_in,
    meet,
    moderate,
    talk,
    vote,
    visit_breakout,
    end,
    look_back,
    leave_no_trace,
)


async def test_a_series_is_planned_held_found_again_and_forgotten(journey: Journey) -> None:
    for number, take in enumerate(STEPS, 1):
        async with journey.step(take.__name__):
            await take(journey)
        if PICTURES is not None:
            await journey.take_pictures(f"{number:02}-{take.__name__}")
