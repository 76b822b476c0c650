"""Sharing the screen."""

import pytest
from tests.e2e.person import Person, by_id

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]


async def test_the_others_see_a_shared_screen_until_it_ends(trio: list[Person]) -> None:
    alice, bob, carol = trio
    sharer = await alice.self_id()
    await alice.page.click(by_id("toggle-screen"))
    for person in (bob, carol):
        await person.wait_view(f"view.participants.some((p) => p.participantId === '{sharer}' && p.screen)")
        await person.wait_plays(sharer, "screen")
    await alice.page.click(by_id("toggle-screen"))
    for person in (bob, carol):
        await person.wait_view("view.participants.every((p) => !p.screen)")
        await person.page.locator(by_id(f"tile-{sharer}-screen")).wait_for(state="detached")
