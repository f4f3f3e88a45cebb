"""Numbers that are codes, and numbers that merely look like them."""

from __future__ import annotations

import pytest

from app.diagnosis.code_numbers import numbers
from app.diagnosis.normalised_text import normalise

KNOWN = {"41010", "-7015", "7020", "52001", "1"}


def hits(text: str) -> list[tuple[str, str]]:
    return [(hit.code, hit.context) for hit in numbers(normalise(text).flat, KNOWN)]


@pytest.mark.parametrize(
    ("text", "code", "context"),
    [
        ('{"code":"41010","msg":"x"}', "41010", "key"),
        ('{\\"retCode\\": 41010}', "41010", "key"),
        ("{ code: -7015, msg: 'x' }", "-7015", "key"),
        ("APIError(code=-7015): Invalid", "-7015", "key"),
        ("oh (ErrCode: 41010) (ErrTime: 17:14)", "41010", "key"),
        ("'err-code': '41010'", "41010", "key"),
        ('["error",41010,"calm"]', "41010", "key"),
        ("ERROR: -7015, Way", "-7015", "key"),
        ("[41010] no string", "41010", "code"),
        ("WindException: -7015: no", "-7015", "code"),
        ("it says error 41010 when I run", "41010", "code"),
        ("报错 41010", "41010", "code"),
        ("ошибка 41010", "41010", "code"),
        ("HTTP status is 401.", "401", "http"),
        ("503 Service Unavailable", "503", "http"),
        ("<Response [451]>", "451", "http"),
        ("STATUS_CODE: 401", "401", "http"),
        ("429s all day", "429", "http"),
        ("I saw 41010 birds", "41010", "bare"),
    ],
)
def test_how_a_number_stands(text: str, code: str, context: str) -> None:
    assert (code, context) in hits(text)


@pytest.mark.parametrize(
    "text",
    [
        "price 41010.5",
        "paid $41010",
        "at 10:41010",
        "port :41010/path",
        "/orders/41010/fill",
        "v-7015",
        "41010%",
        "id 410101",
        "x41010",
        "10.41010.1",
        "41010:12 left",
        "order_41010",
    ],
)
def test_parts_of_other_things_are_no_codes(text: str) -> None:
    assert hits(text) == []
