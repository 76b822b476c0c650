"""The BigBlueButton-compatible API as a plug."""

from meeting_system.bigbluebutton.context import Context
from meeting_system.bigbluebutton.routes import create_routes
from meeting_system.bigbluebutton.settings import BigBlueButtonSettings
from meeting_system.kit.plug import Plug, Ports


def create(ports: Ports, settings: BigBlueButtonSettings, *, public_url: str | None = None) -> Plug:
    """Wire the API to its ports. `public_url`: what links begin with."""
    return Plug(name="bigbluebutton", routes=create_routes(Context(ports, settings, public_url)))
