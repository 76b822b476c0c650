"""Outbox: requests that leave after the commit, in order for each key, until they are answered.

Written in the same transaction as the change they tell of, so that neither can be without the other.
"""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.contracts.call import Request


async def collect(connection: AsyncConnection, request: Request[Any], *, key: str) -> None:
    """Add `request` to the transaction. Requests of one `key` are delivered one after the other, in order."""
    raise NotImplementedError
