"""doctor tells what is wrong, and what to do, in both languages."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.conftest import with_database
from tests.mail_server import mail_server
from tests.outside import free_port, open_etcd

from meeting_system.adapters.embedded import Servers
from meeting_system.adapters.embedded_place import open_place
from meeting_system.adapters.redis_store import RedisStore
from meeting_system.app import doctor
from meeting_system.app.doctor import check_registry
from meeting_system.app.finding import Finding, Level
from meeting_system.app.language import Language, Text, find_language
from meeting_system.app.mail import check_mail
from meeting_system.app.settings import Settings
from meeting_system.app.several import check_files, check_outbox
from meeting_system.kit.sql import open_database


def settings_of(**given: object) -> Settings:
    return Settings(**given)  # type: ignore[arg-type]


def levels(findings: list[Finding]) -> set[Level]:
    return {finding.level for finding in findings}


def by_subject(findings: list[Finding], subject: Text) -> list[Level]:
    return [finding.level for finding in findings if finding.subject == subject]


async def test_a_sound_machine_has_nothing_bad(tmp_path: Path) -> None:
    (tmp_path / "index.html").touch()
    settings = settings_of(
        data=tmp_path,
        http={"port": free_port(), "web": tmp_path},
        media={"port": free_port(), "advertised": ["127.0.0.1"]},
    )
    findings = await doctor.examine(settings)
    assert [finding.seen.en for finding in findings if finding.level is Level.BAD] == []
    for finding in findings:
        assert finding.seen[Language.EN]
        assert finding.seen[Language.ZH]


async def test_a_wrong_advertised_address_is_told() -> None:
    settings = settings_of(media={"advertised": ["198.51.100.7"]})
    (finding,) = await doctor.check_media_address(settings)
    assert finding.level is Level.WARNING
    assert "none of this machine's" in finding.seen.en
    assert "MEETING_MEDIA__ADVERTISED" in finding.seen.zh


@pytest.mark.parametrize("address", ["0.0.0.0", "224.0.0.1"])
async def test_an_address_that_nobody_can_send_to_is_bad(address: str) -> None:
    settings = settings_of(media={"advertised": [address]})
    assert [finding.level for finding in await doctor.check_media_address(settings)] == [Level.BAD]


async def test_a_loopback_address_is_bad_for_others() -> None:
    settings = settings_of(public="meet.example.org", media={"advertised": ["127.0.0.1"]})
    assert [finding.level for finding in await doctor.check_media_address(settings)] == [Level.BAD]


async def test_a_public_name_that_leads_nowhere_is_bad() -> None:
    settings = settings_of(public="nowhere.invalid")
    assert [finding.level for finding in await doctor.check_media_address(settings)] == [Level.BAD]


async def test_a_port_in_use_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert doctor.check_pages_port(settings_of(http={"port": port})).level is Level.BAD
        media = {"port": port, "bind": "127.0.0.1"}
        finding = doctor.check_media_port(settings_of(media=media, http={"port": free_port()}))
        assert finding.level is Level.BAD
        assert "TCP" in finding.seen.en


async def test_configured_servers_are_asked(servers: Servers) -> None:
    good = settings_of(database_url=servers.database_url, redis_url=servers.redis_url)
    assert levels(await doctor.check_database(good)) == {Level.GOOD}
    assert levels(await doctor.check_store(good)) == {Level.GOOD}
    away = settings_of(database_url="postgresql://127.0.0.1:1/x", redis_url="redis://127.0.0.1:1")
    assert levels(await doctor.check_database(away)) == {Level.BAD}
    assert levels(await doctor.check_store(away)) == {Level.BAD}


async def test_a_service_that_nobody_runs_is_named(servers: Servers, database_url: str) -> None:
    settings = settings_of(database_url=database_url)
    assert levels(await check_outbox(settings)) == {Level.GOOD}
    rows = """
        INSERT INTO kit.outbox (key, topic, payload, trace_id, created_at, failed_at) VALUES
            ('a', 'webhook.tell', '{}', '', now() - interval '5 min', NULL),
            ('a', 'webhook.tell', '{}', '', now(), NULL),
            ('b', 'media.close_peer', '{}', '', now() - interval '2 days', now())
    """
    async with open_database(database_url, pool_size=1) as database, database.transaction() as connection:
        await connection.execute(text(rows))
    given_up, waiting = await check_outbox(settings)
    assert (given_up.level, waiting.level) == (Level.WARNING, Level.WARNING)
    assert given_up.seen.en.startswith("1 to media were given up")
    assert waiting.seen.en.startswith("2 wait for webhook, the oldest for 5 min")
    assert "meeting-system serve webhook" in waiting.seen.zh
    assert await check_outbox(settings_of(database_url="postgresql://127.0.0.1:1/x")) == []


@pytest.mark.parametrize(
    ("given", "is_told"),
    [
        ({}, False),
        ({"redis_url": "redis://cache/0"}, True),
        ({"registry_url": "etcd://etcd:2379"}, True),
        ({"redis_url": "redis://cache/0", "objects": {"url": "file:///srv/objects"}}, True),
        ({"redis_url": "redis://cache/0", "objects": {"url": "s3://bucket/prefix"}}, False),
    ],
)
def test_files_that_other_machines_can_not_read_are_told(given: dict[str, object], is_told: bool) -> None:
    findings = check_files(settings_of(**given))
    assert levels(findings) == ({Level.WARNING} if is_told else set())


async def test_a_database_that_does_not_exist_is_told(servers: Servers) -> None:
    (finding,) = await doctor.check_database(
        settings_of(database_url=with_database(servers.database_url, "missing"))
    )
    assert finding.level is Level.BAD
    assert "missing" in finding.seen.en
    assert "MEETING_DATABASE_URL" in finding.seen.zh


@pytest.mark.parametrize(
    ("version", "level"), [("14.9", Level.BAD), ("15.0", Level.GOOD), ("18.6", Level.GOOD)]
)
def test_a_postgresql_that_is_too_old_is_told(version: str, level: Level) -> None:
    assert doctor.judge_postgres(version, time.time()).level is level


@pytest.mark.parametrize(
    ("version", "level"), [("6.2.1", Level.BAD), ("7.0.15", Level.GOOD), ("9.1.2", Level.GOOD)]
)
def test_a_store_that_is_too_old_is_told(version: str, level: Level) -> None:
    assert doctor.judge_store(version, time.time()).level is level


@pytest.mark.parametrize("skew_s", [-3600, -6, 6, 3600])
def test_servers_whose_clock_differs_are_told(skew_s: float) -> None:
    for judge, version in ((doctor.judge_postgres, "18.6"), (doctor.judge_store, "9.1")):
        finding = judge(version, time.time() + skew_s)
        assert finding.level is Level.BAD
        assert "NTP" in finding.seen.zh


async def test_a_store_that_throws_out_live_rooms_is_told(store: RedisStore, servers: Servers) -> None:
    settings = settings_of(redis_url=servers.redis_url)
    await store.client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        assert levels(await doctor.check_store(settings)) == {Level.GOOD, Level.WARNING}
    finally:
        await store.client.config_set("maxmemory-policy", "noeviction")


@pytest.mark.parametrize(
    ("free", "level"), [(100 << 20, Level.BAD), (1 << 30, Level.WARNING), (10 << 30, Level.GOOD)]
)
def test_a_disk_that_fills_is_told(tmp_path: Path, free: int, level: Level) -> None:
    assert doctor.judge_disk(tmp_path, free).level is level


def test_a_data_folder_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    finding = doctor.check_data(tmp_path / "file")
    assert finding.level is Level.BAD
    assert "MEETING_DATA" in finding.seen.zh


def test_a_misspelt_variable_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEETING_DATABSE_URL", "x")
    findings = list(doctor.check_configuration(settings_of()))
    assert by_subject(findings, doctor.CONFIGURATION) == [Level.WARNING, Level.GOOD]
    assert "MEETING_DATABSE_URL" in findings[0].seen.zh


def test_a_clock_that_nobody_keeps_is_looked_for() -> None:
    assert doctor.check_clock().level in {Level.GOOD, Level.WARNING}


def test_programs_read_findings_as_json_and_the_exit_code(tmp_path: Path) -> None:
    (tmp_path / "index.html").touch()
    done = run_doctor(tmp_path, "--json", "--lang", "zh", MEETING_REDIS_URL="redis://127.0.0.1:1")
    said = json.loads(done.stdout)
    assert done.returncode == 1
    assert said["sound"] is False
    (store,) = [each for each in said["findings"] if each["subject"] == "store"]
    assert store["level"] == "bad"
    assert "没有响应" in store["seen"]


def run_doctor(folder: Path, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    ours = {name: value for name, value in os.environ.items() if not name.startswith("MEETING_")}
    ours |= {"MEETING_DATA": str(folder / "data"), "MEETING_HTTP__WEB": str(folder)}
    ours |= {"MEETING_HTTP__PORT": str(free_port()), "MEETING_MEDIA__PORT": str(free_port())}
    command = [sys.executable, "-m", "meeting_system.cli", "doctor", *arguments]
    return subprocess.run(command, env=ours | variables, capture_output=True, text=True, check=False)


def test_a_clock_that_differs_is_told() -> None:
    assert doctor.judge_clock(doctor.CLOCK, "PostgreSQL", 0.0).level is Level.BAD


def test_a_client_that_is_not_built_is_told(tmp_path: Path) -> None:
    finding = doctor.check_web(settings_of(http={"web": tmp_path}))
    assert finding.level is Level.BAD
    assert "make setup" in finding.seen.zh


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, Language.ZH),
        ({"LANG": "de_DE.UTF-8"}, Language.EN),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, Language.EN),
        ({}, Language.EN),
    ],
)
def test_the_language_is_the_environments(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], language: Language
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert find_language() is language


async def test_a_configured_etcd_is_asked(tmp_path: Path) -> None:
    assert await check_registry(settings_of()) == []
    async with open_etcd(open_place(tmp_path)) as etcd:
        (found,) = await check_registry(settings_of(registry_url=etcd.url))
        assert (found.level, str(found.seen)) == (
            Level.GOOD,
            "the configured etcd answers | 所配置的 etcd 正常",
        )
    (found,) = await check_registry(settings_of(registry_url="etcd://127.0.0.1:1"))
    assert found.level is Level.BAD
    assert "MEETING_REGISTRY_URL" in str(found.seen)


async def test_a_mail_server_that_answers_is_good_and_one_that_does_not_says_what_to_set() -> None:
    with mail_server() as received:
        settings = settings_of(
            mail={"url": f"smtp://127.0.0.1:{received.port}", "sender": "Meetings <m@example.org>"}
        )
        assert (await check_mail(settings)).level is Level.GOOD
    finding = await check_mail(settings)
    assert finding.level is Level.BAD
    assert "MEETING_MAIL__URL" in finding.seen.en
    assert "MEETING_MAIL__URL" in finding.seen.zh


async def test_without_a_mail_server_only_production_is_warned() -> None:
    assert (await check_mail(settings_of())).level is Level.GOOD
    assert (await check_mail(settings_of(environment="production"))).level is Level.WARNING
