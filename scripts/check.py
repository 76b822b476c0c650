"""Look at the code without running it: style, types, import rules, dead code.

Two checks run at a time: what reads Python beside what reads the other languages.
"""

import argparse
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from steps import STATE, progress, run, tail

PYTHON_FOLDERS = ("src", "tests", "scripts", "benchmarks", "clients/python")


@dataclass(frozen=True)
class Check:
    """A command that exits 0 when all is well, and the command that mends what it finds, if there is one."""

    name: str
    title: str
    command: tuple[str, ...]
    mend: tuple[str, ...] = ()


def python_checks() -> list[Check]:
    """Return the checks of Python and of what is written from it, the quick ones first."""
    folders = tuple(folder for folder in PYTHON_FOLDERS if Path(folder).is_dir())
    protocol = (sys.executable, "scripts/generate_protocol.py")
    contracts = (sys.executable, "scripts/contracts.py")
    openapi = (sys.executable, "scripts/openapi.py")
    client = (sys.executable, "scripts/python_client.py")
    bases = ("mypy", "--explicit-package-bases")
    return [
        Check("ruff", "Python: lint", ("ruff", "check", *folders), ("ruff", "check", "--fix", *folders)),
        Check(
            "format", "Python: format", ("ruff", "format", "--check", *folders), ("ruff", "format", *folders)
        ),
        Check("imports", "Python: import rules", ("lint-imports",)),
        Check("deptry", "Python: dependencies declared and used", ("deptry", "src")),
        Check("mypy", "Python: types", ("mypy",)),
        Check("mypy-scripts", "Python: types of the scripts", ("mypy", "scripts")),
        Check("mypy-benchmarks", "Python: types of the benchmarks", (*bases, "benchmarks")),
        Check("protocol", "Contracts: TypeScript types up to date", (*protocol, "--check"), protocol),
        Check(
            "contracts",
            "Contracts: recorded, understood by older processes",
            (*contracts, "--check"),
            contracts,
        ),
        Check("openapi", "OpenAPI: the written document is up to date", (*openapi, "--check"), openapi),
        Check("client", "Python client: its models are up to date", (*client, "--check"), client),
        Check("mypy-client", "Python client: types", (*bases, "clients/python/meeting_system_client")),
    ]


def other_checks() -> list[Check]:
    """Return the checks of Rust and TypeScript."""
    web = ("-w", "clients/web")
    rust = ("--locked", "--release", "--workspace", "--all-targets")
    return [
        Check("rustfmt", "Rust: format", ("cargo", "fmt", "--all", "--check"), ("cargo", "fmt", "--all")),
        # In release, as the engine is built: what C code it needs is then compiled once for both.
        Check("clippy", "Rust: lint", ("cargo", "clippy", *rust, "--", "-D", "warnings")),
        Check("tsc", "TypeScript: types", ("npm", "run", "-s", "typecheck", *web)),
        Check(
            "eslint",
            "TypeScript: lint",
            ("npm", "run", "-s", "lint", *web),
            ("npm", "run", "-s", "lint", *web, "--", "--fix"),
        ),
        Check("knip", "TypeScript: nothing unused", ("npm", "run", "-s", "knip", *web)),
    ]


def find_failed(every: list[Check]) -> list[str]:
    """Run checks one after the other; return the titles of those that fail."""
    return [check.title for check in every if not passes(check)]


def passes(check: Check) -> bool:
    """Run one check; print what it found when it fails."""
    log = STATE / f"check-{check.name}.log"
    log.unlink(missing_ok=True)
    started = time.monotonic()
    outcome = run(check.command, log)
    if outcome.code == 0:
        return True
    title = f"{check.title}: failed after {time.monotonic() - started:.1f} s"
    # At once: another check may end at the same time.
    sys.stdout.write(f"\n{title}\n$ {' '.join(check.command)}\n{tail(outcome.output)}\n\n")
    return False


def mend(every: list[Check]) -> int:
    """Let the tools mend what they can."""
    for check in every:
        if check.mend:
            with progress(check.title, sys.stdout):
                run(check.mend, STATE / f"check-{check.name}.log")
    return 0


def main() -> int:
    """Run all checks, or with --fix mend what can be mended. Return 0 when nothing was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fix", action="store_true", help="let formatters and linters change the files")
    parser.add_argument("names", nargs="*", help="only these checks")
    wanted = parser.parse_args()
    lanes = [
        [check for check in lane if not wanted.names or check.name in wanted.names]
        for lane in (python_checks(), other_checks())
    ]
    every = [check for lane in lanes for check in lane]
    if wanted.fix:
        return mend(every)
    started = time.monotonic()
    with ThreadPoolExecutor(len(lanes)) as pool:
        failed = [title for titles in pool.map(find_failed, lanes) for title in titles]
    seconds = time.monotonic() - started
    if failed:
        sys.stdout.write(
            f"{len(failed)} of {len(every)} checks failed ({seconds:.0f} s): {'; '.join(failed)}\n"
        )
        return 1
    sys.stdout.write(f"{len(every)} checks found nothing ({seconds:.0f} s)\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
