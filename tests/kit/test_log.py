"""Logs: one JSON object a line, with the trace id, without personal data."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from meeting_system.kernel.pii import Private
from meeting_system.kit.log import configure_logs, logger
from meeting_system.kit.trace import traced


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[Path]:
    """Logs go to this file during the test."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    file = tmp_path / "file.log"
    with file.open("a", encoding="utf-8", buffering=1) as stream:
        configure_logs(form="json", stream=stream)
        yield file
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def read(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_an_event_has_its_fields_module_and_trace_id(lines: Path) -> None:
    with traced("b" * 32):
        logger("meeting_system.kit.example").info("peer_joined", meeting_id="m1")
    (line,) = read(lines)
    assert line.items() >= {
        ("event", "peer_joined"),
        ("meeting_id", "m1"),
        ("module", "kit.example"),
        ("service", "system"),
        ("trace_id", "b" * 32),
        ("level", "info"),
    }


def test_personal_data_is_redacted_at_any_depth(lines: Path) -> None:
    email = Private("alice@example.org")
    logger("x").info("registered", email=email, more={"list": [email]}, text=f"for {email}")
    assert "alice" not in lines.read_text()
    assert lines.read_text().count("‹redacted›") == 3


def test_a_line_says_which_service_wrote_it(lines: Path) -> None:
    for name in ("meeting_system.signaling.hub", "meeting_system.user.login", "some.library", "media"):
        logger(name).info("happened")
    assert [line["service"] for line in read(lines)] == ["signaling", "user", "system", "system"]
    assert all({"timestamp", "level"} <= line.keys() for line in read(lines))


def test_secrets_and_addresses_are_blotted_out_of_messages_fields_and_tracebacks(lines: Path) -> None:
    url = "postgresql://meeting:s3cret@db/meeting"
    failure = ValueError(f"can't reach {url} for alice@example.org")
    logger("x").error("failed", exc_info=failure, where={"urls": [url]}, error=ValueError(url))
    logging.getLogger("some.library").warning("GET %s", "/ws?token=AbC-12_x")
    text = lines.read_text()
    assert not [secret for secret in ("s3cret", "alice", "AbC-12_x") if secret in text]
    assert "meeting:‹redacted›@db" in text


def test_a_terminal_shows_no_values_of_variables(lines: Path) -> None:
    password = "hunter2-in-a-variable"
    with lines.open("a", encoding="utf-8") as stream:
        configure_logs(form="console", stream=stream)
        try:
            {"at": password}["absent"]
        except KeyError:
            logger("x").exception("failed")
    assert "KeyError" in lines.read_text()
    assert password not in lines.read_text()


def test_libraries_log_through_the_same(lines: Path) -> None:
    logging.getLogger("some.library").warning("it %s", "happened")
    (line,) = read(lines)
    assert (line["event"], line["module"]) == ("it happened", "some.library")


def test_an_exception_is_one_line(lines: Path) -> None:
    try:
        int("wrong\nin two lines")
    except ValueError:
        logger("x").exception("failed")
    (line,) = read(lines)
    assert "ValueError" in str(line["exception"])
