"""Talking beside the call, in one journey: answers, private messages, files, a poll, and finding it again."""

import json

import pytest
from tests.e2e.patterns import picture
from tests.e2e.person import Person, by_id

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

ANSWER = "我们明天在北京开会"
SECRET = "只给你看"
SCRIPT = "<img src=x onerror=\"document.body.dataset.executed='yes'\">"


async def wait_entry(person: Person, condition: str) -> None:
    await person.wait_view(f"view.chat.some((entry) => entry.seq !== null && {condition})")


async def answer(bob: Person, text: str) -> None:
    await bob.open_chat()
    await bob.page.hover(by_id("chat-message"))
    await bob.page.click(by_id("chat-reply"))
    await bob.page.fill(by_id("chat-input"), text)
    await bob.page.click(by_id("chat-send"))


async def test_three_people_talk_beside_the_call(trio: list[Person]) -> None:
    alice, bob, carol = trio
    await alice.say("Where do we meet?")
    await wait_entry(bob, "entry.body.startsWith('Where')")
    await answer(bob, ANSWER)
    await wait_entry(alice, f"entry.body === '{ANSWER}' && entry.replyTo.body === 'Where do we meet?'")

    # A private message: the host is the third, and has it nowhere.
    await bob.page.click(by_id("chat-private"))
    await bob.page.click(".chat-head .select-button")
    await bob.page.get_by_role("option", name="Carol").click()
    await bob.page.fill(by_id("chat-input"), SECRET)
    await bob.page.click(by_id("chat-send"))
    await wait_entry(carol, f"entry.body === '{SECRET}' && entry.recipientName === 'Carol'")

    # A file whose name is a script: shown as a picture, and nothing runs.
    await alice.hand_over("chat-attach", picture(f"{SCRIPT}.png"))
    await alice.page.wait_for_selector(f"{by_id('chat-upload')}[data-done]")
    await alice.page.fill(by_id("chat-input"), SCRIPT)
    await alice.page.click(by_id("chat-send"))
    await wait_entry(carol, "entry.files.length === 1 && entry.files[0].width === 800")
    await carol.open_chat()
    shown = "[...document.querySelectorAll('.chat-picture img')]"
    await carol.wait(f"() => {shown}.some((image) => image.naturalWidth === 800)")
    async with carol.page.expect_download() as saved:
        await carol.page.click(".chat-file-row")
    assert (await saved.value).suggested_filename.endswith(".png")

    await vote_in_a_poll(trio)
    await find_it_again(trio)
    for person in trio:
        assert await person.page.evaluate("document.body.dataset.executed ?? 'no'") == "no"


async def vote_in_a_poll(trio: list[Person]) -> None:
    alice, bob, carol = trio
    await alice.choose_more("polls")
    await alice.page.click(by_id("poll-new"))
    await alice.page.fill(by_id("poll-question"), "中午吃什么？")
    await alice.page.fill(by_id("poll-field-1"), "面条")
    await alice.page.fill(by_id("poll-field-2"), "Rice")
    await alice.page.click(by_id("poll-create"))
    for person, option in ((alice, "o1"), (bob, "o1"), (carol, "o2")):
        await person.wait_view("view.polls.some((poll) => poll.phase === 'open')")
        if person is not alice:
            await person.choose_more("polls")
        await person.page.click(by_id(f"poll-option-{option}"))
        await person.page.click(by_id("poll-vote"))
    await carol.wait_view("view.polls[0].voters === 3 && view.polls[0].counts === null")
    await alice.page.click(by_id("poll-close"))
    await alice.page.click(by_id("poll-publish"))
    for person in trio:
        await person.wait_view("JSON.stringify(view.polls[0].counts) === '[2,1]'")
    assert "2 · 67%" in await bob.page.inner_text(by_id("poll-result-o1"))


async def find_it_again(trio: list[Person]) -> None:
    alice, bob, carol = trio
    for person, words, found in ((alice, "北京", ANSWER), (carol, "给你", SECRET)):
        await person.open_chat()
        await person.page.click(by_id("chat-search-open"))
        await person.page.fill(by_id("chat-search"), words)
        await person.page.get_by_test_id("chat-found").get_by_text(found).wait_for()
    await alice.page.fill(by_id("chat-search"), "给你")
    await alice.page.get_by_text("Nothing found").wait_for()
    assert SECRET not in json.dumps(await alice.view("view"), ensure_ascii=False)
    # Coming back gives the same, and to Alice still nothing of what is private.
    before = await bob.view("view.chat.map((entry) => entry.body)")
    await bob.cut_socket()
    await bob.wait_view("view.phase === 'live'")
    assert await bob.view("view.chat.map((entry) => entry.body)") == before
