"""TURN credentials: for a while, for one person, and what settings make sense."""

import pytest
from pydantic import ValidationError

from meeting_system.kernel.clock import ManualClock
from meeting_system.kit.turn import IceServer, Turn, TurnSettings, as_links, turn_password

URLS = "turn:turn.example.org:3478?transport=udp, turns:turn.example.org:443?transport=tcp"
TURN = TurnSettings.model_validate({"urls": URLS, "secret": "north", "ttl_s": 600})


def test_a_user_name_says_until_when_and_for_whom(clock: ManualClock) -> None:
    (server,) = Turn(TURN, clock).issue("p1")
    assert server.urls == [url.strip() for url in URLS.split(",")]
    assert server.username == f"{int(clock.now().timestamp()) + 600}:p1"
    assert server.credential == turn_password("north", server.username)


def test_the_password_is_the_one_that_coturn_computes() -> None:
    # openssl: echo -n 1700000000:p1 | openssl dgst -sha1 -hmac north -binary | base64
    assert turn_password("north", "1700000000:p1") == "qmV1Ez2SwzrylXCPMqxg9P1hY0Y="


def test_without_a_server_there_is_nothing_to_issue(clock: ManualClock) -> None:
    assert Turn(TurnSettings(), clock).issue("p1") == []


def test_a_stun_server_needs_no_credentials(clock: ManualClock) -> None:
    settings = TurnSettings.model_validate({"urls": "stun:stun.example.org"})
    assert Turn(settings, clock).issue("p1") == [IceServer(urls=["stun:stun.example.org"])]


@pytest.mark.parametrize("wrong", [{"urls": "turn:a"}, {"urls": "https://a", "secret": "x"}, {"ttl_s": 1}])
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        TurnSettings.model_validate(wrong)


def test_a_link_for_each_url_carries_the_credentials(clock: ManualClock) -> None:
    links = as_links(Turn(TURN, clock).issue("p1"))
    assert len(links) == 2
    assert links[0].startswith('<turn:turn.example.org:3478?transport=udp>; rel="ice-server"; username="')
    assert links[0].endswith('credential-type="password"')
