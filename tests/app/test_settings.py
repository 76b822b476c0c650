"""Settings: one tree, read from the environment, refusing what is not safe."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from meeting_system.app.settings import Settings, unknown_variables, weakness

GOOD = "gJ4kq2Zr8vXw1Yb6TnE0sLhU5oAiCdFm"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment without settings."""
    import os

    for name in [name for name in os.environ if name.startswith("MEETING_")]:
        monkeypatch.delenv(name)
    return monkeypatch


def test_everything_has_a_default() -> None:
    settings = Settings()
    assert (settings.http.port, settings.media.port) == (8800, 10000)
    assert settings.bind_addresses == ("127.0.0.1", "::1")
    assert settings.origin == "http://localhost:8800"


def test_the_environment_sets_the_tree(environment: pytest.MonkeyPatch) -> None:
    for name, value in {
        "MEETING_DATA": "/srv/meeting",
        "MEETING_HTTP__PORT": "9000",
        "MEETING_HTTP__TRUSTED_PROXIES": "10.0.0.1, 10.0.0.2",
        "MEETING_MEDIA__PORT": "10001",
        "MEETING_MEDIA__ADVERTISED": "192.0.2.7",
        "MEETING_USER__REGISTRATION_OPEN": "false",
        "MEETING_DATABASE_URL": "postgres://meeting:pw@db/meeting",
        "MEETING_REDIS_URL": "",
    }.items():
        environment.setenv(name, value)
    settings = Settings()
    assert settings.data == Path("/srv/meeting")
    assert settings.http.port == 9000
    assert settings.http.trusted_proxies == ("10.0.0.1", "10.0.0.2")
    assert (settings.media.port, settings.media.advertised) == (10001, ("192.0.2.7",))
    assert settings.user.registration_open is False
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == "postgresql+asyncpg://meeting:pw@db/meeting"
    assert settings.redis_url is None


def test_an_empty_variable_of_anything_optional_is_one_that_is_not_set(
    environment: pytest.MonkeyPatch,
) -> None:
    for name in (
        *("DATABASE_URL", "REDIS_URL", "REGISTRY_URL", "DOCUMENTS_URL", "PUBLIC", "METRICS__TOKEN"),
        *("OBJECTS__URL", "OBJECTS__ENDPOINT", "OBJECTS__ACCESS_KEY", "TRACE__OTLP_URL", "TOKENS__SECRET"),
        *("TLS__CERTIFICATE", "TLS__KEY", "ACME__TERMS_ACCEPTED", "ACME__EMAIL", "ACME__TRUST"),
    ):
        environment.setenv(f"MEETING_{name}", "")
    assert Settings() == Settings(documents_url=None)
    assert (Settings().objects.url, Settings().trace.otlp_url) == (None, None)


def test_others_reach_a_public_address_by_https() -> None:
    settings = Settings(public="192.168.1.20")
    assert settings.origin == "https://192.168.1.20:8800"
    assert settings.bind_addresses == ("0.0.0.0", "::")
    assert Settings(public="fd00::1").origin == "https://[fd00::1]:8800"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MEETING_ENVIRONMENT", "staging"),
        ("MEETING_HTTP__PORT", "70000"),
        ("MEETING_HTTP__PROT", "8800"),
        ("MEETING_DATABASE_URL", "mysql://a/b"),
        ("MEETING_DATABASE_URL", "nothing"),
        ("MEETING_REDIS_URL", "http://a"),
        ("MEETING_DOCUMENTS_URL", "postgresql://a/b"),
        ("MEETING_DOCUMENTS_URL", "mongodb://"),
        ("MEETING_PUBLIC", "https://meet.example.org"),
        ("MEETING_PUBLIC", "a b"),
    ],
)
def test_what_is_not_valid_is_refused(environment: pytest.MonkeyPatch, name: str, value: str) -> None:
    environment.setenv(name, value)
    with pytest.raises(ValidationError):
        Settings()


@pytest.mark.parametrize(
    "secret", ["short", "a" * 64, "change-me-change-me-change-me-1234", "secret-secret-secret-0123456789abc"]
)
def test_production_refuses_a_weak_secret(secret: str) -> None:
    assert weakness(secret)
    with pytest.raises(ValidationError, match="MEETING_TOKENS__SECRET"):
        Settings(environment="production", tokens={"secret": secret})  # type: ignore[arg-type]
    Settings(environment="production", tokens={"secret": GOOD})  # type: ignore[arg-type]


def test_production_refuses_a_weak_turn_secret() -> None:
    def media(secret: str) -> dict[str, object]:
        return {"turn": {"urls": "turn:turn.example.org", "secret": secret}}

    with pytest.raises(ValidationError, match="MEETING_MEDIA__TURN__SECRET"):
        Settings(environment="production", media=media("SET-ME"))  # type: ignore[arg-type]
    Settings(environment="production", media=media(GOOD))  # type: ignore[arg-type]


def test_production_with_a_shared_database_needs_a_secret_and_a_password() -> None:
    good_url = "postgresql://meeting:x7Gq9ZkW@db/meeting"
    with pytest.raises(ValidationError, match="MEETING_TOKENS__SECRET is needed"):
        Settings(environment="production", database_url=good_url)  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="default password"):
        Settings(
            environment="production",
            database_url="postgresql://postgres:postgres@db/meeting",  # type: ignore[arg-type]
            tokens={"secret": GOOD},  # type: ignore[arg-type]
        )
    Settings(environment="production", database_url=good_url, tokens={"secret": GOOD})  # type: ignore[arg-type]


def test_secrets_do_not_print() -> None:
    settings = Settings(
        tokens={"secret": GOOD},  # type: ignore[arg-type]
        database_url="postgresql://meeting:x7Gq9ZkW@db/meeting",  # type: ignore[arg-type]
    )
    assert GOOD not in repr(settings)
    assert "x7Gq9ZkW" not in repr(settings)


def test_misspelt_variables_are_found(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("MEETING_PUBLIK", "x")
    environment.setenv("MEETING_HTTP__PORT", "1")
    environment.setenv("MEETING_DATA_DIR", "x")
    assert unknown_variables() == ["MEETING_PUBLIK"]


@pytest.mark.parametrize(
    "url",
    ["etcd://127.0.0.1:2379", "etcd://etcd", "etcds://name:pass%20word@etcd.example.org:1", "etcd://[::1]"],
)
def test_an_etcd_is_named_by_its_address(environment: pytest.MonkeyPatch, url: str) -> None:
    environment.setenv("MEETING_REGISTRY_URL", url)
    settings = Settings()
    assert settings.registry_url is not None
    assert settings.registry_url.get_secret_value() == url


@pytest.mark.parametrize(
    "url", ["http://etcd:2379", "etcd:2379", "etcd://", "etcd://etcd:port", "etcd://name@etcd", "etcd://a/b"]
)
def test_what_names_no_etcd_is_refused(environment: pytest.MonkeyPatch, url: str) -> None:
    environment.setenv("MEETING_REGISTRY_URL", url)
    with pytest.raises(ValidationError, match="not a URL like etcd"):
        Settings()


def test_without_an_etcd_the_registry_is_on_the_store(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("MEETING_REGISTRY_URL", "")
    assert Settings().registry_url is None
