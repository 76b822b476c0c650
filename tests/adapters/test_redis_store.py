"""The Store on a real Valkey."""

import asyncio

import pytest

from meeting_system.adapters.embedded import Servers
from meeting_system.adapters.redis_store import RedisStore, open_store
from meeting_system.kernel.errors import Unavailable


async def test_a_value_is_kept_and_deleted(store: RedisStore) -> None:
    assert await store.get("key") is None
    assert await store.set("key", b"\x00value")
    assert await store.get("key") == b"\x00value"
    await store.delete("key", "other")
    await store.delete()
    assert await store.get("key") is None


async def test_only_new_does_not_overwrite(store: RedisStore) -> None:
    assert await store.set("key", b"first", only_new=True)
    assert not await store.set("key", b"second", only_new=True)
    assert await store.get("key") == b"first"


async def test_a_value_ends_with_its_time(store: RedisStore) -> None:
    await store.set("key", b"value", ttl_s=0.02)
    await asyncio.sleep(0.05)
    assert await store.get("key") is None


async def test_a_ticket_is_taken_once(store: RedisStore) -> None:
    await store.set("ticket", b"value")
    taken = await asyncio.gather(*(store.take("ticket") for _ in range(10)))
    assert sorted(taken, key=bool) == [None] * 9 + [b"value"]


async def test_a_counter_has_a_lifetime_from_its_birth(store: RedisStore) -> None:
    assert [await store.increment("counter", ttl_s=10) for _ in range(3)] == [1, 2, 3]
    assert 0 < await store.client.pttl("counter") <= 10_000


async def test_a_script_runs_after_the_server_forgot_it(store: RedisStore) -> None:
    script = "return ARGV[1] .. KEYS[1]"
    assert await store.run(script, keys=["k"], args=["a"]) == b"ak"
    await store.client.script_flush()
    assert await store.run(script, keys=["k"], args=["a"]) == b"ak"


async def test_a_subscription_hears_its_channels_only(store: RedisStore) -> None:
    async with store.subscribe("a") as subscription:
        messages = aiter(subscription)
        await store.publish("b", b"no")
        await store.publish("a", b"1")
        assert await anext(messages) == ("a", b"1")
        await subscription.add("b")
        await subscription.remove("a")
        await asyncio.sleep(0.05)
        await store.publish("a", b"no")
        await store.publish("b", b"2")
        assert await anext(messages) == ("b", b"2")


async def test_a_lost_subscription_ends_with_unavailable(store: RedisStore) -> None:
    async with store.subscribe("a") as subscription:
        messages = aiter(subscription)
        await store.publish("a", b"1")
        await anext(messages)
        await store.client.client_kill_filter(_type="pubsub")
        with pytest.raises(Unavailable):
            await anext(messages)


async def test_a_connection_cut_between_two_uses_is_noticed_by_nobody(servers: Servers) -> None:
    async with open_store(servers.redis_url) as store, open_store(servers.redis_url) as other:
        await store.set("key", b"value")
        await other.client.client_kill_filter(_type="normal", skipme=True)
        assert await store.get("key") == b"value"


async def test_without_a_server_the_store_is_unavailable() -> None:
    async with open_store("redis://127.0.0.1:1/0") as store:
        with pytest.raises(Unavailable):
            await store.check()


class DeafAtFirst(asyncio.Protocol):
    """A server that answers on its second connection only."""

    connections = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        type(self).connections += 1
        self.number, self.transport = self.connections, transport

    def data_received(self, data: bytes) -> None:
        if self.number > 1:
            self.transport.write(b"+PONG\r\n")


async def test_a_connection_that_leads_nowhere_is_replaced() -> None:
    server = await asyncio.get_running_loop().create_server(DeafAtFirst, "127.0.0.1", 0)
    async with server, open_store(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}") as store:
        with pytest.raises(Unavailable):
            await store.check()
        await store.check()


async def test_who_gives_up_leaves_the_others_their_answers(store: RedisStore) -> None:
    await store.check()
    waiting = [asyncio.ensure_future(store.increment("counter", ttl_s=10)) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[1].cancel()
    first, given_up, last = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(given_up, asyncio.CancelledError)
    assert first == 1
    assert await store.get("counter") == str(last).encode()
