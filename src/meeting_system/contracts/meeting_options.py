"""What the host of a meeting decides beforehand, and a room for all its meetings."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Lobby = Literal["off", "guests", "everyone"]
ChatAllowed = Literal["everyone", "hosts", "off"]
LobbyOpensMin = Annotated[int, Field(ge=0, le=24 * 60)]


class OptionsToChange(BaseModel):
    """What may be sent of options while a meeting goes on; what null says, the sender's model tells."""

    lobby: Lobby | None = None
    mute_on_entry: bool | None = None
    attendees_may_unmute: bool | None = None
    attendees_may_share: bool | None = None
    attendees_may_use_camera: bool | None = None
    attendees_may_chat: ChatAllowed | None = None
    history_for_late: bool | None = None
    join_before_host: bool | None = None


class MeetingOptions(BaseModel):
    """As stored in `options` of rooms and meetings: what is absent there is as here.

    Unknown names are passed over: a newer process of the same cluster may know more.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    lobby: Lobby = Field(default="off", description="who waits until a host lets them in")
    mute_on_entry: bool = False
    attendees_may_unmute: bool = True
    attendees_may_share: bool = True
    attendees_may_use_camera: bool = True
    attendees_may_chat: ChatAllowed = "everyone"
    history_for_late: bool = Field(default=True, description="who comes late sees what was written before")
    join_before_host: bool = True
    lobby_opens_min: LobbyOpensMin = Field(
        default=15, description="so long before the start others than hosts may come"
    )
