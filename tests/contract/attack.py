"""schemathesis over the whole OpenAPI against a running server, with real tokens (row F4).

`python -m tests.contract.attack --seconds 600` runs it by hand for as long as one likes.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx2
from tests.e2e.server import Server, open_server

PASSWORD = "correct horse battery"
# One address asks here for all, and far more often than people do.
SETTINGS = {
    "MEETING_USER__LOGINS_OF_ADDRESS": "1000000",
    "MEETING_USER__REGISTRATIONS_OF_ADDRESS": "1000000",
    "MEETING_USER__REFRESHES_OF_ADDRESS": "1000000",
    "MEETING_MEETING__GUESSES_OF_ADDRESS": "1000000",
    "MEETING_WEBHOOK__OF_ACCOUNT": "100000",
}
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "allow_header_conformance",
    "use_after_free",
    "ignored_auth",
)
# What the figures of operators say is not for this token; the others would end its own sign-in.
LEFT_OUT = ("show_metrics", "log_out", "log_out_everywhere")


@dataclass(frozen=True)
class Attack:
    """How it went: the exit status of schemathesis (0: nothing found), what it printed, how much it tried."""

    code: int
    output: str
    cases: int


async def sign_in(server: Server) -> str:
    """Return the access token of an administrator."""
    account = {"email": "admin@example.org", "password": PASSWORD, "display_name": "Ada", "locale": "en"}
    headers = {"X-Token-Transport": "body"}
    async with httpx2.AsyncClient(base_url=f"{server.url}/api/v1", headers=headers) as http:
        (await http.post("/auth/register", json=account)).raise_for_status()
        await promote(server, account["email"])
        credentials = {"email": account["email"], "password": PASSWORD}
        answer = (await http.post("/auth/login", json=credentials)).raise_for_status()
    return str(answer.json()["access_token"])


async def promote(server: Server, email: str) -> None:
    """Make an account an administrator, in the server's own database."""
    socket = next((server.folder / "data").rglob(".s.PGSQL.5432")).parent
    connection = await asyncpg.connect(host=str(socket), user="meeting", database="meeting")
    try:
        await connection.execute("UPDATE users.accounts SET role = 'super_admin' WHERE email = $1", email)
    finally:
        await connection.close()


async def attack(server: Server, folder: Path, *, seconds: int, seed: int) -> Attack:
    """Let schemathesis loose for so long."""
    token = await sign_in(server)
    report = folder / "report.json"
    command = [
        str(Path(sys.executable).with_name("st")),
        *("run", f"{server.url}/openapi.json", "--url", server.url),
        *("--checks", ",".join(CHECKS), "--continue-on-failure"),
        # One thread: in two, ast.parse of Python 3.11 may fail ("recursion depth mismatch").
        *("--max-time", str(seconds), "--seed", str(seed), "--workers", "1"),
        *("--header", f"Authorization: Bearer {token}"),
        *("--report", "json", "--report-json-path", str(report)),
        *("--suppress-health-check", "all", "--warnings", "off"),
        *(part for name in LEFT_OUT for part in ("--exclude-operation-id", name)),
    ]
    hooks = Path(__file__).with_name("hooks.py")
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "140", "SCHEMATHESIS_HOOKS": "hooks"}
    (folder / "hooks.py").write_text(hooks.read_text())
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output = (await process.communicate())[0].decode(errors="replace")
    found = json.loads(report.read_text()) if report.is_file() else {}
    return Attack(process.returncode or 0, output, int(found.get("test_cases", {}).get("generated", 0)))


async def main(seconds: int, seed: int) -> int:
    with tempfile.TemporaryDirectory(prefix="attack-") as folder:
        async with open_server(Path(folder), SETTINGS) as server:
            found = await attack(server, Path(folder), seconds=seconds, seed=seed)
            sys.stdout.write(found.output)
    return found.code


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    sys.exit(asyncio.run(main(given.seconds, given.seed)))
