"""The HTTP API, measured: `make bench NAME=api`. How to read it: benchmarks/README.md."""

import asyncio
import json
import tempfile
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import httpx2
from benchmarks.meeting.api import Api, measure
from benchmarks.meeting.figures import percentile
from benchmarks.meeting.processes import machine, usage
from benchmarks.meeting.tables import table
from rich.console import Console
from sqlalchemy import make_url
from tests.e2e.server import Server, open_server
from tests.outside import open_outside

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "benchmarks" / "results" / "api.json"
# The benchmark comes from one address, far more often than a person does.
SETTINGS = {
    "MEETING_USER__LOGINS_OF_ADDRESS": "1000000",
    "MEETING_USER__REGISTRATIONS_OF_ADDRESS": "1000000",
    "MEETING_MEETING__GUESSES_OF_ADDRESS": "1000000",
}
MEETINGS = 25
MESSAGES = 60
CLIENTS = (1, 8, 64)
REQUESTS = 150
LOGINS = 15
MIX_S = 5.0
WRITES = 20
"""One request of so many is a write: 95 % are reads."""

# What a call would take an hour to write: the messages of a meeting.
_SAY = """
INSERT INTO meetings.messages
       (message_id, meeting_id, run_id, seq, participant_id, display_name, body, sent_at)
SELECT gen_random_uuid(), r.meeting_id, r.run_id, n, r.run_id, 'Bench', 'Message number ' || n, now()
  FROM meetings.runs r, generate_series(1, $2) n WHERE r.meeting_id = CAST($1 AS uuid)
"""


async def measure_kind(outside: bool) -> dict[str, Any]:
    """Measure on servers of one kind: our own, or Debian's."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-api-")))
        settings: Mapping[str, str] = SETTINGS
        url = None
        if outside:
            servers = await stack.enter_async_context(open_outside(folder / "outside", durable=True))
            url = servers.database_url
            settings = {**SETTINGS, "MEETING_DATABASE_URL": url, "MEETING_REDIS_URL": servers.redis_url}
        server = await stack.enter_async_context(open_server(folder, settings))
        return await measure_server(server, url)


async def measure_server(server: Server, url: str | None) -> dict[str, Any]:
    """Measure each request alone, then a mix of them by many clients."""
    async with httpx2.AsyncClient(base_url=server.url, timeout=60) as http:
        api = Api(server, http)
        await api.register("bench@example.org")
        made = [(await api.create()).json() for _ in range(MEETINGS)]
        busy = made[-1]
        await api.join(busy["meeting_no"])
        await say(server, url, busy["meeting_id"])
        history = f"/meetings/{busy['meeting_id']}/messages?limit=50"
        requests = {
            "config": await measure(api, lambda: api.send("GET", "/config"), REQUESTS),
            "profile": await measure(api, lambda: api.send("GET", "/users/me"), REQUESTS),
            "join": await measure(api, lambda: api.join(busy["meeting_no"]), REQUESTS),
            "list20": await measure(api, lambda: api.send("GET", "/meetings?limit=20"), REQUESTS),
            "history50": await measure(api, lambda: api.send("GET", history), REQUESTS),
            "create": await measure(api, api.create, REQUESTS // 2),
            "login": await measure(api, lambda: api.login("bench@example.org"), LOGINS),
        }
        mixes = [await measure_mix(api, history, clients) for clients in CLIENTS]
    return {"requests": {name: asdict(cost) for name, cost in requests.items()}, "mix": mixes}


async def say(server: Server, url: str | None, meeting_id: str) -> None:
    """Write the messages of a meeting."""
    if url is None:
        socket = next((server.folder / "data").rglob(".s.PGSQL.5432")).parent
        connection = await asyncpg.connect(host=str(socket), user="meeting", database="meeting")
    else:
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        connection = await asyncpg.connect(plain)
    try:
        await connection.execute(_SAY, meeting_id, MESSAGES)
    finally:
        await connection.close()


async def measure_mix(api: Api, history: str, clients: int) -> dict[str, float]:
    """Let clients read and write without a pause; say what they got and what it cost."""
    reads = ("/meetings?limit=20", "/users/me", history, "/rooms/mine")
    times_ms: list[float] = []
    refused = 0
    until = time.perf_counter() + MIX_S

    async def work(number: int) -> None:
        nonlocal refused
        count = number
        while time.perf_counter() < until:
            count += 1
            started = time.perf_counter()
            try:
                await (api.create() if count % WRITES == 0 else api.send("GET", reads[count % len(reads)]))
            except RuntimeError:  # "come again": it counts as no answer
                refused += 1
                continue
            times_ms.append((time.perf_counter() - started) * 1000)

    before, began = usage(api.server.pid), time.perf_counter()
    await asyncio.gather(*(work(number) for number in range(clients)))
    took_s, used = time.perf_counter() - began, usage(api.server.pid) - before
    return {
        "clients": clients,
        "refused": refused,
        "rps": round(len(times_ms) / took_s, 1),
        "p50_ms": round(percentile(times_ms, 0.5), 1),
        "p95_ms": round(percentile(times_ms, 0.95), 1),
        "p99_ms": round(percentile(times_ms, 0.99), 1),
        "cpu_ms": round(used.server_s * 1000 / len(times_ms), 2),
    }


def headline(found: dict[str, Any]) -> dict[str, float]:
    """Return the figures that are compared over time: on our own servers."""
    requests, mixes = found["own"]["requests"], found["own"]["mix"]
    unloaded = [cost["p95_ms"] for name, cost in requests.items() if name != "login"]
    return {
        "join_cpu_ms": requests["join"]["cpu_ms"],
        "join_sql": requests["join"]["sql"],
        "list20_cpu_ms": requests["list20"]["cpu_ms"],
        "list20_sql": requests["list20"]["sql"],
        "history50_cpu_ms": requests["history50"]["cpu_ms"],
        "login_per_s_core": round(1000 / requests["login"]["cpu_ms"], 1),
        "p95_ms_unloaded": max(unloaded),
        "rps_95_5_mix": max(mix["rps"] for mix in mixes),
    }


def show(found: dict[str, Any]) -> None:
    """Print all figures."""
    console = Console(width=110)
    for kind, title in (("own", "embedded servers"), ("outside", "PostgreSQL 15 and Redis 7")):
        console.print(table(f"A request, {title}", found[kind]["requests"]))
        rows = {
            str(mix["clients"]): {k: v for k, v in mix.items() if k != "clients"}
            for mix in found[kind]["mix"]
        }
        console.print(table(f"95 % reads, so many clients, {title}", rows))
    console.print(table("Headline", {"": found["headline"]}))
    console.print(f"Written: {RESULT.relative_to(ROOT)}. How to read it: benchmarks/README.md")


def main() -> None:
    """Measure, write the result, print it."""
    measured_on = machine()
    found: dict[str, Any] = {
        "own": asyncio.run(measure_kind(outside=False)),
        "outside": asyncio.run(measure_kind(outside=True)),
    }
    found["headline"] = headline(found)
    measured = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    report = {"name": "api", "measured_at": measured, "machine": measured_on, **found}
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    show(found)


if __name__ == "__main__":
    main()
