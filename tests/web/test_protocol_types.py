"""The web client's protocol types are those of the contracts."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_committed_protocol_types_are_what_the_contracts_say() -> None:
    generator = ROOT / "scripts" / "generate_protocol.py"
    outcome = subprocess.run([sys.executable, str(generator), "--check"], cwd=ROOT, check=False)
    assert outcome.returncode == 0, "stale: run .venv/bin/python scripts/generate_protocol.py and commit"
