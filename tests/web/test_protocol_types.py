"""The web client's protocol types and audit actions are those of the contracts; every action has a name."""

import json
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from meeting_system.contracts.audit import AuditAction

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_committed_protocol_types_are_what_the_contracts_say() -> None:
    generator = ROOT / "scripts" / "generate_protocol.py"
    outcome = subprocess.run([sys.executable, str(generator), "--check"], cwd=ROOT, check=False)
    assert outcome.returncode == 0, "stale: run .venv/bin/python scripts/generate_protocol.py and commit"


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_action_of_the_audit_trail_has_a_name(language: str) -> None:
    texts = json.loads((ROOT / "clients/web/src/i18n" / language / "admin.json").read_text())["action"]
    assert set(texts) == {name for kind in get_args(AuditAction) for name in get_args(kind)}
