"""HTTP: messages, files and polls below /api/v1/meetings/{id}."""

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse
from starlette.routing import BaseRoute

from meeting_system.contracts.signal_chat import ChatFile, ChatMessage
from meeting_system.contracts.signal_polls import PollState
from meeting_system.kit.auth import require_principal
from meeting_system.kit.http import Key, streams_body
from meeting_system.kit.paging import Cursor, Limit
from meeting_system.meeting import (
    afterwards,
    chat,
    chat_change,
    chat_reading,
    files,
    poll_drafts,
    poll_reading,
    polls,
    requests,
)
from meeting_system.meeting.chat import Writing
from meeting_system.meeting.chat_reading import ExportForm
from meeting_system.meeting.context import Context
from meeting_system.meeting.files import Download
from meeting_system.meeting.request_parts import ask
from meeting_system.meeting.talk_schemas import (
    FoundPage,
    MessageChange,
    MessageEdits,
    MessagePage,
    NewMessage,
    NewPoll,
    NewReaction,
    PollList,
    PollResults,
    Vote,
)

Seq = Annotated[int | None, Query(ge=0, le=2**62)]
Words = Annotated[str, Query(min_length=1, max_length=200)]
FileName = Annotated[str, Query(min_length=1, max_length=500)]
Length = Annotated[int | None, Header(alias="Content-Length", include_in_schema=False)]

PREFIX = "/api/v1/meetings/{meeting_id}"
DOWNLOAD_HEADERS = {
    # Whatever the bytes are: nothing of them runs, and nothing of them is shown as a page of ours.
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, no-store",
}


def create_talk_routes(context: Context) -> Sequence[BaseRoute]:
    """Return the routes of chat, files and polls."""
    return [
        *_reading_routes(context),
        *_writing_routes(context),
        *_file_routes(context),
        *_draft_routes(context),
        *_poll_routes(context),
    ]


def _reading_routes(context: Context) -> Sequence[BaseRoute]:
    router = APIRouter(prefix=PREFIX, tags=["chat"])

    @router.get("/messages")
    async def list_messages(
        meeting_id: str,
        request: Request,
        before_seq: Seq = None,
        after_seq: Seq = None,
        limit: Limit = 50,
    ) -> MessagePage:
        """List messages to everyone: the first after `after_seq`, else the last before `before_seq`."""
        principal = await require_principal(request)
        return await chat_reading.list_messages(
            context, principal, meeting_id, before_seq=before_seq, after_seq=after_seq, limit=limit
        )

    @router.get("/messages/private")
    async def list_private_messages(
        meeting_id: str, request: Request, cursor: Cursor = None, limit: Limit = 50
    ) -> FoundPage:
        """List one's own private messages; nobody sees those of others."""
        principal = await require_principal(request)
        return await chat_reading.list_private(context, principal, meeting_id, cursor=cursor, limit=limit)

    @router.get("/messages/search")
    async def search_messages(
        meeting_id: str, q: Words, request: Request, cursor: Cursor = None, limit: Limit = 20
    ) -> FoundPage:
        """Find messages that have all the words, in Chinese any characters that stand together."""
        principal = await require_principal(request)
        return await chat_reading.search_messages(
            context, principal, meeting_id, q, cursor=cursor, limit=limit
        )

    @router.get("/messages/export", response_class=StreamingResponse)
    async def export_messages(
        meeting_id: str, request: Request, form: ExportForm = "text"
    ) -> StreamingResponse:
        """Save the messages to everyone as text or JSON: for hosts."""
        principal = await require_principal(request)
        content = await chat_reading.export(context, principal, meeting_id, form)
        kind, ending = ("application/json", "json") if form == "json" else ("text/plain", "txt")
        headers = {"Content-Disposition": f'attachment; filename="chat.{ending}"'}
        return StreamingResponse(content, media_type=kind, headers=DOWNLOAD_HEADERS | headers)

    @router.get("/messages/{message_id}/edits")
    async def list_edits(meeting_id: str, message_id: str, request: Request) -> MessageEdits:
        """Show what a message said before: to its author and hosts."""
        principal = await require_principal(request)
        return await chat_reading.list_edits(context, principal, meeting_id, message_id)

    return router.routes


def _writing_routes(context: Context) -> Sequence[BaseRoute]:
    router = APIRouter(prefix=PREFIX, tags=["chat"])

    @router.post("/messages", status_code=201)
    async def send_message(
        meeting_id: str, sent: NewMessage, request: Request, key: Key = None
    ) -> ChatMessage:
        """Send a message, `to` a participant a private one. The caller must have joined."""
        principal = await require_principal(request)
        effect = chat.sending(Writing(sent.body, sent.to, sent.reply_to, sent.file_ids))
        return ChatMessage.model_validate(await requests.ask(context, principal, meeting_id, effect, key=key))

    @router.patch("/messages/{message_id}")
    async def edit_message(
        meeting_id: str, message_id: str, sent: MessageChange, request: Request, key: Key = None
    ) -> ChatMessage:
        """Edit one's own message, some time after it was sent at most."""
        principal = await require_principal(request)
        effect = chat_change.editing(message_id, sent.body, within_s=context.settings.edit_within_s)
        return ChatMessage.model_validate(await requests.ask(context, principal, meeting_id, effect, key=key))

    @router.delete("/messages/{message_id}")
    async def delete_message(
        meeting_id: str, message_id: str, request: Request, key: Key = None
    ) -> ChatMessage:
        """Delete one's own message, or as a host any that is not private; also when the meeting is over."""
        principal = await require_principal(request)
        effect = chat_change.deleting(message_id)
        return ChatMessage.model_validate(
            await afterwards.ask_even_after(context, principal, meeting_id, effect, key=key)
        )

    @router.post("/messages/{message_id}/reactions", status_code=204)
    async def react_to_message(
        meeting_id: str, message_id: str, sent: NewReaction, request: Request, key: Key = None
    ) -> None:
        """Put an emoji to a message, or take it away."""
        effect = chat_change.reacting(message_id, sent.emoji, on=sent.on)
        await ask(context, request, meeting_id, effect, key)

    return router.routes


def _file_routes(context: Context) -> Sequence[BaseRoute]:
    router = APIRouter(prefix=f"{PREFIX}/files", tags=["files"])

    @router.post("", status_code=201)
    @streams_body
    async def upload_file(
        meeting_id: str, name: FileName, request: Request, length: Length = None
    ) -> ChatFile:
        """Upload a file, its bytes as the body, for a message to come, which names it in `file_ids`."""
        principal = await require_principal(request)
        return await files.upload(
            context, principal, meeting_id, name=name, size=length, content=request.stream()
        )

    @router.delete("/{file_id}", status_code=204)
    async def discard_file(meeting_id: str, file_id: str, request: Request) -> None:
        """Delete a file that was not sent yet."""
        await files.discard(context, await require_principal(request), meeting_id, file_id)

    @router.get("/{file_id}", response_class=StreamingResponse)
    async def download_file(meeting_id: str, file_id: str, request: Request) -> StreamingResponse:
        """Download a file of a message that the caller may read."""
        principal = await require_principal(request)
        return _give(await files.download(context, principal, meeting_id, file_id))

    @router.get("/{file_id}/preview", response_class=StreamingResponse)
    async def show_preview(meeting_id: str, file_id: str, request: Request) -> StreamingResponse:
        """Show a picture small, drawn anew by the server."""
        principal = await require_principal(request)
        return _give(await files.show_preview(context, principal, meeting_id, file_id))

    return router.routes


def _give(download: Download) -> StreamingResponse:
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(download.name, safe='')}"}
    if download.size is not None:
        headers["Content-Length"] = str(download.size)
    return StreamingResponse(
        download.content, media_type=download.media_type, headers=DOWNLOAD_HEADERS | headers
    )


def _draft_routes(context: Context) -> Sequence[BaseRoute]:
    router = APIRouter(prefix=f"{PREFIX}/polls", tags=["polls"])

    @router.post("", status_code=201)
    async def create_poll(meeting_id: str, sent: NewPoll, request: Request, key: Key = None) -> PollState:
        """Make a poll, before or during the meeting; it opens with its start."""
        principal = await require_principal(request)
        return await poll_drafts.create_poll(context, principal, meeting_id, sent, key=key)

    @router.get("")
    async def list_polls(meeting_id: str, request: Request) -> PollList:
        """List the polls of a meeting, with one's own votes and what of the results one may see."""
        principal = await require_principal(request)
        return PollList(items=await poll_reading.list_polls(context, principal, meeting_id))

    @router.get("/{poll_id}")
    async def get_poll(meeting_id: str, poll_id: str, request: Request) -> PollState:
        return await poll_reading.get_poll(context, await require_principal(request), meeting_id, poll_id)

    @router.put("/{poll_id}")
    async def replace_poll(meeting_id: str, poll_id: str, sent: NewPoll, request: Request) -> PollState:
        """Write a draft anew."""
        principal = await require_principal(request)
        return await poll_drafts.replace_poll(context, principal, meeting_id, poll_id, sent)

    @router.delete("/{poll_id}", status_code=204)
    async def delete_poll(meeting_id: str, poll_id: str, request: Request) -> None:
        """Delete a draft."""
        await poll_drafts.delete_poll(context, await require_principal(request), meeting_id, poll_id)

    return router.routes


def _poll_routes(context: Context) -> Sequence[BaseRoute]:
    router = APIRouter(prefix=f"{PREFIX}/polls/{{poll_id}}", tags=["polls"])

    @router.post("/start")
    async def start_poll(meeting_id: str, poll_id: str, request: Request, key: Key = None) -> PollState:
        principal = await require_principal(request)
        answer = await requests.ask(context, principal, meeting_id, polls.starting(poll_id), key=key)
        return PollState.model_validate(answer)

    @router.post("/vote")
    async def vote_poll(
        meeting_id: str, poll_id: str, sent: Vote, request: Request, key: Key = None
    ) -> PollState:
        """Vote. The caller must have joined; whoever votes from two devices has one vote."""
        principal = await require_principal(request)
        effect = polls.voting(poll_id, sent.option_ids)
        return PollState.model_validate(await requests.ask(context, principal, meeting_id, effect, key=key))

    @router.post("/close")
    async def close_poll(meeting_id: str, poll_id: str, request: Request, key: Key = None) -> PollState:
        """Take no more votes; where results were live, they are published with it."""
        principal = await require_principal(request)
        effect = polls.closing(poll_id)
        return PollState.model_validate(
            await afterwards.ask_even_after(context, principal, meeting_id, effect, key=key)
        )

    @router.post("/publish")
    async def publish_poll(meeting_id: str, poll_id: str, request: Request, key: Key = None) -> PollState:
        """Show everyone the results of a closed poll."""
        principal = await require_principal(request)
        effect = polls.publishing(poll_id)
        return PollState.model_validate(
            await afterwards.ask_even_after(context, principal, meeting_id, effect, key=key)
        )

    @router.get("/results")
    async def get_results(meeting_id: str, poll_id: str, request: Request) -> PollResults:
        """Show who voted what: to who made the poll and to hosts."""
        return await poll_reading.get_results(context, await require_principal(request), meeting_id, poll_id)

    @router.get("/results/export", response_class=StreamingResponse)
    async def export_results(meeting_id: str, poll_id: str, request: Request) -> StreamingResponse:
        """Save the results as a table (CSV)."""
        principal = await require_principal(request)
        results = await poll_reading.get_results(context, principal, meeting_id, poll_id)
        # The mark at the beginning tells spreadsheets that this is UTF-8.
        lines = ["\ufeff", *poll_reading.write_csv(results)]
        headers = {"Content-Disposition": 'attachment; filename="poll.csv"'}
        return StreamingResponse(iter(lines), media_type="text/csv", headers=DOWNLOAD_HEADERS | headers)

    return router.routes
