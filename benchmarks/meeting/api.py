"""What a request costs: time to answer, CPU of the server, SQL statements."""

import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any

import httpx2
from benchmarks.meeting.figures import counter, percentile
from benchmarks.meeting.processes import usage
from tests.e2e.server import Server

PASSWORD = "correct horse battery staple"
WARM_UP = 10
STATEMENTS = "meeting_sql_statements_total"

Call = Callable[[], Awaitable[httpx2.Response]]


@dataclass(frozen=True)
class Cost:
    """What one kind of request costs. `cpu_ms` is the server's process, `cpu_all_ms` with its databases."""

    requests: int
    p50_ms: float
    p95_ms: float
    cpu_ms: float
    cpu_all_ms: float
    sql: float


class Api:
    """The HTTP interface as a signed-in program uses it."""

    def __init__(self, server: Server, http: httpx2.AsyncClient) -> None:
        self.server = server
        self._http = http
        self._token = ""

    async def send(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx2.Response:
        """Send one request; anything but success is an error."""
        headers = {"X-Token-Transport": "body"} | (
            {"Authorization": f"Bearer {self._token}"} if self._token else {}
        )
        response = await self._http.request(method, f"/api/v1{path}", json=body, headers=headers)
        if response.is_error:
            raise RuntimeError(f"{method} {path}: {response.status_code} {response.text}")
        return response

    async def register(self, email: str) -> None:
        """Make an account and act as it from now on."""
        body = {"email": email, "password": PASSWORD, "display_name": "Bench", "locale": "en"}
        self._token = (await self.send("POST", "/auth/register", body)).json()["access_token"]

    async def login(self, email: str) -> httpx2.Response:
        """Log in; the token in use stays."""
        return await self.send("POST", "/auth/login", {"email": email, "password": PASSWORD})

    async def create(self) -> httpx2.Response:
        """Make a meeting."""
        return await self.send("POST", "/meetings", {"title": "Bench"})

    async def join(
        self, reference: str, *, name: str = "Bench", device_id: str | None = None
    ) -> httpx2.Response:
        """Join from a device; without `device_id` from one that was never seen before."""
        body = {"device_id": device_id or uuid.uuid4().hex, "display_name": name}
        return await self.send("POST", f"/meetings/{reference}/join", body)

    async def list_meetings(self) -> httpx2.Response:
        """Read the first page of meetings."""
        return await self.send("GET", "/meetings?limit=20")

    async def metrics(self) -> str:
        """Return /metrics."""
        return (await self._http.get("/metrics")).text


async def measure(api: Api, call: Call, requests: int) -> Cost:
    """Send one request after the other and say what each cost."""
    for _ in range(WARM_UP):
        await call()
    statements = counter(await api.metrics(), STATEMENTS)
    before = usage(api.server.pid)
    times_ms = []
    for _ in range(requests):
        started = time.perf_counter()
        await call()
        times_ms.append((time.perf_counter() - started) * 1000)
    used = usage(api.server.pid) - before
    statements = counter(await api.metrics(), STATEMENTS) - statements
    return Cost(
        requests=requests,
        p50_ms=round(percentile(times_ms, 0.5), 2),
        p95_ms=round(percentile(times_ms, 0.95), 2),
        cpu_ms=round(used.server_s * 1000 / requests, 2),
        cpu_all_ms=round(used.tree_s * 1000 / requests, 2),
        sql=round(statements / requests, 2),
    )


async def measure_requests(server: Server) -> dict[str, dict[str, float]]:
    """Measure login, create, join and list."""
    async with httpx2.AsyncClient(base_url=server.url, timeout=30) as http:
        api = Api(server, http)
        await api.register("requests@example.org")
        number = (await api.create()).json()["meeting_no"]
        costs = {
            "login": await measure(api, lambda: api.login("requests@example.org"), 30),
            "create": await measure(api, api.create, 100),
            "join": await measure(api, lambda: api.join(number), 300),
            "list": await measure(api, api.list_meetings, 300),
        }
    return {name: asdict(cost) for name, cost in costs.items()}
