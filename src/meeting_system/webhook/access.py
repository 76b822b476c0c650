"""Which webhooks somebody manages: their own, administrators all."""

from meeting_system.contracts.permissions import check_account, may
from meeting_system.kernel.principal import Account


def owner_filter(account: Account) -> str | None:
    """Return whose webhooks the caller manages, None: everybody's. Error: forbidden."""
    if may(account, "webhook:manage"):
        return None
    check_account(account, "webhook:own")
    return account.user_id
