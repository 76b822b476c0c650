"""Debian's etcd as a cautious operator runs it: with TLS, and names with passwords."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from tests.outside import free_port, need

from meeting_system.adapters.embedded_place import Place
from meeting_system.adapters.embedded_process import Server, supervised
from meeting_system.adapters.registry_etcd import CHANNEL, FOLDER, credentials_of, rpc
from meeting_system.adapters.registry_tls import EtcdTls
from meeting_system.adapters.tls import TlsFiles, ensure_certificate
from meeting_system.app.cluster.etcd import describe_etcd, is_healthy
from meeting_system.app.cluster.programs import ETCD

NAME, PASSWORD = "meeting", "a pass/word:with@signs"
ROOT = "root"


@dataclass(frozen=True)
class SecuredEtcd:
    """Its port, and what a client needs; `url` is of who may write below our folder, and nowhere else."""

    port: int
    tls: EtcdTls

    def url(self, name: str = NAME, password: str = "a%20pass%2Fword%3Awith%40signs") -> str:
        return f"etcds://{name}:{password}@127.0.0.1:{self.port}"


@asynccontextmanager
async def open_secured_etcd(place: Place) -> AsyncIterator[SecuredEtcd]:
    """Run it while the block runs."""
    need(ETCD)
    server_files = ensure_certificate(place.folder("etcd-tls"), ["127.0.0.1"], datetime.now(UTC))
    if place.owner is not None:  # started by root, it is another user
        os.chown(server_files.key, place.owner.uid, place.owner.gid)
    port, health = free_port(), free_port()
    described = secured(describe_etcd(place, port, free_port()), server_files, port, health)
    async with supervised(described):
        found = SecuredEtcd(port, EtcdTls(authority=server_files.authority))
        await set_up(found)
        yield found


def secured(plain: Server, files: TlsFiles, port: int, health: int) -> Server:
    """Return the server with TLS for clients; its health is told on a port of its own."""
    clients, metrics = f"https://127.0.0.1:{port}", f"http://127.0.0.1:{health}"
    kept = [each for each in plain.command if "client-urls" not in each]
    options = {
        "listen-client-urls": clients,
        "advertise-client-urls": clients,
        "listen-metrics-urls": metrics,
        "cert-file": files.certificate,
        "key-file": files.key,
    }

    async def is_ready(_pid: int) -> bool:
        return await is_healthy(health)

    command = (*kept, *(f"--{name}={value}" for name, value in options.items()))
    return replace(plain, command=command, is_ready=is_ready)


async def set_up(etcd: SecuredEtcd) -> None:
    """Make the names, and switch passwords on."""
    target = f"127.0.0.1:{etcd.port}"
    async with rpc.secure_channel(target, credentials_of(etcd.tls), options=CHANNEL) as channel:
        auth = rpc.AuthStub(channel)

        async def ask(method: Any, request: Any) -> None:
            await method(request, timeout=10)

        async with asyncio.timeout(30):
            for user, password in ((ROOT, "root-password"), (NAME, PASSWORD)):
                await ask(auth.UserAdd, rpc.AuthUserAddRequest(name=user, password=password))
            for role in (ROOT, NAME):
                await ask(auth.RoleAdd, rpc.AuthRoleAddRequest(name=role))
                await ask(auth.UserGrantRole, rpc.AuthUserGrantRoleRequest(user=role, role=role))
            start = FOLDER.encode()
            below = rpc.Permission(permType=rpc.Permission.READWRITE, key=start, range_end=start[:-1] + b"0")
            grant = rpc.AuthRoleGrantPermissionRequest(name=NAME, perm=below)
            await ask(auth.RoleGrantPermission, grant)
            await ask(auth.AuthEnable, rpc.AuthEnableRequest())
