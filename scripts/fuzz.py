"""Fuzz what reads bytes of strangers in the engine: libFuzzer, for a bounded time a target."""

import argparse
import os
import platform
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from steps import ROOT, STATE, Outcome, run, tail

CRATE = ROOT / "crates" / "sfu-fuzz"
FOLDER = STATE / "fuzz"
ARCHIVE = "/usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer_no_main-*.a"
PACKAGE = "libclang-rt-14-dev"
# The same inputs first in every run: a short run with the tests finds what it found before.
SEED = 1
# One input may take so long; honest ones take milliseconds.
INPUT_TIMEOUT_S = 10
MEMORY_MB = 1024
# libFuzzer's progress: how many edges of the program were seen, how many inputs are kept.
ROUND = re.compile(r"^#\d+\s.*\bcov: (\d+) ft: \d+ corp: (\d+)/", re.MULTILINE)
RUNS = re.compile(r"^stat::number_of_executed_units:\s+(\d+)", re.MULTILINE)
FINDING = re.compile(r"Test unit written to (\S+)")


@dataclass(frozen=True)
class Target:
    """A fuzz target and how long its inputs are."""

    name: str
    max_bytes: int


@dataclass(frozen=True)
class Result:
    """What fuzzing a target came to."""

    runs: int
    seconds: float
    coverage: int
    corpus_before: int
    corpus_after: int
    failed: bool

    def line(self, name: str) -> str:
        """Say it in a line."""
        speed = self.runs / max(self.seconds, 0.1)
        growth = f"{self.corpus_before} -> {self.corpus_after}"
        end = "FAILED" if self.failed else "ok"
        rate = f"{self.runs:>10} runs {speed:>9.0f}/s"
        return f"  {name:<11}{rate} {self.coverage:>6} edges  corpus {growth:<13} {end}"


def find_archive(pattern: str = ARCHIVE) -> Path | None:
    """Return libFuzzer's archive for this processor, the newest where there are more; it brings no main()."""
    machine = platform.machine()
    found = sorted(Path("/").glob(pattern.lstrip("/")))
    fitting = [path for path in found if path.stem.endswith(f"-{machine}")]
    return fitting[-1] if fitting else None


def build(archive: Path) -> Path:
    """Build the targets with counters and return the program; raise SystemExit when that fails."""
    command = ("cargo", "build", "--locked", "--release", "-p", "sfu-fuzz", "--features", "libfuzzer")
    extra = {"RUSTC_WORKSPACE_WRAPPER": str(CRATE / "instrument"), "LIBFUZZER": str(archive)}
    outcome = run(command, FOLDER / "build.log", extra=extra)
    if outcome.code != 0:
        raise SystemExit(f"{tail(outcome.output)}\nThe fuzz targets do not build.")
    sys.stdout.write(f"  built in {outcome.seconds:.0f} s\n")
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release" / "sfu-fuzz"


def targets(program: Path) -> list[Target]:
    """Return the targets that the program knows."""
    listed = run((str(program), "list"), FOLDER / "list.log").output
    pairs = [line.split() for line in listed.splitlines()]
    return [Target(name, int(max_bytes)) for name, max_bytes in pairs]


def read_result(outcome: Outcome, corpus_before: int) -> Result:
    """Read libFuzzer's report."""
    rounds = ROUND.findall(outcome.output)
    coverage, corpus_after = (int(number) for number in rounds[-1]) if rounds else (0, corpus_before)
    runs = RUNS.search(outcome.output)
    count = int(runs[1]) if runs else 0
    # Without a single run nothing was tested, whatever the exit code says.
    failed = outcome.code != 0 or count == 0
    return Result(count, outcome.seconds, coverage, corpus_before, corpus_after, failed)


def fuzz(program: Path, target: Target, seconds: int) -> Result:
    """Fuzz one target; print what it found."""
    corpus, findings = FOLDER / "corpus" / target.name, FOLDER / "findings" / target.name
    findings.mkdir(parents=True, exist_ok=True)
    log = FOLDER / f"{target.name}.log"
    log.unlink(missing_ok=True)
    run((str(program), "seeds", target.name, str(corpus)), log)
    former = CRATE / "regressions" / target.name
    before = sum(1 for _ in corpus.iterdir())
    options = (
        f"-max_total_time={seconds}",
        f"-seed={SEED}",
        f"-max_len={target.max_bytes}",
        f"-timeout={INPUT_TIMEOUT_S}",
        f"-rss_limit_mb={MEMORY_MB}",
        f"-artifact_prefix={findings}/",
        "-print_final_stats=1",
    )
    folders = (str(corpus), *([str(former)] if former.is_dir() else []))
    outcome = run((str(program), "fuzz", target.name, *options, *folders), log, extra={"RUST_BACKTRACE": "1"})
    result = read_result(outcome, before)
    advice = advise(program, target, outcome) if result.failed else ""
    sys.stdout.write(f"{result.line(target.name)}\n{advice}")  # at once: others end at the same time
    sys.stdout.flush()
    return result


def advise(program: Path, target: Target, outcome: Outcome) -> str:
    """Say what to do with a finding."""
    found = FINDING.search(outcome.output)
    if not found:
        return f"{tail(outcome.output)}\n\n"
    return (
        f"{tail(outcome.output)}\n\n"
        f"The input is kept: {found[1]}\n"
        f"Again: {program} replay {target.name} {found[1]}\n"
        f"Mended? It belongs into crates/sfu-fuzz/regressions/{target.name}/\n"
    )


def main() -> int:
    """Fuzz all targets, or those named. Return 0 when nothing was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--time", type=int, default=30, metavar="SECONDS", help="for each target")
    parser.add_argument("--optional", action="store_true", help="be content where libFuzzer is missing")
    parser.add_argument("names", nargs="*", help="only these targets")
    wanted = parser.parse_args()
    archive = find_archive()
    if archive is None:
        sys.stdout.write(f"libFuzzer is missing (Debian: {PACKAGE}).\n")
        sys.stdout.write("0 passed, 0 failed, 1 skipped: libFuzzer is missing\n")
        return 0 if wanted.optional else 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    program = build(archive)
    every = [target for target in targets(program) if not wanted.names or target.name in wanted.names]
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # a fuzzer uses one core
        results = list(pool.map(lambda target: fuzz(program, target, wanted.time), every))
    failed = sum(result.failed for result in results)
    sys.stdout.write(f"{len(results) - failed} passed, {failed} failed, 0 skipped\n")
    return 1 if failed or not results else 0


if __name__ == "__main__":
    sys.exit(main())
