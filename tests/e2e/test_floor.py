"""A guest in the hands of a host: the lobby, the floor, and the door, which stays closed afterwards."""

import pytest
from tests.e2e.patterns import ALICE, BOB
from tests.e2e.person import Person, by_id

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

REQUESTED = "view.lobby?.waiting.length === 1"


async def set_lobby(host: Person, name: str) -> None:
    """Say in the meeting's settings who waits."""
    await host.open_people()
    await host.page.click(by_id("meeting-options"))
    await host.page.get_by_role("button", name="Who waits in the lobby").click()
    await host.page.get_by_role("option", name=name).click()
    await host.wait_view(f"view.meeting.options.lobby === '{name.lower()}'")
    await host.page.keyboard.press("Escape")


async def test_a_guest_waits_is_let_in_muted_spotlit_and_removed_for_good(
    people: list[Person], email: str
) -> None:
    alice, bob, _ = people
    await alice.register(email)
    number = await alice.start_meeting()
    await set_lobby(alice, "Guests")

    await bob.page.goto(f"{bob.url}/m/{number}")
    await bob.page.fill(by_id("display-name"), "Bob")
    await bob.page.click(by_id("join-button"))
    await bob.wait_view("view.phase === 'waiting' && view.place.position === 1")
    await bob.page.wait_for_selector(by_id("lobby"))
    assert await bob.view("view.participants.length") == 0
    assert await bob.view("view.media") == "none"

    await alice.wait_view(REQUESTED)
    await alice.page.fill(by_id("lobby-message"), "One moment, please.")
    await alice.page.click(by_id("lobby-send"))
    await bob.page.get_by_text("One moment, please.").wait_for()
    guest = await alice.view("view.lobby.waiting[0].participantId")
    await alice.page.click(by_id(f"admit-{guest}"))
    await bob.wait_view("view.phase === 'live' && view.participants.length === 2")
    await alice.wait_view("view.participants.length === 2 && view.lobby.waiting.length === 0")
    assert await bob.self_id() == guest
    await alice.wait_hears(BOB.tone_hz)
    await bob.wait_hears(ALICE.tone_hz)

    await alice.page.click(by_id("mute-all"))
    await alice.page.get_by_text("Participants may unmute themselves").click()
    await alice.page.click(by_id("confirm-mute-all"))
    await bob.wait_view("view.blocked.includes('microphone')")
    await alice.wait_view(f"view.participants.some((p) => p.participantId === '{guest}' && !p.microphone)")
    await alice.wait_hears()
    await bob.page.click(by_id("toggle-microphone"))
    await bob.page.get_by_text("Hosts decide who speaks. Raise your hand.").first.wait_for()
    await alice.wait_hears()
    await alice.choose("ask-to-unmute", guest)
    await bob.page.click(by_id("unmute-now"))
    await alice.wait_hears(BOB.tone_hz)

    await alice.choose("spotlight", guest)
    for person in (alice, bob):
        await person.page.locator(f"{by_id(f'tile-{guest}-camera')}[data-place='main']").wait_for()

    await alice.choose("remove", guest)
    await alice.page.click(by_id("confirm"))
    await bob.wait_view("view.phase === 'ended' && view.endReason === 'removed'")
    await alice.wait_view("view.participants.length === 1")
    await bob.page.goto(f"{bob.url}/m/{number}")
    await bob.page.fill(by_id("display-name"), "Robert")
    await bob.page.click(by_id("join-button"))
    await bob.page.get_by_text("The host has removed you from this meeting.").wait_for()
    assert await alice.view("view.lobby.waiting.length") == 0
