"""What an operator may set: one tree, and the only reader of the environment.

`MEETING_<NAME>`, and `MEETING_<PART>__<NAME>` inside a part: `MEETING_DATABASE_URL`, `MEETING_MEDIA__PORT`.
Everything has a default that is safe on a laptop. `MEETING_ENVIRONMENT=production` refuses weak secrets.
"""

import ipaddress
import os
import re
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from meeting_system.adapters.registry_tls import EtcdTls
from meeting_system.bigbluebutton.settings import BigBlueButtonSettings
from meeting_system.kit.log import Format, Level
from meeting_system.kit.tokens import SHORTEST_SECRET
from meeting_system.media.settings import MediaSettings
from meeting_system.meeting.settings import MeetingSettings
from meeting_system.signaling.settings import SignalingSettings
from meeting_system.user.settings import UserSettings
from meeting_system.webhook.settings import WebhookSettings

PREFIX = "MEETING_"
LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory"

_WEAK = re.compile(r"change[-_ ]?me|default|example|password|secret|insecure|123456", re.IGNORECASE)
_FEWEST_CHARACTERS = 10

Words = Annotated[tuple[str, ...], NoDecode]


def unset_when_empty(value: Any, default: Any) -> Any:
    """Take an empty variable, as compose files produce them, for one that is not set."""
    return default if value == "" and (default is None or default is False) else value


class Part(BaseModel):
    """A part of the tree: unknown names are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def empty_is_none(cls, value: Any, info: ValidationInfo) -> Any:
        return unset_when_empty(value, cls.model_fields[str(info.field_name)].default)


class HttpSettings(Part):
    """Where pages, API and WebSocket are served."""

    bind: str | None = Field(
        default=None,
        description="address to listen on; none: this machine only in development, else every address",
    )
    port: int = Field(default=8800, ge=0, le=65535)
    body_limit: int = Field(default=1 << 20, ge=1024, description="bytes of a request's body")
    frame_limit: int = Field(default=256 << 10, ge=4096, description="bytes of a WebSocket message")
    origin: str | None = Field(
        default=None,
        description="address of the pages where a proxy stands before us, such as https://meet.example.org",
    )
    trusted_proxies: Words = Field(default=(), description="addresses whose X-Forwarded headers are believed")
    drain_s: float = Field(default=10, ge=0, le=300, description="for clients to leave when we stop")
    web: Path | None = Field(
        default=None, description="folder of the built web client; none: the one beside us"
    )

    @field_validator("origin", mode="before")
    @classmethod
    def check_origin(cls, value: Any) -> Any:
        if value in {None, ""}:
            return None
        parts = urlsplit(str(value))
        if (
            parts.scheme not in {"http", "https"}
            or not parts.hostname
            or parts.path.strip("/")
            or parts.query
        ):
            raise ValueError("not an address like https://meet.example.org, without a path")
        return f"{parts.scheme}://{parts.netloc}"

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def split(cls, value: Any) -> Any:
        return split_words(value)


class LogSettings(Part):
    """Logs: for people on a terminal, JSON elsewhere."""

    level: Level = "info"
    form: Format | None = Field(default=None, description="none: console on a terminal, else json")


class TokenSettings(Part):
    """What signs access tokens. Without a secret one is made at the first start, in the data folder."""

    secret: SecretStr | None = None
    previous_secret: SecretStr | None = Field(default=None, description="still accepted: for a change")
    lifetime_s: int = Field(default=900, ge=60, le=3600)


class TlsSettings(Part):
    """A certificate of one's own (PEM, the whole chain) and its key; new files are taken when they change."""

    certificate: Path | None = None
    key: Path | None = None


class AcmeSettings(Part):
    """A certificate for the name in MEETING_PUBLIC by ACME, such as Let's Encrypt's."""

    terms_accepted: bool = Field(
        default=False, description="switches it on; true: you accept the terms of the certificate authority"
    )
    email: str | None = Field(default=None, description="where the authority may write to")
    directory_url: str = Field(default=LETS_ENCRYPT, description="the authority; it must offer HTTP-01")
    port: int = Field(
        default=80, ge=1, le=65535, description="where the authority's question arrives, which it sends to 80"
    )
    trust: Path | None = Field(
        default=None, description="certificate of an authority in the house, for its own HTTPS"
    )


class DatabaseSettings(Part):
    """PostgreSQL's pool."""

    pool_size: int = Field(default=10, ge=2, le=200)


class RegistrySettings(Part):
    """TLS to an etcd whose URL begins with `etcds://`; all files are PEM."""

    authority: Path | None = Field(
        default=None, description="who signed etcd's certificate; none: a public authority"
    )
    certificate: Path | None = Field(default=None, description="ours, where etcd asks for one")
    key: Path | None = Field(default=None, description="key of our certificate")

    @property
    def tls(self) -> EtcdTls:
        """The same, as the adapter takes it."""
        return EtcdTls(self.authority, self.certificate, self.key)


class ObjectsSettings(Part):
    """Where large files are kept: pictures and files of people, and backups when no other place is named."""

    url: str | None = Field(
        default=None, description="s3://bucket/prefix or file:///folder; none: a folder of the data folder"
    )
    endpoint: str | None = Field(
        default=None,
        description="store that speaks S3, such as https://s3.example.org; none: AWS",
    )
    region: str = Field(default="us-east-1", description="region of the bucket")
    access_key: SecretStr | None = Field(default=None, description="key of the bucket")
    secret_key: SecretStr | None = Field(default=None, description="secret of that key")


class BackupSettings(Part):
    """When a backup is missed."""

    warn_after_days: int = Field(default=7, ge=1, description="doctor reminds of a backup older than this")


class TraceSettings(Part):
    """Traces for OpenTelemetry; none leave when there is no address."""

    otlp_url: str | None = Field(default=None, description="such as http://collector:4318/v1/traces")
    share: float = Field(default=0.1, ge=0, le=1, description="part of the requests that is sent")
    per_second: float = Field(
        default=20, ge=1, le=10_000, description="traces that a process sends at most in a second"
    )


class MailSettings(Part):
    """The mail server. Without one: shown at the terminal in development, refused in production."""

    url: SecretStr | None = Field(
        default=None, description="smtp://user:password@host:587 (STARTTLS) or smtps://user:password@host:465"
    )
    sender: str | None = Field(
        default=None, description="who letters come from, such as Meetings <meetings@example.org>"
    )
    authority: Path | None = Field(
        default=None, description="certificate authority (PEM) of a mail server with a certificate of its own"
    )

    @field_validator("url")
    @classmethod
    def check_url(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            # Imported when set: 0.1 s that most starts needn't wait.
            from meeting_system.adapters.mail_smtp import parse_smtp_url

            parse_smtp_url(value.get_secret_value())
        return value

    @field_validator("sender")
    @classmethod
    def check_sender(cls, value: str | None) -> str | None:
        if value is not None:
            from meeting_system.adapters.mail_message import parse_mailbox

            parse_mailbox(value)
        return value

    @model_validator(mode="after")
    def have_a_sender(self) -> Self:
        if self.url is not None and self.sender is None:
            raise ValueError("MEETING_MAIL__SENDER is needed too: the address that letters come from")
        return self


class MetricsSettings(Part):
    """Who may read /metrics. Without a token: this machine in development, nobody in production."""

    token: SecretStr | None = Field(default=None, description="bearer token of Prometheus")


class Settings(BaseSettings):
    """The whole tree."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="ignore", frozen=True, populate_by_name=True
    )

    environment: Literal["development", "production"] = "development"
    data: Path = Field(
        default=Path("data"),
        validation_alias=AliasChoices("MEETING_DATA", "MEETING_DATA_DIR"),
        description="folder of the own servers, secrets and certificates",
    )
    database_url: SecretStr | None = Field(default=None, description="a PostgreSQL; none: our own is started")
    redis_url: SecretStr | None = Field(
        default=None, description="a Valkey or Redis; none: our own is started"
    )
    registry_url: SecretStr | None = Field(
        default=None,
        description="an etcd, `etcd://host:2379` or `etcds://name:password@host` (TLS); none: the Valkey",
    )
    documents_url: SecretStr | None = Field(
        default=None, description="a MongoDB for documents, `mongodb://host/database`; none: the PostgreSQL"
    )
    public: str | None = Field(
        default=None, description="address or name that others reach us at: HTTPS by an authority of our own"
    )
    http: HttpSettings = HttpSettings()
    log: LogSettings = LogSettings()
    tls: TlsSettings = TlsSettings()
    acme: AcmeSettings = AcmeSettings()
    tokens: TokenSettings = TokenSettings()
    database: DatabaseSettings = DatabaseSettings()
    trace: TraceSettings = TraceSettings()
    registry: RegistrySettings = RegistrySettings()
    objects: ObjectsSettings = ObjectsSettings()
    backup: BackupSettings = BackupSettings()
    mail: MailSettings = MailSettings()
    metrics: MetricsSettings = MetricsSettings()
    user: UserSettings = UserSettings()
    meeting: MeetingSettings = MeetingSettings()
    webhook: WebhookSettings = WebhookSettings()
    bigbluebutton: BigBlueButtonSettings = BigBlueButtonSettings()
    signaling: SignalingSettings = SignalingSettings()
    media: MediaSettings = MediaSettings()

    @field_validator("*", mode="before")
    @classmethod
    def empty_is_none(cls, value: Any, info: ValidationInfo) -> Any:
        return unset_when_empty(value, cls.model_fields[str(info.field_name)].default)

    @field_validator("database_url")
    @classmethod
    def name_driver(cls, value: SecretStr | None) -> SecretStr | None:
        """Accept what other programs write: postgres:// and postgresql://."""
        if value is None:
            return None
        try:
            url = make_url(
                re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql+asyncpg://", value.get_secret_value())
            )
        except ArgumentError:
            raise ValueError("not a URL like postgresql://user:password@host/database") from None
        if url.drivername != "postgresql+asyncpg":
            raise ValueError("not PostgreSQL: give postgresql://user:password@host/database")
        return SecretStr(url.render_as_string(hide_password=False))

    @field_validator("redis_url")
    @classmethod
    def check_redis_url(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.match(r"^(rediss?|unix)://", value.get_secret_value()):
            raise ValueError("not a URL like redis://host:6379/0, rediss://… or unix:///path")
        return value

    @field_validator("registry_url")
    @classmethod
    def check_registry_url(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not is_etcd(value.get_secret_value()):
            raise ValueError("not a URL like etcd://host:2379 or etcds://name:password@host:2379")
        return value

    @field_validator("documents_url")
    @classmethod
    def check_documents_url(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.match(r"^mongodb(\+srv)?://[^/]", value.get_secret_value()):
            raise ValueError("not a URL like mongodb://name:password@host:27017/database")
        return value

    @field_validator("public")
    @classmethod
    def check_public(cls, value: str | None) -> str | None:
        if value is not None and not is_address_or_name(value):
            raise ValueError(
                "give an address such as 192.168.1.20 or a name such as meet.example.org, no URL"
            )
        return value

    @model_validator(mode="after")
    def check_certificate(self) -> Self:
        """A certificate needs its key and a name, and ACME a name that others can look up."""
        if (self.tls.certificate is None) != (self.tls.key is None):
            raise ValueError("MEETING_TLS__CERTIFICATE and MEETING_TLS__KEY belong together: give both")
        if self.tls.certificate is not None and self.public is None:
            raise ValueError("MEETING_TLS__CERTIFICATE needs the name it is for: give MEETING_PUBLIC")
        if self.acme.terms_accepted and not is_domain(self.public or ""):
            raise ValueError(
                "MEETING_ACME__TERMS_ACCEPTED needs a public name such as meet.example.org in MEETING_PUBLIC"
            )
        return self

    @model_validator(mode="after")
    def refuse_weak_secrets(self) -> Self:
        """Outside development a secret that others may know is a reason not to start."""
        if self.environment != "production":
            return self
        for name, secret in (
            ("secret", self.tokens.secret),
            ("previous_secret", self.tokens.previous_secret),
        ):
            if secret is not None and (problem := weakness(secret.get_secret_value())):
                raise ValueError(
                    f"MEETING_TOKENS__{name.upper()} {problem}: make one with `openssl rand -base64 48`"
                )
        if self.tokens.secret is None and self.database_url is not None:
            raise ValueError(
                "MEETING_TOKENS__SECRET is needed where the database is shared: all processes need the same. "
                "Make one with `openssl rand -base64 48`"
            )
        metrics = self.metrics.token
        if metrics is not None and (problem := weakness(metrics.get_secret_value())):
            raise ValueError(f"MEETING_METRICS__TOKEN {problem}: make one with `openssl rand -hex 32`")
        outside = self.bigbluebutton.secret
        if outside is not None and (problem := weakness(outside.get_secret_value())):
            raise ValueError(f"MEETING_BIGBLUEBUTTON__SECRET {problem}: make one with `openssl rand -hex 32`")
        turn = self.media.turn.secret
        if turn is not None and (problem := weakness(turn.get_secret_value())):
            raise ValueError(
                f"MEETING_MEDIA__TURN__SECRET {problem}: make one with `openssl rand -hex 32`, "
                "for coturn's static-auth-secret too"
            )
        if self.database_url is not None and is_default_password(self.database_url.get_secret_value()):
            raise ValueError(
                "MEETING_DATABASE_URL has a default password: change it in the database and here"
            )
        return self

    @cached_property
    def bind_addresses(self) -> tuple[str, ...]:
        """Addresses to listen on."""
        if self.http.bind is not None:
            return (self.http.bind,)
        if self.environment == "development" and self.public is None:
            return ("127.0.0.1", "::1")
        return ("0.0.0.0", "::")  # noqa: S104  # others are meant to come

    @property
    def signs_itself(self) -> bool:
        """Whether people have to trust an authority of this installation's own."""
        return self.public is not None and self.tls.certificate is None and not self.acme.terms_accepted

    @property
    def origin(self) -> str:
        """Address for the browser."""
        if self.http.origin is not None:
            return self.http.origin
        if self.public is None:
            return f"http://localhost:{self.http.port}"
        host = f"[{self.public}]" if ":" in self.public else self.public
        return f"https://{host}:{self.http.port}"


def split_words(value: Any) -> Any:
    """Take `a, b` for a list."""
    return tuple(word for word in re.split(r"[,\s]+", value) if word) if isinstance(value, str) else value


def is_address_or_name(text: str) -> bool:
    """Tell whether `text` is an IP address or a host name."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return len(text) <= 253 and all(
            re.fullmatch(r"[^\W_]([\w-]{0,61}[^\W_])?", label) for label in text.rstrip(".").split(".")
        )
    return True


def is_domain(text: str) -> bool:
    """Tell whether `text` is a host name that an authority can look up: no address, no bare word."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return "." in text.rstrip(".") and is_address_or_name(text)
    return False


def is_etcd(url: str) -> bool:
    """Tell whether `url` names an etcd: a host, perhaps a port, a name with a password or neither."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    complete = bool(parts.hostname) and bool(parts.username) == bool(parts.password)
    return parts.scheme in {"etcd", "etcds"} and complete and parts.path in {"", "/"} and not parts.query


def weakness(secret: str) -> str | None:
    """Say what is wrong with a secret, None when nothing is."""
    if len(secret.encode()) < SHORTEST_SECRET:
        return f"is shorter than {SHORTEST_SECRET} bytes"
    if len(set(secret)) < _FEWEST_CHARACTERS:
        return "repeats the same few characters"
    if _WEAK.search(secret):
        return "looks like a default"
    return None


def is_default_password(url: str) -> bool:
    """Tell whether the password of a database is one that everybody tries first."""
    parts = make_url(url)
    password = parts.password
    return isinstance(password, str) and (
        password.lower() in {"", "postgres", "meeting", "admin", "root"} or bool(_WEAK.search(password))
    )


def unknown_variables() -> list[str]:
    """Return variables of the environment that begin like ours but set nothing: mostly misspelt."""
    known = {PREFIX + name.upper() for name in Settings.model_fields} | {"MEETING_DATA_DIR"}
    return sorted(
        name for name in os.environ if name.startswith(PREFIX) and name.split("__")[0].upper() not in known
    )
