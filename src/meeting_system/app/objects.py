"""Where pictures, files and backups lie: a bucket or folder that is configured, else the data folder."""

from pathlib import Path

from meeting_system.adapters.objects import open_objects
from meeting_system.app.settings import Settings
from meeting_system.kernel.ports import Objects

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
