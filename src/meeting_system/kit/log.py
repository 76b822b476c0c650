"""Structured logs: one line an event, with `timestamp`, `level`, `service`, `module` and, where something is
being done for somebody, `trace_id`.

`log = logger(__name__)`, then `log.info("peer_joined", meeting_id=…)`. Personal data goes in as `Private` and
prints redacted; what slips through in a text is blotted out by redact.py.
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Literal, TextIO

import orjson
import structlog
from structlog.typing import FilteringBoundLogger

from meeting_system.kernel.pii import Private
from meeting_system.kit.redact import redact, redact_field
from meeting_system.kit.trace import current_trace_id

Format = Literal["json", "console"]
Level = Literal["debug", "info", "warning", "error"]
Event = MutableMapping[str, Any]

SERVICES = frozenset({"user", "meeting", "signaling", "media", "ai"})
SHARED = "system"
"""What logs for no service: the composition root, adapters, libraries."""


def logger(name: str) -> FilteringBoundLogger:
    """Return the logger of a module."""
    module = name.removeprefix("meeting_system.")
    part = module.partition(".")[0]
    service = part if part in SERVICES and module != name else SHARED
    bound: FilteringBoundLogger = structlog.get_logger(service=service, module=module)
    return bound


def add_trace_id(_logger: object, _method: str, event: Event) -> Event:
    """Add the trace id, if something is being traced."""
    if trace_id := current_trace_id():
        event["trace_id"] = trace_id
    return event


def redact_event(_logger: object, _method: str, event: Event) -> Event:
    """Blot out secrets and addresses in what is written."""
    for name, value in event.items():
        event[name] = redact_field(name, value)
    return event


def _to_json(value: object) -> str:
    return str(value) if isinstance(value, Private) else redact(repr(value))


def _dump(event: object, **_options: object) -> str:
    # Private is a dataclass: without the option orjson would open it.
    return orjson.dumps(event, default=_to_json, option=orjson.OPT_PASSTHROUGH_DATACLASS).decode()


def configure_logs(*, form: Format, level: Level = "info", stream: TextIO | None = None) -> None:
    """Send the logs of this process, ours and those of libraries, to stderr or to a stream."""
    stream = stream or sys.stderr
    number = getattr(logging, level.upper())
    structlog.configure(
        processors=[*_processors(), *_renderer(form, stream)],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(handlers=[_Forward()], level=max(number, logging.INFO), force=True)
    # uvicorn.error names each WebSocket's address with its query, and there may be a ticket in it.
    for noisy in ("httpx", "httpx2", "asyncio", "alembic", "uvicorn.access", "uvicorn.error"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _processors() -> list[Any]:
    return [
        structlog.contextvars.merge_contextvars,
        add_trace_id,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact_event,
    ]


def _renderer(form: Format, stream: TextIO) -> list[Any]:
    if form == "console":
        # Not its own tracebacks: they show the values of variables.
        plain = structlog.dev.plain_traceback
        return [structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=plain)]
    return [structlog.processors.JSONRenderer(serializer=_dump)]


class _Forward(logging.Handler):
    """Hands what libraries log to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        log = logger(record.name)
        log.log(record.levelno, record.getMessage(), exc_info=record.exc_info or None)
