"""What doctor looks at where several processes make one system: requests that nobody takes, files that others
can't read."""

from sqlalchemy.exc import SQLAlchemyError

from meeting_system.app.finding import Finding, good, warning
from meeting_system.app.language import Text
from meeting_system.app.settings import Settings
from meeting_system.kernel.errors import AppError
from meeting_system.kit.outbox import Lag, read_lags
from meeting_system.kit.sql import open_database

OUTBOX = Text("requests between services", "服务间请求")
FILES = Text("files", "文件")
LONG_S = 60.0


async def check_outbox(settings: Settings) -> list[Finding]:
    """Does anything wait for a service that no process runs? Asked of an outside database only: our own runs
    while all services do."""
    if settings.database_url is None:
        return []
    try:
        async with (
            open_database(settings.database_url.get_secret_value(), pool_size=1) as database,
            database.reading() as connection,
        ):
            return judge_outbox(await read_lags(connection))
    except (AppError, SQLAlchemyError):
        return []  # what is wrong with the database or its schema is told by its own checks


def judge_outbox(lags: list[Lag]) -> list[Finding]:
    """Judge what waits, service by service."""
    found = []
    for lag in lags:
        if lag.oldest_s > LONG_S:
            minutes = round(lag.oldest_s / 60)
            found.append(
                warning(
                    OUTBOX,
                    f"{lag.waiting} wait for {lag.service}, the oldest for {minutes} min: does a process run "
                    f"it (`meeting-system serve {lag.service}`)? They are tried for about a day",
                    f"{lag.waiting} 个请求在等待 {lag.service}，最久已等 {minutes} 分钟：是否有进程运行该服务"
                    f"（`meeting-system serve {lag.service}`）？约一天后会放弃",
                )
            )
        if lag.failed:
            found.append(
                warning(
                    OUTBOX,
                    f"{lag.failed} to {lag.service} were given up: kit.outbox says why; set failed_at to "
                    "NULL to try them again",
                    f"{lag.failed} 个发往 {lag.service} 的请求已放弃：原因见 kit.outbox；"
                    "将 failed_at 设为 NULL 可重试",
                )
            )
    return found or [good(OUTBOX, "none waits for long", "没有长时间等待的请求")]


def check_files(settings: Settings) -> list[Finding]:
    """Do several processes see the same files?"""
    url = settings.objects.url
    if url is not None and not url.startswith("file:"):
        return []
    if settings.redis_url is None and settings.registry_url is None:
        return []  # one process, with everything of its own
    where = url or f"{settings.data.absolute() / 'objects'}"
    return [
        warning(
            FILES,
            f"they lie in {where}: right only where every process sees this folder. On several machines set "
            "MEETING_OBJECTS__URL to a bucket, or to a folder that all share",
            f"存放在 {where}：仅当所有进程都能访问该目录时才正确。多台机器时请把 MEETING_OBJECTS__URL "
            "设为存储桶，或所有机器共享的目录",
        )
    ]
