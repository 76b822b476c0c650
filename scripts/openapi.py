"""Write docs/protocol/openapi.json, which every process shows at /openapi.json; `--check` only looks."""

import json
import sys

from meeting_system.app.openapi import describe_api
from steps import ROOT

FILE = ROOT / "docs" / "protocol" / "openapi.json"


def main() -> int:
    """Return 0 when the file is what the code says, or was made so."""
    text = json.dumps(describe_api(), indent=1, ensure_ascii=False) + "\n"
    if "--check" not in sys.argv[1:]:
        FILE.write_text(text, encoding="utf-8")
        return 0
    if FILE.is_file() and FILE.read_text(encoding="utf-8") == text:
        return 0
    sys.stdout.write("docs/protocol/openapi.json is not what the code says: run scripts/openapi.py\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
