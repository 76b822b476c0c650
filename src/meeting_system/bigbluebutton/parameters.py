"""What a call was sent: by address or as a form, every value a text."""

from dataclasses import dataclass
from urllib.parse import parse_qsl

from meeting_system.bigbluebutton.errors import Failed

MOST_PARAMETERS = 1000
LONGEST_ID = 256
LONGEST_NAME = 64
_NEVER = frozenset(chr(point) for point in range(0x20)) | {"\x7f"}


@dataclass(frozen=True)
class Parameters:
    """The parameters of a call. Of one that is given twice the first counts."""

    values: dict[str, str]

    def get(self, name: str, default: str = "") -> str:
        return self.values.get(name, default)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return a Boolean: `true`, or anything else."""
        return self.values[name].lower() == "true" if name in self.values else default

    def number(self, name: str) -> int:
        """Return a number; 0 where it is none."""
        text = self.values.get(name, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0

    def metadata(self) -> dict[str, str]:
        """Return meta_*, by their names in lower case."""
        return {
            name.removeprefix("meta_").lower(): value
            for name, value in self.values.items()
            if name.startswith("meta_") and name != "meta_"
        }


def read_parameters(query: str, form: str) -> Parameters:
    """Return the parameters of an address and of a form; FAILED for what is no query."""
    values: dict[str, str] = {}
    for text in (query, form):
        try:
            pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_PARAMETERS, errors="strict")
        except ValueError as error:
            raise Failed("validationError", "The parameters are not a query of UTF-8") from error
        for name, value in pairs:
            values.setdefault(clean(name), clean(value))
    values.pop("checksum", None)
    return Parameters(values)


def clean(text: str) -> str:
    """Leave out control characters: no text of people has them, and no database and no XML takes them all."""
    return "".join(letter for letter in text if letter not in _NEVER or letter in "\t\n\r")


def meeting_id_of(parameters: Parameters) -> str:
    """Return the meetingID of a call: 2 to 256 characters, no comma."""
    name = parameters.get("meetingID").strip()
    if not name:
        raise Failed("missingParamMeetingID", "You must specify a meeting ID for the meeting.")
    if not 2 <= len(name) <= LONGEST_ID or "," in name or any(letter in _NEVER for letter in name):
        raise Failed("validationError", "Meeting ID must be between 2 and 256 characters without a comma")
    return name


def line(text: str, *, longest: int) -> str:
    """Return text of people as one line: blanks collapsed, cut."""
    kept = "".join(" " if letter in _NEVER else letter for letter in text)
    return " ".join(kept.split())[:longest]
