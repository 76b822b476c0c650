"""What a player sees who chooses nothing."""

from meeting_system.contracts.stream import OnStage, Stage
from meeting_system.media.stage import HOLD_S, Picture, choose_picture, pin_picture


def stage(*people: str, screens: tuple[str, ...] = ()) -> Stage:
    everybody = dict.fromkeys([*people, *screens])
    return Stage(
        people=[
            OnStage(participant_id=each, camera=each in people, screen=each in screens) for each in everybody
        ]
    )


def test_the_first_camera_is_shown_until_somebody_speaks() -> None:
    assert choose_picture(stage(), [], None, now_s=0) is None
    first = choose_picture(stage("a", "b"), [], None, now_s=0)
    assert first == Picture("a", "camera", 0)
    assert choose_picture(stage("a", "b"), ["b"], first, now_s=HOLD_S) == Picture("b", "camera", HOLD_S)


def test_a_speaker_without_a_camera_changes_nothing() -> None:
    present = Picture("a", "camera", 0)
    assert choose_picture(stage("a", "b"), ["c"], present, now_s=9) == present
    assert choose_picture(stage("a", "b"), ["c", "b"], present, now_s=9) == Picture("b", "camera", 9)


def test_pictures_do_not_flicker() -> None:
    present = Picture("a", "camera", 10)
    assert choose_picture(stage("a", "b"), ["b"], present, now_s=10 + HOLD_S / 2) == present


def test_a_screen_comes_before_everybody_and_stays() -> None:
    present = Picture("a", "camera", 10)
    shared = choose_picture(stage("a", "b", screens=("b",)), ["a"], present, now_s=10)
    assert shared == Picture("b", "screen", 10)
    assert choose_picture(stage("a", screens=("b", "c")), ["a"], shared, now_s=99) == shared
    assert choose_picture(stage("a", "b"), ["a"], shared, now_s=11) == Picture("a", "camera", 11)


def test_a_camera_that_is_switched_off_leaves_the_stage_at_once() -> None:
    assert choose_picture(stage("b"), [], Picture("a", "camera", 10), now_s=10) == Picture("b", "camera", 10)


def test_a_pinned_participant_shows_the_screen_else_the_camera_else_nothing() -> None:
    assert pin_picture(stage("a", screens=("a",)), "a", now_s=0) == Picture("a", "screen", 0)
    assert pin_picture(stage("a"), "a", now_s=0) == Picture("a", "camera", 0)
    assert pin_picture(stage("a"), "b", now_s=0) is None
