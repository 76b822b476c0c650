"""Where pictures, files and backups lie: a bucket or folder that is configured, else the data folder."""

from pathlib import Path

from meeting_system.adapters.objects import open_objects
from meeting_system.app.finding import Finding, bad, good
from meeting_system.app.language import Text
from meeting_system.app.settings import Settings
from meeting_system.kernel.errors import AppError
from meeting_system.kernel.ports import Objects

OBJECTS = Text("files and pictures", "文件与图片")
BUCKET = "s3://"
OWN = "objects"
"""The folder inside the data folder."""


def objects_at(settings: Settings, url: str) -> Objects:
    """Return the objects below `url`, with the keys that are configured."""
    objects = settings.objects
    return open_objects(
        url,
        endpoint=objects.endpoint,
        region=objects.region,
        access_key=objects.access_key.get_secret_value() if objects.access_key else None,
        secret_key=objects.secret_key.get_secret_value() if objects.secret_key else None,
    )


def configured_objects(settings: Settings, data: Path | None = None) -> Objects:
    """Return the objects of these settings; where none are configured, those in `data` or the data folder."""
    own = (data or settings.data).absolute() / OWN
    return objects_at(settings, settings.objects.url or own.as_uri())


async def check_objects(settings: Settings) -> list[Finding]:
    """The configured bucket is there and lets us in; of a folder there is nothing more to look at."""
    url = settings.objects.url
    if url is None or not url.startswith(BUCKET):
        return []
    try:
        await configured_objects(settings).check()
    except AppError as error:
        return [bad(OBJECTS, error.detail, f"无法使用所配置的存储：{error.detail}")]
    return [good(OBJECTS, url, url)]
