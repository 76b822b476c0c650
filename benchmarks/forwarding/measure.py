"""Servers under load side by side: rates that fit each, windows taken in turn, medians of them."""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.forwarding.load import Load, LoadFailedError, open_load
from benchmarks.forwarding.peers.peer import Peer, PeerUnusableError, Place, Server
from benchmarks.forwarding.usage import process_cpu_s, resident_mb, running_s, softirq_thread, waiting_s

# The share of its core that a server is loaded to. At the end of it queues would be measured; a core that
# rests much is slower when it works: caches are cold, and a virtual one has to be fetched back.
TARGET_SHARE = 0.85
# Offered first, in packets out a second; the next steps follow what that has cost.
FIRST_OFFER = 20_000.0
CALIBRATION_STEPS = 3
CALIBRATION_S = 0.6
WARM_UP_S = 0.5
DRAIN_S = 0.25
# Packets that did not come; more than that, and a window says nothing about speed.
TOLERATED_LOSS = 0.001
# What is sent while receivers join: keyframes and reports have to flow.
TRICKLE = 50.0
# What is added up over all windows, while of the rest the median is taken.
COUNTED = ("missing", "corrupt", "duplicated", "late_frames")


@dataclass(frozen=True)
class Plan:
    """What is measured, and how long."""

    receivers: int
    publishers: int
    burst: int
    payload_bytes: int
    rounds: int
    window_s: float
    half_load: bool = False
    # Packets out a second, the same for all; 0: what fills the target share of each server's core.
    offered: float = 0.0


@dataclass(frozen=True)
class Cores:
    """Where servers and load run (None: anywhere), and at which address."""

    server: int | None
    load: int | None
    address: str


@dataclass(frozen=True)
class Window:
    """A stretch of time at a fixed rate."""

    packets_a_second: float
    packets_a_cpu_second: float
    cpu_share: float
    waiting_share: float
    loss: float
    surplus: float
    missing: int
    corrupt: int
    duplicated: int
    latency_p50_ms: float
    latency_p99_ms: float
    late_frames: int
    load_cpu_share: float


class Lane:
    """One server with its load generator."""

    def __init__(self, name: str, server: Server, load: Load, plan: Plan, cores: Cores) -> None:
        self.name = name
        self.server = server
        self.load = load
        self.plan = plan
        self.rate = 0.0
        self.windows: list[Window] = []
        self.latencies: list[Window] = []
        self.join_cpu_ms = 0.0
        self._softirq = softirq_thread(cores.server) if cores.server is not None else None

    def cpu_s(self) -> float:
        """Return the CPU time of the server, with the kernel's thread that does network work for its core."""
        return process_cpu_s(self.server.pid) + (running_s(self._softirq) if self._softirq else 0.0)

    def join(self) -> None:
        """Let publishers and receivers in; note what a receiver has cost."""
        plan = self.plan
        for number in range(plan.publishers):
            self.server.publish(self.load, f"publisher-{number}", number)
        self.load.wait_connected()
        self.send(TRICKLE)
        probes = probe_places(plan.receivers)
        before = self.cpu_s()
        for number in range(plan.receivers):
            probe = number in probes
            self.server.receive(self.load, f"receiver-{number}", streams=plan.publishers, probe=probe)
        self.load.wait_connected()
        self.join_cpu_ms = (self.cpu_s() - before) / plan.receivers * 1_000
        self.send(0)

    def send(self, packets_out: float) -> None:
        """Offer as many packets as make so many a second at the receivers."""
        rate = packets_out / self.plan.receivers / self.plan.publishers
        self.load.send(rate, burst=self.plan.burst, payload_bytes=self.plan.payload_bytes)

    def calibrate(self) -> None:
        """Find the rate that keeps the server busy for the target share of its core, unless one is given."""
        self.rate = self.plan.offered or FIRST_OFFER
        if self.plan.offered:
            return
        for _ in range(CALIBRATION_STEPS):
            window = self.measure(self.rate, CALIBRATION_S)
            self.rate = window.packets_a_cpu_second * TARGET_SHARE or FIRST_OFFER

    def measure(self, rate: float, lasts_s: float) -> Window:
        """Offer this rate; return what came of it. Loss is counted once everything had time to arrive."""
        self.send(rate)
        time.sleep(WARM_UP_S)
        self.load.reset()
        begin, cpu_s, waited_s = self.load.counters(), self.cpu_s(), waiting_s(self.server.pid)
        time.sleep(lasts_s)
        end, cpu_s = self.load.counters(), self.cpu_s() - cpu_s
        waited_s = waiting_s(self.server.pid) - waited_s
        self.send(0)
        time.sleep(DRAIN_S)
        last = self.load.counters()
        seconds = (end["at_ns"] - begin["at_ns"]) / 1e9
        packets = arrived(end) - arrived(begin)
        expected = (last["sent"] - begin["sent"]) * self.plan.receivers
        share = (arrived(last) - arrived(begin)) / expected if expected else 0.0
        return Window(
            packets_a_second=packets / seconds,
            packets_a_cpu_second=packets / cpu_s if cpu_s else 0.0,
            cpu_share=cpu_s / seconds,
            waiting_share=waited_s / seconds,
            loss=max(0.0, 1 - share),
            surplus=max(0.0, share - 1),
            missing=last["probes"]["missing"],
            corrupt=last["probes"]["corrupt"],
            duplicated=last["probes"]["duplicated"],
            latency_p50_ms=last["probes"]["latency_us"]["p50"] / 1_000,
            latency_p99_ms=last["probes"]["latency_us"]["p99"] / 1_000,
            late_frames=last["late_frames"] - begin["late_frames"],
            load_cpu_share=(end["cpu_s"] - begin["cpu_s"]) / seconds,
        )

    def take_round(self) -> None:
        """Measure once, and delay at half of what fills the core; after a loss, offer less."""
        window = self.measure(self.rate, self.plan.window_s)
        self.windows.append(window)
        if window.loss > TOLERATED_LOSS:
            self.rate *= 0.85
        if self.plan.half_load:
            half = self.rate / TARGET_SHARE * 0.5
            self.latencies.append(self.measure(half, self.plan.window_s))

    def result(self) -> dict[str, Any]:
        """Return the medians, and what says whether they can be trusted."""
        good = [window for window in self.windows if window.loss <= TOLERATED_LOSS]
        used = good or self.windows
        medians = {
            name: statistics.median(getattr(window, name) for window in used)
            for name in Window.__dataclass_fields__
            if name not in COUNTED
        }
        figures = [window.packets_a_cpu_second for window in used]
        middle = medians["packets_a_cpu_second"]
        counters = self.load.counters()
        return {
            "server": self.name,
            **asdict(self.plan),
            "ciphers": sorted(counters["ciphers"]),
            **{name: round(value, 4) for name, value in medians.items()},
            **{name: sum(getattr(window, name) for window in self.windows) for name in COUNTED},
            "spread": round((max(figures) - min(figures)) / middle, 3) if middle else 0,
            "windows_without_loss": len(good),
            "rss_mb": round(resident_mb(self.server.pid), 1),
            "join_cpu_ms": round(self.join_cpu_ms, 3),
            "joins_a_cpu_second": round(1_000 / self.join_cpu_ms, 1) if self.join_cpu_ms else 0,
            **self._half_load(),
            "receiver_reports": counters["bulk"]["reports"],
            "keyframe_requests": counters["keyframe_requests"],
        }

    def _half_load(self) -> dict[str, float]:
        """Return the medians of delay at half load, where it was measured."""
        if not self.latencies:
            return {}
        names = ("latency_p50_ms", "latency_p99_ms", "cpu_share", "waiting_share")
        medians = {
            name: statistics.median(getattr(window, name) for window in self.latencies) for name in names
        }
        return {f"half_load_{name}": round(value, 3) for name, value in medians.items()}


def probe_places(receivers: int) -> set[int]:
    """Return which receivers decrypt and check: one of 25, at most four, spread over all."""
    probes = max(1, min(4, receivers // 25))
    return {number * receivers // probes for number in range(probes)}


def arrived(counters: dict[str, Any]) -> int:
    """Return the RTP packets that all receivers got."""
    return int(counters["bulk"]["packets"]) + int(counters["probes"]["packets"])


@contextmanager
def open_lane(peer: Peer, plan: Plan, cores: Cores) -> Iterator[Lane]:
    """Start a server and its load, with everybody joined."""
    with (
        tempfile.TemporaryDirectory(prefix="sfu-") as folder,
        peer.start(Place(cores.server, cores.address, Path(folder))) as server,
        open_load(cores.load, cores.address) as load,
    ):
        lane = Lane(peer.name, server, load, plan, cores)
        lane.join()
        yield lane


def measure_together(peers: Sequence[Peer], plan: Plan, cores: Cores) -> list[dict[str, Any]]:
    """Start all servers, calibrate each, then measure in turn, round by round: who waits is silent."""
    with ExitStack() as stack:
        lanes = [lane for peer in peers if (lane := enter_lane(stack, peer, plan, cores)) is not None]
        lanes = [lane for lane in lanes if survives(lane, lane.calibrate)]
        for _ in range(plan.rounds):
            lanes = [lane for lane in lanes if survives(lane, lane.take_round)]
        return [lane.result() for lane in lanes]


def enter_lane(stack: ExitStack, peer: Peer, plan: Plan, cores: Cores) -> Lane | None:
    """Start a server until the stack closes; None where it does not take so many."""
    try:
        return stack.enter_context(open_lane(peer, plan, cores))
    except (PeerUnusableError, LoadFailedError) as error:
        print(f"Left out with {plan.receivers} receivers: {peer.name}. {error}", flush=True)
        return None


def survives(lane: Lane, step: Callable[[], None]) -> bool:
    """Take a step; tell whether server and load still work."""
    try:
        step()
    except (LoadFailedError, OSError) as error:
        print(f"Left out with {lane.plan.receivers} receivers: {lane.name}. {error}", flush=True)
        return False
    return True
