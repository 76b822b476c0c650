"""Accounts in a browser: an administrator at work, a forgotten password, a deleted account."""

import asyncio
import re
import sys

import pytest
from playwright.async_api import Page, expect
from tests.e2e.person import PASSWORD, Person, by_id
from tests.e2e.server import Server
from tests.e2e.test_access import PHONE, find_violations, overflow

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

ROOT = "root@example.org"
NEW = "another long password"


async def run_admin(server: Server, *arguments: str, sent: str = "") -> str:
    """Run `meeting-system admin` beside the running system; return what it says."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "meeting_system.cli", "admin", *arguments),
        env={**server.commands_environment, "PATH": "/usr/bin:/bin"},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate(sent.encode())
    assert process.returncode == 0, said.decode()
    return said.decode()


async def log_in(page: Page, server: Server, email: str, password: str) -> None:
    await page.goto(f"{server.url}/login")
    await page.fill(by_id("email"), email)
    await page.fill(by_id("password"), password)
    await page.click(by_id("submit"))
    await page.wait_for_url(f"{server.url}/")


async def read_link(server: Server, page: str) -> str:
    """Return the link of the letter that the server shows where it runs."""
    async with asyncio.timeout(20):
        while True:
            found = re.findall(rf"{re.escape(server.url)}/{page}#\S+", server.said())
            if found:
                return str(found[-1])
            await asyncio.sleep(0.1)


async def check_page(page: Page) -> None:
    """It fits a phone, and axe finds nothing there."""
    wide = page.viewport_size
    await page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    assert await overflow(page) <= 0, page.url
    assert await find_violations(page) == [], page.url
    await page.set_viewport_size(wide or {"width": 1280, "height": 800})


async def test_an_administrator_bans_somebody_who_sets_a_new_password_and_leaves(
    server: Server, people: list[Person], email: str
) -> None:
    admin, eve, _ = people
    await run_admin(server, "create", ROOT, "--password-stdin", sent=f"{PASSWORD}\n")
    await eve.register(email)
    await eve.start_meeting()
    await log_in(admin.page, server, ROOT, PASSWORD)

    await admin.page.goto(f"{server.url}/admin/live")
    await expect(admin.page.locator(".admin-live .admin-row")).to_have_count(1)
    await check_page(admin.page)
    await admin.page.goto(f"{server.url}/admin")
    await admin.page.fill(by_id("search"), email)
    row = admin.page.locator(by_id(f"user-{email}"))
    await expect(admin.page.locator(".admin-row")).to_have_count(1)
    await check_page(admin.page)
    await row.get_by_role("button").click()
    await admin.page.click(by_id("ban"))
    await admin.page.click(by_id("confirm"))
    await expect(row.locator(".admin-tag-danger")).to_be_visible()
    # Out of the room at once, and out of the account.
    await expect(eve.page.get_by_role("heading", level=1)).to_contain_text("removed")
    await row.get_by_role("button").click()
    await admin.page.get_by_role("menuitem").nth(3).click()
    await expect(row.locator(".admin-tag-danger")).to_have_count(0)
    await admin.page.goto(f"{server.url}/admin/audit")
    await admin.page.click(by_id("verify"))
    await expect(admin.page.locator(".notice-info")).to_be_visible()
    await check_page(admin.page)

    await eve.page.goto(f"{server.url}/forgot-password")
    await check_page(eve.page)
    await eve.page.fill(by_id("email"), email)
    await eve.page.click(by_id("submit"))
    await eve.page.goto(await read_link(server, "reset-password"))
    await eve.page.wait_for_url(f"{server.url}/reset-password")
    await check_page(eve.page)
    await eve.page.fill(by_id("password"), NEW)
    await eve.page.click(by_id("submit"))
    await eve.page.wait_for_url(f"{server.url}/login?done=password")
    await log_in(eve.page, server, email, NEW)

    await eve.page.goto(f"{server.url}/settings")
    await eve.page.wait_for_selector(by_id("new-token"))
    await check_page(eve.page)
    await eve.page.click(by_id("new-token"))
    await eve.page.fill(by_id("token-name"), "Backup")
    await eve.page.get_by_role("checkbox").first.check()
    await eve.page.click(by_id("make-token"))
    await expect(eve.page.locator(by_id("secret"))).to_contain_text("mst_")
    assert await find_violations(eve.page) == []
    await eve.page.keyboard.press("Escape")
    await eve.page.click(by_id("delete-account"))
    await eve.page.fill(by_id("proof"), NEW)
    await eve.page.click(by_id("prove"))
    await eve.page.wait_for_url(f"{server.url}/")
    await admin.page.goto(f"{server.url}/admin")
    await admin.page.fill(by_id("search"), email)
    await expect(admin.page.locator(".admin-row")).to_have_count(0)
    head = re.search(r"[0-9a-f]{64}", await run_admin(server, "verify-audit"))
    assert head is not None
    await run_admin(server, "verify-audit", "--expect", head[0])
