"""What goes wrong with accounts, each with its code."""

from meeting_system.kernel.errors import (
    Conflict,
    FieldError,
    Forbidden,
    Invalid,
    NotFound,
    Unauthenticated,
    Unavailable,
)


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


class EmailUnverified(Forbidden):
    """The link in the letter was not opened yet; another letter is on its way."""

    code = "email_unverified"


class LinkInvalid(Invalid):
    """Used before, replaced by a newer one, too old, or none of ours: never says which."""

    code = "link_invalid"


class PasswordWrong(Forbidden):
    """The present password was asked for again, and it is another one."""

    code = "password_wrong"


class LoginTooOld(Forbidden):
    """Without a password it takes a log-in of the last minutes: log in again."""

    code = "login_too_old"


class RankTooHigh(Forbidden):
    """The other account has your role or a higher one, or the role to be given is above yours."""

    code = "rank_too_high"


class NotYourself(Conflict):
    """Administrators don't do this to themselves."""

    code = "not_yourself"


class LastSuperAdmin(Conflict):
    """There would be nobody left to administer the installation."""

    code = "last_super_admin"


class SessionNotFound(NotFound):
    """No log-in of this account has this id, or it has ended."""

    code = "session_not_found"


class TokenNotFound(NotFound):
    """No token of this account has this id."""

    code = "token_not_found"


class TooManyTokens(Conflict):
    """Delete tokens that are not used any more."""

    code = "too_many_tokens"


class ClientNotFound(NotFound):
    """No client has this id."""

    code = "client_not_found"


class PictureInvalid(Invalid):
    """No picture that we take: damaged, of another kind, or too large."""

    code = "picture_invalid"


class PictureNotFound(NotFound):
    """This account has no picture, or another one by now."""

    code = "picture_not_found"


class ProviderNotFound(NotFound):
    """No log-in provider of this name is configured."""

    code = "provider_not_found"


class ProviderFailed(Unavailable):
    """The log-in provider does not answer, or not as it should."""

    code = "provider_failed"


class LoginRefused(Forbidden):
    """The log-in at the provider did not work out: ended there, too old, or not begun in this browser."""

    code = "sso_refused"


class IdentityUnlinked(Conflict):
    """There is an account with this e-mail address: log in to it and link the provider in the settings."""

    code = "identity_unlinked"


class IdentityTaken(Conflict):
    """This identity belongs to another account."""

    code = "identity_taken"


class IdentityNotFound(NotFound):
    """This account is not linked with this provider."""

    code = "identity_not_found"


class NoOtherLogin(Conflict):
    """Nobody could log in any more: set a password first."""

    code = "no_other_login"


class UserNotFound(NotFound):
    """No account has this id."""

    code = "user_not_found"
