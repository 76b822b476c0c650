"""What a host may do to others."""

import pytest
from tests.e2e.patterns import ALICE, BOB
from tests.e2e.person import Person, by_id

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]


async def test_someone_muted_by_the_host_is_silent_until_they_unmute(trio: list[Person]) -> None:
    alice, bob, carol = trio
    muted = await bob.self_id()
    await carol.wait_hears(ALICE.tone_hz, BOB.tone_hz)
    await alice.open_people()
    await alice.page.click(by_id(f"mute-{muted}"))
    for person in trio:
        await person.wait_view(
            f"view.participants.some((p) => p.participantId === '{muted}' && !p.microphone)"
        )
    await carol.wait_hears(ALICE.tone_hz)
    await bob.page.click(by_id("toggle-microphone"))
    await carol.wait_hears(ALICE.tone_hz, BOB.tone_hz)


async def test_someone_removed_is_out_and_can_not_come_back(trio: list[Person]) -> None:
    alice, bob, carol = trio
    removed = await carol.self_id()
    number = await alice.view("view.meeting.meetingNo")
    await alice.choose("remove", removed)
    await alice.page.click(by_id("confirm"))
    await carol.wait_view("view.phase === 'ended' && view.endReason === 'removed'")
    for person in (alice, bob):
        await person.wait_view("view.participants.length === 2")
    await bob.wait_hears(ALICE.tone_hz)
    await carol.page.goto(f"{carol.url}/m/{number}")
    await carol.page.wait_for_selector(by_id("join-button"))
    await carol.page.fill(by_id("display-name"), "Carol")
    await carol.page.click(by_id("join-button"))
    await carol.page.locator(by_id("join-button")).wait_for(state="detached")
    await alice.wait_view("view.participants.length === 2")
    assert await carol.page.evaluate("window.__meeting?.view.get().phase === 'live'") is not True
