"""Streams: tokens with which an encoder publishes (WHIP) or a player watches (WHEP), and their admission.

A token is 128 random bits, hashed at rest, for one meeting and one direction. A publisher is one participant,
whoever connects last with its token; every player that watches is a participant of its own.
"""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.contracts.permissions import check_participant
from meeting_system.contracts.stream import AdmitStream, EndStream, StreamAdmission
from meeting_system.kernel.ids import is_id, new_id, new_secret
from meeting_system.kernel.principal import Account, MeetingRole, Principal
from meeting_system.kit import outbox
from meeting_system.meeting import rules
from meeting_system.meeting.access import find_standing
from meeting_system.meeting.context import Context
from meeting_system.meeting.errors import (
    MeetingEnded,
    MeetingFull,
    MeetingIsFrozen,
    MeetingNotFound,
    MeetingNotLive,
    ParticipantBanned,
    StreamDirectionWrong,
    StreamNotFound,
    StreamTokenInvalid,
    TooManyStreams,
)
from meeting_system.meeting.repository import commands, joining, streams
from meeting_system.meeting.repository.joining import Arrival, JoinRow
from meeting_system.meeting.repository.streams import StreamRow, TokenRow
from meeting_system.meeting.rules import Reference
from meeting_system.meeting.schemas import CreatedStream, NewStream, Stream, StreamList

PATHS = {"publish": "whip", "watch": "whep"}
NAMES = {"publish": "Encoder", "watch": "Player"}


async def create_stream(
    context: Context,
    principal: Principal,
    meeting_id: str,
    sent: NewStream,
    *,
    key: str | None,
    base_url: str,
) -> CreatedStream:
    """Make a token. With the same Idempotency-Key again, the same stream gets another token: the first was
    never read. Errors: forbidden, meeting_ended, too_many_streams."""
    now = context.ports.clock.now()
    token = new_secret()
    async with context.ports.database.transaction() as connection:
        await _check_host(connection, meeting_id, principal)
        stream = _new_row(context, sent, now=now)
        before = None
        if key is not None:
            before = await _claim(connection, principal, meeting_id, key, stream.stream_id, now=now)
        if before is not None:
            stream = await _renew(connection, meeting_id, before, token)
        else:
            await _insert(context, connection, meeting_id, stream, token, now=now)
    url = f"{base_url}/api/v1/media/{PATHS[stream.direction]}/{meeting_id}"
    return CreatedStream(**_show(stream).model_dump(), token=token, url=url)


async def list_streams(context: Context, principal: Principal, meeting_id: str) -> StreamList:
    """Return the streams whose tokens hold. Errors: forbidden."""
    async with context.ports.database.reading() as connection:
        await _check_host(connection, meeting_id, principal)
        rows = await streams.list_streams(connection, meeting_id, now=context.ports.clock.now())
    return StreamList(items=[_show(row) for row in rows])


async def revoke_stream(context: Context, principal: Principal, meeting_id: str, stream_id: str) -> None:
    """Let a token hold no more, and end what runs by it. Errors: forbidden, stream_not_found."""
    async with context.ports.database.transaction() as connection:
        await _check_host(connection, meeting_id, principal)
        now = context.ports.clock.now()
        if not is_id(stream_id) or not await streams.revoke_stream(
            connection, meeting_id, stream_id, now=now
        ):
            raise StreamNotFound("this meeting has no such stream, or it was revoked")
        await outbox.collect(
            connection, EndStream(meeting_id=meeting_id, stream_id=stream_id), key=f"stream:{stream_id}"
        )


async def admit(context: Context, request: AdmitStream) -> StreamAdmission:
    """Let a stream in by its token. Errors: see AdmitStream."""
    now = context.ports.clock.now()
    async with context.ports.database.transaction() as connection:
        token = await streams.find_token(connection, hash_token(request.token), now=now)
        if token is None:
            raise StreamTokenInvalid("this token is unknown, revoked or too old: ask a host for a new one")
        _check_place(request, token)
        arrival = _arrival(token, now=now)
        found = await joining.read_for_join(
            connection,
            Reference(meeting_id=token.meeting_id),
            user_id=None,
            device_id=arrival.device_id,
            recently=now - timedelta(seconds=context.settings.ticket_lifetime_s),
        )
        run_id = _check_open(context, found)
        arrived = await joining.arrive(connection, Arrival(**vars(arrival) | {"run_id": run_id}))
        if arrived is None:
            raise MeetingNotLive("this meeting just ended")
        await streams.mark_participant(connection, arrived[0], token.stream_id)
    return StreamAdmission(
        meeting_id=token.meeting_id,
        run_id=run_id,
        stream_id=token.stream_id,
        participant_id=arrived[0],
        display_name=token.display_name,
        role=MeetingRole(arrival.role),
        source="screen" if token.source == "screen" else "camera",
        expires_at=token.expires_at.timestamp(),
    )


def hash_token(token: str) -> str:
    """Hash 128 random bits for storage: nothing slower is needed, they can't be guessed."""
    return hashlib.sha256(token.encode()).hexdigest()


async def _check_host(connection: AsyncConnection, meeting_id: str, principal: Principal) -> None:
    standing = await find_standing(connection, meeting_id, principal)
    check_participant(standing.role, "meeting:stream")


def _new_row(context: Context, sent: NewStream, *, now: datetime) -> StreamRow:
    settings = context.settings
    lifetime_s = min(sent.expires_in_s or settings.stream_lifetime_s, settings.longest_stream_lifetime_s)
    return StreamRow(
        stream_id=new_id(now.timestamp()),
        direction=sent.direction,
        display_name=sent.name or NAMES[sent.direction],
        source=sent.source,
        created_at=now,
        expires_at=now + timedelta(seconds=lifetime_s),
        active=0,
    )


async def _claim(
    connection: AsyncConnection,
    principal: Principal,
    meeting_id: str,
    key: str,
    stream_id: str,
    *,
    now: datetime,
) -> str | None:
    """Return the stream that was made with this key before, if one was."""
    caller = principal.user_id if isinstance(principal, Account) else principal.participant_id
    sid = f"http:stream:{meeting_id}:{caller}:{key}"
    answer = {"stream_id": stream_id}
    if await commands.claim_command(connection, sid=sid, cid=1, answer=answer, now=now):
        return None
    done = await commands.find_command(connection, sid, 1)
    return None if done is None else str(done.answer["stream_id"])


async def _renew(connection: AsyncConnection, meeting_id: str, stream_id: str, token: str) -> StreamRow:
    renewed = await streams.replace_token(connection, meeting_id, stream_id, token_hash=hash_token(token))
    stream = await streams.find_stream(connection, meeting_id, stream_id) if renewed else None
    if stream is None:
        raise StreamNotFound("the stream made with this key was revoked")
    return stream


async def _insert(
    context: Context,
    connection: AsyncConnection,
    meeting_id: str,
    stream: StreamRow,
    token: str,
    *,
    now: datetime,
) -> None:
    found = await joining.read_for_join(
        connection, Reference(meeting_id=meeting_id), user_id=None, device_id="", recently=now
    )
    if found is None or found.status in rules.OVER:
        raise MeetingEnded("this meeting is over")
    if len(await streams.list_streams(connection, meeting_id, now=now)) >= context.settings.streams:
        raise TooManyStreams(f"{context.settings.streams} streams hold for this meeting: revoke one first")
    await streams.insert_stream(connection, meeting_id, stream, token_hash=hash_token(token))


def _check_place(request: AdmitStream, token: TokenRow) -> None:
    """The token is for this meeting and this direction; of others its bearer learns nothing."""
    reference = rules.parse_reference(request.meeting)
    if token.meeting_id != reference.meeting_id and token.meeting_no != reference.meeting_no:
        raise MeetingNotFound("there is no such meeting for this token")
    if token.direction != request.direction:
        raise StreamDirectionWrong(f"this token is to {token.direction}: use /{PATHS[token.direction]}/")


def _arrival(token: TokenRow, *, now: datetime) -> Arrival:
    participant_id = new_id(now.timestamp())
    publishes = token.direction == "publish"
    return Arrival(
        meeting_id=token.meeting_id,
        run_id=None,
        new_run_id="",
        new_participant_id=participant_id,
        user_id=None,
        device_id=f"stream:{token.stream_id}" if publishes else f"watch:{participant_id}",
        display_name=token.display_name,
        role=MeetingRole.ATTENDEE if publishes else MeetingRole.OBSERVER,
        now=now,
    )


def _check_open(context: Context, found: JoinRow | None) -> str:
    """Return the live run. The lock is for people: who made the token let this in."""
    if found is None or found.run_id is None:
        raise MeetingNotLive("this meeting has not begun or is over", retry_after_s=10)
    if found.banned or found.participant_state == "removed":
        raise ParticipantBanned("a host removed this stream from the meeting")
    if found.frozen:
        raise MeetingIsFrozen("a host froze this meeting: connect again when it goes on", retry_after_s=10)
    if found.participant_id is None and found.present >= context.settings.max_participants:
        raise MeetingFull(f"{context.settings.max_participants} are in this meeting: no more may join")
    return found.run_id


def _show(row: StreamRow) -> Stream:
    return Stream.model_validate(vars(row) | {"name": row.display_name})
