"""Whatever is pasted gets an answer, in a time that grows with its length alone."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.diagnosis.engine import Engine
from app.model import Observations
from tests.timing import processor_seconds

pytestmark = pytest.mark.slow

LIMIT = 16_384
PIECES = st.sampled_from(
    [
        '{"code":-7015,"msg":"', "windbank ", "41010", "\\", '"', "[", "}", "\x00", "\ud800",
        "\u202e", "\n", "knot-not-valid", "白名单", "http://", "string seen: ", "1.2.3.4", "{}",
        "{{ product }}", "<script>", "not ", "e\u0301", "ﷺ", "at ", "%s",
    ]
)  # fmt: skip
HOSTILE = {
    "NULs": "\x00" * LIMIT,
    "lone surrogates": "\ud800" * LIMIT,
    "brackets": "[" * 100_000,
    "evil for backtracking": "a" * LIMIT + "!",
    "right-to-left": "\u202e" * LIMIT,
    "combining marks": "a" + "\u0301\u0327" * (LIMIT // 4),
    "expanding letters": "ﷺ" * (LIMIT // 3),
    "codes": '{"code":41010} ' * (LIMIT // 15),
    "literals of one signature": "string seen: " * (LIMIT // 13),
    "beginnings and ends of one signature": ("your string 1 " * 9 + "is not on the list ") * 110,
    "backslashes": "\\" * LIMIT,
    "quotes": "'" * LIMIT,
    "one word": "knot " * (LIMIT // 5),
    "empty lines": "\n" * LIMIT,
    "template syntax": "{{ product }}{% raw %}" * 700,
    "addresses": "https://" * (LIMIT // 8),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_texts_get_an_answer(engine: Engine, text: str) -> None:
    diagnosis = engine.diagnose(Observations(text=text))

    assert diagnosis.verdict in {"recognised", "likely", "unsure", "unknown"}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_twice_the_text_takes_about_twice_the_time(engine: Engine, text: str) -> None:
    def seconds(length: int) -> float:
        piece = Observations(text=text[:length])
        return processor_seconds(lambda: engine.diagnose(piece))

    whole, quarter = seconds(len(text)), seconds(len(text) // 4)

    # Quadratic work would take 16 times as long; a tick of the clock is let through.
    assert whole < 10 * quarter + 0.02


@given(st.lists(PIECES | st.text(max_size=20), max_size=40).map("".join))
@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_text_gets_an_answer(engine: Engine, text: str) -> None:
    diagnosis = engine.diagnose(Observations(text=text))

    assert (diagnosis.verdict == "unknown") == (not diagnosis.matches)
    assert len(diagnosis.matches) <= 5
    # The causes of a choice are offered by what one sees, not by reasons.
    assert diagnosis.verdict == "unsure" or all(match.because for match in diagnosis.matches)
    assert engine.diagnose(Observations(text=text)) == diagnosis
