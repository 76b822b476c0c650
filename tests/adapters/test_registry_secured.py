"""An etcd with TLS and passwords: who has both is let in, everybody else is told why not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.outside import open_etcd
from tests.secured_etcd import SecuredEtcd, open_secured_etcd

from meeting_system.adapters.embedded_place import open_place
from meeting_system.adapters.redis_store import open_store
from meeting_system.adapters.registry import open_registry
from meeting_system.adapters.registry_etcd import RegistryRefused, open_leases, rpc
from meeting_system.adapters.registry_tls import EtcdTls
from meeting_system.adapters.tls import ensure_certificate
from meeting_system.app.doctor import check_registry
from meeting_system.app.finding import Level
from meeting_system.app.settings import Settings
from meeting_system.kernel.errors import Unavailable
from meeting_system.kernel.ports import Registry


@pytest.fixture
async def etcd(tmp_path: Path) -> AsyncIterator[SecuredEtcd]:
    async with open_secured_etcd(open_place(tmp_path / "data")) as server:
        yield server


@asynccontextmanager
async def registry_of(url: str, tls: EtcdTls) -> AsyncIterator[Registry]:
    async with open_store("redis://127.0.0.1:1") as store, open_registry(url, store, tls=tls) as registry:
        yield registry


async def test_who_has_name_password_and_authority_announces_and_watches(etcd: SecuredEtcd) -> None:
    async with (
        registry_of(etcd.url(), etcd.tls) as registry,
        registry_of(etcd.url(), etcd.tls) as other,
        other.watch("node/") as sets,
    ):
        async with registry.announce("node/1", b"1", ttl_s=60), asyncio.timeout(10):
            async for entries in sets:
                if entries == {"node/1": b"1"}:
                    break
        assert await other.list("") == {}


async def test_everybody_else_is_refused_in_words(etcd: SecuredEtcd, tmp_path: Path) -> None:
    stranger = ensure_certificate(tmp_path / "other", ["127.0.0.1"], datetime.now(UTC))
    refused = {
        "a wrong password": (etcd.url(password="wrong"), etcd.tls, RegistryRefused, "authentication failed"),
        "an unknown name": (etcd.url(name="nobody"), etcd.tls, RegistryRefused, "authentication failed"),
        "no name": (f"etcds://127.0.0.1:{etcd.port}", etcd.tls, RegistryRefused, "user name is empty"),
        "another authority": (etcd.url(), EtcdTls(stranger.authority), Unavailable, "the registry is away"),
        "no authority": (etcd.url(), EtcdTls(), Unavailable, "the registry is away"),
        "no TLS": (f"etcd://127.0.0.1:{etcd.port}", EtcdTls(), Unavailable, "the registry is away"),
    }
    for url, tls, kind, words in refused.values():
        async with open_leases(url, tls) as leases:
            with pytest.raises(kind, match=words):
                await leases.look("")


async def test_a_name_may_write_below_our_folder_only(etcd: SecuredEtcd) -> None:
    async with open_leases(etcd.url(), etcd.tls) as leases:
        assert (await leases.look("node/")).entries == {}
        with pytest.raises(RegistryRefused, match="permission denied"):
            await leases._etcd.call(leases._etcd.kv.Range, rpc.RangeRequest(key=b"/somebody-else"))


async def test_doctor_says_that_the_password_is_wrong(etcd: SecuredEtcd) -> None:
    tls = {"authority": etcd.tls.authority}
    (found,) = await check_registry(Settings(registry_url=etcd.url(), registry=tls))  # type: ignore[arg-type]
    assert found.level is Level.GOOD
    wrong = etcd.url(password="wrong")
    (found,) = await check_registry(Settings(registry_url=wrong, registry=tls))  # type: ignore[arg-type]
    assert found.level is Level.BAD
    assert "authentication failed" in found.seen.zh
    missing = {"authority": "/nowhere.pem"}
    (found,) = await check_registry(Settings(registry_url=wrong, registry=missing))  # type: ignore[arg-type]
    assert "/nowhere.pem: No such file" in found.seen.en


async def test_a_password_where_etcd_asks_for_none_is_told(tmp_path: Path) -> None:
    async with (
        open_etcd(open_place(tmp_path)) as etcd,
        open_leases(etcd.url.replace("etcd://", "etcd://name:word@")) as leases,
    ):
        with pytest.raises(RegistryRefused, match="not enabled"):
            await leases.look("")
