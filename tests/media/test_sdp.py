"""What the service reads in an SDP."""

from meeting_system.media.sdp import MediaLine, keep_candidates, media_lines

SDP = "\r\n".join(
    [
        "v=0",
        "o=- 1 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "a=mid:0",
        "a=sendonly",
        "a=candidate:1 1 udp 2130706431 192.0.2.2 10000 typ host",
        "a=candidate:2 1 TCP 1671430143 192.0.2.2 10000 typ host tcptype passive",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "a=mid:1",
        "a=recvonly",
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
        "a=mid:2",
        "",
    ]
)


def test_media_lines_say_what_they_are_and_whether_they_send() -> None:
    assert media_lines(SDP) == [
        MediaLine(kind="audio", mid="0", sends=True),
        MediaLine(kind="audio", mid="1", sends=False, receives=True),
        MediaLine(kind="application", mid="2", sends=True, receives=True),
    ]


def test_a_text_that_is_no_sdp_has_no_media_lines() -> None:
    assert media_lines("hello\nm=\nm=audio") == []


def test_only_candidates_of_the_transport_asked_for_are_kept() -> None:
    kept = keep_candidates(SDP, "tcp")
    assert kept is not None
    assert "a=candidate:2" in kept
    assert "a=candidate:1" not in kept
    assert kept.startswith("v=0\r\n")


def test_an_answer_without_a_candidate_of_the_transport_is_none() -> None:
    assert keep_candidates(SDP.replace("TCP", "udp"), "tcp") is None
