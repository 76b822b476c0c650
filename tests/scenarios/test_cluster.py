"""The system as separate processes on Debian's servers behind Nginx: the same meeting, whatever is killed."""

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from tests.outside import need
from tests.prometheus_server import configure, find_program, running_prometheus
from tests.scenarios.cluster import METRICS_TOKEN, Cluster, open_cluster
from tests.scenarios.test_killed_servers import begin_meeting, talk_through

from meeting_system.app.cluster.programs import ETCD, NGINX, POSTGRES, REDIS

PATIENCE_S = 30.0
PARTS = ("user", "meeting", "signaling-1", "signaling-2", "media", "postgresql", "redis", "etcd", "nginx")

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One for all tests here; at the end it is interrupted and leaves nothing."""
    need(POSTGRES, REDIS, ETCD, NGINX)
    with open_cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


async def test_two_people_on_different_signaling_processes_share_one_room(cluster: Cluster) -> None:
    async with (
        begin_meeting(cluster, "first@example.org") as meeting,
        meeting.client(None, cluster.port_of("signaling-1")).running() as host,
        meeting.client("Guest", cluster.port_of("signaling-2")).running() as guest,
    ):
        await host.send_chat("from one")
        await guest.wait_until(lambda: len(guest.view.messages) == 1, timeout_s=PATIENCE_S)
        await guest.send_chat("from the other")
        for each in (host, guest):  # the answer to a command may come before the event that it made
            await each.wait_until(lambda each=each: len(each.view.messages) == 2, timeout_s=PATIENCE_S)
        assert host.view.messages == guest.view.messages
        assert host.view.participants.keys() == guest.view.participants.keys()
        assert len(host.view.participants) == 2


async def test_who_is_not_ready_gets_no_traffic(cluster: Cluster) -> None:
    async with begin_meeting(cluster, "second@example.org") as meeting:
        cluster.signal("signaling-1", signal.SIGSTOP)
        try:
            await cluster.wait_routed("signaling-1", routed=False)
            await wait_until_nobody_hangs(cluster)
            async with meeting.client(None).running() as host, meeting.client("Guest").running() as guest:
                await host.send_chat("to the one that is ready")
                await guest.wait_until(lambda: len(guest.view.messages) == 1, timeout_s=PATIENCE_S)
        finally:
            cluster.signal("signaling-1", signal.SIGCONT)
        await cluster.wait_routed("signaling-1", routed=True)


async def wait_until_nobody_hangs(cluster: Cluster) -> None:
    """Return when signaling answers ten times in a row: Nginx has taken the change."""
    async with httpx2.AsyncClient(base_url=cluster.url, timeout=2) as http:
        answered = 0
        while answered < 10:
            try:
                await http.get("/ws/signaling")
                answered += 1
            except httpx2.TimeoutException:
                answered = 0


async def test_too_many_log_ins_and_too_large_bodies_are_refused_before_any_service(cluster: Cluster) -> None:
    body = {"email": "nobody@example.org", "password": "not the right one"}
    async with httpx2.AsyncClient(base_url=cluster.url, timeout=PATIENCE_S) as http:
        answers = await asyncio.gather(*(http.post("/api/v1/auth/login", json=body) for _ in range(30)))
        # What a service answers has a trace id; it has limits of its own.
        refused = [answer for answer in answers if "x-trace-id" not in answer.headers]
        # Five a second, and ten more at once.
        assert len(refused) >= 5
        for answer in refused:
            assert answer.status_code == 429
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["retry-after"] == "1"
            assert answer.json()["code"] == "too_many"
        too_large = await http.post("/api/v1/meetings", content=b"x" * (2 << 20))
        assert (too_large.status_code, too_large.json()["code"]) == (413, "body_too_large")
        assert (await http.get("/metrics")).status_code == 404


async def test_a_large_file_passes_whole_and_one_too_large_is_refused_by_the_service(
    cluster: Cluster,
) -> None:
    content = bytes(range(256)) * (3 << 12)  # 3 MiB, more than any other body
    async with begin_meeting(cluster, "files@example.org") as meeting, meeting.client(None).running():
        path = f"/api/v1/meetings/{meeting.meeting_id}/files"
        headers = {"Authorization": f"Bearer {meeting.token}"}
        sent = await meeting.http.post(path, params={"name": "plan.bin"}, content=content, headers=headers)
        assert sent.status_code == 201, sent.text
        file = f"{path}/{sent.json()['file_id']}"
        assert (await meeting.http.get(file, headers=headers)).content == content
        calendar = await meeting.http.post("/api/v1/calendar", headers=headers)
        assert calendar.status_code in {200, 201}, calendar.text
        too_large = await meeting.http.post(
            path, params={"name": "plan.bin"}, content=bytes(26 << 20), headers=headers
        )
        assert (too_large.status_code, too_large.json()["code"]) == (413, "file_too_large")


async def test_prometheus_scrapes_every_process(cluster: Cluster, tmp_path: Path) -> None:
    find_program("prometheus")
    services = ("user", "meeting", "signaling-1", "signaling-2", "media")
    targets = {f"127.0.0.1:{cluster.port_of(name)}": name for name in services}
    configuration = configure(tmp_path, *targets, token=METRICS_TOKEN)
    async with (
        running_prometheus(tmp_path, configuration) as prometheus,
        begin_meeting(cluster, "observed@example.org") as meeting,
        meeting.client(None, cluster.port_of("signaling-1")).running(),
        meeting.client("Guest", cluster.port_of("signaling-2")).running(),
    ):
        await prometheus.wait_for("count(up == 1) == 5")
        await prometheus.wait_for("sum(meeting_signaling_sessions) == 2")
        told = {
            "meeting_signaling_sessions == 1": {"signaling-1", "signaling-2"},
            "meeting_meeting_live >= 1": {"meeting"},
            "meeting_media_relays": {"media"},
            'meeting_http_request_seconds_count{route="/api/v1/auth/register"}': {"user"},
            'meeting_health_check{check="database"} == 1': set(services),
            'meeting_queue_length{queue="bus_calls"}': set(services),
        }
        for expression, names in told.items():
            found = await prometheus.wait_for(expression)
            assert {targets[each["metric"]["instance"]] for each in found} == names, expression
        assert await prometheus.query('ALERTS{alertstate="firing"}') == []


async def test_every_answer_is_hardened_once(cluster: Cluster) -> None:
    async with httpx2.AsyncClient(base_url=cluster.url, timeout=PATIENCE_S) as http:
        for path in ("/", "/ready", "/api/v1/meetings", "/metrics"):
            answer = await http.get(path)
            for name in ("x-content-type-options", "x-frame-options", "referrer-policy"):
                assert len(answer.headers.get_list(name)) == 1, (path, name)
            assert answer.headers["server"] == "nginx"


async def test_whatever_is_killed_is_back_and_nothing_acknowledged_is_lost(cluster: Cluster) -> None:
    async with begin_meeting(cluster, "third@example.org") as meeting:
        kills = [lambda name=name: cluster.kill_part(name) for name in PARTS]
        ports = (cluster.port_of("signaling-1"), cluster.port_of("signaling-2"))
        await talk_through(meeting, kills, ports)
    assert {name for name, process in cluster.processes().items() if process["restarts"]} == set(PARTS)
