"""What is shipped for Prometheus and Grafana: rules that fire, and names that a running system has."""

import asyncio
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.prometheus_server import (
    DEPLOY,
    RULES,
    configure,
    find_program,
    metrics_in,
    running_prometheus,
)
from tests.scenarios.observed import TOKEN, in_a_meeting, one_process, register, two_processes

from meeting_system.adapters.embedded import Servers
from meeting_system.app.health import CHECK_S, LOOK_EVERY_S

SETTINGS = {"MEETING_METRICS__TOKEN": TOKEN}


def promtool(*arguments: str, folder: Path = DEPLOY / "prometheus") -> str:
    done = subprocess.run(
        [find_program("promtool"), *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_configuration_and_the_rules_are_right(tmp_path: Path) -> None:
    promtool("check", "config", str(configure(tmp_path, "localhost:8800", token=TOKEN)))
    assert "rules found" in promtool("check", "rules", "alerts.yml")


def test_each_alert_fires_when_it_must_and_not_before() -> None:
    assert "SUCCESS" in promtool("test", "rules", "alerts_test.yml")
    tested = (DEPLOY / "prometheus" / "alerts_test.yml").read_text()
    for name in alerts():
        assert f'alertname="{name}", alertstate="firing"' in tested, f"{name} is not tested"


def test_a_dependency_that_is_away_is_told_within_thirty_seconds() -> None:
    rules, asked = RULES.read_text(), (DEPLOY / "prometheus" / "prometheus.yml").read_text()

    def seconds(text: str, what: str) -> float:
        found = re.search(rf"\b{what}: (\d+)s$", text, flags=re.MULTILINE)
        assert found is not None, what
        return float(found[1])

    rule = rules[: rules.index("- name: meeting-system\n")]
    assert "MeetingDependencyAway" in rule
    noticed = LOOK_EVERY_S + CHECK_S + seconds(asked, "scrape_interval")
    assert noticed + seconds(rule, "interval") + seconds(rule, "for") < 30


def test_each_alert_tells_what_it_means_and_what_to_do() -> None:
    text = RULES.read_text()
    assert len(alerts()) == text.count("summary: ") == text.count("runbook: >-") >= 10


def alerts() -> list[str]:
    return [
        line.split("alert: ")[1]
        for line in RULES.read_text().splitlines()
        if line.strip().startswith("- alert: ")
    ]


def dashboard() -> Iterator[tuple[str, str]]:
    """Give title and expression of everything that the dashboard shows."""
    board: dict[str, Any] = json.loads((DEPLOY / "grafana" / "meeting-system.json").read_text())
    for panel in board["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


@pytest.mark.e2e
@pytest.mark.timeout(400)
async def test_prometheus_finds_every_metric_of_rules_and_dashboard_in_a_running_system(
    tmp_path: Path,
) -> None:
    find_program("prometheus")
    async with one_process(tmp_path, SETTINGS) as system:
        token = await register(system)
        target = f"localhost:{system.processes[0].port}"
        configuration = configure(tmp_path, target, token=TOKEN)
        async with in_a_meeting(system, token), running_prometheus(tmp_path, configuration) as prometheus:
            await prometheus.wait_for('up{job="meeting-system"} == 1')
            await prometheus.wait_for("meeting_signaling_sessions == 1")
            await prometheus.wait_for("meeting_meeting_live == 1")
            await prometheus.wait_for("meeting_media_peers == 1")
            await prometheus.wait_for("meeting_outbox_oldest_seconds")  # first measured after some seconds
            assert await prometheus.query("meeting_health_check == 0") == []
            queues = {each["metric"]["queue"] for each in await prometheus.query("meeting_queue_length")}
            assert queues == {"send", "commands", "reports", "bus_events", "outbox"}
            groups = (await prometheus.ask("rules"))["groups"]
            rules = [rule for group in groups for rule in group["rules"]]
            assert {rule["name"] for rule in rules} == set(alerts())
            async with asyncio.timeout(30):
                while any(rule["health"] == "unknown" for rule in rules):
                    await asyncio.sleep(0.2)
                    groups = (await prometheus.ask("rules"))["groups"]
                    rules = [rule for group in groups for rule in group["rules"]]
            assert {rule["health"] for rule in rules} == {"ok"}
            assert [rule["name"] for rule in rules if rule["state"] == "firing"] == []
            there = set(await prometheus.ask("label/__name__/values"))
            for title, expression in [*dashboard(), *((rule["name"], rule["query"]) for rule in rules)]:
                await prometheus.query(expression)
                names = metrics_in(expression)
                assert names or title == "MeetingProcessDown", title
                assert names <= there, f"{title}: {names - there} are not told"


@pytest.mark.e2e
@pytest.mark.timeout(400)
async def test_the_figures_of_two_processes_add_up(tmp_path: Path, servers: Servers) -> None:
    find_program("prometheus")
    async with two_processes(tmp_path, SETTINGS, servers) as system:
        token = await register(system)
        targets = [f"localhost:{process.port}" for process in system.processes]
        configuration = configure(tmp_path, *targets, token=TOKEN)
        async with in_a_meeting(system, token), running_prometheus(tmp_path, configuration) as prometheus:
            await prometheus.wait_for("count(up == 1) == 2")
            await prometheus.wait_for("sum(meeting_signaling_sessions) == 1")
            await prometheus.wait_for("max(meeting_meeting_live) >= 1")
            await prometheus.wait_for('count(meeting_queue_length{queue="bus_calls"}) == 2')
            await prometheus.wait_for('count(meeting_health_check{check="database"} == 1) == 2')
            assert await prometheus.query("meeting_health_check == 0") == []
            routes = await prometheus.query('meeting_http_request_seconds_count{route=~".*/join"}')
            assert {each["metric"]["route"] for each in routes} == {"/api/v1/meetings/{reference}/join"}
