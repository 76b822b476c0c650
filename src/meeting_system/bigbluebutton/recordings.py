"""Recordings, of which there are none yet: what the documents say of none, and of unknown ones."""

import orjson

from meeting_system.bigbluebutton.answers import success
from meeting_system.bigbluebutton.context import Context
from meeting_system.bigbluebutton.errors import Failed
from meeting_system.bigbluebutton.parameters import Parameters


async def get_recordings(_context: Context, _parameters: Parameters) -> bytes:
    """List the recordings of meetings."""
    message = "There are no recordings for the meeting(s)."
    return success({"recordings": {}, "messageKey": "noRecordings", "message": message})


async def publish_recordings(_context: Context, parameters: Parameters) -> bytes:
    """Show or hide recordings."""
    _require(parameters, "recordID", "You must specify a recordID.")
    _require(parameters, "publish", "You must specify a publish value true or false.")
    raise _unknown()


async def delete_recordings(_context: Context, parameters: Parameters) -> bytes:
    """Delete recordings."""
    _require(parameters, "recordID", "You must specify a recordID.")
    raise _unknown()


async def update_recordings(_context: Context, parameters: Parameters) -> bytes:
    """Change what is noted of recordings."""
    _require(parameters, "recordID", "You must specify a recordID.")
    raise _unknown()


async def get_recording_text_tracks(_context: Context, parameters: Parameters) -> bytes:
    """List the captions of a recording, as JSON."""
    record_id = parameters.get("recordID")
    if not record_id:
        return as_json("missingParamRecordID", "You must specify a recordID.")
    return as_json("noRecordings", f"No recording found for {record_id}")


def as_json(message_key: str, message: str) -> bytes:
    """Return a failure in the form of the calls that answer with JSON."""
    return orjson.dumps({"response": {"returncode": "FAILED", "messageKey": message_key, "message": message}})


def _require(parameters: Parameters, name: str, message: str) -> None:
    if not parameters.get(name):
        raise Failed(f"missingParam{name[:1].upper()}{name[1:]}", message)


def _unknown() -> Failed:
    return Failed("notFound", "We could not find recordings")
