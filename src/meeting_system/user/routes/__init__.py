"""HTTP: /api/v1/auth, /api/v1/users, /api/v1/audit and /api/v1/admin."""

from collections.abc import Sequence

from starlette.routing import BaseRoute

from meeting_system.user.context import Context
from meeting_system.user.routes.admin import admin_routes
from meeting_system.user.routes.auth import auth_routes
from meeting_system.user.routes.avatars import avatar_routes
from meeting_system.user.routes.oauth import oauth_routes
from meeting_system.user.routes.sso import sso_routes
from meeting_system.user.routes.users import user_routes


def create_routes(context: Context) -> Sequence[BaseRoute]:
    """Return every route of the user service."""
    return [
        *auth_routes(context),
        *sso_routes(context),
        *oauth_routes(context),
        *user_routes(context),
        *avatar_routes(context),
        *admin_routes(context),
    ]
