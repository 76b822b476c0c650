"""Where documents are kept: the MongoDB that is configured, else the database that everything else is in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from meeting_system.adapters.documents import Keeper
from meeting_system.adapters.documents_sql import SqlDocuments
from meeting_system.app.finding import Finding, bad, good
from meeting_system.app.language import Text
from meeting_system.app.settings import Settings
from meeting_system.kernel.errors import AppError, Unavailable
from meeting_system.kit.sql import Database

DOCUMENTS = Text("documents", "文档库")


@asynccontextmanager
async def open_configured_documents(settings: Settings, database: Database) -> AsyncIterator[Keeper]:
    """Give the keeper of documents for the length of the block."""
    if settings.documents_url is None:
        yield SqlDocuments(database)
        return
    from meeting_system.adapters.documents_mongo import open_mongo  # the driver takes a while

    async with open_mongo(settings.documents_url.get_secret_value()) as documents:
        yield documents


async def check_documents(settings: Settings) -> list[Finding]:
    """The configured MongoDB answers and lets us in; without one there is nothing more to look at."""
    if settings.documents_url is None:
        return []
    from meeting_system.adapters.documents_mongo import open_mongo

    try:
        async with open_mongo(settings.documents_url.get_secret_value()) as documents:
            version = await documents.about()
    except Unavailable:
        return [
            bad(
                DOCUMENTS,
                "the configured MongoDB does not answer: check MEETING_DOCUMENTS_URL and the server",
                "所配置的 MongoDB 没有响应：请检查 MEETING_DOCUMENTS_URL 和服务器",
            )
        ]
    except AppError as error:
        return [bad(DOCUMENTS, error.detail, f"无法使用所配置的 MongoDB：{error.detail}")]
    return [good(DOCUMENTS, f"MongoDB {version}", f"MongoDB {version}")]
