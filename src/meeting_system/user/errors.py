"""What goes wrong with accounts, each with its code."""

from meeting_system.kernel.errors import Conflict, FieldError, Forbidden, Invalid, NotFound, Unauthenticated


class EmailTaken(Conflict):
    """There is an account with this address."""

    code = "email_taken"


class RegistrationClosed(Forbidden):
    """This installation takes no new accounts."""

    code = "registration_closed"


class CredentialsWrong(Unauthenticated):
    """Address or password: never says which."""

    code = "credentials_wrong"


class PasswordWeak(Invalid):
    """Too short, too common or the address itself."""

    code = "password_weak"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, errors=[FieldError("/password", detail)])


class TokenInvalid(Unauthenticated):
    """No refresh token of ours, or one that was revoked."""

    code = "token_invalid"


class TokenExpired(Unauthenticated):
    """The refresh token is too old: log in again."""

    code = "token_expired"


class RefreshReused(Unauthenticated):
    """A refresh token came a second time: somebody has a copy, so its whole family ends."""

    code = "refresh_reused"


class UserNotFound(NotFound):
    """No account has this id."""

    code = "user_not_found"
