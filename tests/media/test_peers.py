"""Who is connected, and who is muted by the server."""

from meeting_system.contracts.media import PeerLayersWanted, Source
from meeting_system.media.peers import Peers


def wanted(generation: int, layers: int, source: Source = "camera") -> PeerLayersWanted:
    """What the engine says of p's track."""
    return PeerLayersWanted(
        meeting_id="m", participant_id="p", generation=generation, source=source, layers=layers
    )


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


def test_of_each_track_it_is_known_what_was_wanted_last() -> None:
    peers = Peers()
    peers.opened("m", "p", 2)
    for event in (wanted(2, 1), wanted(2, 0, "screen"), wanted(2, 3), wanted(1, 0)):
        peers.want(event)
    assert list(peers.wanted()) == [wanted(2, 3), wanted(2, 0, "screen")]


def test_a_new_ice_keeps_what_is_wanted_and_a_new_connection_does_not() -> None:
    peers = Peers()
    peers.opened("m", "p", 1)
    peers.want(wanted(1, 1))
    peers.opened("m", "p", 1)
    assert list(peers.wanted()) == [wanted(1, 1)]
    peers.opened("m", "p", 2)
    assert list(peers.wanted()) == []


def test_nothing_is_wanted_of_a_connection_that_has_ended() -> None:
    peers = Peers()
    peers.opened("m", "p", 1)
    peers.want(wanted(1, 1))
    peers.mute("m", "p", "camera")
    peers.ended("m", "p", 1)
    peers.want(wanted(1, 0))
    assert list(peers.wanted()) == []


def test_what_changes_while_it_is_told_is_told_as_it_has_become() -> None:
    peers = Peers()
    peers.opened("m", "p", 1)
    peers.want(wanted(1, 1))
    peers.want(wanted(1, 1, "screen"))
    telling = peers.wanted()
    assert next(telling) == wanted(1, 1)
    peers.want(wanted(1, 0, "screen"))
    assert next(telling) == wanted(1, 0, "screen")
    peers.forget("m", "p")
    assert list(telling) == []
