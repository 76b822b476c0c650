"""docs/reliability.md shows what was measured last, of every row of the programme."""

import json

import pytest
from benchmarks.reliability.program import DOCUMENTS, RESULT, document_of
from benchmarks.reliability.rows import ROWS


@pytest.mark.parametrize("language", DOCUMENTS)
def test_the_document_shows_the_last_results(language: str) -> None:
    text = DOCUMENTS[language].read_text(encoding="utf-8")
    assert document_of(text, language) == text, "run: make reliability ROW=--document"


def test_every_row_was_measured() -> None:
    assert list(json.loads(RESULT.read_text(encoding="utf-8"))["rows"]) == list(ROWS)
