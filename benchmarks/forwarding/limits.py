"""What the machine can do at best, measured in the same run."""

import json
import statistics
import subprocess
from dataclasses import dataclass, field

from benchmarks.forwarding.measure import TARGET_SHARE, Cores, Plan
from benchmarks.forwarding.programs import BINARIES, launch

MEASUREMENT_MS = 300
LONGEST_S = 60
WAYS = {
    "seal": "AES-256-GCM, not sent",
    "sendto": "AES-256-GCM + sendto",
    "sendmmsg": "AES-256-GCM + sendmmsg(64)",
    "gso_2": "AES-256-GCM + trains of 2",
    "gso_4": "AES-256-GCM + trains of 4",
    "gso_8": "AES-256-GCM + trains of 8",
}


@dataclass
class Limits:
    """The figures of all rounds, at a share of the core: servers are not loaded to the full either."""

    share: float = TARGET_SHARE
    found: dict[str, list[float]] = field(default_factory=dict)

    def measure(self, plan: Plan, cores: Cores) -> None:
        """Measure all ways once, each for a moment."""
        numbers = map(str, (plan.receivers, plan.payload_bytes, MEASUREMENT_MS))
        command = [str(BINARIES / "sfu-limits"), *numbers, cores.address, str(self.share)]
        output, _ = launch(command, cores.server, stdout=subprocess.PIPE).communicate(timeout=LONGEST_S)
        for line in output.splitlines():
            figure = json.loads(line)
            self.found.setdefault(figure["way"], []).append(figure["packets_a_cpu_second"])

    def medians(self) -> dict[str, int]:
        """Return packets a second of CPU time, by way."""
        return {way: round(statistics.median(figures)) for way, figures in self.found.items()}
