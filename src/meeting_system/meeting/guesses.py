"""Guessing is slow: wrong passwords and numbers are counted by address."""

from meeting_system.kernel.address import address_block
from meeting_system.kit.attempts import check_attempts, count_wrong_attempt
from meeting_system.meeting.context import Context
from meeting_system.meeting.errors import PasswordRequired, PasswordWrong


async def check_password(
    context: Context, *, meeting_id: str, password_hash: str | None, sent: str | None, address: str
) -> None:
    """Raise unless `sent` is the meeting's password. Errors: meeting_password_required,
    meeting_password_wrong, too_many."""
    if sent is None:
        raise PasswordRequired("this meeting has a password")
    await _check_room(context, meeting_id, address)
    if await context.passwords.matches(sent, password_hash):
        await _check_room(context, meeting_id, address)
        return
    await _count(context, _pair(meeting_id, address), context.settings.guesses)
    await _count(context, _all(address), context.settings.guesses_of_address)
    raise PasswordWrong("this is not the meeting's password")


async def check_number(context: Context, address: str) -> None:
    """Raise TooMany for an address that tried too many numbers."""
    await _check(context, _all(address), context.settings.guesses_of_address)


async def count_number(context: Context, address: str) -> None:
    """Count a number that no meeting has."""
    await _count(context, _all(address), context.settings.guesses_of_address)


async def _check_room(context: Context, meeting_id: str, address: str) -> None:
    await _check(context, _pair(meeting_id, address), context.settings.guesses)
    await _check(context, _all(address), context.settings.guesses_of_address)


async def _check(context: Context, key: str, limit: int) -> None:
    window_s = context.settings.guess_window_s
    await check_attempts(context.ports.store, key, limit=limit, window_s=window_s)


async def _count(context: Context, key: str, limit: int) -> None:
    window_s = context.settings.guess_window_s
    await count_wrong_attempt(context.ports.store, key, limit=limit, window_s=window_s)


def _pair(meeting_id: str, address: str) -> str:
    return f"meeting:{meeting_id}:{address_block(address)}"


def _all(address: str) -> str:
    return f"meeting:{address_block(address)}"
