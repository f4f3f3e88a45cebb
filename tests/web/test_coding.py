"""Which coding a visitor gets (RFC 9110, 12.5.3), and what comes out of it."""

from __future__ import annotations

import gzip

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.http.coding import Coding, encoded, is_text, preferred


@pytest.mark.parametrize(
    ("header", "coding"),
    [
        (None, "identity"),
        ("", "identity"),
        ("br", "br"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("deflate", "identity"),
        ("GZip", "gzip"),
        ("x-gzip", "gzip"),
        ("*", "br"),
        ("br;q=0", "identity"),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0.000, *", "gzip"),
        ("gzip;q=0, br;q=0, *", "identity"),
        ("br;q=0.2, gzip;q=0.9", "gzip"),
        ("br ; q=0.9 , gzip;q=0.9", "br"),
        ("br;Q=0.1,gzip;Q=0.2", "gzip"),
        ("identity, br;q=0.5", "identity"),
        ("identity;q=0.5, br;q=0.5", "br"),
        ("identity;q=0, gzip", "gzip"),
        ("identity;q=0", "identity"),
        ("*;q=0", "identity"),
        ("gzip;q=0.1, br;q=0.1, *;q=0.5", "identity"),
        ("br;q=2, gzip", "gzip"),
        ("br;q=, gzip;q=x", "identity"),
        (",, br ,,", "br"),
    ],
)
def test_the_coding_that_a_visitor_prefers(header: str | None, coding: Coding) -> None:
    assert preferred(header.encode() if header is not None else None) == coding


QUALITIES = st.sampled_from(["", ";q=0", ";q=0.0", ";q=0.001", ";q=0.5", ";q=1", "; q=1.000"])
NAMES = st.sampled_from(["br", "gzip", "identity", "*", "zstd", "deflate"])


@given(st.lists(st.tuples(NAMES, QUALITIES), unique_by=lambda item: item[0]))
def test_nobody_gets_a_coding_that_they_refuse(items: list[tuple[str, str]]) -> None:
    weights = {name: float(quality.partition("=")[2] or 1) for name, quality in items}
    others = weights.get("*", 0)
    got = preferred(", ".join(name + quality for name, quality in items).encode())
    weight = weights.get(got, others)
    if got != "identity":
        assert weight > 0
    for other in ("br", "gzip"):
        assert weights.get(other, others) <= max(weight, weights.get("identity", others))


@given(st.binary(max_size=5_000), st.sampled_from(["br", "gzip", "identity"]))
def test_what_is_encoded_is_shorter_and_the_same_again(body: bytes, coding: Coding) -> None:
    shorter = encoded(body * 3, coding)
    if shorter is not None:
        assert len(shorter) < len(body * 3)
        decode = {"br": brotli.decompress, "gzip": gzip.decompress}[coding]
        assert decode(shorter) == body * 3


def test_text_is_compressed_in_both_codings() -> None:
    assert encoded(b"teapot " * 100, "br")
    assert encoded(b"teapot " * 100, "gzip")
    assert encoded(b"teapot " * 100, "identity") is None
    assert encoded(b"teapot", "br") is None


@pytest.mark.parametrize(
    ("media_type", "text"),
    [
        ("text/html; charset=utf-8", True),
        ("text/plain", True),
        ("application/json", True),
        ("application/atom+xml; charset=utf-8", True),
        ("application/problem+json", True),
        ("image/svg+xml", True),
        ("image/png", False),
        ("application/octet-stream", False),
        ("application/zip", False),
        ("", False),
    ],
)
def test_what_is_worth_compressing(media_type: str, *, text: bool) -> None:
    assert is_text(media_type) is text
