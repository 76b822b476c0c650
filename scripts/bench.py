"""Run a benchmark of `benchmarks/` by its name: `make bench NAME=first-meeting`."""

import os
import sys

from steps import ROOT, environment

FOLDER = ROOT / "benchmarks"


def names() -> list[str]:
    """Return the names of all benchmarks."""
    files = (file for file in FOLDER.glob("*.py") if not file.name.startswith("_"))
    return sorted(file.stem.replace("_", "-") for file in files)


def main() -> None:
    """Replace this process by the benchmark, or list the benchmarks."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in names():
        sys.exit(f"make bench NAME=…: one of {', '.join(names()) or 'none yet'}")
    module = f"benchmarks.{name.replace('-', '_')}"
    os.chdir(ROOT)
    os.execve(sys.executable, [sys.executable, "-m", module, *sys.argv[2:]], environment())


if __name__ == "__main__":
    main()
