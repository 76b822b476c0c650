"""Offers of encoders and players."""

import pytest

from meeting_system.contracts.media import Track
from meeting_system.media.errors import SdpUnacceptable, SdpUnreadable
from meeting_system.media.offers import (
    Credentials,
    as_fragment,
    check_accepted,
    find_credentials,
    plan_publishing,
    plan_watching,
    with_credentials,
)

UFRAG, PWD = "3ed89689", "34895cc11a153686d16de2c1ef0cfa8d"


def section(kind: str, mid: str, direction: str, port: int = 9) -> list[str]:
    return [
        f"m={kind} {port} UDP/TLS/RTP/SAVPF 111",
        f"a=ice-ufrag:{UFRAG}",
        f"a=ice-pwd:{PWD}",
        "a=fingerprint:sha-256 37:CA",
        "a=setup:passive",
        f"a=mid:{mid}",
        f"a={direction}",
    ]


def sdp(*sections: list[str], head: tuple[str, ...] = ("a=group:BUNDLE 0 1",)) -> str:
    lines = ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", *head]
    return "\r\n".join([*lines, *(line for each in sections for line in each)]) + "\r\n"


def test_an_encoder_sends_a_microphone_and_a_picture() -> None:
    offer = sdp(section("audio", "0", "sendonly"), section("video", "1", "sendrecv"))
    microphone = Track(mid="0", source="microphone")
    assert plan_publishing(offer, "camera").publish == [microphone, Track(mid="1", source="camera")]
    assert plan_publishing(offer, "screen").publish == [microphone, Track(mid="1", source="screen")]


def test_of_several_lines_the_first_of_each_kind_is_taken() -> None:
    offer = sdp(*(section(kind, f"{kind}{at}", "sendonly") for at in range(2) for kind in ("audio", "video")))
    assert [track.mid for track in plan_publishing(offer, "camera").publish] == ["audio0", "video0"]


def test_a_player_has_up_to_three_voices_and_one_stage() -> None:
    lines = [section("audio", f"a{at}", "recvonly") for at in range(4)]
    plan = plan_watching(sdp(*lines, section("video", "v", "recvonly"), section("video", "w", "recvonly")))
    assert (plan.audio_slots, plan.video_slots) == (["a0", "a1", "a2"], ["v"])


@pytest.mark.parametrize("plan", [lambda offer: plan_publishing(offer, "camera"), plan_watching])
@pytest.mark.parametrize(
    "offer",
    [
        "",
        "hello",
        "v=0\r\n",
        sdp(section("audio", "0", "sendrecv")).replace("a=ice-pwd", "a=ice-none"),
        sdp(section("audio", "0", "sendrecv")).replace("a=mid:0", "a=no-mid"),
        sdp(*(section("audio", str(at), "sendrecv") for at in range(40))),
    ],
)
def test_what_is_no_offer_is_unreadable(plan: object, offer: str) -> None:
    assert callable(plan)
    with pytest.raises(SdpUnreadable):
        plan(offer)


def test_an_offer_that_can_not_be_served_is_unacceptable() -> None:
    receiving = sdp(section("audio", "0", "recvonly"), section("video", "1", "inactive"))
    with pytest.raises(SdpUnacceptable):
        plan_publishing(receiving, "camera")
    with pytest.raises(SdpUnacceptable):
        plan_watching(sdp(section("audio", "0", "sendonly")))
    with pytest.raises(SdpUnacceptable, match="BUNDLE"):
        plan_publishing(
            sdp(section("audio", "0", "sendonly"), section("video", "1", "sendonly"), head=()), "camera"
        )


def test_an_answer_that_refuses_a_line_is_no_answer() -> None:
    plan = plan_publishing(
        sdp(section("audio", "0", "sendonly"), section("video", "1", "sendonly")), "camera"
    )
    check_accepted(plan, sdp(section("audio", "0", "recvonly"), section("video", "1", "recvonly")))
    for refused in (section("video", "1", "inactive"), section("video", "1", "recvonly", port=0)):
        with pytest.raises(SdpUnacceptable, match="m-line 1"):
            check_accepted(plan, sdp(section("audio", "0", "recvonly"), refused))


def test_new_credentials_replace_those_of_every_line() -> None:
    offer = sdp(section("audio", "0", "sendonly"), section("video", "1", "sendonly"))
    renewed = with_credentials(offer, Credentials("abcd", "e" * 24))
    assert (renewed.count("a=ice-ufrag:abcd"), renewed.count("a=ice-pwd:" + "e" * 24)) == (2, 2)
    assert UFRAG not in renewed
    assert find_credentials(renewed) == Credentials("abcd", "e" * 24)


@pytest.mark.parametrize("text", ["", "a=ice-ufrag:ab\r\na=ice-pwd:x\r\n", f"a=ice-ufrag:{UFRAG}\r\n"])
def test_credentials_are_whole_or_none(text: str) -> None:
    assert find_credentials(text) is None


def test_a_fragment_has_credentials_one_line_and_every_candidate_once() -> None:
    candidate = "a=candidate:1 1 udp 2130706431 192.0.2.2 10000 typ host"
    answer = sdp(
        [*section("audio", "0", "recvonly"), candidate], [*section("video", "1", "recvonly"), candidate]
    )
    fragment = as_fragment(answer).splitlines()
    assert f"a=ice-ufrag:{UFRAG}" in fragment
    assert (fragment.count(candidate), len([line for line in fragment if line.startswith("m=")])) == (1, 1)
