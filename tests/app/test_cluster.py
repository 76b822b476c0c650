"""The cluster's decisions and files; the whole of it runs in tests/scenarios/test_cluster.py."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.outside import need

from meeting_system.adapters.embedded_process import ServerNotStarted
from meeting_system.adapters.tls import TlsFiles, ensure_certificate
from meeting_system.app.cluster.nginx import Site, configuration, upstreams
from meeting_system.app.cluster.ports import USUAL, free_ports
from meeting_system.app.cluster.programs import NGINX, Program, find_missing
from meeting_system.app.cluster.run import require
from meeting_system.app.cluster.services import plan, route

PARTS = plan(USUAL)
EVERY = {part.name for part in PARTS}


@pytest.fixture(params=["this machine", "others"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Nginx's files, as they are written."""
    tls: TlsFiles | None = None
    if request.param == "others":
        tls = ensure_certificate(tmp_path / "tls", ["192.0.2.7"], datetime.now(UTC))
    site = Site(["127.0.0.1", "::1"], 18800, 1 << 20, tls)
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
        ["gixy", "--skips", "host_spoofing", files / "nginx.conf"], capture_output=True, text=True
    )
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def test_traffic_goes_to_those_that_are_ready() -> None:
    routed = route(PARTS, EVERY - {"signaling-1", "user"})
    assert routed["signaling"] == [USUAL["signaling-2"]]
    assert routed["meeting"] == [USUAL["meeting"]]


def test_where_none_is_ready_each_answers_itself_what_is_away() -> None:
    assert route(PARTS, set()) == route(PARTS, EVERY)
    assert route(PARTS, EVERY)["signaling"] == [USUAL["signaling-1"], USUAL["signaling-2"]]


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
