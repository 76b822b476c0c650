"""Run the fault programme of `benchmarks/reliability/`, or some of its rows: `make reliability ROW=R4`."""

import os
import sys

from steps import ROOT, environment

MODULE = "benchmarks.reliability.program"


def main() -> None:
    """Replace this process by the programme."""
    os.chdir(ROOT)
    paths = os.pathsep.join((str(ROOT), str(ROOT / "clients" / "python")))
    os.execve(
        sys.executable, [sys.executable, "-m", MODULE, *sys.argv[1:]], environment() | {"PYTHONPATH": paths}
    )


if __name__ == "__main__":
    main()
