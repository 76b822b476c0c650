"""A weekly series from the form to the calendars of those invited, and back with their answer."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page
from tests.calendar_rules import check_calendar
from tests.e2e.letters import calendar_of, link_of, wait_letter
from tests.e2e.patterns import ALICE, BOB, Look
from tests.e2e.person import by_id, sit_down
from tests.e2e.server import open_server
from tests.e2e.test_access import PHONE, find_violations, overflow
from tests.mail_server import mail_server

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]


async def plan_weekly(page: Page, url: str) -> None:
    """Fill the form in: next week, every week, three times, with somebody from elsewhere."""
    await page.goto(f"{url}/schedule")
    await page.fill(by_id("schedule-title"), "Stand-up")
    day = datetime.now(UTC) + timedelta(days=7)
    await page.fill(by_id("schedule-date"), day.strftime("%Y-%m-%d"))
    await page.fill(by_id("schedule-time"), "10:00")
    await page.get_by_role("button", name="Repeats").click()
    await page.get_by_role("option", name="Weekly").click()
    await page.get_by_role("button", name="Ends").click()
    await page.get_by_role("option", name="After some times").click()
    await page.fill(by_id("schedule-count"), "3")
    await page.fill(by_id("schedule-invitee"), "Eve <eve@elsewhere.example>")
    await page.keyboard.press("Enter")
    assert await find_violations(page) == []
    await page.click(by_id("schedule-submit"))
    await page.wait_for_url("**/meetings/*")


async def test_a_series_reaches_a_calendar_and_its_answer_the_host(
    browsers: dict[Look, Browser], tmp_path: Path, email: str
) -> None:
    with mail_server() as post:
        settings = {
            "MEETING_MAIL__URL": f"smtp://127.0.0.1:{post.port}",
            "MEETING_MAIL__SENDER": "Meetings <meetings@example.org>",
        }
        async with open_server(tmp_path, settings) as server:
            alice, first = await sit_down(browsers[ALICE], ALICE, server.url)
            eve, second = await sit_down(browsers[BOB], BOB, server.url)
            await alice.register(email)
            await plan_weekly(alice.page, server.url)
            await alice.page.get_by_text("3 times").wait_for()
            letter = await wait_letter(post, 1)
            assert letter["To"] == "Eve <eve@elsewhere.example>"
            (event,) = check_calendar(calendar_of(letter, "REQUEST"), "REQUEST").events
            assert event["rrule"]["COUNT"] == [3]
            assert event["attendee"] == "mailto:eve@elsewhere.example"
            await eve.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
            await eve.page.goto(link_of(letter, "/rsvp/", "accepted"))
            await eve.page.wait_for_selector(by_id("rsvp-send"))
            assert await find_violations(eve.page) == []
            assert await overflow(eve.page) <= 0
            await eve.page.click(by_id("rsvp-send"))
            await eve.page.get_by_text("Your answer: Accepted").wait_for()
            await alice.page.reload()
            await alice.page.get_by_text("1 accepted").wait_for()
            assert await find_violations(alice.page) == []
            await alice.page.click(by_id("cancel-meeting"))
            await alice.page.get_by_role("button", name="Only this meeting").click()
            await alice.page.get_by_role("option", name="All that are to come").click()
            await alice.page.click(by_id("cancel-confirm"))
            (event,) = check_calendar(calendar_of(await wait_letter(post, 2), "CANCEL"), "CANCEL").events
            assert event["sequence"] == 1
            assert alice.complaints + eve.complaints == []
            await first.close()
            await second.close()
