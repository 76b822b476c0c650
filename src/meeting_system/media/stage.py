"""What a player sees who chooses nothing: the shared screen, else who speaks. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from meeting_system.contracts.stream import PictureSource, Stage

HOLD_S = 2.0
"""A picture stays so long before another speaker takes its place."""


@dataclass(frozen=True)
class Picture:
    """One participant's camera or screen, and since when (monotonic seconds) it is on the stage."""

    participant_id: str
    source: PictureSource
    since_s: float


def choose_picture(
    stage: Stage, speakers: Sequence[str], present: Picture | None, *, now_s: float
) -> Picture | None:
    """Choose the one picture: a screen before a camera, the loudest before others, and no flicker."""
    kept = present if present is not None and _is_on(stage, present) else None
    screens = [each.participant_id for each in stage.people if each.screen]
    if screens:
        if kept is not None and kept.source == "screen":
            return kept
        return Picture(screens[-1], "screen", now_s)
    cameras = [each.participant_id for each in stage.people if each.camera]
    loudest = next((speaker for speaker in speakers if speaker in cameras), None)
    if kept is not None and (loudest in (None, kept.participant_id) or now_s < kept.since_s + HOLD_S):
        return kept
    chosen = loudest or (cameras[0] if cameras else None)
    return None if chosen is None else Picture(chosen, "camera", now_s)


def pin_picture(stage: Stage, participant_id: str, *, now_s: float) -> Picture | None:
    """Choose among one participant's pictures: the screen, else the camera, else nothing."""
    for each in stage.people:
        if each.participant_id == participant_id:
            return Picture(participant_id, "screen" if each.screen else "camera", now_s)
    return None


def _is_on(stage: Stage, picture: Picture) -> bool:
    for each in stage.people:
        if each.participant_id == picture.participant_id:
            return each.screen if picture.source == "screen" else each.camera
    return False
