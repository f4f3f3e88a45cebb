"""Diagnosis of texts of 2 KB against 10,000 signatures, beside its parts and beside bare matching.

The engine has the real content and, in an issue of its own, 10,000 made-up signatures more. The
baseline is what the signatures need by themselves: Aho-Corasick on their literals, RE2 on the few
candidates. Python's `re` is tried on fewer patterns, one by one, and its figure is for that many.
Processor time, of one text at a time.
"""

from __future__ import annotations

import gc
import random
import re
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import ahocorasick_rs
import jinja2
import re2
import yaml

from app.content.loader import load
from app.diagnosis.engine import Engine
from app.diagnosis.normalised_text import normalise
from app.diagnosis.redaction import Redactor
from app.knowledge import KnowledgeBase, build
from app.model import Observations
from bench.report import Goal, Section, Series

ROOT = Path(__file__).parents[1]
SIGNATURES = 10_000
FEWER = 1_000
TEXTS = 200
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
REGEXES = {"{}": r".{0,120}?", "{n}": r"-?[0-9][0-9.,]{0,40}", "{ip}": r"[0-9a-f.:]{3,45}"}
BEFORE_QUESTIONS = 9.21
"""The whole diagnosis (p99) in bare matchings before it asked questions (22 November 2026)."""
BASELINE = "Aho-Corasick and RE2, alone"
WHOLE = "whole diagnosis"
MATCHING = "normalising and matching"
RENDERING = "rendering a page of 10 KB"
PAGE = """\
<!doctype html><html lang="en"><head><title>{{ title }}</title></head><body>
{% for match in matches %}<article id="{{ match.id }}"><h2>{{ match.title }}</h2>
<p>{{ match.confidence }}</p><ul>{% for reason in match.because %}<li>{{ reason }}</li>{% endfor %}
</ul><ol>{% for step in match.steps %}<li id="{{ match.id }}-{{ loop.index }}"><a href="#{{ match.id
}}">{{ step }}</a></li>{% endfor %}</ol></article>{% endfor %}</body></html>
"""

Call = Callable[[str], object]


def run() -> list[Section]:
    """Measure in turns; return the medians and the slowest hundredth of the texts."""
    random_ = random.Random(7)
    messages = signatures(SIGNATURES, random_)
    knowledge = _knowledge(messages)
    made = texts(messages, _pasted(knowledge), random_)
    flat = {text: normalise(text).flat for text in made}
    bare = _bare(messages)
    engine = Engine(knowledge, Redactor.from_file(ROOT / "static" / "redaction-rules.json"))
    engine.train()
    calls: dict[str, Call] = {
        BASELINE: lambda text: bare(flat[text]),
        MATCHING: lambda text: bare(normalise(text).flat),
        RENDERING: _page(),
        WHOLE: lambda text: engine.diagnose(Observations(text=text)),
        f"Python's re, {FEWER:,} one by one": _one_by_one(messages[:FEWER], flat),
    }
    rounds = _measure(calls, made)
    half = Section(
        title=f"Diagnosis of 2 KB, {SIGNATURES:,} signatures: p50",
        text=(
            f"{TEXTS} texts, half of them made-up logs, half of them joined pastes and logs from "
            "real reports, each of 2 KB. Matching alone only finds signatures. The whole diagnosis "
            "also removes secrets, reads codes, exchanges, IP addresses and words, and ranks the "
            "issues."
        ),
        unit="ms",
        series=_series(rounds, 50),
        baseline=BASELINE,
        goals=(
            Goal(
                "matching (p50), in renderings of a page of 10 KB",
                _middle(rounds, MATCHING, 50) / _middle(rounds, RENDERING, 50),
                1.0,
                at_most=True,
            ),
        ),
    )
    slowest = Section(
        title=f"Diagnosis of 2 KB, {SIGNATURES:,} signatures: p99",
        text="The slowest of a hundred of the same texts.",
        unit="ms",
        series=_series(rounds, 99),
        baseline=BASELINE,
        goals=(
            Goal(
                "whole diagnosis (p99), in bare matchings (p99)",
                _middle(rounds, WHOLE, 99) / _middle(rounds, BASELINE, 99),
                5.0,
                at_most=True,
            ),
            Goal(
                "whole diagnosis (p99), in that before it asked questions",
                _middle(rounds, WHOLE, 99) / _middle(rounds, BASELINE, 99) / BEFORE_QUESTIONS,
                2.0,
                at_most=True,
            ),
        ),
    )
    return [half, slowest]


def signatures(count: int, random_: random.Random) -> list[str]:
    """Return made-up messages of four to nine words, some with placeholders."""
    found: dict[str, None] = {}
    while len(found) < count:
        words = random_.choices(WORDS, k=random_.randint(4, 9))
        words.insert(random_.randint(1, len(words) - 1), random_.choice(PLACEHOLDERS))
        found[" ".join(filter(None, words))] = None
    return list(found)


def texts(messages: Sequence[str], pasted: Sequence[str], random_: random.Random) -> list[str]:
    """Return texts of 2 KB: made-up logs, and what people `pasted`, each with a message in it."""
    made: list[str] = []
    for number in range(TEXTS):
        lines: list[str] = []
        while sum(map(len, lines)) < TEXT_LENGTH:
            if number % 2:
                lines.append(random_.choice(pasted))
            else:
                words = " ".join(random_.choices(WORDS, k=random_.randint(5, 12)))
                lines.append(f"2026-11-22 10:00:{random_.randint(10, 59)} - bot - INFO - {words}")
        message = random_.choice(messages)
        for placeholder, value in (("{}", "x"), ("{n}", "7"), ("{ip}", "203.0.113.9")):
            message = message.replace(placeholder, value)
        lines.insert(len(lines) // 2, f'binance {{"code":-2015,"msg":"{message}"}}')
        made.append("\n".join(lines)[:TEXT_LENGTH])
    return made


def _knowledge(messages: Sequence[str]) -> KnowledgeBase:
    """Return the real content with an issue that has all `messages` as its signatures."""
    issue = {
        "title": "Made up",
        "symptom": "Made up",
        "causes": ["Made up"],
        "solutions": ["Made up"],
        "order": 9_999,
        "signatures": list(messages),
    }
    with tempfile.TemporaryDirectory() as folder:
        content = Path(folder) / "content"
        shutil.copytree(ROOT / "content", content)
        text = f"---\n{yaml.safe_dump(issue, width=1_000)}---\n"
        (content / "issues" / "made-up.md").write_text(text, "utf-8")
        return build(load(content))


def _pasted(knowledge: KnowledgeBase) -> list[str]:
    reports = knowledge.content.reports
    return [report.text for report in reports if report.kind in {"paste", "noisy"}]


def _bare(messages: Sequence[str]) -> Call:
    """Return the baseline: literals by Aho-Corasick, then RE2 on the text for each candidate."""
    literals: dict[str, list[Any]] = {}
    for message in messages:
        parts = re.split(r"\{[a-z]*\}", message)
        literals.setdefault(max(parts, key=len).strip(), []).append(re2.compile(_pattern(message)))
    patterns = list(literals.values())
    automaton = ahocorasick_rs.AhoCorasick(list(literals))

    def match(flat: str) -> list[object]:
        candidates = {
            index for index, *_ in automaton.find_matches_as_indexes(flat, overlapping=True)
        }
        found = (pattern.search(flat) for index in candidates for pattern in patterns[index])
        return [text for text in found if text]

    return match


def _one_by_one(messages: Sequence[str], flat: Mapping[str, str]) -> Call:
    patterns = [re.compile(_pattern(message)) for message in messages]
    return lambda text: [pattern for pattern in patterns if pattern.search(flat[text])]


def _pattern(message: str) -> str:
    pattern = re.escape(message)
    for placeholder, regex in REGEXES.items():
        pattern = pattern.replace(re.escape(placeholder), regex)
    return pattern


def _page() -> Call:
    """Return the rendering of some 10 KB of HTML, which every answer needs anyway."""
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
    return lambda text: template.render(title=text[:40], matches=matches)


def _measure(calls: Mapping[str, Call], made: Sequence[str]) -> dict[str, list[list[float]]]:
    """Return for each call the milliseconds of processor time of every text, for every round."""
    rounds: dict[str, list[list[float]]] = {name: [] for name in calls}
    for call in calls.values():
        for text in made:
            call(text)
    gc.collect()
    for turn in range(ROUNDS):
        names = list(calls)[:: 1 if turn % 2 else -1]
        for name in names:
            rounds[name].append([_time(calls[name], text) for text in made])
    return rounds


def _time(call: Call, text: str) -> float:
    start = time.process_time_ns()
    call(text)
    return (time.process_time_ns() - start) / 1e6


def _series(rounds: Mapping[str, Sequence[Sequence[float]]], percent: int) -> tuple[Series, ...]:
    return tuple(
        Series(name, tuple(_percentile(reading, percent) for reading in measured))
        for name, measured in rounds.items()
    )


def _middle(rounds: Mapping[str, Sequence[Sequence[float]]], name: str, percent: int) -> float:
    return statistics.median(_percentile(round_, percent) for round_ in rounds[name])


def _percentile(times: Sequence[float], percent: int) -> float:
    return statistics.quantiles(times, n=100)[percent - 1]
