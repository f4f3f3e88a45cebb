"""Our error catalog beside ccxt's tables: which of its codes we lack. `make catalog` runs it.

ccxt is no dependency of the product: its exception classes are too coarse to tell a missing
permission from a missing address. But it knows codes early, so it is asked, in an environment of
its own (`requirements-ccxt.lock`), for the codes of classes that concern a connection.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from app.content.loader import load
from app.settings import ROOT

CCXT_IDS: Mapping[str, tuple[str, ...]] = {
    "binance": ("binance",),
    "bybit": ("bybit",),
    "okx": ("okx",),
    "kucoin": ("kucoin", "kucoinfutures"),
    "kraken": ("kraken", "krakenfutures"),
    "coinbase": ("coinbase",),
    "bitget": ("bitget",),
    "gate": ("gate",),
    "mexc": ("mexc",),
    "htx": ("htx",),
    "bingx": ("bingx",),
    "bitfinex": ("bitfinex",),
}
"""The ids of ccxt for each of our exchanges."""

CONNECTION_CLASSES = frozenset(
    {
        "AuthenticationError",
        "PermissionDenied",
        "AccountNotEnabled",
        "AccountSuspended",
        "InvalidNonce",
        "RateLimitExceeded",
        "DDoSProtection",
        "ExchangeNotAvailable",
        "OnMaintenance",
        "RequestTimeout",
        "RestrictedLocation",
    }
)
"""ccxt's classes of errors that can keep a bot from connecting."""

DUMP = """
import ccxt, json, sys
def leaves(node):
    for key, value in node.items():
        if isinstance(value, dict):
            yield from leaves(value)
        else:
            yield key, value.__name__
names = [name for name in sys.argv[1:] if hasattr(ccxt, name)]
found = {name: dict(leaves(getattr(ccxt, name)().exceptions)) for name in names}
print(json.dumps({"version": ccxt.__version__, "codes": found}))
"""
"""Runs in ccxt's environment, and prints code or text and class for each exchange id."""


def main() -> None:
    """Print the codes that ccxt has and we lack, by exchange, and the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("python", type=Path, help="the Python of an environment with ccxt")
    arguments = parser.parse_args()
    ids = [name for names in CCXT_IDS.values() for name in names]
    dumped = subprocess.run(  # noqa: S603 - the interpreter that the developer names
        [arguments.python, "-c", DUMP, *ids], capture_output=True, text=True, check=True
    )
    theirs = json.loads(dumped.stdout)
    ours = known_texts(ROOT / "content")
    print(f"ccxt {theirs['version']}: codes of connection errors that content/errors lacks")
    for exchange, names in CCXT_IDS.items():
        lacking = sorted(missing(ours.get(exchange, ""), theirs["codes"], names))
        print(f"\n{exchange}: {len(lacking)}")
        for code, kind in lacking:
            print(f"  {kind:22} {code}")


def known_texts(content: Path) -> dict[str, str]:
    """Return all codes, messages and signatures of each exchange in one text, lower case."""
    texts: dict[str, list[str]] = {}
    for error in load(content).errors:
        own = (error.code, error.message or "", *error.signatures)
        texts.setdefault(error.exchange, []).extend(own)
    return {exchange: "\n".join(["", *found, ""]).lower() for exchange, found in texts.items()}


def missing(
    ours: str, codes: Mapping[str, Mapping[str, str]], names: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    """Yield ccxt's connection codes (or texts) that stand nowhere in ours, with their class."""
    seen: set[str] = set()
    for name in names:
        for code, kind in codes.get(name, {}).items():
            if kind not in CONNECTION_CLASSES or code in seen:
                continue
            seen.add(code)
            is_number = code.lstrip("-").isdigit()
            if f"\n{code.lower()}\n" not in ours and (is_number or code.lower() not in ours):
                yield code, kind


if __name__ == "__main__":
    main()
