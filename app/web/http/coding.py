"""Content codings: the preferred coding of a visitor (RFC 9110, 12.5.3), and compression."""

from __future__ import annotations

import functools
import gzip
import re
from typing import Literal

import brotli

Coding = Literal["br", "gzip", "identity"]

VISIT_QUALITY = 5
"""Brotli within a request: 0.6 ms for a page of 28 KB."""
BEST_QUALITY = 11
"""Brotli for a page or a static file that is compressed once: 26 ms for the same page, a tenth
smaller. The first view of `/` needs it to fit into 14,600 bytes (`bench/weight.py`)."""
GZIP_LEVEL = 6
WORTHWHILE_BYTES = 256
"""The least bytes of a body that is compressed; a shorter body fits into a packet anyway."""

_QUALITY = re.compile(r"\s*(?:q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?")
_ALIASES = {"x-gzip": "gzip"}
_TEXT = re.compile(
    r"text/|application/(?:json|javascript|xml|[\w.-]+\+(?:json|xml))\b|image/svg\+xml\b",
    re.IGNORECASE,
)


@functools.lru_cache(maxsize=64)
def preferred(accept_encoding: bytes | None) -> Coding:
    """Return the best coding that the header allows; None stands for a request without it.

    The highest weight wins, then brotli, then gzip. If everything is refused, even `identity`, the
    answer is `identity`, as section 12.4.1 allows.
    """
    if accept_encoding is None:
        return "identity"
    weights: dict[str, float] = {}
    for item in accept_encoding.decode("latin-1").lower().split(","):
        name, _, parameter = item.partition(";")
        weight = _QUALITY.fullmatch(parameter)
        if weight:
            weights[_ALIASES.get(name.strip(), name.strip())] = float(weight[1] or 1)
    others = weights.get("*", 0.0)
    brotli_weight, gzip_weight = weights.get("br", others), weights.get("gzip", others)
    best: Coding = "br" if brotli_weight >= gzip_weight else "gzip"
    weight_of_best = max(brotli_weight, gzip_weight)
    if weight_of_best == 0 or weight_of_best < weights.get("identity", others):
        return "identity"
    return best


def is_text(content_type: str) -> bool:
    """Tell whether bodies of this type become shorter."""
    return _TEXT.match(content_type) is not None


def encoded(body: bytes, coding: Coding, quality: int = VISIT_QUALITY) -> bytes | None:
    """Return `body` in `coding` (brotli with `quality`), or None where `identity` is as good."""
    if coding == "identity" or len(body) < WORTHWHILE_BYTES:
        return None
    shorter: bytes
    if coding == "br":
        shorter = brotli.compress(body, mode=brotli.MODE_TEXT, quality=quality)
    else:
        shorter = gzip.compress(body, GZIP_LEVEL, mtime=0)
    return shorter if len(shorter) < len(body) else None
