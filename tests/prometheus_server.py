"""A real Prometheus on loopback, with the configuration of deploy/prometheus."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.outside import free_port

DEPLOY = Path(__file__).resolve().parent.parent / "deploy"
RULES = DEPLOY / "prometheus" / "alerts.yml"
PATIENCE_S = 60.0


def find_program(name: str) -> str:
    """Return where a program of Prometheus is; skip the test where there is none."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"no {name}: apt install prometheus")
    return found


QUICK = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
SHIPPED: dict[str, str] = {}


def configure(folder: Path, *targets: str, token: str, times: Mapping[str, str] = QUICK) -> Path:
    """Write the shipped configuration with the lines changed that are marked there, and `times`."""
    secret = folder / "token"
    secret.write_text(token)
    text = (DEPLOY / "prometheus" / "prometheus.yml").read_text()
    for before, after in (
        ("localhost:8800", "\n          - ".join(targets)),
        ("/etc/prometheus/meeting-system.token", str(secret)),
        ("alerts.yml", str(RULES)),
    ):
        assert before in text, before
        text = text.replace(before, after)
    for name, value in times.items():
        text, count = re.subn(rf"^  {name}: \w+$", f"  {name}: {value}", text, flags=re.MULTILINE)
        assert count == 1, name
    written = folder / "prometheus.yml"
    written.write_text(text)
    return written


class Prometheus:
    """Its API."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self._http = http

    async def ask(self, path: str, **parameters: str) -> Any:
        """Return the data of an answer."""
        answer = await self._http.get(f"/api/v1/{path}", params=parameters)
        assert answer.status_code == 200, f"{parameters}: {answer.text}"
        return answer.json()["data"]

    async def query(self, expression: str) -> list[Any]:
        """Return the samples of an expression."""
        return list((await self.ask("query", query=expression))["result"])

    async def wait_for(self, expression: str) -> list[Any]:
        """Return the samples as soon as there are any."""
        async with asyncio.timeout(PATIENCE_S):
            while not (found := await self.query(expression)):  # noqa: ASYNC110  # another process
                await asyncio.sleep(0.2)
        return found


@asynccontextmanager
async def running_prometheus(folder: Path, configuration: Path) -> AsyncIterator[Prometheus]:
    """Run Prometheus for the length of the block."""
    port = free_port()
    with (folder / "prometheus.log").open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            find_program("prometheus"),
            f"--config.file={configuration}",
            f"--storage.tsdb.path={folder / 'prometheus'}",
            f"--web.listen-address=127.0.0.1:{port}",
            stdout=output,
            stderr=output,
        )
    try:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as http:
            await _wait_ready(http, process, folder / "prometheus.log")
            yield Prometheus(http)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _wait_ready(http: httpx2.AsyncClient, process: asyncio.subprocess.Process, log: Path) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            assert process.returncode is None, f"Prometheus ended, see {log}"
            with suppress(httpx2.TransportError):
                if (await http.get("/-/ready")).status_code == 200:
                    return
            await asyncio.sleep(0.1)


def metrics_in(expression: str) -> set[str]:
    """Return the names of the metrics in PromQL."""
    return set(re.findall(r"\b(?:meeting|process)_\w+", re.sub(r'"[^"]*"', "", expression)))
