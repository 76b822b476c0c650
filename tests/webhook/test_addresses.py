"""Row S7: a webhook reaches no special address, whatever a name stands for (0 connections)."""

import asyncio
import ipaddress
from collections.abc import AsyncIterator

import httpx2
import pytest
from tests.receiver import open_receiver

from meeting_system.adapters.outward import OutwardHttp
from meeting_system.kernel.ports import Refused
from meeting_system.webhook.errors import WebhookUrlRefused
from meeting_system.webhook.rules import check_url, is_public, may_reach

SPECIAL = (
    *("0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.1.2.3", "169.254.169.254", "172.16.0.1"),
    *("172.31.255.255", "192.0.0.1", "192.0.2.1", "192.168.1.1", "198.18.0.1", "198.51.100.1"),
    *("203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1"),
    *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1", "2001:db8::1", "2001::1"),
    *("2002:7f00:1::", "2002:a00:1::", "fc00::1", "fd00::1", "fe80::1", "fec0::1", "ff02::1"),
    *("::ffff:0:7f00:1", "5f00::1"),
)
PUBLIC = ("1.1.1.1", "8.8.8.8", "93.184.215.14", "2606:4700:4700::1111", "2a00:1450:4001:80b::200e")
REFUSED = [
    "",
    "ftp://example.org/",
    "http://example.org/",
    "https://",
    "https:///path",
    "https://user@example.org/",
    "https://user:password@example.org/",
    "https://example.org/#fragment",
    "https://example.org:0/",
    "https://example.org:99999/",
    "https://exa mple.org/",
    "https://example.org/\nHost: other",
    "https://example.org\\@127.0.0.1/",
    "https://localhost/",
    "https://LOCALHOST./",
    "https://printer.local/",
    "https://metadata.google.internal/",
    "https://[::1]/",
    "https://[fe80::1%25eth0]/",
    "https://例子.测试/",
    "javascript:alert(1)",
    "file:///etc/passwd",
]


@pytest.mark.parametrize("address", SPECIAL)
def test_a_special_address_is_none_of_the_internet(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))
    shown = f"[{address}]" if ":" in address else address
    with pytest.raises(WebhookUrlRefused):
        check_url(f"https://{shown}/hook", ())


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_internet_is_one(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("url", REFUSED)
def test_what_no_webhook_can_be_is_refused_at_once(url: str) -> None:
    with pytest.raises(WebhookUrlRefused):
        check_url(url, ())


def test_own_networks_are_reached_where_the_operator_allows_them() -> None:
    allowed = (ipaddress.ip_network("10.1.0.0/16"),)
    assert check_url("http://10.1.2.3:8080/hook", allowed)
    for url in ("http://10.2.0.1/", "https://127.0.0.1/"):
        with pytest.raises(WebhookUrlRefused):
            check_url(url, allowed)
    assert may_reach(allowed)(ipaddress.ip_address("10.1.2.3"))
    assert not may_reach(allowed)(ipaddress.ip_address("10.2.0.1"))


class Names:
    """A name service whose answers change."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def resolve(self, _host: str, _port: int) -> list[str]:
        self.asked += 1
        return self.answers.pop(0)


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(trust_env=False) as client:
        yield client


@pytest.mark.parametrize("address", [*SPECIAL, "fe80::1%1"])
async def test_a_name_that_leads_to_a_special_address_is_not_connected_to(
    client: httpx2.AsyncClient, address: str
) -> None:
    async with open_receiver() as receiver:
        port = receiver.url.split(":")[2].split("/")[0]
        for found in ([address], ["1.1.1.1", address]):
            outward = OutwardHttp(client, may_reach(()), Names(found).resolve)
            with pytest.raises(Refused) as refused:
                await outward.post(f"http://innocent.example:{port}/", {}, b"{}", timeout_s=2)
            assert refused.value.code == "address_refused"
        assert receiver.connections == 0


async def test_a_name_is_asked_once_and_the_connection_goes_where_it_was_looked_at(
    client: httpx2.AsyncClient,
) -> None:
    async with open_receiver() as receiver:
        port = receiver.url.split(":")[2].split("/")[0]
        names = Names(["127.0.0.1"], ["10.0.0.1"])
        allowed = (ipaddress.ip_network("127.0.0.0/8"),)
        outward = OutwardHttp(client, may_reach(allowed), names.resolve)
        url = f"http://hooks.example.org:{port}/path?query=1"
        posted = await outward.post(url, {"X-Test": "yes"}, b"{}", timeout_s=2)
        assert (posted.status, names.asked) == (204, 1)
        (got,) = receiver.got
        assert (got.method, got.target) == ("POST", "/path?query=1")
        assert got.headers["host"] == f"hooks.example.org:{port}"


async def test_a_name_without_an_address_and_a_closed_port_are_told(client: httpx2.AsyncClient) -> None:
    async def unknown(_host: str, _port: int) -> list[str]:
        raise OSError("no such name")

    with pytest.raises(Refused) as refused:
        await OutwardHttp(client, may_reach(()), unknown).post("https://x.example/", {}, b"", timeout_s=2)
    assert refused.value.code == "name_unknown"
    allowed = (ipaddress.ip_network("127.0.0.0/8"),)
    outward = OutwardHttp(client, may_reach(allowed), Names(["127.0.0.1"]).resolve)
    with pytest.raises(Refused) as refused:
        await outward.post("http://x.example:1/", {}, b"", timeout_s=2)
    assert refused.value.code == "unreachable"


async def test_a_name_service_that_hangs_is_not_waited_for(client: httpx2.AsyncClient) -> None:
    async def hang(_host: str, _port: int) -> list[str]:
        await asyncio.sleep(60)
        return []

    with pytest.raises(Refused) as refused:
        await OutwardHttp(client, may_reach(()), hang).post("https://x.example/", {}, b"", timeout_s=0.05)
    assert refused.value.code == "timeout"
