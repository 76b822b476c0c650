"""Whoever gives a program a scope reads what it allows, in either language."""

import json
from pathlib import Path

import pytest

from meeting_system.contracts.permissions import GRANTABLE

TEXTS = Path(__file__).resolve().parent.parent.parent / "clients/web/src/i18n"


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_scope_that_can_be_given_says_what_it_allows(language: str) -> None:
    texts = json.loads((TEXTS / language / "scopes.json").read_text())
    assert set(texts) - {"title"} == {scope.replace(":", "_") for scope in GRANTABLE}
