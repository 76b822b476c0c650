"""Run every test: engine, Python, web client, real browsers. Ends with the line `N passed, N failed`.

Most tests wait more than they compute, so suites run side by side. What measures pictures, sound or seconds
comes last, and has the machine to itself.

Where `CI` is set a skipped test is a failure: there, everything that a test needs has been installed.
"""

import json
import os
import re
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from steps import ROOT, STATE, Outcome, run, tail

RESULTS = STATE / "results"


@dataclass
class Tally:
    """What the tests of one suite came to."""

    passed: int = 0
    failed: int = 0
    skipped: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Suite:
    """A command that runs tests, and how its results are counted."""

    name: str
    command: tuple[str, ...]
    count: Callable[[Outcome], Tally]


def count_cargo(outcome: Outcome) -> Tally:
    """Add up the closing lines of all of cargo's test programs."""
    tally = Tally()
    for passed, failed in re.findall(r"test result: \w+\. (\d+) passed; (\d+) failed;", outcome.output):
        tally.passed += int(passed)
        tally.failed += int(failed)
    tally.skipped = re.findall(r"^test (.+) \.\.\. ignored", outcome.output, flags=re.MULTILINE)
    return tally


def count_junit(file: Path) -> Callable[[Outcome], Tally]:
    """Return a counter of the JUnit file that pytest writes."""

    def count(_: Outcome) -> Tally:
        tally = Tally()
        if not file.is_file():
            return tally
        for case in ElementTree.parse(file).iter("testcase"):
            name = f"{case.get('classname')}::{case.get('name')}"
            skipped = case.find("skipped")
            if case.find("failure") is not None or case.find("error") is not None:
                tally.failed += 1
            elif skipped is not None:
                tally.skipped.append(f"{name}: {skipped.get('message')}")
            else:
                tally.passed += 1
        return tally

    return count


def count_vitest(file: Path) -> Callable[[Outcome], Tally]:
    """Return a counter of the JSON report that vitest writes."""

    def count(_: Outcome) -> Tally:
        if not file.is_file():
            return Tally()
        report = json.loads(file.read_text(encoding="utf-8"))
        cases = [case for one in report["testResults"] for case in one["assertionResults"]]
        tally = Tally(report["numPassedTests"], report["numFailedTests"])
        tally.skipped = [
            case["fullName"] for case in cases if case["status"] in ("pending", "skipped", "todo")
        ]
        return tally

    return count


def count_fuzzing(outcome: Outcome) -> Tally:
    """Read the closing line of `scripts/fuzz.py`: every target is a test."""
    found = re.search(
        r"^(\d+) passed, (\d+) failed, \d+ skipped(?:: (.+))?$", outcome.output, flags=re.MULTILINE
    )
    if found is None:
        return Tally()
    return Tally(int(found[1]), int(found[2]), [found[3]] if found[3] else [])


def pytest_suite(name: str, *arguments: str) -> Suite:
    """Return a suite of pytest's, with a results file of its own."""
    file = RESULTS / f"{name.split()[0]}.xml"
    command = (sys.executable, "-m", "pytest", "-q", "--color=no", "--durations=5", f"--junitxml={file}")
    return Suite(name, (*command, *arguments), count_junit(file))


def engine_suite() -> Suite:
    """Return the tests of the engine. In release, as it is built: its dependencies are compiled already."""
    cargo = ("cargo", "test", "--locked", "--release", "-p", "sfu", "-p", "sfu-bench", "-p", "sfu-fuzz")
    return Suite("engine (cargo test)", cargo, count_cargo)


def fuzzing_suite() -> Suite:
    """Return the fuzz targets of the engine, for a few seconds each."""
    fuzz = (sys.executable, "scripts/fuzz.py", "--time", "5", "--optional")
    return Suite("fuzzing (libFuzzer)", fuzz, count_fuzzing)


def web_suite() -> Suite:
    """Return the tests of the web client's modules."""
    file = RESULTS / "vitest.json"
    vitest = ("npx", "vitest", "run", "--root", "clients/web", "--reporter=default", "--reporter=json")
    return Suite("web client (vitest)", (*vitest, f"--outputFile.json={file}"), count_vitest(file))


def stages() -> list[list[list[Suite]]]:
    """Return the stages, those that find a fault soonest first. The rows of a stage run side by side."""
    services = ("-n", "2", "--ignore=tests/e2e", "--ignore=tests/network", "tests")
    return [
        [[engine_suite()], [web_suite()]],
        [
            [pytest_suite("services (pytest)", *services)],
            # Services take longest, so there is time for the fuzzers, too.
            [pytest_suite("browsers (pytest)", "-m", "not alone", "tests/e2e"), fuzzing_suite()],
        ],
        [[pytest_suite("measuring browsers (pytest)", "-m", "alone", "tests/e2e", "tests/network")]],
    ]


def perform(suite: Suite) -> Tally:
    """Run a suite, print how it went, and count a suite that broke without a failed test as one failure."""
    log = STATE / f"test-{suite.name.split()[0]}.log"
    log.unlink(missing_ok=True)
    outcome = run(suite.command, log)
    tally = suite.count(outcome)
    if outcome.code != 0 and tally.failed == 0:
        tally.failed = 1
    said = []
    if outcome.code == 0 and tally.passed == 0 and not tally.skipped:
        tally.failed = 1
        said.append(f"{suite.name}: ran no test\n")
    if tally.failed:
        said.append(f"\n$ {' '.join(suite.command)}\n{tail(outcome.output)}\n\n")
        said.append(f"The whole output | 完整日志: {log.relative_to(ROOT)}\n")
    skipped = f", {len(tally.skipped)} skipped" if tally.skipped else ""
    counts = f"{tally.passed} passed, {tally.failed} failed{skipped}"
    said.append(f"{suite.name}: {counts} ({outcome.seconds:.0f} s)\n")
    sys.stdout.write("".join(said))  # at once: another suite may end at the same time
    sys.stdout.flush()
    return tally


def perform_each(suites: Sequence[Suite]) -> list[Tally]:
    """Run suites one after the other."""
    return [perform(suite) for suite in suites]


def perform_beside(rows: Sequence[Sequence[Suite]]) -> list[Tally]:
    """Run rows of suites side by side."""
    with ThreadPoolExecutor(len(rows)) as pool:
        return [tally for tallies in pool.map(perform_each, rows) for tally in tallies]


def main() -> int:
    """Run all suites and say what they came to. Return 0 when nothing failed."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    for old in RESULTS.iterdir():
        old.unlink()
    tallies = [tally for rows in stages() for tally in perform_beside(rows)]
    passed, failed = sum(tally.passed for tally in tallies), sum(tally.failed for tally in tallies)
    skipped = [name for tally in tallies for name in tally.skipped]
    for name in skipped:
        sys.stdout.write(f"skipped: {name}\n")
    closing = f"{passed} passed, {failed} failed"
    sys.stdout.write(f"{closing}, {len(skipped)} skipped\n" if skipped else f"{closing}\n")
    if skipped and os.environ.get("CI"):
        sys.stdout.write("A skipped test fails in CI.\n")
        return 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
