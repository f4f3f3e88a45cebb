"""The targets with what hypothesis makes up: a hundred texts each, or `FUZZ_EXAMPLES`."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS

pytestmark = pytest.mark.slow

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "100"))
PIECES = st.sampled_from(
    [
        *("---\n", "\n---\n", "title: ", "- ", "\n  ", ": ", "[", "]", "{", "}", "|\n", ">", "&a "),
        *("*a ", "!!python/object:os.system ", "? ", "# ", "'", '"', "\\", "2026-11-20", "on", "~"),
        *("%YAML 9\n", "\t", "[x](", "javascript:alert(1)", ")", "![", "`", "```\n", "<script>"),
        *("</textarea>", "<!--", "|a|\n|-|\n", "&colon;", "&#x6A;", "<https://a.test>", "**"),
        *("[a]: //x\n", "~~", "{{ product }}", "{% raw %}", "api_key=", "secret: "),
        *("-----BEGIN A KEY-----\n", "eyJhbGciOiJ9.e30.", "AKIAIOSFODNN7EXAMPLE", "192.0.2.7"),
        *('{"code":-7007,"msg":"', "glassmarket ", "-7007", "2001:db8::7", "market is closed"),
        *("exchange=", "&", "error=-7007", "missing=", "test-other-browser=pass", "%00", "%ff"),
        *("+", ";", "\x00", "\ud800", "\u202e", "\u2028", "\x85", "\x0c", "\r", "\ufeff"),
        *("e\u0301", "ﷺ", "İ", "ß", "😀", '{"text": "\\ud800"}\n', "gzip;q=0.5, ", "*;q=0"),
        *("a" * 300, "[" * 50, "- " * 50),
    ]
)
ANY = st.text(st.characters(codec=None, exclude_categories=()), max_size=30)
TEXTS = st.lists(PIECES | ANY, max_size=30).map("".join)


@pytest.mark.parametrize("target", TARGETS)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=TEXTS)
@example("Nobody answer secret word-key")  # a second match that nothing was said for
def test_any_text(target: str, text: str) -> None:
    TARGETS[target](text)
