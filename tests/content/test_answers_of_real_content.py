"""Every answer of the real content: one short list of steps that concern their reader alone.

The table holds what visitors can meet: each issue without and with each exchange, for each address
that an exchange saw, each error code with each of its issues, and each everyday question.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pytest

from app import addresses
from app.answers import answer, steps_for
from app.content.loader import Content, translated
from app.content.markdown import plain
from app.i18n import use_language
from app.knowledge import KnowledgeBase, build
from app.model import CallerIp, Observations, RecipeStep, Solution
from app.settings import ROOT
from tests.client import TestClient
from tests.web.conftest import BASE_URL, client
from tests.web.document import Document

pytestmark = pytest.mark.slow

CONTENT = ROOT / "content"
ABOUT_THE_ADDRESS = {"ip-whitelist-not-configured"}
"""The issues whose answers may send to the IP whitelist of a key that exists."""
MOST_STEPS = 5
MOST_LINES = 12
CALLERS = (
    None,
    CallerIp(address="107.189.19.87", verdict="ours"),
    CallerIp(address="203.0.113.9", verdict="not-ours"),
    CallerIp(address="2001:db8::1", verdict="ipv6"),
)

VERBS = (
    "accept|add|allow|ask|cancel|change|check|choose|close|compare|confirm|connect|copy|create|"
    "delete|enter|find|finish|follow|give|keep|leave|link|look|make|move|never send|open|paste|"
    "place|raise|read|refresh|repeat|restart|round|save|select|send|set|sign|start|stop|tick|"
    "trade|turn|update|use|wait|write"
)
BEGINS_WITH_A_VERB = re.compile(rf"(?:{VERBS})\b", re.IGNORECASE)
SAYS_WHEN = re.compile(rf"(?:If|For|To|In) .*?[,.] (?:{VERBS})\b", re.IGNORECASE)
"""A step may say first for whom it is: "If you run the bot yourself, set its clock"."""


class Row(NamedTuple):
    """An answer in the table: where it is shown, on which exchange, and its steps.

    `lists` are the lists of steps that it may be chosen from, the first that exists.
    """

    where: str
    issue: str | None
    exchange: str | None
    steps: tuple[Solution, ...]
    lists: Sequence[Sequence[RecipeStep | Solution] | None]


def rows_of_issues(knowledge: KnowledgeBase) -> Iterator[Row]:
    for issue in knowledge.content.issues:
        for exchange in (None, *(exchange.id for exchange in knowledge.exchanges)):
            for caller in CALLERS:
                found = answer(knowledge, issue.slug, exchange, caller=caller)
                assert found
                names = (
                    f"caller-{caller.verdict}" if caller else "",
                    "" if issue.concerns(exchange) else "elsewhere",
                    exchange or "",
                    "general",
                )
                yield Row(
                    f"{issue.slug} on {exchange}, {caller}",
                    issue.slug,
                    exchange,
                    found.steps,
                    [*(recipe_steps(knowledge, issue.slug, name) for name in names)],
                )


def rows_of_codes(knowledge: KnowledgeBase) -> Iterator[Row]:
    for exchange in (exchange.id for exchange in knowledge.exchanges):
        for code, entries in knowledge.errors_of(exchange).items():
            for entry in entries:
                for slug in entry.issues:
                    found = answer(knowledge, slug, exchange, entry=entry)
                    assert found
                    is_own = slug == entry.issues[0]
                    own = entry.answer.steps if is_own and entry.answer else None
                    issue = knowledge.raw_issue(slug)
                    assert issue
                    names = (
                        "" if issue.concerns(exchange) else "elsewhere",
                        (entry.recipe or "") if is_own else "",
                        exchange,
                        "general",
                    )
                    yield Row(
                        f"{exchange} {code} as {slug}",
                        slug,
                        exchange,
                        found.steps,
                        [own, *(recipe_steps(knowledge, slug, name) for name in names)],
                    )


def rows_of_questions(knowledge: KnowledgeBase) -> Iterator[Row]:
    for question in knowledge.content.questions:
        for exchange in (None, *(exchange.id for exchange in knowledge.exchanges)):
            steps = steps_for(knowledge, question.slug, exchange)
            if question.steps:
                where = f"{question.slug} on {exchange}"
                yield Row(where, None, exchange, steps, [question.steps])


def recipe_steps(knowledge: KnowledgeBase, slug: str, name: str) -> Sequence[RecipeStep] | None:
    issue = knowledge.raw_issue(slug)
    recipe = issue.recipes.get(name) if issue else None
    return recipe.steps if recipe else None


def every_row(knowledge: KnowledgeBase) -> list[Row]:
    return [*rows_of_issues(knowledge), *rows_of_codes(knowledge), *rows_of_questions(knowledge)]


@pytest.fixture(scope="module")
def table(knowledge: KnowledgeBase) -> list[Row]:
    rows = every_row(knowledge)
    assert len(rows) > 1400
    return rows


def test_an_answer_has_one_to_five_steps(table: list[Row]) -> None:
    wrong = [(row.where, len(row.steps)) for row in table if not 1 <= len(row.steps) <= MOST_STEPS]
    assert wrong == []


def test_every_step_says_what_to_do(table: list[Row]) -> None:
    texts = {plain(step.text): row.where for row in table for step in row.steps}
    assert len(texts) > 300
    wrong = {
        text: where
        for text, where in texts.items()
        if not BEGINS_WITH_A_VERB.match(text) and not SAYS_WHEN.match(text)
    }
    assert wrong == {}, "begin the step with a verb; if it does, add the verb to VERBS"


def test_a_step_names_no_other_exchange(table: list[Row], knowledge: KnowledgeBase) -> None:
    names = {exchange.id: exchange.name for exchange in knowledge.exchanges}
    wrong = [
        (row.where, name)
        for row in table
        for other, name in names.items()
        if other != row.exchange
        for step in row.steps
        if re.search(rf"\b{name}\b(?!\.)", plain(step.text))
    ]
    assert wrong == []


def test_who_has_another_problem_is_not_sent_to_the_whitelist(table: list[Row]) -> None:
    wrong = {
        (row.issue, text)
        for row in table
        if row.issue and row.issue not in ABOUT_THE_ADDRESS
        for text in (plain(step.text) for step in row.steps)
        if re.search(r"107\.189|whitelist|allowlist", text)
        and not re.search(r"\b(?:new|create)\b", text)
    }
    assert wrong == set()


def test_an_answer_comes_from_one_list(table: list[Row]) -> None:
    for row in table:
        chosen = next((steps for steps in row.lists if steps), None)
        ids = [step.id for step in row.steps]
        assert len(set(ids)) == len(ids), row.where
        if chosen is not None:
            places = [step.id for step in chosen]
            assert [place for place in places if place in ids] == ids, row.where


def test_a_translation_has_the_same_steps(content: Content, table: list[Row]) -> None:
    assert len(content.translations) == 5
    for translation in content.translations.values():
        with use_language(translation.language):
            rows = every_row(build(translated(content, translation)))
        for row, source in zip(rows, table, strict=True):
            assert row.where == source.where
            assert [step.id for step in row.steps] == [step.id for step in source.steps]


# --- replies ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pages() -> Iterator[TestClient]:
    with client(CONTENT, base_url=BASE_URL) as running:
        yield running


@pytest.mark.parametrize("prefix", ["", "/es", "/pt-br", "/ru", "/tr", "/zh-hans"])
def test_the_address_to_enter_for_a_new_passphrase_can_be_copied(
    pages: TestClient, prefix: str
) -> None:
    page = Document(pages.get(f"{prefix}/diagnose?exchange=okx&error=50105").text)
    step = page.one("div", id="answer").all("li")[3]
    assert step.one("button", class_="copy-here js")["data-copy"] == "107.189.19.87"


def reply(pages: TestClient, path: str) -> list[str]:
    response = pages.get(path)
    assert response.status_code == 200, path
    return response.text.splitlines()


def numbered(lines: list[str]) -> list[str]:
    return [line for line in lines if re.match(r"\d\. ", line)]


def test_the_reply_for_an_error_code_fits(pages: TestClient, knowledge: KnowledgeBase) -> None:
    asked = 0
    for exchange in (exchange.id for exchange in knowledge.exchanges):
        for code, entries in knowledge.errors_of(exchange).items():
            lines = reply(pages, addresses.reply(addresses.error(exchange, code), "txt"))
            assert len(lines) <= MOST_LINES, (exchange, code)
            assert 1 <= len(numbered(lines)) <= MOST_STEPS, (exchange, code)
            assert lines[-1] == BASE_URL + addresses.error(exchange, code, short=True)
            if question := entries[-1].question:
                asked += 1
                (line,) = (line for line in lines if line.endswith("?") or "? " in line)
                for option in question.options:
                    issue = knowledge.issue(option.issue, exchange)
                    assert issue
                    assert issue.title in line, (exchange, code)
    assert asked >= 20


def test_the_reply_for_a_diagnosis_fits(pages: TestClient, knowledge: KnowledgeBase) -> None:
    assert knowledge.diagnostic
    told: list[dict[str, Any]] = []
    for exchange in (None, *(exchange.id for exchange in knowledge.exchanges)):
        codes = knowledge.errors_of(exchange) if exchange else ()
        said: list[dict[str, Any]] = [
            *({"error": code} for code in codes),
            *({"chosen": issue.slug} for issue in knowledge.issues),
            *({"checklist": {item.id: False}} for item in knowledge.diagnostic.checklist),
            *({"tests": {test.id: "fail"}} for test in knowledge.diagnostic.tests),
        ]
        told += ({"exchange": exchange, **thing} for thing in said)
    assert len(told) > 700
    unsure = 0
    for thing in told:
        url = Observations(**thing).url
        lines = reply(pages, addresses.reply(url, "txt"))
        assert len(lines) <= MOST_LINES, url
        assert lines[-1] == BASE_URL + url
        if lines[0] == "Possible causes":
            unsure += 1
            assert lines[-2].startswith("Which of these do you see? "), url
        else:
            assert 1 <= len(numbered(lines)) <= MOST_STEPS, url
    assert 0 < unsure < 100


@pytest.mark.parametrize(
    ("text", "page"),
    [
        (
            '{"code":-4164,"msg":"Order\'s notional must be no smaller than 5 (unless you choose '
            'reduce only)"}',
            "/errors/binance/-4164",
        ),
        (
            'okx {"code":"50110","msg":"Your IP 203.0.113.9 is not included in your API key\'s '
            'IP whitelist."}',
            "/issues/ip-whitelist-not-configured?exchange=okx",
        ),
        (
            '{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}',
            "/issues/ip-whitelist-not-configured?exchange=binance",
        ),
    ],
)
def test_the_steps_that_were_shown_are_those_that_may_have_fixed_it(
    pages: TestClient, text: str, page: str
) -> None:
    shown = Document(pages.post("/diagnose", data={"text": text}).text)
    links = shown.all("ol", class_="steps")[0].all("a", class_="copy-link")
    ids = [link["href"].rpartition("#")[2] for link in links]
    form = shown.one("form", id="feedback")
    told = {field["name"]: field["value"] for field in form.all("input", type="hidden")}
    assert told["page"] == page
    asked = Document(pages.post("/feedback", data={**told, "helpful": "yes"}).text)
    assert [radio["value"] for radio in asked.all("input", type="radio", name="step")] == ids
    for link in links:
        step = Document(pages.get(page).text).one(id=link["href"].rpartition("#")[2])
        assert step.text, link


def test_a_reply_holds_the_addresses_of_its_links_and_the_note(pages: TestClient) -> None:
    text = pages.get("/issues/ip-whitelist-not-configured.txt?exchange=okx").text
    assert "1. Open Profile > API (https://www.okx.com/account/my-api) and edit" in text
    lines = reply(pages, "/errors/binance/451.txt")
    assert lines[-2].startswith("Leave the key and the IP whitelist as they are")


def test_the_reply_for_a_question_fits(pages: TestClient, knowledge: KnowledgeBase) -> None:
    for question in knowledge.questions:
        for exchange in (None, *(exchange.id for exchange in knowledge.exchanges)):
            url = addresses.with_query(question.url, {"exchange": exchange})
            assert len(reply(pages, addresses.reply(url, "txt"))) <= MOST_LINES, url
