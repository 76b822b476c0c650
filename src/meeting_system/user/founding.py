"""What whoever runs the machine does with accounts from its command line: the first administrator."""

from meeting_system.kernel.clock import Clock
from meeting_system.kernel.email import normal_email
from meeting_system.kernel.principal import AccountRole
from meeting_system.kit.passwords import Passwords
from meeting_system.kit.sql import Database
from meeting_system.user import registration, rules
from meeting_system.user.errors import UserNotFound
from meeting_system.user.repository import accounts, trail


async def create_admin(
    database: Database, clock: Clock, *, email: str, display_name: str, role: AccountRole, password: str
) -> str:
    """Make an account with a role and return its id. Errors: email_taken, password_weak, ValueError for what
    is no address."""
    email = normal_email(email)
    rules.check_password(password, email=email)
    passwords = Passwords(threads=1, waiting=1)
    try:
        hashed = await passwords.hash(password)
    finally:
        passwords.close()
    now = clock.now()
    account = registration.new_account(
        now, email=email, display_name=display_name, locale="en", role=role, hashed=hashed
    )
    async with database.transaction() as connection:
        await registration.insert(connection, account)
        await accounts.change_account(connection, account.user_id, now=now, email_verified_at=now)
        await trail.insert_audit(
            connection,
            "user_created",
            user_id=account.user_id,
            address=None,
            now=now,
            detail={"by": "command line", "role": str(role)},
        )
    return account.user_id


async def promote(database: Database, clock: Clock, *, email: str, role: AccountRole) -> None:
    """Give an account another role; access tokens say the old one for some minutes. Error: user_not_found."""
    now = clock.now()
    async with database.transaction() as connection:
        account = await accounts.find_account_by_email(connection, normal_email(email))
        if account is None:
            raise UserNotFound("there is no account with this e-mail address")
        await accounts.change_account(connection, account.user_id, now=now, role=role)
        await trail.insert_audit(
            connection,
            "role_changed",
            user_id=account.user_id,
            address=None,
            now=now,
            detail={"by": "command line", "role": str(role)},
        )
