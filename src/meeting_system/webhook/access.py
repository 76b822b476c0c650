"""Which webhooks somebody manages: their own, administrators all."""

from meeting_system.contracts.permissions import ACCOUNT_PERMISSIONS, check_account
from meeting_system.kernel.principal import Account


def owner_filter(account: Account) -> str | None:
    """Return whose webhooks the caller manages, None: everybody's. Error: forbidden."""
    if "webhook:manage" in ACCOUNT_PERMISSIONS[account.role]:
        return None
    check_account(account.role, "webhook:own")
    return account.user_id
