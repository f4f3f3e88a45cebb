"""Diagnosis at 10,000 signatures, beside what else could be done: `python -m bench.diagnosis`.

All are measured in one run on the same texts of 2 KB, in turns. The baseline is rendering a Jinja
page of 10 KB, which every answer needs anyway: matching should cost less. Python's `re` is tried
on fewer signatures, one by one, and its figure is for that many. Prints Markdown; ratios hold
better than times.
"""

from __future__ import annotations

import argparse
import gc
import random
import re
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import jinja2

from app.content.loader import load
from app.diagnosis.engine import Engine
from app.diagnosis.redaction import Redactor
from app.diagnosis.signatures import SignatureIndex
from app.diagnosis.text import normalise
from app.knowledge import build
from app.model import Observations

ROOT = Path(__file__).parents[1]
SIGNATURES = 10_000
FEWER = 1_000
TEXTS = 100
TEXT_LENGTH = 2_048
ROUNDS = 5
WORD_TEXT = """
    account address allow api balance ban bind cancel client clock close code connection create
    currency denied disabled does error exceeded exist expired failed feature forbidden format
    found frequency funds gateway header internal invalid key leverage limit locked login lot
    maintenance margin match message minimum missing mode nonce not notional order parameter
    passphrase permission position precision price rate region reject request restricted risk
    secret server service signature size symbol system time timeout timestamp token too trade
    unauthorized unknown user value verify wallet whitelist window withdraw wrong
"""
WORDS = WORD_TEXT.split()
PLACEHOLDERS = ("{}", "{n}", "{ip}", "", "", "", "", "")
PAGE = """\
<!doctype html><html lang="en"><head><title>{{ title }}</title></head><body>
{% for match in matches %}<article id="{{ match.id }}"><h2>{{ match.title }}</h2>
<p>{{ match.confidence }}</p><ul>{% for reason in match.because %}<li>{{ reason }}</li>{% endfor %}
</ul><ol>{% for step in match.steps %}<li id="{{ match.id }}-{{ loop.index }}"><a href="#{{ match.id
}}">{{ step }}</a></li>{% endfor %}</ol></article>{% endfor %}</body></html>
"""


def signatures(count: int, random_: random.Random) -> list[str]:
    """Return made-up messages of four to nine words, some with placeholders."""
    found: dict[str, None] = {}
    while len(found) < count:
        words = random_.choices(WORDS, k=random_.randint(4, 9))
        words.insert(random_.randint(1, len(words) - 1), random_.choice(PLACEHOLDERS))
        found[" ".join(filter(None, words))] = None
    return list(found)


def texts(messages: Sequence[str], random_: random.Random) -> list[str]:
    """Return logs of 2 KB from the same words, each with one of the messages in it."""
    made: list[str] = []
    for _ in range(TEXTS):
        lines: list[str] = []
        while sum(map(len, lines)) < TEXT_LENGTH:
            words = " ".join(random_.choices(WORDS, k=random_.randint(5, 12)))
            lines.append(f"2026-11-22 10:00:{random_.randint(10, 59)} - bot - INFO - {words}")
        message = random_.choice(messages)
        for placeholder, value in (("{}", "x"), ("{n}", "7"), ("{ip}", "203.0.113.9")):
            message = message.replace(placeholder, value)
        lines.insert(len(lines) // 2, f'binance {{"code":-2015,"msg":"{message}"}}')
        made.append("\n".join(lines)[:TEXT_LENGTH])
    return made


def page() -> Callable[[str], object]:
    """Return the baseline: rendering some 10 KB of HTML."""
    template = jinja2.Environment(autoescape=True).from_string(PAGE)
    matches = [
        {
            "id": f"issue-{number}",
            "title": f"Issue {number}",
            "confidence": 0.5,
            "because": ["Binance answered -2015", "you haven't ticked that the IP is listed"],
            "steps": [
                f"Step {step}: open the key, look at its list, compare." for step in range(17)
            ],
        }
        for number in range(5)
    ]
    size = len(template.render(title="x", matches=matches))
    if not 9_000 <= size <= 11_000:
        raise SystemExit(f"the page of the baseline has {size} bytes; change PAGE")
    return lambda text: template.render(title=text[:40], matches=matches)


def one_by_one(messages: Sequence[str]) -> Callable[[str], object]:
    """Return Python's `re`, a pattern for every signature."""
    kinds = (("{}", r".{0,120}?"), ("{n}", r"-?[0-9][0-9.,]{0,40}"), ("{ip}", r"[0-9a-f.:]{3,45}"))
    patterns: list[re.Pattern[str]] = []
    for message in messages:
        pattern = re.escape(message)
        for placeholder, regex in kinds:
            pattern = pattern.replace(re.escape(placeholder), regex)
        patterns.append(re.compile(pattern))
    return lambda text: [pattern for pattern in patterns if pattern.search(text.lower())]


def measure(
    calls: dict[str, Callable[[str], object]], made: Sequence[str]
) -> dict[str, list[float]]:
    """Return for each call the processor time in ms of every text, the best of some rounds."""
    best: dict[str, list[float]] = {name: [float("inf")] * len(made) for name in calls}
    gc.disable()
    try:
        for _ in range(ROUNDS):
            for name, call in calls.items():
                for index, text in enumerate(made):
                    start = time.process_time_ns()
                    call(text)
                    took = (time.process_time_ns() - start) / 1e6
                    best[name][index] = min(best[name][index], took)
    finally:
        gc.enable()
    return best


def table(measured: dict[str, list[float]], baseline: str) -> str:
    """Return a Markdown table: p50, p99 and the ratio of p50 to the baseline."""
    unit = statistics.median(measured[baseline])
    lines = ["| | p50 ms | p99 ms | p50, page = 1 |", "|---|--:|--:|--:|"]
    for name, times in measured.items():
        p50, p99 = statistics.median(times), statistics.quantiles(times, n=100)[-1]
        lines.append(f"| {name} | {p50:.3f} | {p99:.3f} | {p50 / unit:.2f} |")
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--signatures", type=int, default=SIGNATURES)
    count = parser.parse_args().signatures
    random_ = random.Random(7)
    messages = signatures(count, random_)
    made = texts(messages, random_)

    start = time.process_time()
    index = SignatureIndex((message, message) for message in messages)
    prepared = time.process_time() - start
    knowledge = build(load(ROOT / "content"))
    redactor = Redactor.from_file(ROOT / "static" / "redaction-rules.json")
    engine = Engine(knowledge, redactor)
    flat = {text: normalise(text).flat for text in made}
    calls: dict[str, Callable[[str], object]] = {
        "page of 10 KB": page(),
        "normalising": normalise,
        f"matching {count:,} signatures": lambda text: list(index.find(flat[text])),
        "normalising and matching": lambda text: list(index.find(normalise(text).flat)),
        "redaction": redactor.redact,
        "whole diagnosis, real content": lambda text: engine.diagnose(Observations(text=text)),
        f"re, {FEWER:,} one by one": one_by_one(messages[:FEWER]),
    }
    found = sum(1 for text in made if any(index.find(flat[text])))
    print(f"{len(made)} texts of {TEXT_LENGTH} bytes, {found} with a signature; best of {ROUNDS}.")
    print(f"Preparing {count:,} signatures: {prepared:.2f} s.\n")
    print(table(measure(calls, made), "page of 10 KB"))


if __name__ == "__main__":
    main()
