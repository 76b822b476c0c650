"""What goes wrong at the token endpoint, with the codes of RFC 6749, section 5.2."""

from meeting_system.kernel.errors import Invalid, Unauthenticated


class ClientInvalid(Unauthenticated):
    """No client has this id and this secret."""

    code = "invalid_client"


class GrantUnsupported(Invalid):
    """Another grant than client credentials."""

    status = 400
    code = "unsupported_grant_type"


class ScopeInvalid(Invalid):
    """Scopes that the client was not given."""

    status = 400
    code = "invalid_scope"
