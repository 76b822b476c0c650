"""docs/reliability.md shows what was measured last, of every row of the programme."""

import pytest
from benchmarks.reliability.program import DOCUMENTS, document_of, measured
from benchmarks.reliability.rows import ROWS


@pytest.mark.parametrize("language", DOCUMENTS)
def test_the_document_shows_the_last_results(language: str) -> None:
    text = DOCUMENTS[language].read_text(encoding="utf-8")
    assert document_of(text, language) == text, "run: make reliability ROW=--document"


def test_what_was_measured_are_rows_of_the_programme_in_its_order() -> None:
    reports = measured()
    assert list(reports) == [name for name in ROWS if name in reports]
    assert all(ROWS[name].target == report["target"] for name, report in reports.items())
