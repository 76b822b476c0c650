"""Files that scripts write from the code, and only compare with `--check`."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from steps import ROOT


def write_or_check(texts: Mapping[Path, str], about: str | None) -> int:
    """Write each file, a path under ROOT, with its text; or, with `--check` in the command line, say which is
    not up to date. Return the exit code. `about`: what the script does, for `--help`."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--check", action="store_true", help="change nothing")
    check = parser.parse_args().check
    stale = [path for path, text in texts.items() if not _is(ROOT / path, text)]
    for path in stale:
        if check:
            sys.stdout.write(f"{path} is not what the code says: run scripts/{parser.prog}\n")
        else:
            (ROOT / path).write_text(texts[path], encoding="utf-8")
    return 1 if check and stale else 0


def _is(file: Path, text: str) -> bool:
    return file.is_file() and file.read_text(encoding="utf-8") == text
