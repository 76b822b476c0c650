"""What /ready tells of and does not depend on: meetings go on without, one feature or another does not."""

from meeting_system.adapters.documents import Keeper
from meeting_system.app.settings import Settings
from meeting_system.kernel.ports import Check, Registry
from meeting_system.kit.plug import Ports


def features_of(settings: Settings, ports: Ports, documents: Keeper) -> dict[str, Check]:
    """Return the servers that are configured, by the names of reasons.py."""
    features: dict[str, Check] = {}
    if settings.documents_url is not None:
        features["documents"] = documents.check
    if settings.objects.url is not None:
        features["objects"] = ports.objects.check
    if settings.registry_url is not None:
        # Without it nobody new is found; what has found each other goes on.
        features["registry"] = lambda: look_at(ports.registry)
    return features


async def look_at(registry: Registry) -> None:
    """Return when the registry answers; raise Unavailable else."""
    await registry.list("health/")
