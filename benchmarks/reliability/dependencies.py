"""R12: MongoDB, the store of objects and etcd are away one by one, while all meetings talk.

Each is stopped, so that it takes connections and says nothing, and killed, so that it refuses them.
"""

import asyncio
import shutil
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx2
from benchmarks.reliability.clusters import PARTS, Busy, open_busy
from benchmarks.reliability.features import Files, enter_files
from benchmarks.reliability.ground import Found, faults, has_none
from benchmarks.rooms.clients import Clients, Reply
from tests.mongo import MongoServer, mongo_server
from tests.prometheus_server import SHIPPED, Prometheus, configure, running_prometheus
from tests.s3 import ACCESS_KEY, SECRET_KEY, S3Server, make_bucket, s3_server
from tests.scenarios.cluster import METRICS_TOKEN

ALARM_WITHIN_S = 30.0
ANSWER_WITHIN_S = 5.0
BACK_WITHIN_S = 15.0
BUCKET = "meetings"


@dataclass
class Servers:
    """What only features need."""

    mongo: MongoServer
    s3: S3Server

    @property
    def settings(self) -> dict[str, str]:
        """How processes are told of them."""
        return {
            "MEETING_DOCUMENTS_URL": self.mongo.url,
            "MEETING_OBJECTS__URL": f"s3://{BUCKET}/files",
            "MEETING_OBJECTS__ENDPOINT": self.s3.endpoint,
            "MEETING_OBJECTS__ACCESS_KEY": ACCESS_KEY,
            "MEETING_OBJECTS__SECRET_KEY": SECRET_KEY,
        }


@asynccontextmanager
async def open_dependencies() -> AsyncIterator[Servers]:
    """Run MongoDB's and S3's protocols for the length of the block, with the bucket that is needed."""
    with mongo_server() as mongo, s3_server() as s3:
        await make_bucket(s3, BUCKET)
        yield Servers(mongo, s3)


@dataclass(frozen=True)
class Fault:
    """What happens to a server that /ready calls `name`, and what ends it."""

    name: str
    how: str
    strike: Callable[[], None]
    heal: Callable[[], None]


def stop(name: str, send: Callable[[signal.Signals], None]) -> Fault:
    """Return a fault: it is there, and says nothing."""
    return Fault(name, "stopped", lambda: send(signal.SIGSTOP), lambda: send(signal.SIGCONT))


@dataclass
class Outcome:
    """What came of faults. `unclear`: answers of the feature that were no clear refusal."""

    talks: list[Reply] = field(default_factory=list)
    named_s: float = 0.0
    alarm_s: float = 0.0
    answered_s: float = 0.0
    asked: int = 0
    unclear: int = 0
    back_s: float = 0.0


@dataclass
class Scene:
    """Who talks, whose /ready is asked, the feature that needs objects, and what gives the alarm, if any."""

    clients: Clients
    ready_url: str
    files: Files
    prometheus: Prometheus | None = None
    outcome: Outcome = field(default_factory=Outcome)

    async def endure(self, faults: list[Fault], *, talk_s: float, settle_s: float = 2.0) -> None:
        """Let everybody talk while faults come together, are noticed, and end."""
        talking = asyncio.create_task(self.clients.talk(1, 250, talk_s, durable=True))
        await asyncio.sleep(settle_s)
        begun = time.monotonic()
        for fault in faults:
            await asyncio.to_thread(fault.strike)
        names = {fault.name for fault in faults}
        await asyncio.gather(self._ask(names), *(self._wait_noticed(name, begun) for name in names))
        for fault in faults:
            await asyncio.to_thread(fault.heal)
        await self._wait_back(names)
        self.outcome.talks.append(await talking)

    async def _ask(self, away: set[str]) -> None:
        """Use the feature: it is refused clearly and soon where its store is away, else it works."""
        refused = "objects" in away
        for answer in await self.files.use():
            self.outcome.asked += 1
            self.outcome.answered_s = max(self.outcome.answered_s, answer.took_s)
            self.outcome.unclear += not (answer.is_refusal if refused else answer.is_done)

    async def _wait_noticed(self, name: str, begun: float) -> None:
        async with asyncio.timeout(2 * ALARM_WITHIN_S):
            await until(lambda: self._is_named(name))
            self.outcome.named_s = max(self.outcome.named_s, time.monotonic() - begun)
            await until(lambda: self._is_told(name))
        self.outcome.alarm_s = max(self.outcome.alarm_s, time.monotonic() - begun)

    async def _wait_back(self, names: set[str]) -> None:
        begun = time.monotonic()
        async with asyncio.timeout(2 * ALARM_WITHIN_S):
            for name in names:
                await until(partial(self._is_named, name, so=False))
            await until(self._works)
            self.outcome.back_s = max(self.outcome.back_s, time.monotonic() - begun)

    async def _works(self) -> bool:
        return all(answer.is_done for answer in await self.files.use())

    async def _is_told(self, name: str) -> bool:
        return self.prometheus is None or bool(await self.prometheus.query(_firing(name)))

    async def _is_named(self, name: str, *, so: bool = True) -> bool:
        """Tell whether /ready says that it is away, or (`so` is false) that it is there."""
        return (await self._checks())[name]["ok"] is not so

    async def _checks(self) -> Mapping[str, Mapping[str, object]]:
        async with httpx2.AsyncClient(timeout=10) as http:
            answer = await http.get(f"{self.ready_url}/ready")
        assert answer.status_code == httpx2.codes.OK, f"not ready for want of a feature: {answer.text}"
        checks: Mapping[str, Mapping[str, object]] = answer.json()["checks"]
        return checks

    def found(self) -> Found:
        """Return what it came to."""
        outcome = self.outcome
        dropped = sum(count for code, count in self.clients.totals["closed"] if code != 4011)
        figures = {
            "faults": len(outcome.talks),
            "messages": sum(talk["said"] for talk in outcome.talks),
            **faults(*outcome.talks),
            "sockets_dropped": dropped,
            "asked": outcome.asked,
            "unclear_answers": outcome.unclear,
            "answered_s": round(outcome.answered_s, 1),
            "named_s": round(outcome.named_s, 1),
            "back_s": round(outcome.back_s, 1),
        }
        if self.prometheus:
            figures["alarm_s"] = round(outcome.alarm_s, 1)
        met = has_none(figures) and not dropped and not outcome.unclear
        in_time = outcome.answered_s <= ANSWER_WITHIN_S and outcome.alarm_s <= ALARM_WITHIN_S
        return Found(figures, met and in_time and outcome.back_s <= BACK_WITHIN_S, NOTE)


NOTE = (
    "each is stopped, MongoDB and the store are killed besides; files and pictures are refused with "
    "`objects_away`, processes stay ready, the alarm is that of the shipped rules in a real Prometheus; "
    "no feature keeps documents in MongoDB yet, and there is no AI service"
)


async def lose_dependencies(folder: Path, *, meetings: int = 5, each: int = 5, talk_s: float = 40) -> Found:
    """R12: each is stopped, and killed where it is ours to start again."""
    if shutil.which("prometheus") is None:
        return Found({}, met=False, note="apt install prometheus: nobody is there to give the alarm")
    async with (
        open_dependencies() as servers,
        open_busy(folder, meetings=meetings, each=each, settings=servers.settings) as busy,
        enter_files(f"http://127.0.0.1:{busy.cluster.port}", busy.site.token) as files,
        running_prometheus(folder, configuration_of(busy, folder)) as prometheus,
    ):
        await prometheus.wait_for(f"count(up == 1) == {len(PARTS)}")
        assert not await prometheus.query("meeting_health_check == 0")
        ready_url = f"http://127.0.0.1:{busy.cluster.port_of('meeting')}"
        scene = Scene(busy.clients, ready_url, files, prometheus)
        for fault in (
            stop("registry", lambda number: busy.cluster.signal("etcd", number)),
            *faults_of(servers),
        ):
            await scene.endure([fault], talk_s=talk_s)
        return scene.found()


def faults_of(servers: Servers) -> list[Fault]:
    """Return what MongoDB and the store can suffer."""
    mongo, s3 = servers.mongo, servers.s3
    return [
        stop("documents", lambda number: mongo.process.send_signal(number)),
        Fault("documents", "killed", mongo.kill, mongo.start),
        stop("objects", lambda number: s3.process.send_signal(number)),
        Fault("objects", "killed", s3.kill, s3.start),
    ]


def configuration_of(busy: Busy, folder: Path) -> Path:
    """Write what is shipped for Prometheus, with every process of the cluster as a target."""
    targets = [f"127.0.0.1:{busy.cluster.port_of(name)}" for name in PARTS]
    return configure(folder, *targets, token=METRICS_TOKEN, times=SHIPPED)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Return when it is so: other processes make it so."""
    while not await condition():  # noqa: ASYNC110
        await asyncio.sleep(0.1)


def _firing(name: str) -> str:
    return f'ALERTS{{alertname="MeetingDependencyAway", alertstate="firing", check="{name}"}}'
