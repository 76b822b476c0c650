"""What other services ask of meeting over the bus."""

from typing import Any

from meeting_system.contracts.account import (
    AccountRecords,
    CollectAccount,
    DisconnectAccount,
    ExpelAccount,
    ForgetAccount,
)
from meeting_system.contracts.call import Nothing, Request
from meeting_system.contracts.meeting import (
    Admission,
    EndMeeting,
    FindLastCommand,
    LastCommand,
    LoadRoom,
    LockMeeting,
    MuteParticipant,
    OpenPersonalRoom,
    RedeemTicket,
    RemoveParticipant,
    ReportPresence,
    RoomView,
    SendChat,
)
from meeting_system.contracts.outside import (
    EndOutsideMeeting,
    FindOutsideMeetings,
    IssuePass,
    OpenOutsideMeeting,
    OutsideMeeting,
    OutsideMeetings,
    Pass,
)
from meeting_system.contracts.signal import ChatMessage
from meeting_system.contracts.stream import AdmitStream, StreamAdmission
from meeting_system.kernel.ids import is_id
from meeting_system.kit.bus import Handler
from meeting_system.meeting import (
    accounts,
    chat,
    lifecycle,
    moderation,
    outside,
    passes,
    presence,
    rooms,
    streams,
    tickets,
)
from meeting_system.meeting.breakout_handlers import breakout_handlers
from meeting_system.meeting.chat import Writing
from meeting_system.meeting.context import Context
from meeting_system.meeting.durable import call_of_command, once
from meeting_system.meeting.floor_handlers import floor_handlers
from meeting_system.meeting.repository import commands
from meeting_system.meeting.talk_handlers import create_talk_handlers


def create_handlers(context: Context) -> dict[type[Request[Any]], Handler]:
    """Return the handler of each request."""
    return {
        **_command_handlers(context),
        **_question_handlers(context),
        **_account_handlers(context),
        **create_talk_handlers(context),
        **floor_handlers(context),
        **breakout_handlers(context),
    }


def _account_handlers(context: Context) -> dict[type[Request[Any]], Handler]:
    async def expel_account(request: ExpelAccount) -> Nothing:
        await accounts.expel(context, request.user_id)
        return Nothing()

    async def disconnect_account(request: DisconnectAccount) -> Nothing:
        await accounts.disconnect(context, request.user_id)
        return Nothing()

    async def forget_account(request: ForgetAccount) -> Nothing:
        await accounts.forget(context, request.user_id, request.email)
        return Nothing()

    async def collect_account(request: CollectAccount) -> AccountRecords:
        return await accounts.collect(context, request.user_id)

    return {
        ExpelAccount: expel_account,
        DisconnectAccount: disconnect_account,
        ForgetAccount: forget_account,
        CollectAccount: collect_account,
    }


def _command_handlers(context: Context) -> dict[type[Request[Any]], Handler]:
    async def send_chat(command: SendChat) -> ChatMessage:
        writing = Writing(command.body, command.to, command.reply_to, command.file_ids)
        answer = await once(context, call_of_command(command), chat.sending(writing))
        return ChatMessage.model_validate(answer)

    async def mute_participant(command: MuteParticipant) -> Nothing:
        effect = moderation.muting(command.target_id, command.source)
        await once(context, call_of_command(command), effect)
        return Nothing()

    async def remove_participant(command: RemoveParticipant) -> Nothing:
        await once(context, call_of_command(command), moderation.removing(command.target_id))
        return Nothing()

    async def lock_meeting(command: LockMeeting) -> Nothing:
        await once(context, call_of_command(command), moderation.locking(locked=command.locked))
        return Nothing()

    async def end_meeting(command: EndMeeting) -> Nothing:
        await once(context, call_of_command(command), lifecycle.end)
        return Nothing()

    return {
        SendChat: send_chat,
        MuteParticipant: mute_participant,
        RemoveParticipant: remove_participant,
        LockMeeting: lock_meeting,
        EndMeeting: end_meeting,
    }


def _outside_handlers(context: Context) -> dict[type[Request[Any]], Handler]:
    async def open_outside_meeting(request: OpenOutsideMeeting) -> OutsideMeeting:
        return await outside.open_meeting(context, request)

    async def find_outside_meetings(request: FindOutsideMeetings) -> OutsideMeetings:
        return await outside.find_meetings(context, request)

    async def end_outside_meeting(request: EndOutsideMeeting) -> Nothing:
        await outside.end_meeting(context, request)
        return Nothing()

    async def issue_pass(request: IssuePass) -> Pass:
        return await passes.issue_pass(context, request)

    return {
        OpenOutsideMeeting: open_outside_meeting,
        FindOutsideMeetings: find_outside_meetings,
        EndOutsideMeeting: end_outside_meeting,
        IssuePass: issue_pass,
    }


def _question_handlers(context: Context) -> dict[type[Request[Any]], Handler]:
    async def redeem_ticket(request: RedeemTicket) -> Admission:
        return await tickets.redeem(context, request)

    async def admit_stream(request: AdmitStream) -> StreamAdmission:
        return await streams.admit(context, request)

    async def load_room(request: LoadRoom) -> RoomView:
        return await presence.load_room(context, request)

    async def report_presence(request: ReportPresence) -> Nothing:
        await presence.report_presence(context, request)
        return Nothing()

    async def find_last_command(request: FindLastCommand) -> LastCommand:
        if not is_id(request.participant_id):
            return LastCommand(cid=0)
        async with context.ports.database.reading() as connection:
            cid = await commands.find_last_cid(
                connection, sid=request.sid, participant_id=request.participant_id
            )
        return LastCommand(cid=cid)

    async def open_personal_room(request: OpenPersonalRoom) -> Nothing:
        await rooms.open_personal_room(context, request.user_id, request.display_name)
        return Nothing()

    return {
        **_outside_handlers(context),
        RedeemTicket: redeem_ticket,
        AdmitStream: admit_stream,
        LoadRoom: load_room,
        ReportPresence: report_presence,
        FindLastCommand: find_last_command,
        OpenPersonalRoom: open_personal_room,
    }
