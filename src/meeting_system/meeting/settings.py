"""What can be set about meetings."""

from pydantic import BaseModel, ConfigDict, Field


class MeetingSettings(BaseModel):
    """Safe defaults; composed by app/settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    public_url: str | None = Field(
        default=None, max_length=255, description="what join links begin with; none: the address asked at"
    )
    ticket_lifetime_s: int = Field(default=30, ge=1, le=300)
    max_participants: int = Field(default=1000, ge=2, description="in one meeting at a time")
    empty_after_s: int = Field(default=600, ge=330, description="nobody connected for so long: it ends")
    leaderless_after_s: int = Field(
        default=60, ge=10, description="no host or co-host connected for so long: somebody becomes co-host"
    )
    longest_run_s: int = Field(default=24 * 3600, ge=600, description="a meeting ends after so long anyway")
    unused_after_s: int = Field(
        default=7 * 24 * 3600, ge=600, description="a meeting that nobody started gives its number back"
    )
    missed_after_s: int = Field(
        default=24 * 3600,
        ge=600,
        description="a scheduled meeting that nobody came to is over so long after its end",
    )
    series_ahead_days: int = Field(
        default=100, ge=7, le=366, description="so far ahead the meetings of a series are written"
    )
    rooms: int = Field(default=20, ge=1, description="rooms that an account may own")
    commands_kept_s: int = Field(default=24 * 3600, ge=3600, description="answers kept for repeats")
    streams: int = Field(
        default=20, ge=0, description="tokens for WHIP and WHEP that hold at a time, per meeting"
    )
    stream_lifetime_s: int = Field(
        default=24 * 3600, ge=60, description="of such a token, unless said otherwise"
    )
    longest_stream_lifetime_s: int = Field(default=30 * 24 * 3600, ge=60)
    edit_within_s: int = Field(
        default=24 * 3600, ge=0, description="so long may a message be edited by its author"
    )
    file_limit: int = Field(default=25 << 20, ge=1024, description="bytes of a file in the chat")
    files_of_meeting: int = Field(
        default=2 << 30, ge=1024, description="bytes that the files of one meeting may take together"
    )
    unsent_files_kept_s: int = Field(
        default=3600, ge=60, description="an uploaded file that is not sent is deleted after so long"
    )
    guesses: int = Field(default=10, ge=1, description="wrong passwords per meeting and address")
    guesses_of_address: int = Field(default=60, ge=1, description="wrong passwords and numbers per address")
    guess_window_s: int = Field(default=600, ge=1)
    hashing_threads: int = Field(default=2, ge=1, le=64)
    hashing_waiting: int = Field(default=64, ge=1)
    look_after_s: float = Field(default=20, gt=0, description="empty meetings are looked for so often")
