"""Webhooks in a browser, and people whom other software sends: on a phone, in both languages, with axe."""

import hashlib
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest
from playwright.async_api import Browser, Page
from tests.e2e.chromium import PROBE
from tests.e2e.patterns import ALICE, Look
from tests.e2e.person import PASSWORD, by_id
from tests.e2e.server import BIGBLUEBUTTON_SECRET, Server
from tests.e2e.test_access import PHONE, find_violations, overflow

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]


async def check(page: Page) -> None:
    assert await find_violations(page) == []
    assert await overflow(page) <= 0


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
async def test_a_webhook_is_made_tested_and_looked_after_on_a_phone(
    server: Server, browsers: dict[Look, Browser], email: str, locale: str
) -> None:
    viewport: Any = PHONE
    context = await browsers[ALICE].new_context(locale=locale, viewport=viewport)
    page = await context.new_page()
    await page.goto(f"{server.url}/register")
    for field, text in (("display-name", "Ada"), ("email", email), ("password", PASSWORD)):
        await page.fill(by_id(field), text)
    await page.click(by_id("submit"))
    await page.wait_for_selector(by_id("new-meeting"))
    await page.goto(f"{server.url}/admin/webhooks")
    await page.click(by_id("webhook-new"))
    await page.fill(by_id("webhook-url"), "https://10.0.0.1/")
    await page.click(by_id("webhook-create"))
    await page.wait_for_selector(".field-error")
    await check(page)
    await page.fill(by_id("webhook-url"), "https://hooks.invalid/meetings")
    await page.keyboard.press("Enter")
    secret = await page.text_content(by_id("webhook-secret"))
    assert (secret or "").startswith("whsec_")
    await check(page)
    await page.keyboard.press("Escape")
    await page.click(by_id("webhook-ping"))
    await page.wait_for_selector(by_id("delivery-state"))
    await check(page)
    await page.keyboard.press("Escape")
    await check(page)
    await context.close()


async def test_who_comes_by_a_link_of_other_software_is_in_under_its_name(
    server: Server, browsers: dict[Look, Browser]
) -> None:
    def address(call: str, **parameters: str) -> str:
        query = urlencode(parameters)
        checksum = hashlib.sha256(f"{call}{query}{BIGBLUEBUTTON_SECRET}".encode()).hexdigest()
        return f"{server.url}/bigbluebutton/api/{call}?{query}&checksum={checksum}"

    async with httpx2.AsyncClient() as http:
        made = await http.get(address("create", meetingID="e2e", name="Course", moderatorPW="mp"))
        assert "<returncode>SUCCESS</returncode>" in made.text
        context = await browsers[ALICE].new_context(locale="en-US")
        await context.add_init_script(path=PROBE)
        page = await context.new_page()
        await page.goto(address("join", meetingID="e2e", password="mp", fullName="Tina 小明", userID="t-1"))
        await page.wait_for_selector(by_id("join-button"))
        assert "pass=" not in page.url
        assert await page.input_value(by_id("display-name")) == "Tina 小明"
        await page.click(by_id("join-button"))
        await page.wait_for_selector(by_id("leave"))
        info = (await http.get(address("getMeetingInfo", meetingID="e2e"))).text
        assert "<fullName>Tina 小明</fullName>" in info
        assert "<userID>t-1</userID>" in info
        assert "<role>MODERATOR</role>" in info
        await context.close()
