"""Row F4: schemathesis over the whole OpenAPI, against a running server: 0 × 5xx, 0 undocumented answers."""

from pathlib import Path

import pytest
from tests.contract.attack import SETTINGS, attack
from tests.e2e.server import open_server

SECONDS = 30
SEED = 20261126
FAILED = "request_failed"


@pytest.mark.timeout(180)
async def test_no_request_brings_a_failure_or_an_answer_that_is_not_documented(tmp_path: Path) -> None:
    async with open_server(tmp_path, SETTINGS) as server:
        found = await attack(server, tmp_path, seconds=SECONDS, seed=SEED)
        failures = [line for line in server.log.read_text(errors="replace").splitlines() if FAILED in line]
        assert not failures, "\n".join(failures)
        assert found.code == 0, found.output[-20000:]
        assert found.cases > 500
