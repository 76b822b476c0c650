"""The first meeting: three people at three browsers see, hear and read each other."""

import pytest
from tests.e2e.patterns import ALICE, BOB, CAROL
from tests.e2e.person import Person, by_id

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]


async def test_three_people_see_the_right_moving_pictures_of_each_other(trio: list[Person]) -> None:
    for person in trio:
        for other in trio:
            if other is not person:
                await person.wait_sees(await other.self_id(), other.look.hue)


async def test_three_people_hear_the_right_voices_of_each_other(trio: list[Person]) -> None:
    alice, bob, carol = trio
    await alice.wait_hears(BOB.tone_hz, CAROL.tone_hz)
    await bob.wait_hears(ALICE.tone_hz, CAROL.tone_hz)
    await carol.wait_hears(ALICE.tone_hz, BOB.tone_hz)


async def test_the_chat_has_one_order_for_everyone(trio: list[Person]) -> None:
    alice, bob, carol = trio
    for person in trio:
        await person.open_chat()
    said = []
    for turn in range(3):
        for person in (alice, bob, carol):
            said.append(f"{person.look.name} {turn}")
            await person.say(said[-1])
            await person.wait_view("view.chat.every((entry) => entry.seq !== null)")
            await person.wait_view(f"view.chat.length === {len(said)}")
    for person in trio:
        await person.wait_chat(said)
        shown = await person.page.locator(by_id("chat-message")).all_inner_texts()
        assert [text for text in said if any(text in message for message in shown)] == said


async def test_a_late_joiner_reads_what_was_said_before(people: list[Person], email: str) -> None:
    alice, bob, _ = people
    await alice.register(email)
    number = await alice.start_meeting()
    for text in ("one", "two", "three"):
        await alice.say(text)
    await alice.wait_chat(["one", "two", "three"])
    await bob.join(number, name="Bob")
    await bob.wait_chat(["one", "two", "three"])


async def test_a_guest_joins_by_number_and_password(people: list[Person], email: str) -> None:
    alice, bob, _ = people
    await alice.register(email)
    meeting = await alice.page.evaluate(
        """async () => {
          const account = await (await fetch("/api/v1/auth/refresh", { method: "POST" })).json();
          const answer = await fetch("/api/v1/meetings", {
            method: "POST",
            headers: { "content-type": "application/json", authorization: `Bearer ${account.access_token}` },
            body: JSON.stringify({ password: "open sesame" }),
          });
          return await answer.json();
        }"""
    )
    await alice.join(meeting["meeting_no"])
    await bob.page.goto(f"{bob.url}/")
    await bob.page.fill(by_id("join-reference"), meeting["meeting_no"])
    await bob.page.keyboard.press("Enter")
    await bob.page.wait_for_selector(by_id("join-button"))
    await bob.page.fill(by_id("display-name"), "Bob")
    await bob.page.fill(by_id("meeting-password"), "wrong")
    await bob.page.click(by_id("join-button"))
    await bob.page.wait_for_selector('[aria-invalid="true"]')
    await bob.page.fill(by_id("meeting-password"), "open sesame")
    await bob.enter()
    await bob.wait_view("view.participants.length === 2")
    await bob.wait_sees(await alice.self_id(), ALICE.hue)
