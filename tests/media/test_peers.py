"""Who is connected, and who is muted by the server."""

from meeting_system.media.peers import Peers


def test_the_end_of_an_older_connection_says_nothing_about_the_present_one() -> None:
    peers = Peers()
    peers.opened("m", "p", 2)
    peers.ended("m", "p", 1)
    found = peers.find("m", "p")
    assert found is not None
    assert found.generation == 2


def test_a_mute_outlives_the_connection() -> None:
    peers = Peers()
    peers.opened("m", "p", 1)
    peers.mute("m", "p", "microphone")
    peers.ended("m", "p", 1)
    assert peers.opened("m", "p", 2).muted == {"microphone"}


def test_someone_muted_before_connecting_starts_muted() -> None:
    peers = Peers()
    peers.mute("m", "p", "camera")
    assert peers.opened("m", "p", 1).muted == {"camera"}


def test_nothing_is_kept_of_participants_who_are_gone() -> None:
    peers = Peers()
    peers.opened("m", "p", 1)
    peers.ended("m", "p", 1)
    peers.mute("m", "q", "camera")
    peers.unmute("m", "q", "camera")
    peers.opened("m", "r", 1)
    peers.forget("m", "r")
    assert not peers._rooms
