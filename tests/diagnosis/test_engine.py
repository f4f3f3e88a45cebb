"""From what a visitor tells to the ranked issues."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from app.diagnosis.engine import Engine
from app.diagnosis.next_question import first_choice
from app.knowledge import KnowledgeBase
from app.model import NO_ISSUE, Observations
from tests.diagnosis.conftest import Diagnose, first

AMBIGUOUS = '{"code":-7015,"msg":"Invalid knot, string, or permission to fly."}'


@pytest.mark.parametrize(
    ("text", "code", "issue"),
    [
        pytest.param(f"windbank {AMBIGUOUS}", "-7015", "string-not-listed", id="name"),
        pytest.param(AMBIGUOUS, "-7015", "string-not-listed", id="code and message alone"),
        pytest.param(AMBIGUOUS.replace('"', '\\"'), "-7015", "string-not-listed", id="escaped"),
        pytest.param(AMBIGUOUS.replace('"', "“"), "-7015", "string-not-listed", id="curly"),
        pytest.param(AMBIGUOUS.replace(",", ",\n  "), "-7015", "string-not-listed", id="lines"),
        pytest.param("WindbankException: -7015: no", "-7015", "string-not-listed", id="class"),
        pytest.param("https://api.windbank.example/fly -> error 7020", "7020", "wrong-knot",
                     id="host"),
        pytest.param("windbank 7020 kite too small", "7020", "kite-too-small", id="match"),
        pytest.param('{"code":"41010","msg":"绳子不在名单"} windbank', "41010", "string-not-listed",
                     id="translated"),
        pytest.param('{"code":"52001","msg":"天空太低"}', "52001", "kite-too-small",
                     id="translated, code of one exchange only"),
        pytest.param('["EWIND:Calm day"]', "EWIND:Calm day", "no-wind", id="literal code"),
        pytest.param("got knot-not-valid, sorry", "knot-not-valid", "wrong-knot", id="hyphens"),
        pytest.param("err: knot-not-valid, Knot not valid: Old string", "knot-not-valid",
                     "string-not-listed", id="literal code with match"),
        pytest.param("windbank {'err-code': 'timeout'}", "timeout", "no-wind", id="word as code"),
        pytest.param("windbank GET https://windbank.example/x 503 Service Unavailable", "503",
                     "no-wind", id="status"),
    ],
)  # fmt: skip
def test_recognises(diagnose: Diagnose, text: str, code: str, issue: str) -> None:
    diagnosis = diagnose(text)

    assert diagnosis.verdict == "recognised"
    assert diagnosis.error is not None
    assert diagnosis.error.code == code
    assert first(diagnosis) == issue


@pytest.mark.parametrize(
    ("text", "issue"),
    [
        pytest.param("it flies at home but not in the park", "string-not-listed", id="phrase"),
        pytest.param("ECALM (pole.js:1)", "no-wind", id="general signature"),
        pytest.param("breezehub: knot is not recognised", "wrong-knot", id="another exchange"),
        pytest.param("breezehub answered HTTP 401", "wrong-knot", id="status"),
        pytest.param("我的绳子不在白名单里", "string-not-listed", id="Chinese"),
    ],
)
def test_finds_likely_by_wording(diagnose: Diagnose, text: str, issue: str) -> None:
    diagnosis = diagnose(text)

    assert diagnosis.verdict == "likely"
    assert diagnosis.error is None
    assert first(diagnosis) == issue


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "what colour of the kite suits me?",
        "how much is a kite",
        "SewingMachineError: needle timed out, wind timed out",
        "order 7020 filled",
        "qwertz asdf",
        "https://shop.example/503",
    ],
)
def test_says_honestly_that_nothing_fits(diagnose: Diagnose, text: str) -> None:
    diagnosis = diagnose(text)

    assert diagnosis.verdict == "unknown"
    assert diagnosis.matches == ()
    assert diagnosis.error is None
    assert diagnosis.excerpt is None


def test_offers_a_choice_when_unsure(diagnose: Diagnose) -> None:
    diagnosis = diagnose("the string on the lawn is refused, or the knot slipped")

    assert diagnosis.verdict == "unsure"
    assert 2 <= len(diagnosis.matches) <= 3
    assert diagnosis.question is not None
    *options, none = diagnosis.question.options
    assert [option.issue for option in options] == [match.issue for match in diagnosis.matches]
    assert (none.label, none.issue) == ("None of these", NO_ISSUE)
    symptoms = {"string-not-listed": "It flies at home only", "wrong-knot": "The kite is unknown"}
    assert {option.label for option in options} >= {
        symptoms[issue] for issue in symptoms if issue in {option.issue for option in options}
    }


def test_a_chosen_cause_is_the_answer(diagnose: Diagnose) -> None:
    text = "the string on the lawn is refused, or the knot slipped"
    for match in diagnose(text).matches:
        chosen = diagnose(text, chosen=match.issue)

        assert chosen.verdict == "likely"
        assert first(chosen) == match.issue
        assert chosen.question is None
        assert chosen.matches[0].because[0].startswith("You chose “")


def test_none_of_these_asks_for_something_else_three_times_at_most(diagnose: Diagnose) -> None:
    text = "the string on the lawn is refused, or the knot slipped"
    asked = diagnose(text)
    left = diagnose(text, chosen=NO_ISSUE)
    last = diagnose(text, chosen=NO_ISSUE, skipped=["others", "string-listed"])

    offered = {match.issue for match in asked.matches}
    assert left.question is not None
    assert offered.isdisjoint(option.issue for option in left.question.options)
    assert offered.isdisjoint(match.issue for match in left.matches)
    assert (last.verdict, last.question, last.matches) == ("unknown", None, ())


def test_an_item_of_the_checklist_is_asked_as_a_question(diagnose: Diagnose) -> None:
    told = {"tests": {"other-field": "pass"}, "chosen": NO_ISSUE, "skipped": ["others"]}
    asked = diagnose("the string is refused", **told).question
    assert asked is not None
    assert asked.text == "Is this true? The string is on the list"
    assert [option.label for option in asked.options] == ["Yes", "No", "I don't know"]


def test_a_chosen_cause_needs_no_text(diagnose: Diagnose) -> None:
    diagnosis = diagnose(chosen="lost-whistle")

    assert (diagnosis.verdict, first(diagnosis)) == ("likely", "lost-whistle")


def test_the_choice_for_an_error_is_in_the_words_of_its_question(kites: KnowledgeBase) -> None:
    [entry] = kites.errors("windbank", "-7015")

    own = first_choice(["wrong-knot", "string-not-listed"], entry, kites)
    other = first_choice(["no-wind", "wrong-knot"], entry, kites)

    assert own.text == "What does the list show?"
    labels = ["It is empty", "The string is there", "None of these"]
    assert [option.label for option in own.options] == labels
    assert other.text == "Which of these do you see?"
    assert [option.issue for option in other.options] == ["no-wind", "wrong-knot", NO_ISSUE]


def test_a_code_is_looked_up_at_the_exchange_that_the_text_names(diagnose: Diagnose) -> None:
    assert first(diagnose('windbank {"code":41010}')) == "string-not-listed"
    assert first(diagnose('cloudex {"code":41010}')) == "no-wind"
    assert first(diagnose('{"code":41010}', exchange="cloudex")) == "no-wind"


@pytest.mark.parametrize("text", ["41010", "error 41010", '{"code":41010}'])
def test_a_code_of_several_exchanges_asks_for_the_exchange_first(
    diagnose: Diagnose, text: str
) -> None:
    diagnosis = diagnose(text)

    assert (diagnosis.verdict, diagnosis.exchange, diagnosis.error) == ("unsure", None, None)
    assert diagnosis.question is not None
    assert diagnosis.question.text == "Which exchange is it?"
    assert [
        (option.label, option.exchange, option.skip) for option in diagnosis.question.options
    ] == [
        ("Windbank", "windbank", None),
        ("Cloudex", "cloudex", None),
        ("Another exchange", None, "exchange"),
    ]
    skipped = diagnose(text, skipped=["exchange"]).question
    assert skipped is None or skipped.text != "Which exchange is it?"


@pytest.mark.parametrize("text", ["52001", "code 52001", '{"code": 52001}'])
def test_a_code_of_one_exchange_alone_is_recognised(diagnose: Diagnose, text: str) -> None:
    diagnosis = diagnose(text)

    assert (diagnosis.verdict, diagnosis.exchange) == ("recognised", "cloudex")
    assert diagnose('{"code": 52001, "msg": "something else"}').error is None


def test_a_message_and_a_name_are_enough(diagnose: Diagnose) -> None:
    diagnosis = diagnose("Windbank: kite refused.")

    assert diagnosis.error is not None
    assert diagnosis.error.code == "7020"
    assert first(diagnosis) == "wrong-knot"


def test_the_name_of_an_exchange_is_no_evidence(diagnose: Diagnose) -> None:
    alone, named = diagnose("52001"), diagnose("cloudex 52001")

    assert first(named) == first(alone) == "kite-too-small"
    assert not any("cloudex" in reason for match in named.matches for reason in match.because)


@pytest.mark.parametrize("text", ["the timeout of my oven", "GET /kites HTTP/1.1"])
def test_what_is_about_something_else_is_not_named(diagnose: Diagnose, text: str) -> None:
    assert diagnose(text).verdict in {"unsure", "unknown"}


def test_nothing_is_asked_that_was_told(diagnose: Diagnose) -> None:
    told = {"checklist": {"string-listed": False}, "tests": {"other-field": "fail"}}
    question = diagnose(chosen=NO_ISSUE, skipped=["others"], **told).question

    assert question is None


def test_an_answer_about_one_item_says_nothing_of_the_others(diagnose: Diagnose) -> None:
    paste = 'windbank {"code":"knot-not-valid"}'
    ticked = diagnose(paste, items={"string-listed": True}).matches[0]
    unticked = diagnose(paste, items={"string-listed": False}).matches[0]

    assert (ticked.issue, unticked.issue) == ("wrong-knot", "string-not-listed")


def test_the_codes_of_an_exchange_without_a_page_are_not_looked_up(diagnose: Diagnose) -> None:
    assert diagnose('breezehub {"code":"52001"}').exchange is None
    assert diagnose('breezehub {"code":"52001"}').error is None


def test_a_clear_text_outweighs_the_choice_and_says_so(diagnose: Diagnose) -> None:
    diagnosis = diagnose(
        'https://api.windbank.example {"code":41010,"msg":"绳子"}', exchange="cloudex"
    )

    assert diagnosis.exchange == "windbank"
    assert diagnosis.matches[0].because[0] == (
        "Windbank answered with error 41010, although you chose Cloudex"
    )


def test_a_choice_outweighs_a_mere_name(diagnose: Diagnose) -> None:
    assert diagnose("windbank: knot came loose", exchange="cloudex").exchange == "cloudex"


def test_reasons_are_in_plain_words(diagnose: Diagnose) -> None:
    match = diagnose(f"windbank {AMBIGUOUS}", checklist={"string-listed": False}).matches[0]

    assert match.because == (
        "Windbank answered with error -7015",
        "You haven't ticked that the string is on the list",
    )
    assert match.url == "/issues/string-not-listed"
    assert match.title == "String Not Listed"


def test_an_ambiguous_code_asks_and_the_answer_decides(diagnose: Diagnose) -> None:
    asked = diagnose(AMBIGUOUS)
    answered = diagnose(AMBIGUOUS, chosen="wrong-knot")

    assert asked.question is not None
    assert asked.question.text == "What does the list show?"
    assert {match.issue for match in asked.matches} == {
        "string-not-listed", "wrong-knot", "no-wind"
    }  # fmt: skip
    assert answered.question is None
    assert first(answered) == "wrong-knot"
    assert "You chose “The string is there”" in answered.matches[0].because


@pytest.mark.parametrize(
    "text", [AMBIGUOUS, "windbank EWIND:Calm day", "it flies at home but not in the park"]
)
def test_an_answer_to_another_question_is_not_heard(diagnose: Diagnose, text: str) -> None:
    assert diagnose(text, chosen="lost-whistle") == diagnose(text)


def test_a_word_that_others_say_names_no_exchange(diagnose: Diagnose) -> None:
    assert diagnose('{"code":52001,"msg":"低"}').exchange == "cloudex"
    assert diagnose('{"code":52001,"msg":"ECALM"}').exchange is None


def test_ticking_an_item_changes_the_ranking_of_a_paste(diagnose: Diagnose) -> None:
    paste = 'windbank {"code":"knot-not-valid"}'

    assert first(diagnose(paste)) == "wrong-knot"
    assert first(diagnose(paste, checklist={"string-listed": False})) == "string-not-listed"
    ticked = diagnose(paste, checklist={"string-listed": True})
    assert first(ticked) == "wrong-knot"
    assert ticked.matches[0].confidence > diagnose(paste, tests={}).matches[0].confidence


def test_the_checklist_and_tests_alone_rank_issues(diagnose: Diagnose) -> None:
    unticked = diagnose(checklist={"string-listed": False})
    failed = diagnose(tests={"other-field": "fail"})

    assert unticked.verdict == "unsure"
    assert first(unticked) == "string-not-listed"
    assert failed.matches[0].because == ("It flies nowhere",)
    assert diagnose(checklist={"string-listed": True}).verdict == "unknown"
    assert diagnose(checklist={"no-such-item": False}).verdict == "unknown"


def test_a_linked_code_is_diagnosed_without_a_text(diagnose: Diagnose) -> None:
    diagnosis = diagnose(exchange="windbank", error="-7015")

    assert diagnosis.verdict == "recognised"
    assert diagnosis.error is not None
    assert diagnosis.error.code == "-7015"
    assert diagnosis.matches[0].because == ("Windbank answered with error -7015",)
    assert diagnose(exchange="windbank", error="no-such-code").verdict == "unknown"


@pytest.mark.parametrize(
    ("address", "verdict"),
    [("198.51.100.7", "ours"), ("203.0.113.9", "not-ours"), ("2001:db8::9", "ipv6")],
)
def test_the_callers_address(diagnose: Diagnose, address: str, verdict: str) -> None:
    diagnosis = diagnose(
        f'{{"code":41010,"msg":"Your string {address} is not on the list of this kite."}}'
    )

    assert diagnosis.caller_ip is not None
    assert (diagnosis.caller_ip.address, diagnosis.caller_ip.verdict) == (address, verdict)
    assert address in diagnosis.matches[0].because[0]


def test_an_address_elsewhere_is_not_the_callers(diagnose: Diagnose) -> None:
    assert diagnose('203.0.113.9 - windbank {"code":-7015}').caller_ip is None
    assert diagnose("windbank string seen: 127.0.0.1").caller_ip is None


def test_an_issue_that_an_exchange_cannot_have_comes_later(diagnose: Diagnose) -> None:
    text = "I lost my whistle, nothing moves"

    here = {m.issue: m.confidence for m in diagnose(text, exchange="windbank").matches}
    there = {m.issue: m.confidence for m in diagnose(text, exchange="cloudex").matches}

    assert here["lost-whistle"] > there.get("lost-whistle", 0)


def test_the_last_error_of_a_log_wins(diagnose: Diagnose) -> None:
    log = 'windbank {"code":7020}\n' + "tick\n" * 5 + 'windbank {"code":"EWIND:Calm day"}\n'

    assert first(diagnose(log)) == "no-wind"


def test_noise_of_the_network_does_not_hide_a_code(diagnose: Diagnose) -> None:
    noise = "wind timed out\nECALM\nretrying, nothing moves\n" * 3

    diagnosis = diagnose(f'{noise}windbank {{"code":7020}}\n{noise}')

    assert first(diagnosis) == "wrong-knot"
    assert diagnosis.error is not None


def test_the_excerpt_is_the_line_that_matched(diagnose: Diagnose) -> None:
    diagnosis = diagnose('hello\n  windbank {"code": 7020}  \nbye')

    assert diagnosis.excerpt == 'windbank {"code": 7020}'


def test_secrets_are_gone_from_everything(diagnose: Diagnose) -> None:
    secret = "Zx9" + "aB3dE5fG7hJ9" * 5
    diagnosis = diagnose(f'windbank apiKey={secret} {{"code":7020}}')

    assert secret not in diagnosis.model_dump_json()
    assert diagnosis.removed
    assert first(diagnosis) == "wrong-knot"


def test_confidence_falls_from_match_to_match(diagnose: Diagnose) -> None:
    confidences = [match.confidence for match in diagnose(AMBIGUOUS).matches]

    assert confidences == sorted(confidences, reverse=True)
    assert 0 < sum(confidences) <= 1


def test_more_evidence_for_the_first_means_more_confidence(diagnose: Diagnose) -> None:
    alone = diagnose(AMBIGUOUS).matches[0].confidence
    more = diagnose(AMBIGUOUS, checklist={"string-listed": False}).matches[0].confidence

    assert more > alone


def test_many_threads_get_the_same_answer(engine: Engine, diagnose: Diagnose) -> None:
    texts = [AMBIGUOUS, "it flies at home but not in the park", "qwertz", '["EWIND:Calm day"]'] * 10
    one_by_one = [diagnose(text) for text in texts]

    with ThreadPoolExecutor(8) as pool:
        at_once = list(pool.map(lambda text: engine.diagnose(Observations(text=text)), texts))

    assert at_once == one_by_one
