"""Losing connections and losing the server: no message is lost, and the pictures come back."""

import pytest
from tests.e2e.person import Person
from tests.e2e.server import Server

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]


async def everyone_sees_everyone(trio: list[Person]) -> None:
    for person in trio:
        for other in trio:
            if other is not person:
                await person.wait_sees(await other.self_id(), other.look.hue)


async def test_a_lost_socket_loses_no_chat_message_in_either_direction(trio: list[Person]) -> None:
    alice, bob, carol = trio
    await everyone_sees_everyone(trio)
    await bob.open_chat()
    await bob.cut_socket()
    await bob.say("from the lost one")
    await alice.say("to the lost one")
    for person in trio:
        await person.wait_view("view.chat.filter((entry) => entry.seq !== null).length === 2")
    assert await bob.chat() == await alice.chat() == await carol.chat()
    assert sorted(await alice.chat()) == ["from the lost one", "to the lost one"]
    await everyone_sees_everyone(trio)


async def test_some_seconds_without_a_network_heal(trio: list[Person]) -> None:
    alice, bob, _ = trio
    await bob.page.context.set_offline(True)
    await bob.cut_socket()
    await alice.wait_view("view.participants.some((p) => p.presence === 'reconnecting')")
    await alice.say("while Bob is away")
    await bob.page.context.set_offline(False)
    await bob.wait_chat(["while Bob is away"])
    await alice.wait_view("view.participants.every((p) => p.presence === 'connected')")
    await everyone_sees_everyone(trio)


async def test_a_killed_server_loses_no_chat_message_and_media_comes_back(
    trio: list[Person], server: Server
) -> None:
    alice, bob, carol = trio
    await everyone_sees_everyone(trio)
    await alice.say("before")
    await alice.wait_chat(["before"])
    await server.kill()
    await bob.say("while it is dead")
    await server.start()
    for person in trio:
        await person.wait_chat(["before", "while it is dead"])
        await person.wait_view("view.phase === 'live'")
    await carol.say("after")
    for person in trio:
        await person.wait_chat(["before", "while it is dead", "after"])
    await everyone_sees_everyone(trio)
