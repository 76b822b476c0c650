"""Idempotency-Key: a POST that is sent again does nothing again and gets the answer of the first time.

Wraps the routes of a process, so that none has to know of it. A key belongs to who sends it, and to one
request: method, address and body. Kept for a day are the answers of what took effect; what failed may be
tried again with its key. Answers hold tickets and tokens, so they are kept encrypted by the key itself, of
which only a digest is written: who reads the database learns neither.

Where a crash between the effect and its answer must not lead to a second effect, the effect itself is written
once (`meeting/durable.py`): this layer then only saves the way.
"""

import asyncio
import base64
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from meeting_system.kernel.clock import Clock
from meeting_system.kernel.errors import AppError, Conflict, FieldError, Invalid
from meeting_system.kernel.principal import Account, Guest
from meeting_system.kernel.text import is_token
from meeting_system.kit.auth import SCHEME, Authenticator
from meeting_system.kit.sql import Database

HEADER = "idempotency-key"
LONGEST_KEY = 64
PREFIX = "/api/v1/"
KEPT_S = 24 * 3600
CLAIM_S = 60
"""A process that was killed holds a key for so long."""
LARGEST_ANSWER = 256 << 10
WAITED_S = 10.0
LOOK_S = 0.05
NONCE_BYTES = 12
NOT_KEPT = frozenset(
    {b"date", b"server", b"content-length", b"x-trace-id", b"ratelimit", b"ratelimit-policy"}
)


class KeyReused(Invalid):
    """The key belongs to another request of the same caller: another address or another body."""

    code = "idempotency_key_reused"


class KeyInProgress(Conflict):
    """The first request with this key is still being answered."""

    code = "idempotency_in_progress"


# A row that nobody answered in time may be taken over; one that is too old is as good as none.
_CLAIM = text(
    """
    INSERT INTO kit.idempotency AS known (owner, key_hash, request_hash, claimed_at)
    VALUES (:owner, :key_hash, :request_hash, :now)
    ON CONFLICT (owner, key_hash) DO UPDATE
       SET request_hash = excluded.request_hash, claimed_at = excluded.claimed_at, answer = NULL
     WHERE known.claimed_at < :kept_since
        OR (known.answer IS NULL AND known.claimed_at < :claimed_since
            AND known.request_hash = excluded.request_hash)
    RETURNING true
    """
)
_FIND = text("SELECT request_hash, answer FROM kit.idempotency WHERE owner = :owner AND key_hash = :key_hash")
_KEEP = text(
    """
    UPDATE kit.idempotency SET answer = :answer
     WHERE owner = :owner AND key_hash = :key_hash AND claimed_at = :now
    """
)
_RELEASE = text(
    """
    DELETE FROM kit.idempotency
     WHERE owner = :owner AND key_hash = :key_hash AND claimed_at = :now AND answer IS NULL
    """
)
_PURGE = text(
    """
    DELETE FROM kit.idempotency WHERE (owner, key_hash) IN (
        SELECT owner, key_hash FROM kit.idempotency WHERE claimed_at < :kept_since
        LIMIT 10 FOR UPDATE SKIP LOCKED
    )
    """
)


_FORGET = text("DELETE FROM kit.idempotency WHERE owner = :owner")


async def forget(connection: AsyncConnection, user_id: str) -> None:
    """Delete every key of an account that is deleted: each names it."""
    await connection.execute(_FORGET, {"owner": owner_of(user_id)})


def owner_of(user_id: str) -> str:
    """Return what the keys of an account are kept under."""
    return f"account:{user_id}"


@dataclass(frozen=True)
class Claim:
    """A request under its key."""

    owner: str
    key: str
    request_hash: bytes
    now: datetime

    @property
    def key_hash(self) -> bytes:
        return blake2b(self.key.encode(), digest_size=32, person=b"idempotency-id").digest()

    @property
    def row(self) -> dict[str, object]:
        return {"owner": self.owner, "key_hash": self.key_hash, "now": self.now}


@dataclass(frozen=True)
class Kept:
    """An answer as it is kept."""

    status: int
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes

    def seal(self, claim: Claim) -> bytes:
        """Return the answer encrypted by the key."""
        headers = [[name.decode("latin-1"), value.decode("latin-1")] for name, value in self.headers]
        plain = orjson.dumps([self.status, headers, base64.b64encode(self.body).decode()])
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(_secret(claim)).encrypt(nonce, plain, claim.request_hash)

    @staticmethod
    def open(sealed: bytes, claim: Claim) -> "Kept":
        """Return the answer that `seal` encrypted."""
        nonce, text = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        plain = AESGCM(_secret(claim)).decrypt(nonce, text, claim.request_hash)
        status, headers, body = orjson.loads(plain)
        pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        return Kept(status, pairs, base64.b64decode(body))


def _secret(claim: Claim) -> bytes:
    return blake2b(claim.key.encode(), digest_size=32, person=b"idempotency-kdf").digest()


@dataclass(frozen=True)
class Idempotency:
    """The layer: an ASGI application around the routes."""

    app: ASGIApp
    database: Database
    clock: Clock
    authenticator: Authenticator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        key = headers.get(HEADER)
        if key is None or scope["method"] != "POST" or not scope["path"].startswith(PREFIX):
            await self.app(scope, receive, send)
            return
        check_key(key)
        body = await _read(receive)
        claim = Claim(await self._owner(headers), key, _digest(scope, body), self.clock.now())
        known = await self._claim_or_wait(claim)
        if known is not None:
            await _replay(known, send)
            return
        await self._answer(claim, scope, body, receive, send)

    async def _owner(self, headers: Headers) -> str:
        """Return whose key it is; a wrong token is for the route to refuse."""
        given = headers.get("authorization", "")
        if given[: len(SCHEME)].lower() != SCHEME:
            return "nobody"
        try:
            principal = await self.authenticator.authenticate(given[len(SCHEME) :].strip())
        except AppError:
            return "unknown"
        if isinstance(principal, Guest):
            return f"guest:{principal.participant_id}"
        assert isinstance(principal, Account)
        return owner_of(principal.user_id)

    async def _claim_or_wait(self, claim: Claim) -> Kept | None:
        """Return the answer of the first time, None when this is the first."""
        for _ in range(int(WAITED_S / LOOK_S)):
            if await self._claim(claim):
                return None
            async with self.database.reading() as connection:
                row = (await connection.execute(_FIND, claim.row)).first()
            if row is None:  # it failed just now
                continue
            if bytes(row.request_hash) != claim.request_hash:
                raise KeyReused(
                    "this Idempotency-Key was used for another request: use a new one",
                    errors=[FieldError("/header/Idempotency-Key", "belongs to another request")],
                )
            if row.answer is not None:
                return _open(bytes(row.answer), claim)
            await asyncio.sleep(LOOK_S)
        raise KeyInProgress(
            "the first request with this Idempotency-Key is not answered yet", retry_after_s=1
        )

    async def _claim(self, claim: Claim) -> bool:
        kept_since = claim.now - timedelta(seconds=KEPT_S)
        values = {
            **claim.row,
            "request_hash": claim.request_hash,
            "kept_since": kept_since,
            "claimed_since": claim.now - timedelta(seconds=CLAIM_S),
        }
        async with self.database.transaction() as connection:
            claimed = (await connection.execute(_CLAIM, values)).first() is not None
            if claimed:  # a key comes, ten go: no job is needed
                await connection.execute(_PURGE, {"kept_since": kept_since})
        return claimed

    async def _answer(self, claim: Claim, scope: Scope, body: bytes, receive: Receive, send: Send) -> None:
        """Let the route answer, keep the answer, then send it."""
        messages: list[Message] = []

        async def hold(message: Message) -> None:
            messages.append(message)

        try:
            await self.app(scope, _Given(body, receive), hold)
        except BaseException:
            await self._release(claim)
            raise
        kept = _to_keep(messages)
        if kept is None:
            await self._release(claim)
        else:
            async with self.database.reading() as connection:
                await connection.execute(_KEEP, {**claim.row, "answer": kept.seal(claim)})
        for message in messages:
            await send(message)

    async def _release(self, claim: Claim) -> None:
        async with self.database.reading() as connection:
            await connection.execute(_RELEASE, claim.row)


def check_key(key: str) -> None:
    """Raise Invalid for what can't be a key."""
    if not (1 <= len(key) <= LONGEST_KEY and is_token(key)):
        problem = FieldError("/header/Idempotency-Key", f"1 to {LONGEST_KEY} printable ASCII, no blanks")
        raise Invalid("the Idempotency-Key is not valid, see errors", errors=[problem])


def _open(sealed: bytes, claim: Claim) -> Kept:
    try:
        return Kept.open(sealed, claim)
    except (InvalidTag, ValueError) as error:  # a digest that two keys share, or a damaged row
        raise KeyReused("this Idempotency-Key was used for another request: use a new one") from error


def _digest(scope: Scope, body: bytes) -> bytes:
    address = f"{scope['path']}?{scope['query_string'].decode('latin-1')}"
    return blake2b(address.encode() + b"\0" + body, digest_size=32).digest()


def _to_keep(messages: Sequence[Message]) -> Kept | None:
    """Return what is kept of an answer: only of one that says that it is done."""
    start = messages[0] if messages else None
    if start is None or start["type"] != "http.response.start" or start["status"] >= 300:
        return None
    body = b"".join(message.get("body", b"") for message in messages[1:])
    if len(body) > LARGEST_ANSWER:
        return None
    headers = [(name, value) for name, value in start["headers"] if name.lower() not in NOT_KEPT]
    return Kept(start["status"], headers, body)


async def _replay(kept: Kept, send: Send) -> None:
    headers = [*kept.headers, (b"idempotency-replayed", b"true")]
    if kept.body or kept.status != 204:
        headers.append((b"content-length", str(len(kept.body)).encode()))
    await send({"type": "http.response.start", "status": kept.status, "headers": headers})
    await send({"type": "http.response.body", "body": kept.body})


async def _read(receive: Receive) -> bytes:
    """Return the body; the edge has read it, within the limit."""
    message = await receive()
    return bytes(message.get("body", b""))


@dataclass
class _Given:
    """Gives the body again, then goes on receiving."""

    body: bytes | None
    receive: Receive

    async def __call__(self) -> Message:
        if self.body is None:
            return await self.receive()
        body, self.body = self.body, None
        return {"type": "http.request", "body": body, "more_body": False}
