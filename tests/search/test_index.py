"""Search as a visitor of a help center for singing teapots would try it."""

from __future__ import annotations

import threading
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.content.loader import load
from app.knowledge import build
from app.search import SNIPPET_CHARACTERS, Result, SearchIndex

FILES = {
    "site.yml": """
        product: Teapot Choir
        title: Help for singing teapots
        intro: When {{ product }} will not sing.
        whitelist:
          title: Stage door
          intro: Let us in
          note: Click to copy
          addresses: [192.0.2.7]
        support: {title: Still silent?, text: Ask us.}
    """,
    "issues/stage-door-closed.md": """
        ---
        title: Stage Door Closed
        symptom: The teapot hums at home, but the venue refuses its voice
        causes:
          - "{{ whitelist_ip }} is not on the guestlist"
          - The guestlist was not saved
        solutions:
          - Add {{ whitelist_ip }} to the **guestlist** of the venue
          - text: Ask the porter of Albert Hall for the velvet rope
            id: velvet-rope
            exchanges: [albert]
        phrases: [hums in my kitchen but not on stage, porter/doorman grumbl*]
        order: 1
        ---
        ## The porter's lodge

        Porters look at names in alphabetical order, and they never hurry.

        - A porter who yawns has not read the list.
    """,
    "issues/lid-rattles.md": """
        ---
        title: The Lid Rattles
        symptom: A rattling noise drowns the song
        causes: [The lid is loose, Steam pressure above 429 millibars]
        solutions: [Tighten the knob, Lower the pressure]
        examples: ['{"code":"-77","msg":"Lid, knob or steam out of tune."}']
        order: 2
        ---
    """,
    "issues/wrong-passphrase.md": """
        ---
        title: Wrong Passphrase
        symptom: The teapot asks for the secret verse again and again
        causes: [The verse was sung in capitals]
        solutions: [Sing the verse exactly as it was written down]
        order: 3
        ---
    """,
    "exchanges/albert.md": """
        ---
        name: Albert Hall
        names: [alberthall]
        website: https://albert.example
        whitelist: {field: Trusted teapots}
        ---
        ## Make a ticket

        Open the booking desk and choose [a new ticket](https://albert.example/desk).
    """,
    "exchanges/odeon.md": """
        ---
        name: Odeon
        website: https://odeon.example
        ---
        The Odeon has no guestlist.
    """,
    "errors/albert.yml": """
        errors:
          - code: "-77"
            message: Lid, knob or steam out of tune.
            note: Three causes hide behind one answer.
            issues: [lid-rattles, stage-door-closed]
          - code: "-78"
            message: Kettle <spout> is *not* a teapot
            issues: [wrong-passphrase]
          - code: "429"
            message: Too many choruses
            issues: [lid-rattles]
    """,
    "errors/odeon.yml": """
        errors:
          - {code: "-77", message: Curtain down, issues: [stage-door-closed]}
          - {code: "50110", match: door, message: Not on the door list, issues: [stage-door-closed]}
          - {code: "50110", message: Not on any list, issues: [wrong-passphrase]}
          - {code: "EPOT:Invalid verse", issues: [wrong-passphrase]}
          - {code: tea-signature-not-valid, message: Bad autograph, issues: [wrong-passphrase]}
          - {code: rattling, message: Rattling, issues: [lid-rattles]}
    """,
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> SearchIndex:
    return make_index(tmp_path_factory.mktemp("content"), FILES)


def make_index(root: Path, files: dict[str, str]) -> SearchIndex:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(dedent(text).lstrip(), "utf-8")
    return SearchIndex(build(load(root)))


def titles(results: tuple[Result, ...]) -> list[str]:
    return [result.title for result in results]


def shown(result: Result) -> str:
    """Return the snippet with its marks as brackets."""
    return "".join(f"[{text}]" if marked else text for text, marked in result.snippet)


# --- words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("lid rattles", "The Lid Rattles"),
        ("rattled lids", "The Lid Rattles"),  # other endings
        ("RATTLES", "The Lid Rattles"),
        ("the venue refuses", "Stage Door Closed"),  # symptom
        ("sung in capitals", "Wrong Passphrase"),  # cause
        ("tighten the knob", "The Lid Rattles"),  # solution
        ("hums in my kitchen", "Stage Door Closed"),  # phrase
        ("alphabetical order", "Stage Door Closed"),  # body
        ("booking desk", "Albert Hall"),
        ("trusted teapots", "Albert Hall"),
        ("too many choruses", "Albert Hall 429"),  # message
        ("three causes hide", "Albert Hall -77"),  # note
        ("guest list", "Stage Door Closed"),  # written apart
        ("stagedoor", "Stage Door Closed"),  # written as one
    ],
)
def test_words_are_found_in_every_text(index: SearchIndex, query: str, first: str) -> None:
    assert titles(index.search(query))[0] == first


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("gestlist", "Stage Door Closed"),
        ("guestlsit", "Stage Door Closed"),  # neighbours swapped
        ("geustlits", "Stage Door Closed"),  # two typos in a long word
        ("passphrse", "Wrong Passphrase"),
        ("vanue", "Stage Door Closed"),
        ("knbo", "The Lid Rattles"),
    ],
)
def test_typos_in_words_are_forgiven(index: SearchIndex, query: str, first: str) -> None:
    assert titles(index.search(query + " "))[0] == first


def test_short_words_are_not_corrected(index: SearchIndex) -> None:
    assert index.search("lid ")
    assert index.search("lad ") == ()


def test_two_typos_are_too_many_for_a_short_word(index: SearchIndex) -> None:
    assert index.search("vanoe ") == ()


@pytest.mark.parametrize("query", ["pass", "passph", "pa", "tea and passphr", "pasphra"])
def test_the_last_word_may_be_unfinished(index: SearchIndex, query: str) -> None:
    assert "Wrong Passphrase" in titles(index.search(query))


def test_a_word_followed_by_a_space_is_finished(index: SearchIndex) -> None:
    assert index.search("passp ") == ()


def test_an_issue_comes_before_an_error_page_of_the_same_word(index: SearchIndex) -> None:
    assert titles(index.search("rattling"))[:2] == ["The Lid Rattles", "Odeon rattling"]


def test_quoted_words_stand_side_by_side(index: SearchIndex) -> None:
    assert titles(index.search('"steam out of tune"')) == ["Albert Hall -77", "The Lid Rattles"]
    assert index.search('"tune of out steam"') == ()
    assert titles(index.search("“velvet rope”")) == ["Stage Door Closed"]
    assert titles(index.search('"velvet ropes"')) == ["Stage Door Closed"]


def test_a_query_of_mostly_unknown_words_finds_nothing(index: SearchIndex) -> None:
    assert titles(index.search("guestlist zzz "))[0] == "Stage Door Closed"
    assert index.search("guestlist zzz xyxy ") == ()
    assert index.search("knobxqz zzz") == ()


@pytest.mark.parametrize(
    "query", ["", " ", "zebra", "how do i ", '""', "()", "the", "?!", "-", "*"]
)
def test_nothing_found_is_nothing(index: SearchIndex, query: str) -> None:
    assert index.search(query + " ") == ()


# --- codes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["50110", "50110?", "[50110]", "code=50110", '"code":"50110",'])
def test_a_code_puts_its_page_first_and_then_the_issues_it_can_mean(
    index: SearchIndex, query: str
) -> None:
    found = titles(index.search(query))
    assert found == ["Odeon 50110", "Stage Door Closed", "Wrong Passphrase"]


@pytest.mark.parametrize("query", ["-77", "77", "−77", "error -77", "code: -77", "-77?"])
def test_every_exchange_with_the_code_is_found(index: SearchIndex, query: str) -> None:
    assert titles(index.search(query)) == [
        "Albert Hall -77",
        "Odeon -77",
        "The Lid Rattles",
        "Stage Door Closed",
    ]


@pytest.mark.parametrize("query", ["albert hall -77", "-77 Albert Hall", "alberthall -77"])
def test_an_exchange_and_a_code(index: SearchIndex, query: str) -> None:
    found = titles(index.search(query))
    assert found[:3] == ["Albert Hall -77", "The Lid Rattles", "Stage Door Closed"]


def test_the_chosen_exchange_is_preferred_and_the_others_stay(index: SearchIndex) -> None:
    found = titles(index.search("-77", exchange="odeon"))
    assert found[:2] == ["Odeon -77", "Stage Door Closed"]
    assert "Albert Hall -77" in found
    assert titles(index.search("50110", exchange="albert"))[0] == "Odeon 50110"


@pytest.mark.parametrize(
    "query", ["EPOT:Invalid verse", "epot:invalid VERSE", "EPOT:Invalid verse."]
)
def test_a_code_of_two_words(index: SearchIndex, query: str) -> None:
    assert titles(index.search(query))[:2] == ["Odeon EPOT:Invalid verse", "Wrong Passphrase"]


@pytest.mark.parametrize("query", ["tea-signature-not-valid", "code=tea-signature-not-valid"])
def test_a_code_of_words_and_hyphens(index: SearchIndex, query: str) -> None:
    found = titles(index.search(query))
    assert found[:2] == ["Odeon tea-signature-not-valid", "Wrong Passphrase"]


@pytest.mark.parametrize("query", ["-79", "-7", "-770", "50111", "5011", "430", "428", "+77x"])
def test_codes_are_never_corrected_nor_completed(index: SearchIndex, query: str) -> None:
    assert index.search(query) == ()


@pytest.mark.parametrize(
    "query",
    [
        "Kettle <spout> is *not* a teapot",
        "kettle spout is not a teapot.",
        "Error: Kettle <spout> is *not* a teapot, giving up",
    ],
)
def test_a_message_puts_its_error_first_and_then_what_it_means(
    index: SearchIndex, query: str
) -> None:
    assert titles(index.search(query))[:2] == ["Albert Hall -78", "Wrong Passphrase"]


def test_the_message_of_many_codes_is_a_question_about_the_issue(tmp_path: Path) -> None:
    errors = "errors: [" + "{code: '%s', message: Lid rattles, issues: [lid-rattles]}, " * 4 + "]"
    files = FILES | {"errors/opera.yml": errors % ("1001", "1002", "1003", "1004")}
    index = make_index(tmp_path, files)
    assert titles(index.search("Lid rattles"))[:2] == ["The Lid Rattles", "opera 1001"]
    assert titles(index.search("Lid rattles", exchange="opera"))[0] == "opera 1001"


def test_what_changes_in_a_message_is_skipped(tmp_path: Path) -> None:
    error = "{code: '9', message: 'Cup {n} of {} fell', issues: [lid-rattles]}"
    index = make_index(tmp_path, FILES | {"errors/opera.yml": f"errors: [{error}]"})
    assert titles(index.search("cup 3 of grandma fell"))[0] == "opera 9"


@pytest.mark.parametrize("query", ["Albert Hall", "alberthall", "albert.example"])
def test_the_name_of_an_exchange_leads_to_its_page(index: SearchIndex, query: str) -> None:
    assert titles(index.search(query))[0] == "Albert Hall"


def test_a_number_in_a_sentence_is_not_taken_for_a_code(index: SearchIndex) -> None:
    assert titles(index.search("pressure above 429 millibars"))[0] == "The Lid Rattles"


def test_a_pasted_message_finds_its_code(index: SearchIndex) -> None:
    pasted = '{"code":-77,"msg":"Lid, knob or steam out of tune."}'
    assert titles(index.search(pasted))[0] == "Albert Hall -77"


def test_entries_of_one_code_are_one_result(index: SearchIndex) -> None:
    assert titles(index.search("odeon list")).count("Odeon 50110") == 1


# --- what is shown --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "snippet"),
    [
        ("guestlist venue", "Add 192.0.2.7 to the [guestlist] of the [venue]"),
        ("gestlist venu", "Add 192.0.2.7 to the [guestlist] of the [venue]"),
        ("192.0.2.7", "Add [192.0.2.7] to the guestlist of the venue"),
        ("yawning", "A porter who [yawns] has not read the list."),
        ("booking desk", "Open the [booking] [desk] and choose a new ticket."),
        ("kettle", "[Kettle] <spout> is *not* a teapot"),
        ("429 millibars", "Steam pressure above [429] [millibars]"),
        ("porters lodge", "The [porter]'s [lodge]"),
        ("doorman grumbles", "The teapot hums at home, but the venue refuses its voice"),
    ],
)
def test_the_passage_that_fits_is_shown_and_marked(
    index: SearchIndex, query: str, snippet: str
) -> None:
    assert snippet in map(shown, index.search(query))


def test_a_solution_and_a_heading_are_linked_to(index: SearchIndex) -> None:
    rope = index.search("velvet rope")[0]
    assert (rope.url, rope.where) == ("/issues/stage-door-closed?exchange=albert", "velvet-rope")
    assert rope.href == "/issues/stage-door-closed?exchange=albert#velvet-rope"
    rope = index.search("velvet rope", exchange="albert")[0]
    assert rope.href == "/issues/stage-door-closed#velvet-rope"
    assert index.search("yawning")[0].where == "the-porters-lodge"
    symptom = index.search("venue refuses its voice")[0]
    assert symptom.href == symptom.url == "/issues/stage-door-closed"


def test_a_step_for_another_exchange_is_not_shown(index: SearchIndex) -> None:
    found = index.search("velvet rope", exchange="odeon")[0]
    assert found.where != "velvet-rope"


def test_the_steps_of_the_exchange_are_shown(tmp_path: Path) -> None:
    article = """
        ---
        title: Not in the Ledger
        symptom: The porter finds no name
        causes: [Nobody wrote it down]
        solutions: [Write it down]
        recipes:
          general:
            cause: The name is missing
            steps: [Open the book, Write your name, Save the ledger]
          odeon:
            cause: The name is missing
            steps: [Lift the curtain, Write your name into the ledger, Bow]
        ---
    """
    index = make_index(tmp_path, FILES | {"issues/not-in-the-ledger.md": article})
    curtain = index.search("lift curtain ")[0]
    assert curtain.href == "/issues/not-in-the-ledger?exchange=odeon#lift-the-curtain"
    assert shown(curtain) == "[Lift] the [curtain]"
    steps = {"odeon": "Write your name into the [ledger]", "albert": "Save the [ledger]"}
    for exchange, step in steps.items():
        assert shown(index.search("ledger", exchange)[0]) == step
        assert shown(index.search(f"ledger {exchange}")[0]) == step


def test_the_whitelist_and_the_banner_are_found(index: SearchIndex) -> None:
    found = {result.href: shown(result) for result in index.search("stage door")}
    assert found["/whitelist"] == "Let us in 192.0.2.7 Click to copy"
    assert found["/#whitelist"] == "[Stage] [door]: Let us in 192.0.2.7 Click to copy"


def test_a_long_passage_is_cut_around_its_matches(tmp_path: Path) -> None:
    long_note = "La " * 200 + "the soprano boiled over " + "la " * 200
    errors = f"errors: [{{code: '9', note: '{long_note}', issues: [lid-rattles]}}]"
    index = make_index(tmp_path, FILES | {"errors/opera.yml": errors})
    snippet = shown(index.search("soprano boiled")[0])
    assert "[soprano] [boiled] over" in snippet
    assert snippet.startswith("…La")
    assert snippet.endswith("la…")
    assert len(snippet) <= SNIPPET_CHARACTERS + len("……[][]")


def test_what_changes_in_a_message_is_left_open(tmp_path: Path) -> None:
    error = "{code: '9', message: 'Cup {n} of {} fell', signatures: ['Saucer at {ip}']"
    errors = f"errors: [{error}, issues: [lid-rattles]}}]"
    index = make_index(tmp_path, FILES | {"errors/opera.yml": errors})
    assert shown(index.search("cup fell")[0]) == "[Cup] … of … [fell]"


@pytest.mark.parametrize("query", ["hums in my kitchen", "doorman grumbles", "saucer", "cracked"])
def test_a_text_that_no_page_shows_is_not_quoted(tmp_path: Path, query: str) -> None:
    error = "{code: '9', message: Cup fell, signatures: ['Saucer at {ip}'], examples: [Cup cracked]"
    errors = f"errors: [{error}, issues: [lid-rattles]}}]"
    index = make_index(tmp_path, FILES | {"errors/opera.yml": errors})
    assert shown(index.search(query)[0]) in {
        "The teapot hums at home, but the venue refuses its voice",
        "The teapot [hums] at home, but the venue refuses its voice",
        "Cup fell",
    }


# --- pages that don't exist -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "first"),
    [
        ("/issues/stage-dor-closed", "/issues/stage-door-closed"),
        ("/issues/stagedoor.md", "/issues/stage-door-closed"),
        ("/issues/wrong-pasphrase", "/issues/wrong-passphrase"),
        ("/i/lid", "/issues/lid-rattles"),
        ("/lid-rattles", "/issues/lid-rattles"),
        ("/exchanges/odeo", "/exchanges/odeon"),
        ("/errors/odeon/50101", "/errors/odeon/50110"),
        ("/e/albert/-87", "/errors/albert/-78"),
        ("/errors/odeon/nothing", "/exchanges/odeon"),
    ],
)
def test_a_mistyped_path_finds_the_page(index: SearchIndex, path: str, first: str) -> None:
    found = index.nearest(path)
    assert found[0].url == first
    assert len(found) <= 3


@pytest.mark.parametrize("path", ["", "/", "//", "/issues", "/wp-login.php", "/%ff%00", "/\ud800"])
def test_a_path_that_means_nothing_finds_nothing(index: SearchIndex, path: str) -> None:
    assert index.nearest(path) == ()


# --- any string is a query ------------------------------------------------------------------------

HOSTILE = [
    "AND OR NOT",
    'lid AND "',
    "title:lid^99 OR *:*",
    "lid~2 [a TO z] {x} +(knob",
    "\\",
    "\x00lid\x00",
    "\ud800lid\udfff",
    "((((((" * 1000,
    '"' * 10_000,
    "lid " * 2500,
    "a" * 10_000,
    "-" * 10_000,
    "<script>alert(1)</script>",
    "{{ product }} {% raw %}",
    "\u202elid",
    "ß İ ﬁ Ǆ 𝕃𝕚𝕕 茶壶",
]


@pytest.mark.parametrize("query", HOSTILE)
def test_hostile_queries_are_answered(index: SearchIndex, query: str) -> None:
    for result in index.search(query):
        assert all(text for text, _ in result.snippet)


def test_query_syntax_means_nothing(index: SearchIndex) -> None:
    assert titles(index.search("+lid^ AND (knob* ")) == titles(index.search("lid knob "))
    assert titles(index.search("title:lid ")) == titles(index.search("title lid "))


def test_what_is_beyond_the_limit_of_a_query_is_cut_off(index: SearchIndex) -> None:
    assert titles(index.search("kettle " + "x" * 200 + " passphrase")) == ["Albert Hall -78"]
    assert titles(index.search("kettle " + "a " * 19 + "passphrase ")) == ["Albert Hall -78"]


@settings(max_examples=300, deadline=None)
@given(query=st.text(max_size=60) | st.text('lidknob -77"():*^~', max_size=40))
def test_any_string_is_a_query(index: SearchIndex, query: str) -> None:
    found = index.search(query, exchange="albert", limit=5)
    assert len(found) <= 5
    assert len({result.url for result in found}) == len(found)
    index.nearest(query)


# --- one index, many visitors ---------------------------------------------------------------------


def test_the_limit_is_kept(index: SearchIndex) -> None:
    assert len(index.search("teapot", limit=2)) == 2
    assert index.search("teapot", limit=0) == ()


def test_equal_content_gives_equal_answers(index: SearchIndex, tmp_path: Path) -> None:
    again = make_index(tmp_path, FILES)
    for query in ("lid", "gestlist", "-77", "te", "list"):
        assert again.search(query) == index.search(query)


def test_threads_share_an_index(index: SearchIndex) -> None:
    queries = ["lid", "gestlist", "-77", "te", "passphr", '"stage door"']
    expected = [index.search(query) for query in queries]
    answers: list[bool] = []

    def visit() -> None:
        answers.extend([index.search(query) for query in queries] == expected for _ in range(20))

    threads = [threading.Thread(target=visit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [True] * 160


def test_a_help_center_without_content_finds_nothing(tmp_path: Path) -> None:
    index = make_index(tmp_path, {"site.yml": FILES["site.yml"]})
    assert index.search("lid -77") == ()
    assert index.nearest("/issues/lid") == ()


@pytest.mark.parametrize(
    "path", ["/errors/odeon/59110", "/errors/odeon/5011", "/errors/odeon/501100"]
)
def test_a_code_that_is_a_typo_away_is_meant(index: SearchIndex, path: str) -> None:
    assert "/errors/odeon/50110" in {result.url for result in index.nearest(path)}


def test_a_code_that_is_further_away_is_not_meant(index: SearchIndex) -> None:
    assert [result.url for result in index.nearest("/errors/odeon/59999")] == ["/exchanges/odeon"]
    assert [result.url for result in index.nearest("/errors/odeon/5011ø")] == ["/exchanges/odeon"]


@pytest.mark.parametrize("query", ['"! !"', '"- -" key', '"… …"'])
def test_quotes_without_words_are_no_mistake(index: SearchIndex, query: str) -> None:
    index.search(query)
