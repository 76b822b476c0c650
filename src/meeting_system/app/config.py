"""GET /api/v1/config: what a client needs to know before anybody logged in."""

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.routing import BaseRoute

from meeting_system import __version__
from meeting_system.app.settings import Settings
from meeting_system.user.rules import PASSWORD_MIN_LENGTH

LOCALES = ["zh-CN", "en"]


class StunServer(BaseModel):
    """A STUN server for the browser; none are needed, the media engine is reached directly. TURN servers come
    with the answer to a join, since their credentials are for who may join."""

    urls: list[str]
    username: str | None = None
    credential: str | None = None


class Provider(BaseModel):
    """Another place to log in through: `/api/v1/auth/sso/{name}`."""

    name: str
    title: str


class ClientConfig(BaseModel):
    """The answer."""

    version: str
    locales: list[str]
    registration_open: bool
    guests_allowed: bool
    ice_servers: list[StunServer]
    password_min_length: int
    test_connection: bool
    providers: list[Provider]
    mail: bool
    """Whether letters leave: without, nobody gets a link to a new password by itself."""


def config_routes(settings: Settings) -> list[BaseRoute]:
    """Return the route."""
    router = APIRouter(prefix="/api/v1", tags=["config"])
    answer = ClientConfig(
        version=__version__,
        locales=LOCALES,
        registration_open=settings.user.registration_open,
        guests_allowed=True,
        ice_servers=[],
        password_min_length=PASSWORD_MIN_LENGTH,
        test_connection=True,
        providers=[
            Provider(name=name, title=provider.title or name) for name, provider in settings.user.oidc.items()
        ],
        mail=settings.mail.url is not None or settings.environment == "development",
    )

    @router.get("/config")
    async def get_config() -> ClientConfig:
        return answer

    return list(router.routes)
