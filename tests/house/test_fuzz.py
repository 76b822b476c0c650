"""`make fuzz` reads what libFuzzer reports, and never takes silence for success."""

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

REPORT = """INFO: Seed: 1
#9\tINITED cov: 60 ft: 70 corp: 8/30b exec/s: 0 rss: 30Mb
#700\tREDUCE cov: 78 ft: 98 corp: 26/59Kb lim: 5 exec/s: 0 rss: 31Mb L: 4/5 MS: 1 EraseBytes-
#900\tDONE   cov: 80 ft: 99 corp: 27/60Kb lim: 5 exec/s: 300 rss: 31Mb
stat::number_of_executed_units: 900
"""


def outcome(script: ModuleType, output: str, code: int = 0) -> Any:
    return script.Outcome(code, 3.0, output)


def test_runs_coverage_and_growth_are_read(fuzz_script: ModuleType) -> None:
    result = fuzz_script.read_result(outcome(fuzz_script, REPORT), 8)
    assert (result.runs, result.coverage, result.corpus_before, result.corpus_after) == (900, 80, 8, 27)
    assert not result.failed
    assert "300/s" in result.line("rtcp")
    assert "8 -> 27" in result.line("rtcp")


@pytest.mark.parametrize(("output", "code"), [(REPORT, 77), ("", 0), ("no such target", 1)])
def test_a_crash_and_a_target_that_did_not_run_are_failures(
    fuzz_script: ModuleType, output: str, code: int
) -> None:
    result = fuzz_script.read_result(outcome(fuzz_script, output, code), 8)
    assert result.failed
    assert "FAILED" in result.line("rtcp")


def test_the_input_that_broke_something_is_named(fuzz_script: ModuleType) -> None:
    output = "panicked\nartifact_prefix='x/'; Test unit written to x/crash-12\n"
    target = fuzz_script.Target("rtcp", 1500)
    advice = fuzz_script.advise(Path("sfu-fuzz"), target, outcome(fuzz_script, output, 77))
    assert "replay rtcp x/crash-12" in advice


def test_the_archive_is_the_newest_of_this_processor(
    fuzz_script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fuzz_script.platform, "machine", lambda: "x86_64")
    pattern = f"{tmp_path}/llvm-*/libclang_rt.fuzzer_no_main-*.a"
    assert fuzz_script.find_archive(pattern) is None
    for name in ("llvm-14/libclang_rt.fuzzer_no_main-i386.a", "llvm-14/libclang_rt.fuzzer_no_main-x86_64.a"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.touch()
    assert fuzz_script.find_archive(pattern) == tmp_path / "llvm-14/libclang_rt.fuzzer_no_main-x86_64.a"
