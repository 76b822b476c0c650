"""docs/reliability.md shows what was measured last, of every row of the programme."""

import json

import pytest
from benchmarks.reliability.program import DOCUMENTS, RESULT, document_of
from benchmarks.reliability.rows import ROWS


@pytest.mark.parametrize("language", DOCUMENTS)
def test_the_document_shows_the_last_results(language: str) -> None:
    text = DOCUMENTS[language].read_text(encoding="utf-8")
    assert document_of(text, language) == text, "run: make reliability ROW=--document"


def test_what_was_measured_are_rows_of_the_programme_in_its_order() -> None:
    measured = json.loads(RESULT.read_text(encoding="utf-8"))["rows"]
    assert list(measured) == [name for name in ROWS if name in measured]
    assert all(ROWS[name].target == report["target"] for name, report in measured.items())
