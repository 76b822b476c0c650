"""`make test` counts what every runner says, and counts a runner that broke as a failure."""

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

CARGO = """
test rooms::a_peer_joins ... ok
test rooms::slow ... ignored
test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s
test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s
"""
JUNIT = """<testsuites><testsuite>
<testcase classname="a" name="passes"/>
<testcase classname="a" name="fails"><failure message="no"/></testcase>
<testcase classname="a" name="breaks"><error message="no"/></testcase>
<testcase classname="a" name="waits"><skipped message="no chromium"/></testcase>
</testsuite></testsuites>"""
VITEST = """{"numPassedTests": 2, "numFailedTests": 1, "testResults": [{"assertionResults": [
{"fullName": "a", "status": "passed"}, {"fullName": "b", "status": "skipped"}]}]}"""


def outcome(script: ModuleType, output: str = "", code: int = 0) -> Any:
    return script.Outcome(code, 0.0, output)


def test_cargo_tests_are_added_up_over_all_programs(test_script: ModuleType) -> None:
    tally = test_script.count_cargo(outcome(test_script, CARGO))
    assert (tally.passed, tally.failed, tally.skipped) == (15, 2, ["rooms::slow"])


def test_pytest_is_counted_from_its_junit_file(test_script: ModuleType, tmp_path: Path) -> None:
    file = tmp_path / "pytest.xml"
    file.write_text(JUNIT)
    tally = test_script.count_junit(file)(outcome(test_script))
    assert (tally.passed, tally.failed, tally.skipped) == (1, 2, ["a::waits: no chromium"])


def test_vitest_is_counted_from_its_report(test_script: ModuleType, tmp_path: Path) -> None:
    file = tmp_path / "vitest.json"
    file.write_text(VITEST)
    tally = test_script.count_vitest(file)(outcome(test_script))
    assert (tally.passed, tally.failed, tally.skipped) == (2, 1, ["b"])


@pytest.mark.parametrize(
    ("closing", "expected"),
    [
        ("9 passed, 1 failed, 0 skipped", (9, 1, [])),
        ("0 passed, 0 failed, 1 skipped: libFuzzer is missing", (0, 0, ["libFuzzer is missing"])),
        ("Killed", (0, 0, [])),
    ],
)
def test_fuzz_targets_are_counted_from_the_closing_line(
    test_script: ModuleType, closing: str, expected: tuple[int, int, list[str]]
) -> None:
    tally = test_script.count_fuzzing(outcome(test_script, f"  rtcp 5 runs\n{closing}\n"))
    assert (tally.passed, tally.failed, tally.skipped) == expected


@pytest.mark.parametrize(("command", "why"), [("exit 3", "broke"), ("true", "ran no test")])
def test_a_runner_without_results_is_a_failure(
    test_script: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
    why: str,
) -> None:
    monkeypatch.setattr(test_script, "STATE", tmp_path)
    monkeypatch.setattr(test_script, "ROOT", tmp_path)
    suite = test_script.Suite("some", ("sh", "-c", command), test_script.count_cargo)
    assert test_script.perform(suite).failed == 1
    assert "0 passed, 1 failed" in capsys.readouterr().out


def test_suites_of_a_row_follow_each_other_and_rows_run_side_by_side(
    test_script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(test_script, "STATE", tmp_path)
    monkeypatch.setattr(test_script, "ROOT", tmp_path)

    def suite(name: str, script: str) -> Any:
        told = "echo 'test result: ok. 1 passed; 0 failed;'"
        return test_script.Suite(
            name, ("timeout", "20", "sh", "-ec", f"{script}; {told}"), test_script.count_cargo
        )

    def meet(own: str, other: str) -> str:
        """Each goes on only when the other has come."""
        return f"touch {tmp_path}/{own}; until [ -e {tmp_path}/{other} ]; do sleep 0.01; done"

    rows = [
        [suite("one", meet("a", "b")), suite("after", f"test -e {tmp_path}/a")],
        [suite("two", meet("b", "a"))],
    ]
    tallies = test_script.perform_beside(rows)
    assert [(tally.passed, tally.failed) for tally in tallies] == [(1, 0)] * 3


def test_every_browser_test_is_in_one_suite(test_script: ModuleType) -> None:
    commands = [suite.command for rows in test_script.stages() for row in rows for suite in row]
    marks = [command[command.index("-m", 3) + 1] for command in commands if "tests/e2e" in command]
    assert marks == ["not alone", "alone"]
