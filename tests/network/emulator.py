"""A bad network: a namespace of its own whose only way out leads through this program.

`open_link()` runs it as a process of its own, since packets must not wait for a test that is busy. It reads
packets from one TUN device and writes them to another when they are due. Orders come as lines of JSON, each
answered with the counters. It ends with its orders, after `LONGEST_S` at the latest, and takes the namespace
and the devices with it.
"""

import asyncio
import json
import os
import select
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from tests.network.impairment import Counters, Direction, Impairment
from tests.network.namespaces import inside, ip, open_tun, remove

ROOT = Path(__file__).parents[2]
LONGEST_S = 3600.0
ANSWER_S = 10.0
IDLE_S = 0.2
LARGEST = 2048
BATCH = 64
INTERFACE = "eth0"  # what is called tun is a VPN for browsers
PRIORITY = -15  # late packets would be our delay, not the emulated one

Way = Literal["up", "down"]
_last_number = 0


@dataclass(frozen=True)
class Plan:
    """Names and addresses of one link: sixteen of RFC 2544's range, which belongs to nobody."""

    namespace: str
    device: str
    server: str
    client: str
    second_client: str
    network: str

    @classmethod
    def make(cls, number: int) -> "Plan":
        """Return the plan of a process's link of that number."""
        start = (os.getpid() * 4 + number) % 8192 * 16
        address = [f"198.{18 + (start >> 16)}.{start >> 8 & 255}.{(start & 255) + host}" for host in range(4)]
        name = f"meet{os.getpid()}-{number}"
        return cls(name, name, address[1], address[2], address[3], f"{address[0]}/28")


class Link:
    """A running emulator: `namespace` at the far end, the machine's own network at the near one."""

    def __init__(self, plan: Plan, process: asyncio.subprocess.Process) -> None:
        self.plan = plan
        self._process = process
        self._lock = asyncio.Lock()

    @property
    def namespace(self) -> str:
        """Where the client lives."""
        return self.plan.namespace

    async def set(self, *, up: Impairment | None = None, down: Impairment | None = None) -> None:
        """Change what is done to packets from the client (`up`) and to it (`down`)."""
        changes = {"up": up, "down": down}
        await self._order({way: asdict(change) for way, change in changes.items() if change is not None})

    async def set_both(self, impairment: Impairment) -> None:
        """Do the same in both directions."""
        await self.set(up=impairment, down=impairment)

    async def counters(self) -> dict[Way, Counters]:
        """Return what happened so far."""
        answer = await self._order({})
        return {"up": Counters(**answer["up"]), "down": Counters(**answer["down"])}

    async def move_client(self, *, overlap_s: float = 0.0) -> None:
        """Give the client another address, and take the first; for some time it may have both."""
        await asyncio.to_thread(
            ip, f"addr add {self.plan.second_client}/32 dev {INTERFACE}", namespace=self.namespace
        )
        await asyncio.sleep(overlap_s)
        await asyncio.to_thread(
            ip, f"addr del {self.plan.client}/32 dev {INTERFACE}", namespace=self.namespace
        )

    async def move_client_back(self) -> None:
        """Give the client its first address."""
        with suppress(OSError):  # it has it already
            await asyncio.to_thread(
                ip, f"addr add {self.plan.client}/32 dev {INTERFACE}", namespace=self.namespace
            )
        with suppress(OSError):  # it never had another
            await asyncio.to_thread(
                ip, f"addr del {self.plan.second_client}/32 dev {INTERFACE}", namespace=self.namespace
            )

    async def _order(self, order: dict[str, Any]) -> Any:
        assert self._process.stdin is not None
        async with self._lock:
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            return await self.read_answer()

    async def read_answer(self) -> Any:
        """Return the next answer; raise what the emulator died of."""
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        async with asyncio.timeout(ANSWER_S):
            line = await self._process.stdout.readline()
            if not line:
                raise RuntimeError(f"the emulator ended: {(await self._process.stderr.read()).decode()}")
        return json.loads(line)


@asynccontextmanager
async def open_link(seed: int = 1) -> AsyncIterator[Link]:
    """Run an emulator that does nothing to packets, yet."""
    global _last_number  # names must differ within a process
    _last_number += 1
    plan = Plan.make(_last_number)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.network.emulator", json.dumps(asdict(plan)), str(seed)),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    link = Link(plan, process)
    try:
        await link.read_answer()
        yield link
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            async with asyncio.timeout(ANSWER_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        remove(plan.namespace)


class Emulator:
    """The process's side: two devices, a direction between them each way, and the orders."""

    def __init__(self, plan: Plan, seed: int) -> None:
        self._plan = plan
        self._directions: dict[Way, Direction] = {"up": Direction(seed), "down": Direction(seed + 1)}
        self._orders = b""
        self._near = self._far = -1

    def build(self) -> None:
        """Make the namespace and a device at either end."""
        plan = self._plan
        ip(f"netns add {plan.namespace}")
        self._near = open_tun(plan.device)
        self._far = inside(plan.namespace, lambda: open_tun(INTERFACE))
        Path(f"/proc/sys/net/ipv6/conf/{plan.device}/disable_ipv6").write_text("1", encoding="ascii")
        ip(f"addr add {plan.server}/32 dev {plan.device}")
        ip(f"link set {plan.device} up")
        ip(f"route add {plan.network} dev {plan.device}")
        ip("link set lo up", namespace=plan.namespace)
        ip(f"addr add {plan.client}/32 dev {INTERFACE}", namespace=plan.namespace)
        ip(f"link set {INTERFACE} up", namespace=plan.namespace)
        ip(f"route add default dev {INTERFACE}", namespace=plan.namespace)

    def run(self, until: float) -> None:
        """Carry packets until there are no more orders to come."""
        self._answer()
        poll = select.poll()
        for descriptor in (self._near, self._far, sys.stdin.fileno()):
            poll.register(descriptor, select.POLLIN | select.POLLHUP)
        while (now := time.monotonic()) < until:
            ready = {descriptor for descriptor, _ in poll.poll(self._wait_s(now) * 1000)}
            if sys.stdin.fileno() in ready and not self._obey():
                return
            self._carry(self._far, self._near, self._directions["up"], readable=self._far in ready)
            self._carry(self._near, self._far, self._directions["down"], readable=self._near in ready)

    def _wait_s(self, now: float) -> float:
        times = [at for way in self._directions.values() if (at := way.next_at) is not None]
        return max(0.0, min([now + IDLE_S, *times]) - now)

    def _carry(self, source: int, target: int, direction: Direction, *, readable: bool) -> None:
        for _ in range(BATCH if readable else 0):
            try:
                packet = os.read(source, LARGEST)
            except BlockingIOError:
                break
            if packet and packet[0] >> 4 == 4:
                direction.accept(packet, time.monotonic())
        for packet in direction.due(time.monotonic()):
            with suppress(OSError):  # a device that is down takes none, as a cable that is out
                os.write(target, packet)

    def _obey(self) -> bool:
        """Follow what orders have come; False when there will be none."""
        got = os.read(sys.stdin.fileno(), 65536)
        *lines, self._orders = (self._orders + got).split(b"\n")
        for line in lines:
            for way, change in json.loads(line).items():
                self._directions[way].set(Impairment(**change), time.monotonic())
            self._answer()
        return bool(got)

    def _answer(self) -> None:
        answer = {way: direction.counters.to_json() for way, direction in self._directions.items()}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def main() -> None:
    """Build the link that the arguments name, carry packets, and remove it."""
    plan = Plan(**json.loads(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the end of the orders is what ends us
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
    emulator = Emulator(plan, int(sys.argv[2]))
    try:
        emulator.build()
        emulator.run(time.monotonic() + LONGEST_S)
    finally:
        remove(plan.namespace)


if __name__ == "__main__":
    main()
