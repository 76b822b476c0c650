"""Write docs/protocol/openapi.json, which every process shows at /openapi.json; `--check` only looks."""

import json
import sys
from pathlib import Path

from meeting_system.app.openapi import describe_api
from written import write_or_check

FILE = Path("docs/protocol/openapi.json")


def main() -> int:
    """Write the file, or with --check return 1 when it is not up to date."""
    text = json.dumps(describe_api(), indent=1, ensure_ascii=False) + "\n"
    return write_or_check({FILE: text}, __doc__)


if __name__ == "__main__":
    sys.exit(main())
