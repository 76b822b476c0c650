"""`meeting-system` on a machine whose clock is wrong: `python -m …reliability.wrong_clock SECONDS serve`.

What is replaced is what a process reads the date from; Python reads it in these two ways here.
"""

import sys
import time
from datetime import UTC, datetime, timedelta

from meeting_system.cli import main
from meeting_system.kernel.clock import SystemClock


def be_ahead(seconds: float) -> None:
    """Move this process's date."""
    true_time = time.time

    def now(self: SystemClock) -> datetime:  # takes the place of a method
        return datetime.now(UTC) + timedelta(seconds=seconds)

    time.time = lambda: true_time() + seconds
    SystemClock.now = now  # type: ignore[method-assign]


if __name__ == "__main__":
    be_ahead(float(sys.argv.pop(1)))
    main()
