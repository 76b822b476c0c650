"""The client: one method for each thing, named as in the server's OpenAPI document."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from uuid import uuid4

import httpx2

from meeting_system_client import models
from meeting_system_client.errors import ApiError

ModelT = TypeVar("ModelT", bound=models.Model)

EXPIRED = "token_expired"


class Client:
    """Asks a server in the name of one account. Use `open_client`."""

    def __init__(self, http: httpx2.AsyncClient, *, token: str | None = None) -> None:
        self._http = http
        self._token = token
        self._refresh_token: str | None = None

    # ------------------------------------------------------------------ accounts

    async def register_account(
        self, email: str, password: str, display_name: str, *, locale: str = "en"
    ) -> models.User:
        """Make an account and act as it from now on."""
        body = {"email": email, "password": password, "display_name": display_name, "locale": locale}
        return self._keep(await self._ask(models.SignedIn, "POST", "/auth/register", body))

    async def log_in(self, email: str, password: str) -> models.User:
        """Act as an account from now on; its access token is renewed when it expires."""
        body = {"email": email, "password": password}
        return self._keep(await self._ask(models.SignedIn, "POST", "/auth/login", body))

    async def get_my_profile(self) -> models.User:
        """Return the account that is signed in."""
        return await self._ask(models.User, "GET", "/users/me")

    async def list_audit(self) -> AsyncIterator[models.AuditEntry]:
        """Yield what mattered for security, newest first; for administrators."""
        async for page in self._pages(models.AuditPage, "/audit"):
            for entry in page.items:
                yield entry

    # ------------------------------------------------------------------ rooms and meetings

    async def get_my_room(self) -> models.Room:
        """Return the personal room."""
        return await self._ask(models.Room, "GET", "/rooms/mine")

    async def update_my_room(self, **changes: Any) -> models.Room:
        """Change `display_name` or `guests_allowed` of the personal room."""
        return await self._ask(models.Room, "PATCH", "/rooms/mine", changes)

    async def create_meeting(self, *, key: str | None = None, **wanted: Any) -> models.Meeting:
        """Make a meeting: `title`, `password`, `guests_allowed`. With the same `key` it is made once."""
        return await self._ask(models.Meeting, "POST", "/meetings", wanted, key=key or str(uuid4()))

    async def get_meeting(self, meeting_id: str) -> models.Meeting:
        """Return a meeting that one belongs to."""
        return await self._ask(models.Meeting, "GET", f"/meetings/{meeting_id}")

    async def update_meeting(self, meeting_id: str, **changes: Any) -> models.Meeting:
        """Change `title`, `password` or `guests_allowed` of a meeting."""
        return await self._ask(models.Meeting, "PATCH", f"/meetings/{meeting_id}", changes)

    async def list_meetings(self) -> AsyncIterator[models.Meeting]:
        """Yield the meetings that one hosts or joined, newest first."""
        async for page in self._pages(models.MeetingPage, "/meetings"):
            for meeting in page.items:
                yield meeting

    async def list_participants(self, meeting_id: str) -> AsyncIterator[models.Participant]:
        """Yield who is or was in the latest run of a meeting."""
        async for page in self._pages(models.ParticipantPage, f"/meetings/{meeting_id}/participants"):
            for participant in page.items:
                yield participant

    async def start_meeting(self, meeting_id: str) -> models.Meeting:
        """Make a meeting live before anybody joins."""
        return await self._ask(models.Meeting, "POST", f"/meetings/{meeting_id}/start", key=str(uuid4()))

    async def end_meeting(self, meeting_id: str) -> None:
        """End a meeting for everybody."""
        await self._send("POST", f"/meetings/{meeting_id}/end", key=str(uuid4()))

    # ------------------------------------------------------------------ webhooks

    async def create_webhook(
        self, url: str, events: list[str], *, covers: str = "mine", description: str | None = None
    ) -> models.CreatedWebhook:
        """Make a webhook; keep the secret of the answer, it is not shown again."""
        body = {"url": url, "events": events, "covers": covers}
        body |= {"description": description} if description else {}
        return await self._ask(models.CreatedWebhook, "POST", "/webhooks", body, key=str(uuid4()))

    async def list_webhooks(self) -> AsyncIterator[models.Webhook]:
        """Yield one's own webhooks, or for administrators all, newest first."""
        async for page in self._pages(models.WebhookPage, "/webhooks"):
            for webhook in page.items:
                yield webhook

    async def update_webhook(self, webhook_id: str, **changes: Any) -> models.Webhook:
        """Change `url`, `events`, `description` or `active`."""
        return await self._ask(models.Webhook, "PATCH", f"/webhooks/{webhook_id}", changes)

    async def delete_webhook(self, webhook_id: str) -> None:
        """Delete a webhook with its deliveries."""
        await self._send("DELETE", f"/webhooks/{webhook_id}")

    async def ping_webhook(self, webhook_id: str) -> models.Delivery:
        """Send a test event."""
        return await self._ask(models.Delivery, "POST", f"/webhooks/{webhook_id}/ping")

    async def rotate_webhook_secret(self, webhook_id: str) -> models.CreatedWebhook:
        """Give a webhook a new secret; for a day both sign."""
        return await self._ask(models.CreatedWebhook, "POST", f"/webhooks/{webhook_id}/rotate-secret")

    async def list_deliveries(self, webhook_id: str) -> AsyncIterator[models.Delivery]:
        """Yield what was sent to a webhook, newest first, with every attempt."""
        async for page in self._pages(models.DeliveryPage, f"/webhooks/{webhook_id}/deliveries"):
            for delivery in page.items:
                yield delivery

    async def replay_failed_deliveries(self, webhook_id: str) -> int:
        """Send everything again that failed for good; return how many."""
        replayed = await self._ask(models.Replayed, "POST", f"/webhooks/{webhook_id}/replay")
        return replayed.count

    # ------------------------------------------------------------------ how it is asked

    async def _ask(
        self, model: type[ModelT], method: str, path: str, body: Any = None, *, key: str | None = None
    ) -> ModelT:
        return model.model_validate((await self._send(method, path, body, key=key)).json())

    async def _pages(self, model: type[ModelT], path: str) -> AsyncIterator[Any]:
        cursor: str | None = None
        while True:
            query = "" if cursor is None else f"&cursor={cursor}"
            page: Any = await self._ask(model, "GET", f"{path}?limit=100{query}")
            yield page
            cursor = page.next_cursor
            if cursor is None:
                return

    async def _send(
        self, method: str, path: str, body: Any = None, *, key: str | None = None
    ) -> httpx2.Response:
        try:
            return await self._send_once(method, path, body, key)
        except ApiError as error:
            if error.code != EXPIRED or self._refresh_token is None:
                raise
        await self._renew()
        return await self._send_once(method, path, body, key)

    async def _send_once(self, method: str, path: str, body: Any, key: str | None) -> httpx2.Response:
        headers = {"X-Token-Transport": "body"}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        if key is not None:
            headers["Idempotency-Key"] = key
        return check(await self._http.request(method, f"/api/v1{path}", json=body, headers=headers))

    async def _renew(self) -> None:
        body = {"refresh_token": self._refresh_token}
        self._token = None
        answer = await self._send_once("POST", "/auth/refresh", body, None)
        self._keep(models.SignedIn.model_validate(answer.json()))

    def _keep(self, signed_in: models.SignedIn) -> models.User:
        self._token = signed_in.access_token
        self._refresh_token = signed_in.refresh_token or self._refresh_token
        return signed_in.user


def check(response: httpx2.Response) -> httpx2.Response:
    """Return an answer that is no error; raise ApiError."""
    if response.status_code < 400:
        return response
    is_problem = response.headers.get("content-type", "").startswith("application/problem+json")
    problem: Mapping[str, Any] = response.json() if is_problem else {"detail": response.text[:200]}
    wait = response.headers.get("retry-after", "")
    raise ApiError(response.status_code, dict(problem), float(wait) if wait.isdigit() else None)


@asynccontextmanager
async def open_client(url: str, *, token: str | None = None, timeout_s: float = 30) -> AsyncIterator[Client]:
    """Open a client of the server at `url`. `token`: an access token, where there is one already."""
    async with httpx2.AsyncClient(base_url=url, timeout=timeout_s) as http:
        yield Client(http, token=token)
