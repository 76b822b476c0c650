"""The calls by their names."""

from collections.abc import Awaitable, Callable, Mapping

from meeting_system.bigbluebutton import create, hooks, looking, recordings
from meeting_system.bigbluebutton.context import Context
from meeting_system.bigbluebutton.errors import Failed
from meeting_system.bigbluebutton.parameters import Parameters

Call = Callable[[Context, Parameters], Awaitable[bytes]]


async def insert_document(_context: Context, _parameters: Parameters) -> bytes:
    """Refuse: slides are no part of a meeting here."""
    raise Failed("insertDocumentNotSupported", "This server shows documents by sharing a screen only.")


async def send_chat_message(_context: Context, _parameters: Parameters) -> bytes:
    """Refuse: what is written in a chat is somebody's word."""
    raise Failed("sendChatMessageNotSupported", "This server takes chat messages of participants only.")


CALLS: Mapping[str, Call] = {
    "create": create.create,
    "end": create.end,
    "isMeetingRunning": looking.is_meeting_running,
    "getMeetingInfo": looking.get_meeting_info,
    "getMeetings": looking.get_meetings,
    "getRecordings": recordings.get_recordings,
    "publishRecordings": recordings.publish_recordings,
    "deleteRecordings": recordings.delete_recordings,
    "updateRecordings": recordings.update_recordings,
    "getRecordingTextTracks": recordings.get_recording_text_tracks,
    "putRecordingTextTrack": recordings.get_recording_text_tracks,
    "insertDocument": insert_document,
    "sendChatMessage": send_chat_message,
    "hooks/create": hooks.create_hook,
    "hooks/list": hooks.list_hooks,
    "hooks/destroy": hooks.destroy_hook,
}
ANSWERED_AS_JSON = frozenset({"getRecordingTextTracks", "putRecordingTextTrack"})
JOIN = "join"
