"""The cluster's decisions and files; the whole of it runs in tests/scenarios/test_cluster.py."""

import asyncio
import os
import re
import ssl
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest
from tests.outside import free_port, need
from tests.pebble import pebble_server

from meeting_system.adapters.embedded_place import open_place
from meeting_system.adapters.embedded_process import ServerNotStarted, supervised
from meeting_system.adapters.tls import TlsFiles, ensure_certificate
from meeting_system.app.cluster.nginx import (
    TEMPLATE,
    Challenge,
    Site,
    configuration,
    describe_nginx,
    upstreams,
    write_upstreams,
)
from meeting_system.app.cluster.ports import USUAL, free_ports
from meeting_system.app.cluster.programs import ETCD, NGINX, POSTGRES, REDIS, Program, find_missing
from meeting_system.app.cluster.run import (
    Cluster,
    commands_environment,
    describe_servers,
    environment_of,
    needed_programs,
    require,
    site_of,
)
from meeting_system.app.cluster.services import BESIDE, plan, route
from meeting_system.app.openapi import all_plugs
from meeting_system.app.settings import Settings
from meeting_system.bigbluebutton import wiring as bigbluebutton
from meeting_system.bigbluebutton.settings import BigBlueButtonSettings
from meeting_system.cli import take_settings
from meeting_system.kit.tasks import alongside

PARTS = plan(USUAL)
EVERY = {part.name for part in PARTS}


@pytest.fixture(params=["this machine", "others", "everybody"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Nginx's files, as they are written."""
    tls: TlsFiles | None = None
    challenge: Challenge | None = None
    if request.param != "this machine":
        tls = ensure_certificate(tmp_path / "tls", ["192.0.2.7"], datetime.now(UTC))
    if tls is not None and request.param == "everybody":
        tls = replace(tls, authority=None)
        challenge = Challenge(18080, 18084, "https://meet.example.org:18800")
    site = Site(["127.0.0.1", "::1"], 18800, 1 << 20, tls, challenge)
    (tmp_path / "nginx.conf").write_text(configuration(site, tmp_path))
    (tmp_path / "upstreams.conf").write_text(upstreams(route(PARTS, EVERY)))
    return tmp_path


def test_nginx_takes_the_configuration(files: Path) -> None:
    need(NGINX)
    outcome = subprocess.run(
        [NGINX.path, "-t", "-e", "stderr", "-c", files / "nginx.conf"], capture_output=True, text=True
    )
    assert outcome.returncode == 0, outcome.stderr
    assert "warn" not in outcome.stderr


def test_gixy_finds_nothing_to_complain_of(files: Path) -> None:
    # host_spoofing: the port in the address that people use must arrive, since the page's origin is compared
    # with it. Nothing else is made of the name.
    outcome = subprocess.run(
        [Path(sys.executable).with_name("gixy"), "--skips", "host_spoofing", files / "nginx.conf"],
        capture_output=True,
        text=True,
    )
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def test_traffic_goes_to_those_that_are_ready() -> None:
    routed = route(PARTS, EVERY - {"signaling-1", "user"})
    assert routed["signaling"] == [USUAL["signaling-2"]]
    assert routed["meeting"] == [USUAL["meeting"]]


def test_where_none_is_ready_each_answers_itself_what_is_away() -> None:
    assert route(PARTS, set()) == route(PARTS, EVERY)
    assert route(PARTS, EVERY)["signaling"] == [USUAL["signaling-1"], USUAL["signaling-2"]]


def test_nginx_sends_every_route_to_the_service_that_has_it() -> None:
    plugs = [*all_plugs(), bigbluebutton.create(cast("Any", None), BigBlueButtonSettings())]
    for plug in plugs:
        runs_in = next((service for service, beside in BESIDE.items() if plug.name in beside), plug.name)
        for one in plug.routes:
            path = re.sub(r"\{[^}]+\}", "x", cast("Any", one).path)
            assert (path, upstream_of(path)) == (path, runs_in)


def upstream_of(path: str) -> str:
    """Return where Nginx sends a path: an exact location, else the first pattern, else the longest prefix."""
    found = re.findall(
        r"location (=|~|) ?(/\S*|\^\S*) \{[^}]*?proxy_pass http://(\w+);", TEMPLATE.read_text()
    )
    for kind, location, service in found:
        if kind == "=" and location == path:
            return service
    for kind, location, service in found:
        if kind == "~" and re.search(location, path):
            return service
    return max(
        (len(location), service)
        for kind, location, service in found
        if not kind and path.startswith(location)
    )[1]


def test_services_share_their_files_and_the_address_that_people_use(tmp_path: Path) -> None:
    environment = environment_of(Settings(data=tmp_path, http={"port": 18800}), open_place(tmp_path), USUAL)
    assert environment["MEETING_OBJECTS__URL"] == (tmp_path / "objects").as_uri()
    assert environment["MEETING_HTTP__ORIGIN"] == "http://localhost:18800"


def test_a_file_of_settings_reaches_the_cluster_and_the_environment_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("MEETING_")]:
        monkeypatch.delenv(name)
    place, settings = open_place(tmp_path), Settings(http={"port": 18800})
    environment = environment_of(settings, place, USUAL) | {"MEETING_MAIL__SENDER": "It's \\ <a@b.example>"}
    file = tmp_path / "settings.env"
    file.write_text(commands_environment(settings, place, environment))
    monkeypatch.setenv("MEETING_HTTP__PORT", "18801")
    monkeypatch.setattr(os, "environ", dict(os.environ))
    take_settings(file)
    taken = Settings()
    assert taken.database_url is not None
    assert taken.database_url.get_secret_value() == environment["MEETING_DATABASE_URL"]
    assert (taken.data, taken.http.port, taken.mail.sender) == (tmp_path, 18801, "It's \\ <a@b.example>")


def test_a_missing_package_is_named() -> None:
    missing = find_missing([Program("no-such-program", "some-package"), Program("sh", "dash")])
    assert missing == ["some-package"]
    with pytest.raises(ServerNotStarted, match="sudo apt install some-package"):
        require(missing)
    require([])


def test_free_ports_are_different_ones() -> None:
    ports = free_ports()
    assert ports.keys() == USUAL.keys()
    assert len(set(ports.values())) == len(ports)


def test_no_server_is_started_where_its_address_is_configured(tmp_path: Path) -> None:
    need(POSTGRES, REDIS, ETCD)
    place = open_place(tmp_path)
    urls = {
        "database_url": "postgresql+asyncpg://me:word@db/meeting",
        "redis_url": "redis://cache/0",
        "registry_url": "etcd://etcd:2379",
    }
    own = describe_servers(Settings(), place, USUAL)
    assert [server.name for server in own] == ["postgresql", "redis", "etcd"]
    settings = Settings(**urls)  # type: ignore[arg-type]
    assert describe_servers(settings, place, USUAL) == []
    assert needed_programs(settings) == [NGINX]
    environment = environment_of(settings, place, USUAL)
    assert [environment[f"MEETING_{name.upper()}"] for name in urls] == list(urls.values())
    assert environment["MEETING_ACME__TERMS_ACCEPTED"] == environment["MEETING_PUBLIC"] == ""


async def test_nginx_serves_others_by_https_and_says_itself_that_a_service_is_away(tmp_path: Path) -> None:
    need(NGINX)
    place, port = open_place(tmp_path / "cluster"), free_port()
    tls = ensure_certificate(tmp_path / "tls", ["127.0.0.1"], datetime.now(UTC))
    write_upstreams(place, {service: [free_port()] for service in ("user", "meeting", "signaling", "media")})
    async with supervised(describe_nginx(place, Site(["127.0.0.1"], port, 1 << 20, tls))):
        context = ssl.create_default_context(cafile=str(tls.authority))
        async with httpx2.AsyncClient(base_url=f"https://127.0.0.1:{port}", verify=context) as http:
            away = await http.get("/api/v1/meetings")
            assert (away.status_code, away.json()["code"]) == (503, "unavailable")
            assert away.headers["content-type"] == "application/problem+json"
            assert away.headers["retry-after"] == "1"
            assert away.headers["strict-transport-security"].startswith("max-age=")
            assert (await http.get("/ca.crt")).content == tls.authority.read_bytes()
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
            plain = await http.get("/m/1?a=b")
            assert plain.status_code == 301
            assert plain.headers["location"] == f"https://127.0.0.1:{port}/m/1?a=b"


@pytest.mark.timeout(600)  # Pebble is built at the first time
async def test_a_certificate_by_acme_is_obtained_through_nginx_and_shown_while_sockets_stay(
    tmp_path: Path,
) -> None:
    need(NGINX)
    place, ports = open_place(tmp_path / "cluster"), {"acme": free_port()}
    routed = {service: [free_port()] for service in ("user", "meeting", "signaling", "media")}
    write_upstreams(place, routed)
    with pebble_server(tmp_path) as pebble:
        acme = {"terms_accepted": True, "directory_url": pebble.directory_url, "trust": pebble.trust}
        settings = Settings(
            data=tmp_path,
            public="meet.example.org",
            http={"port": free_port()},  # type: ignore[arg-type]
            acme=acme | {"port": pebble.challenge_port},  # type: ignore[arg-type]
        )
        port = settings.http.port
        site = site_of(settings, ["127.0.0.1"], ports)
        async with supervised(describe_nginx(place, site)) as nginx:
            anybody = ssl._create_unverified_context()
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=anybody)
            cluster = Cluster(settings, place, [], {"nginx": nginx}, ports, routed, site)
            async with alongside(cluster.renew()):
                context = ssl.create_default_context(cafile=str(pebble.root(tmp_path)))
                await wait_until_trusted(port, context)
            writer.write(b"GET /api/v1/meetings HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await reader.readline()).startswith(b"HTTP/1.1 503")
            writer.close()
            async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{settings.acme.port}") as http:
                plain = await http.get("/m/1?a=b")
                assert plain.headers["location"] == f"https://meet.example.org:{port}/m/1?a=b"


async def wait_until_trusted(port: int, context: ssl.SSLContext) -> None:
    """Return when a certificate is shown that `context` trusts."""
    async with asyncio.timeout(60):
        while True:
            with suppress(ssl.SSLError):
                _, writer = await asyncio.open_connection(
                    "127.0.0.1", port, ssl=context, server_hostname="meet.example.org"
                )
                writer.close()
                return
            await asyncio.sleep(0.05)
