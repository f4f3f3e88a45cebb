"""The real content, as the diagnosis reads it: examples, signatures and labelled reports."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from app.checks.proof import wrong_example
from app.diagnosis.code_numbers import numbers
from app.diagnosis.engine import Engine
from app.diagnosis.normalised_text import normalise
from app.diagnosis.recognition import status_of
from app.diagnosis.redaction import Redactor
from app.diagnosis.signatures import SignatureIndex, parse
from app.evaluation import evaluate, render
from app.knowledge import KnowledgeBase
from app.model import NO_ISSUE, Issue, Observations
from app.settings import ROOT

pytestmark = pytest.mark.slow

REPORTS = Path(__file__).parents[1] / "reports"
AMBIGUOUS = '{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}'


@pytest.fixture(scope="module")
def engine(knowledge: KnowledgeBase) -> Engine:
    return Engine(knowledge, Redactor.from_file(ROOT / "static" / "redaction-rules.json"))


def test_every_example_is_diagnosed_as_its_own(knowledge: KnowledgeBase, engine: Engine) -> None:
    of_issues = sum(len(issue.examples) for issue in knowledge.issues)
    of_errors = sum(len(error.examples) for error in knowledge.content.errors)

    wrong = list(wrong_example(knowledge, engine))

    assert of_issues > 300
    assert of_errors > 500
    assert not wrong, "\n".join(map(str, wrong))


def test_messages_of_programs_ask_no_everyday_question(engine: Engine) -> None:
    texts = [
        report["text"]
        for name in ("held_out.jsonl", "held_out_2.jsonl")
        for report in map(json.loads, (REPORTS / name).read_text("utf-8").splitlines())
        if report["kind"] != "question"
    ]
    assert len(texts) > 100
    asked = {text: engine.diagnose(Observations(text=text)).everyday for text in texts}
    assert not {text: slug for text, slug in asked.items() if slug}


@pytest.mark.parametrize(
    ("text", "slug", "exchange"),
    [
        ("is kraken down?", "is-the-exchange-down", "kraken"),
        ("Do I need the withdrawal permission on OKX", "withdrawal-permission", "okx"),
        ("does it support deribit", "is-my-exchange-supported", None),
        ("does this work with deribit?", "is-my-exchange-supported", None),
        ("phemex error 10500", "is-my-exchange-supported", None),
        ("phemex 10001", "is-my-exchange-supported", None),
        ("is binance down", "is-the-exchange-down", "binance"),
        ("is binance down right now", "is-the-exchange-down", "binance"),
        ("somebody used my api key and all my usdt is gone", "key-was-misused", None),
        ("robaron mis fondos con la api de bybit", "key-was-misused", "bybit"),
        ("бинанс лежит?", "is-the-exchange-down", "binance"),
        ("bybit bakimda mi", "is-the-exchange-down", "bybit"),
    ],
)
def test_an_everyday_question_is_answered(
    engine: Engine, text: str, slug: str, exchange: str | None
) -> None:
    found = engine.diagnose(Observations(text=text))
    assert (found.everyday, found.exchange) == (slug, exchange)


@pytest.mark.parametrize(
    "text",
    [
        "is binance down right now",
        "is okx under maintenance?",
        "does this work with deribit?",
        "phemex error 10500",
    ],
)
def test_beside_the_answer_to_an_everyday_question_nothing_is_guessed(
    engine: Engine, text: str
) -> None:
    found = engine.diagnose(Observations(text=text))
    assert (found.verdict, found.matches, found.question) == ("unknown", (), None)


def test_everyday_questions_in_other_languages_are_found(engine: Engine) -> None:
    lines = (REPORTS / "everyday.jsonl").read_text("utf-8").splitlines()
    texts: list[dict[str, str]] = [json.loads(line) for line in lines]
    found = [engine.diagnose(Observations(text=text["text"])).everyday or "none" for text in texts]
    pairs = list(zip((text["expected"] for text in texts), found, strict=True))
    questions = [pair for pair in pairs if pair[0] != "none"]

    # Without the phrases in other languages, 2 of 240 are found.
    assert len(questions) == 240
    assert sum(expected == slug for expected, slug in questions) >= 147
    assert sum(slug not in {expected, "none"} for expected, slug in pairs) <= 4


@pytest.mark.parametrize("code", ["-2015", "10003", "50111"])
def test_an_exchange_without_a_page_gets_no_code_of_another(engine: Engine, code: str) -> None:
    found = engine.diagnose(Observations(text=f"deribit says error code {code}"))
    assert (found.exchange, found.error) == (None, None)


def test_every_signature_of_an_issue_has_an_example(knowledge: KnowledgeBase) -> None:
    assert sum(len(issue.signatures) for issue in knowledge.issues) > 300
    for issue in knowledge.issues:
        assert not list(_without_example(issue)), f"{issue.slug}: add an example for each of these"


def _without_example(issue: Issue) -> list[str]:
    examples = [normalise(example).flat for example in issue.examples]
    statuses = {hit.code for flat in examples for hit in numbers(flat, ()) if hit.context == "http"}
    index = SignatureIndex((text, text) for text in issue.signatures)
    seen = {owner for flat in examples for hit in index.find(flat) for owner in hit.owners}
    return [
        signature
        for signature in issue.signatures
        if signature not in seen and status_of(signature) not in statuses
    ]


def test_every_signature_can_be_used(knowledge: KnowledgeBase) -> None:
    signatures = [text for error in knowledge.content.errors for text in error.signatures]
    assert signatures
    for text in signatures:
        parse(text)


@pytest.mark.parametrize(
    "text", ["", "it does not work", "10001", "binance timeout or key refused"]
)
def test_who_skips_every_question_is_never_left_without_a_choice(text: str, engine: Engine) -> None:
    told = Observations(text=text, checklist={"ip-whitelisted": False})
    for _ in range(6):
        diagnosis = engine.diagnose(told)
        if diagnosis.question is None:
            break
        told = told.after(diagnosis.question.options[-1])

    assert diagnosis.question is None
    assert diagnosis.verdict != "unsure"


LEAST = {
    "held_out": {"all": 0.95, "paste": 0.96, "noisy": 0.94, "question": 0.89, "none": 0.97},
    "held_out_2": {"all": 0.905, "paste": 0.95, "noisy": 0.95, "question": 0.84, "none": 0.95},
}
"""A case or two in a hundred below what was measured last (docs/diagnosis.md).

Without the phrases, or without the vocabulary, at least one figure of each file falls below.
"""


@pytest.mark.parametrize("name", LEAST)
def test_reports_of_real_people_are_diagnosed(name: str, engine: Engine) -> None:
    lines = (REPORTS / f"{name}.jsonl").read_text("utf-8").splitlines()
    evaluation = evaluate(lines, engine)
    rows = {"all": evaluation.overall, **evaluation.by_kind}
    scores = {kind: row.right for kind, row in rows.items()}

    assert len(evaluation.results) > 150
    low = {kind: score for kind, score in scores.items() if score.share < LEAST[name][kind]}
    assert not low, render(evaluation, misses=False)
    assert evaluation.overall.named_and_wrong.share <= 0.02


def test_translated_texts_get_the_issue_of_the_english_ones(engine: Engine) -> None:
    lines = (REPORTS / "twins.jsonl").read_text("utf-8").splitlines()
    twins: list[dict[str, str]] = [json.loads(line) for line in lines]
    languages = [key for key in twins[0] if key not in {"expected", "en"}]
    wrong: dict[str, list[str]] = {language: [] for language in languages}
    for twin in twins:
        english = _first_issue(engine, twin, "en")
        assert english == twin["expected"], twin["en"]
        for language in languages:
            if _first_issue(engine, twin, language) != english:
                wrong[language].append(twin[language])

    assert len(twins) >= 36
    assert languages == ["de", "es", "pt", "ru", "tr", "zh"]
    assert sum(map(len, wrong.values())) <= 0.06 * len(twins) * len(languages), wrong
    assert all(len(texts) <= 0.1 * len(twins) for texts in wrong.values()), wrong


def _first_issue(engine: Engine, twin: Mapping[str, str], language: str) -> str:
    diagnosis = engine.diagnose(Observations(text=twin[language]))
    is_offered = diagnosis.verdict == "unsure" and twin["expected"] == NO_ISSUE
    return diagnosis.matches[0].issue if diagnosis.matches and not is_offered else NO_ISSUE


@pytest.mark.parametrize(
    ("item", "issue"),
    [
        ("ip-whitelisted", "ip-whitelist-not-configured"),
        ("credentials-copied", "invalid-api-credentials"),
        ("trading-permissions", "insufficient-permissions"),
    ],
)
def test_an_unticked_item_decides_what_an_ambiguous_code_means(
    engine: Engine, item: str, issue: str
) -> None:
    ticked = {"ip-whitelisted": True, "credentials-copied": True, "trading-permissions": True}

    diagnosis = engine.diagnose(
        Observations(text=f"binance {AMBIGUOUS}", checklist={**ticked, item: False})
    )

    assert diagnosis.matches[0].issue == issue
    assert diagnosis.verdict == "recognised"


def test_a_first_tick_does_not_outvote_an_answer(knowledge: KnowledgeBase, engine: Engine) -> None:
    assert knowledge.diagnostic
    ids = [item.id for item in knowledge.diagnostic.checklist]
    text = '{"retCode":10003,"retMsg":"API key is invalid."}'
    for ticked in ids:
        observed = Observations(
            text=text,
            exchange="bybit",
            chosen="testnet-mainnet-mismatch",
            checklist={item: item == ticked for item in ids},
        )
        first = engine.diagnose(observed).matches[0]
        assert (first.issue, first.confidence > 0.6) == ("testnet-mainnet-mismatch", True)


@pytest.mark.parametrize(
    "text",
    [
        AMBIGUOUS,
        AMBIGUOUS.replace('"', '\\"'),
        AMBIGUOUS.replace('"', "”"),
        AMBIGUOUS.replace(",", ",\n    "),
        "binance.exceptions.BinanceAPIException: APIError(code=-2015): Invalid API-key, IP, or "
        "permissions for action.",
        f"ccxt.base.errors.AuthenticationError: binance {AMBIGUOUS} (possible reasons: invalid API "
        "keys, bad or old nonce, exchange is down or offline, on maintenance, DDoS protection, "
        "rate-limiting)",
        f'freqtrade - ERROR - Could not get balance due to AuthenticationError. Message: binance '
        f"{AMBIGUOUS}",
        "{ code: -2015,\n  msg: 'Invalid API-key, IP, or permissions for action.' }",
        "binance.error.ClientError: (401, -2015, 'Invalid API-key, IP, or permissions for action.'",
        "Binance-Fehler -2015: Ungültiger API-Schlüssel, IP oder Berechtigungen für die Aktion.",
        "binance 报错 -2015，API密钥、IP或权限无效",
    ],
)  # fmt: skip
def test_one_error_in_its_many_wrappings(engine: Engine, text: str) -> None:
    diagnosis = engine.diagnose(Observations(text=text))

    assert diagnosis.error is not None
    assert diagnosis.exchange == "binance"
    assert diagnosis.error is not None
    assert diagnosis.error.code == "-2015"
    assert diagnosis.question is not None


@pytest.mark.parametrize(
    "text",
    [
        "I can see my balance but can't place orders",
        "why can I view my balance but not trade?",
        "Balance OK, trade not OK. bybit",
        "I'm able to see balances, unable to execute trades on kucoin",
        "Ich sehe mein Guthaben, kann aber keine Orders aufgeben",
        "puedo ver mi saldo pero no puedo hacer órdenes",
        "вижу баланс, но не могу выставить ордер",
        "能看到余额但是不能下单",
    ],
)
def test_reading_without_trading_is_a_missing_permission(engine: Engine, text: str) -> None:
    diagnosis = engine.diagnose(Observations(text=text))

    assert diagnosis.matches[0].issue == "insufficient-permissions"


@pytest.mark.parametrize(
    ("text", "issue"),
    [
        ("I have not enough balance to place the order", "order-rejected"),
        ("my balance is fine but the order says insufficient funds", "order-rejected"),
        ("I can see my balance but trading is disabled until I finish kyc", "account-restricted"),
    ],
)
def test_a_balance_alone_is_no_missing_permission(engine: Engine, text: str, issue: str) -> None:
    assert engine.diagnose(Observations(text=text)).matches[0].issue == issue


CLOUDFRONT = """\
<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN" "http://www.w3.org/TR/html4/loose.dtd">
<HTML><HEAD><TITLE>ERROR: The request could not be satisfied</TITLE></HEAD><BODY>
<H1>403 ERROR</H1><H2>The request could not be satisfied.</H2><HR noshade size="1px">
The Amazon CloudFront distribution is configured to block access from your country.
</BODY></HTML>
"""


def test_a_whole_page_of_a_web_front_is_read_like_its_words(engine: Engine) -> None:
    diagnosis = engine.diagnose(Observations(text=CLOUDFRONT))

    assert diagnosis.matches[0].issue == "region-restricted"


@pytest.mark.parametrize("front", ["", "<hr><center>cloudflare</center>", "<hr><center>nginx"])
def test_a_bare_403_page_is_about_the_address_and_not_the_key(engine: Engine, front: str) -> None:
    page = f"<html><head><title>403 Forbidden</title></head><h1>403 Forbidden</h1>{front}</html>"

    diagnosis = engine.diagnose(Observations(text=page))

    assert diagnosis.verdict == "likely"
    assert diagnosis.matches[0].issue == "region-restricted"


def test_the_number_of_a_certificate_error_is_no_code_of_an_exchange(engine: Engine) -> None:
    text = (
        "Cannot connect to host api.binance.com:443 ssl:True [SSLCertVerificationError: (1, "
        "'[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate')]"
    )

    diagnosis = engine.diagnose(Observations(text=text))

    assert diagnosis.error is None
    assert diagnosis.matches[0].issue == "connection-timeout"


REFUSED = "Invalid API-key, IP, or permissions for action."
STEPS = (
    "Please check:\n- your IP address is whitelisted\n- the API key is valid\n- the passphrase\n"
)


@pytest.mark.parametrize(
    ("text", "issue"),
    [
        pytest.param(
            "Possible causes:\n1. The IP isn't whitelisted\n2. Invalid API key\n"
            'binance {"code":-1021,"msg":"Timestamp for this request is outside."}',
            "clock-out-of-sync", id="help text above a code",
        ),
        pytest.param(f"{STEPS}Error: read ECONNRESET", "connection-timeout",
                     id="help text above a message"),
        pytest.param(f"Error: read ECONNRESET\n{STEPS}", "connection-timeout",
                     id="help text below a message"),
        pytest.param(f'{{"exchange":"binance","testnet": false,"code":-2015,"msg":"{REFUSED}"}}',
                     "ip-whitelist-not-configured", id="testnet is off"),
        pytest.param('config: {"testnet": false}\nbybit {"retCode":10003,"retMsg":"API key is '
                     'invalid."}', "invalid-api-credentials", id="testnet is off, in a config"),
        pytest.param('HTTP 200 OK {"code":"1","data":[{"sCode":"51008","sMsg":"Insufficient USDT '
                     'balance"}],"msg":"All operations failed"}', "order-rejected", id="200"),
        pytest.param('429 {"error":["EAPI:Invalid nonce"]}', "clock-out-of-sync", id="429, code"),
        pytest.param("HTTP 429 Too Many Requests: nonce too small", "clock-out-of-sync", id="429"),
        pytest.param("HTTP 401: request timestamp expired", "clock-out-of-sync", id="401"),
        pytest.param('401 Unauthorized {"code":"50102","msg":"Timestamp request expired"}',
                     "clock-out-of-sync", id="401, code"),
        pytest.param("coinbase unauthorized", "invalid-api-credentials", id="a word"),
        pytest.param("Verbindung geht nicht, Zeitstempel falsch", "clock-out-of-sync", id="de"),
        pytest.param("erro de permissao para futuros", "insufficient-permissions", id="pt"),
        pytest.param("由于目标计算机积极拒绝", "connection-timeout", id="Windows, zh"),
        pytest.param("Se ha forzado la interrupción de una conexión existente por el host remoto",
                     "connection-timeout", id="Windows, es"),
    ],
)  # fmt: skip
def test_what_stands_beside_an_error_does_not_hide_it(
    engine: Engine, text: str, issue: str
) -> None:
    diagnosis = engine.diagnose(Observations(text=text))

    assert diagnosis.verdict != "unknown"
    assert diagnosis.matches[0].issue == issue


@pytest.mark.parametrize(
    "text",
    [
        "my chatgpt says: your api key is invalid",
        "Your api key is invalid. openai",
        "telegram: 401 Unauthorized, the bot token is wrong",
        "telegram.error.InvalidToken: The token was rejected by the server.",
        "[Errno 13] Permission denied: 'config.json'",
        "PermissionError: [Errno 13] Permission denied: '/bot/config.json'",
    ],
)
def test_the_keys_and_files_of_other_programs_are_not_ours(engine: Engine, text: str) -> None:
    assert engine.diagnose(Observations(text=text)).verdict == "unknown"


@pytest.mark.parametrize("text", ["10001", "-2015", '{"code":-2015}'])
def test_a_code_alone_that_several_exchanges_have_asks_for_the_exchange(
    engine: Engine, text: str
) -> None:
    diagnosis = engine.diagnose(Observations(text=text))

    assert (diagnosis.verdict, diagnosis.exchange, diagnosis.error) == ("unsure", None, None)
    assert diagnosis.question is not None
    assert diagnosis.question.text == "Which exchange is it?"


def test_the_name_of_the_exchange_changes_no_code(engine: Engine) -> None:
    for text in ("50110", "okx 50110"):
        diagnosis = engine.diagnose(Observations(text=text))
        assert (diagnosis.verdict, diagnosis.exchange) == ("recognised", "okx")
        assert diagnosis.matches[0].issue == "ip-whitelist-not-configured"


@pytest.mark.parametrize("code", ["10002", "10003", "10004", "10010"])
def test_a_field_that_only_one_exchange_has_names_it(engine: Engine, code: str) -> None:
    text = f'{{"retCode":{code},"retMsg":"it did not work today"}}'
    error = engine.diagnose(Observations(text=text)).error
    assert error is not None
    assert (error.exchange, error.code) == ("bybit", code)


@pytest.mark.parametrize("text", ["-9999", "binance error -9999"])
def test_an_unknown_code_is_not_taken_for_a_known_one(engine: Engine, text: str) -> None:
    diagnosis = engine.diagnose(Observations(text=text))

    assert diagnosis.error is None
    assert diagnosis.verdict in {"unsure", "unknown"}
