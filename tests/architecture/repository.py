"""The files of this repository, as its rules see them."""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def tracked_files() -> tuple[Path, ...]:
    """Return the files that git tracks, or would track, relative to the root; without those just deleted."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    paths = sorted({Path(name) for name in listed.stdout.split("\0") if name})
    return tuple(path for path in paths if (ROOT / path).is_file())


def read(path: Path) -> str:
    """Return the text of a tracked file; undecodable bytes become replacement characters."""
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")
