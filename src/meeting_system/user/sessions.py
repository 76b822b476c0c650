"""The log-ins of an account that go on: looking at them, and ending one."""

from meeting_system.contracts.permissions import check_account
from meeting_system.kernel.ids import is_id
from meeting_system.kernel.principal import Account
from meeting_system.user import logout
from meeting_system.user.context import Context
from meeting_system.user.errors import SessionNotFound
from meeting_system.user.repository import families, trail
from meeting_system.user.rules import Caller
from meeting_system.user.schemas import LoginSession, SessionList


async def list_sessions(context: Context, account: Account) -> SessionList:
    """Return the log-ins that go on, the last used first."""
    check_account(account, "account:secure")
    now = context.ports.clock.now()
    async with context.ports.database.reading() as connection:
        rows = await families.list_families(connection, account.user_id, now=now)
    return SessionList(
        items=[
            LoginSession(
                session_id=row["family_id"],
                created_at=row["created_at"],
                used_at=row["used_at"],
                address=row["address"],
                user_agent=row["user_agent"],
                current=row["family_id"] == account.family_id,
            )
            for row in rows
        ]
    )


async def end_session(context: Context, account: Account, session_id: str, caller: Caller) -> None:
    """End one log-in, now. Error: session_not_found."""
    check_account(account, "account:secure")
    now = context.ports.clock.now()
    async with context.ports.database.transaction() as connection:
        row = await families.find_family(connection, session_id) if is_id(session_id) else None
        if row is None or row["user_id"] != account.user_id or row["revoked_at"] is not None:
            raise SessionNotFound("there is no such log-in, or it has ended")
        await logout.end_family(context, connection, session_id, account.user_id, why="logout", now=now)
        await trail.insert_audit(
            connection, "logged_out", user_id=account.user_id, address=caller.address, now=now
        )
    await logout.block_now(context, [session_id])
