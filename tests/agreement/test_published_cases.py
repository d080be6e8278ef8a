"""Every published or cross-verified case, one test each."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CASES = ROOT.parent / "shared" / "irr" / "cases.json"


@pytest.fixture(scope="module")
def verify():
    spec = importlib.util.spec_from_file_location(
        "verify_agreement", ROOT / "scripts" / "verify_agreement.py"
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def published():
    if not CASES.exists():
        return [pytest.param(None, id="absent")]
    return [pytest.param(case, id=case["id"]) for case in json.loads(CASES.read_text(encoding="utf-8"))]


@pytest.mark.shared
@pytest.mark.parametrize("case", published())
def test_the_library_gives_the_published_value(verify, case):
    if case is None:
        pytest.skip("the shared cases are not beside the project")
    assert verify.check(case) is None


GOOD = {
    "id": "two-coders",
    "statistic": "percent_agreement",
    "data_kind": "coders_x_units",
    "data": [[1, 1, 2, 2], [1, 2, 2, 2]],
    "expected": 0.75,
    "tolerance": 1e-9,
}


def run(verify, tmp_path, capsys, cases):
    path = tmp_path / "cases.json"
    path.write_text(cases if isinstance(cases, str) else json.dumps(cases), encoding="utf-8")
    code = verify.main([str(path)])
    out, err = capsys.readouterr()
    return code, out.splitlines(), err


def test_all_passed(verify, tmp_path, capsys):
    code, lines, _ = run(verify, tmp_path, capsys, [GOOD])
    assert (code, lines) == (0, ["ok   two-coders", "1 passed, 0 failed"])


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"expected": 0.7}, "expected 0.7 got 0.75 tolerance"),
        ({"expected": None}, "expected None got 0.75"),
        ({"expected": 0.7, "expected_consensus": 0.75, "consensus_tolerance": 1e-9}, "expected 0.7 got 0.75"),
        ({"expected_consensus": 0.7, "consensus_tolerance": 1e-9}, "consensus expected 0.7 got 0.75"),
        ({"expected_se": 0.3}, "standard error expected 0.3 got 0.25"),
        (
            {"expected_se": 0.25, "ci_method": "normal approximation", "ci_tolerance": 0.001},
            "standard error expected 0.25 got 0.216",
        ),
        ({"statistic": "telepathy"}, "no statistic of this name"),
        ({"data": [[1, 2], [1]]}, "needs a cell for each unit"),
        ({"data": None}, "expected one row of values"),
        ({"expected_ci": [0, 1], "ci_method": "Gwet", "ci_tolerance": 0.001}, "interval expected"),
        ({"expected_extra": {"p_o": 0.5}}, "p_o expected 0.5 got 0.75"),
    ],
)
def test_a_failed_case_says_why(verify, tmp_path, capsys, change, part):
    code, lines, _ = run(verify, tmp_path, capsys, [{**GOOD, **change}, GOOD])
    assert code == 1
    assert lines[0].startswith("FAIL two-coders")
    assert part in lines[0]
    assert lines[-1] == "1 passed, 1 failed"


@pytest.mark.parametrize(
    ("text", "part"),
    [("{", "not valid JSON"), ('{"a": 1}', "expected a list of cases"), ("[1]", "expected a list of cases")],
)
def test_a_malformed_file_is_one_sentence(verify, tmp_path, capsys, text, part):
    code, lines, err = run(verify, tmp_path, capsys, text)
    assert (code, lines) == (2, [])
    assert part in err
    assert err.count("\n") == 1


def test_a_missing_file_is_one_sentence(verify, tmp_path, capsys):
    assert verify.main([str(tmp_path / "none.json")]) == 2
    assert "no such file" in capsys.readouterr().err
    assert verify.main([]) == 2


def test_other_shapes_of_the_same_ratings(verify):
    turned = {**GOOD, "data_kind": "units_x_coders", "data": [[1, 1], [1, 2], [2, 2], [2, 2]]}
    counted = {**GOOD, "data_kind": "contingency_table", "data": [[1, 1], [0, 2]]}
    assert verify.check(turned) is None
    assert verify.check(counted) is None
