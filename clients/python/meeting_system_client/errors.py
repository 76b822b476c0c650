"""What goes wrong, as the server says it (RFC 9457)."""

from typing import Any


class ApiError(Exception):
    """The server refused. `code` is for programs and stays; `detail` is for people.

    `errors` names wrong fields by JSON pointers; `trace_id` names the request in the server's log;
    `retry_after_s` says when to come back.
    """

    def __init__(self, status: int, problem: dict[str, Any], retry_after_s: float | None = None) -> None:
        self.status = status
        self.code = str(problem.get("code", "internal"))
        self.detail = str(problem.get("detail", ""))
        self.errors: list[dict[str, str]] = list(problem.get("errors", ()))
        self.trace_id = str(problem.get("trace_id", ""))
        self.retry_after_s = retry_after_s
        super().__init__(f"{status} {self.code}: {self.detail}")


class WebhookInvalid(Exception):
    """A request that is no delivery of the server: a wrong signature, or one that is too old."""
