"""Documents tell the truth: links lead somewhere, both languages agree, the wire document is whole."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from meeting_system.contracts.signal import COMMANDS, EVENTS, CloseCode

from .repository import ROOT, read, tracked_files

LINK = re.compile(r"\[[^\]]*\]\((?!https?:|mailto:)([^)\s#]*)(#[^)\s]*)?\)")
PAIRS = [
    ("README.md", "README.zh-CN.md"),
    ("docs/guide/install.md", "docs/guide/install.zh-CN.md"),
    ("docs/guide/back-up.md", "docs/guide/back-up.zh-CN.md"),
    ("docs/guide/upgrade.md", "docs/guide/upgrade.zh-CN.md"),
    ("docs/guide/observe.md", "docs/guide/observe.zh-CN.md"),
    ("docs/guide/operate.md", "docs/guide/operate.zh-CN.md"),
    ("docs/guide/scale.md", "docs/guide/scale.zh-CN.md"),
    ("docs/guide/streams.md", "docs/guide/streams.zh-CN.md"),
    ("docs/guide/api.md", "docs/guide/api.zh-CN.md"),
    ("docs/guide/schedule.md", "docs/guide/schedule.zh-CN.md"),
    ("docs/guide/accounts.md", "docs/guide/accounts.zh-CN.md"),
    ("docs/guide/meetings.md", "docs/guide/meetings.zh-CN.md"),
]
PROTOCOL = Path("docs/protocol/signaling.md")


def documents() -> list[Path]:
    """Return all tracked Markdown files."""
    return [path for path in tracked_files() if path.suffix == ".md"]


def headings(path: Path) -> list[int]:
    """Return the levels of a document's headings, in order; code blocks are left out."""
    text = re.sub(r"^```.*?^```", "", read(path), flags=re.MULTILINE | re.DOTALL)
    return [len(found) for found in re.findall(r"^(#+) ", text, flags=re.MULTILINE)]


@pytest.mark.parametrize("document", documents(), ids=str)
def test_every_link_of_a_document_leads_to_a_file(document: Path) -> None:
    text = re.sub(r"```.*?```", "", read(document), flags=re.DOTALL)
    targets = [target for target, _ in LINK.findall(text) if target]
    assert not [target for target in targets if not (ROOT / document.parent / target).exists()]


@pytest.mark.parametrize(("english", "chinese"), PAIRS)
def test_both_languages_have_the_same_structure(english: str, chinese: str) -> None:
    assert headings(Path(english)) == headings(Path(chinese))


@pytest.mark.parametrize("kind", sorted({*COMMANDS, *EVENTS}))
def test_every_message_of_the_protocol_is_documented(kind: str) -> None:
    assert f"`{kind}`" in read(PROTOCOL)


@pytest.mark.parametrize("code", CloseCode, ids=str)
def test_every_close_code_is_documented(code: CloseCode) -> None:
    assert str(code.value) in read(PROTOCOL)


def test_the_configuration_tables_are_what_the_settings_say() -> None:
    script = ROOT / "scripts" / "configuration.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
