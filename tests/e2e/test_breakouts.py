"""Two people are moved to a breakout room and back, in real browsers, without joining again.

One is dragged with the pointer and the other with the keyboard: only a browser can tell whether that works.
"""

import pytest
from playwright.async_api import Locator, Page
from tests.e2e.patterns import ALICE, BOB, CAROL
from tests.e2e.person import Person, by_id

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

MOVED = "view.breakouts?.here != null && view.participants.length === 2"
BACK = "view.breakouts?.here == null && view.participants.length === 3"
LONGEST_GAP_MS = 4000
"""Half a second where the machine has time; software draws and encodes all these pictures."""
# For how long no picture of anybody else was there, at one go: asked at each drawing of the page.
WATCH = """() => {
  window.__gap = 0;
  window.__losses = [];
  let since = null;
  const look = () => {
    const { phase, media } = window.__meeting.view.get();
    if (phase !== "live" || media !== "connected") window.__losses.push([phase, media]);
    const own = window.__meeting.view.get().selfId;
    const videos = [...document.querySelectorAll('[data-testid^="tile-"]')]
      .filter((tile) => !tile.dataset.testid.includes(own))
      .flatMap((tile) => [...tile.querySelectorAll("video")]);
    const shows = videos.some((video) => video.readyState >= 2 && video.videoWidth > 0);
    const now = performance.now();
    if (shows) since = null;
    else window.__gap = Math.max(window.__gap, now - (since ??= now));
    requestAnimationFrame(look);
  };
  look();
}"""


async def sees(person: Person, other: Person, hue: int) -> None:
    await person.wait_sees(await other.self_id(), hue)


def people_of(page: Page, room: str) -> Locator:
    """The list of those who belong to a room, on the host's board."""
    return page.get_by_test_id(f"breakout-{room}").get_by_role("grid")


async def drag_with_pointer(page: Page, name: str, room: str) -> None:
    """Press on a row, move the pointer to another room in steps as a hand does, and let go there."""
    start = await page.get_by_role("row", name=name).bounding_box()
    end = await people_of(page, room).bounding_box()
    assert start is not None
    assert end is not None
    await page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    await page.mouse.down()
    await page.mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] / 2, steps=8)
    await page.mouse.up()


async def drag_with_keyboard(page: Page, name: str, room: str) -> None:
    """Pick somebody up with Enter, go to another room with Tab, and drop them with Enter."""
    await page.get_by_role("button", name=f"Drag {name}").focus()
    await page.keyboard.press("Enter")
    in_room = f"document.activeElement?.closest('{by_id(f'breakout-{room}')}') !== null"
    for _ in range(6):
        if await page.evaluate(in_room):
            break
        await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")


async def test_two_are_moved_to_a_room_hear_the_host_and_come_back(trio: list[Person]) -> None:
    alice, bob, carol = trio
    await sees(bob, carol, CAROL.hue)
    await sees(carol, bob, BOB.hue)
    ids = [await person.self_id() for person in (bob, carol)]
    loads = [await person.page.evaluate("performance.timeOrigin") for person in trio]
    for person in (bob, carol):
        await person.page.evaluate(WATCH)

    await alice.page.click(by_id("open-more"))
    await alice.page.get_by_role("menuitem", name="Breakout rooms").click()
    await alice.page.get_by_role("button", name="Who goes where").click()
    await alice.page.get_by_role("option", name="I decide").click()
    await alice.page.click(by_id("create-breakouts"))
    await alice.wait_view("view.breakouts?.status === 'planned'")
    room = await alice.view("view.breakouts.rooms[0].breakoutId")
    await drag_with_pointer(alice.page, "Bob", room)
    in_room = f"(place) => place.breakoutId === '{room}'"
    await alice.wait_view(f"view.breakouts.places.filter({in_room})[0]?.participantId === '{ids[0]}'")
    await drag_with_keyboard(alice.page, "Carol", room)
    await alice.wait_view(f"view.breakouts.places.filter({in_room}).length === 2")
    await alice.page.click(by_id("start-breakouts"))

    for person in (bob, carol):
        await person.wait_view(MOVED)
        await person.page.get_by_text("You’re in Room 1").wait_for()
    await sees(bob, carol, CAROL.hue)
    await sees(carol, bob, BOB.hue)
    await bob.wait_hears(CAROL.tone_hz)
    await alice.wait_view("view.participants.length === 1")
    await alice.wait_view(f"view.breakouts.places.every((place) => place.insideId === '{room}')")

    await alice.page.fill(by_id("breakout-message"), "Five minutes left.")
    await alice.page.click(by_id("breakout-send"))
    for person in (bob, carol):
        await person.page.get_by_text("Alice to all rooms: Five minutes left.").first.wait_for()

    await alice.page.click(by_id("close-breakouts"))
    for person in trio:
        await person.wait_view(BACK)
    await alice.page.keyboard.press("Escape")
    await sees(bob, alice, ALICE.hue)
    await sees(alice, carol, CAROL.hue)
    assert [await person.self_id() for person in (bob, carol)] == ids, "back as who they were"
    assert [await person.page.evaluate("performance.timeOrigin") for person in trio] == loads, (
        "no page was loaded"
    )
    assert [await person.page.evaluate("window.__losses") for person in (bob, carol)] == [[], []]
    gaps_ms = [round(await person.page.evaluate("window.__gap")) for person in (bob, carol)]
    assert max(gaps_ms) <= LONGEST_GAP_MS, gaps_ms
