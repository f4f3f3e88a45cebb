"""What reports teach, as a visitor notices it; the reports are of teapots."""

from __future__ import annotations

import pytest

from app.diagnosis.wording import Sample, Vocabulary, WordingModel
from app.model import WordGroup

GROUPS = (
    WordGroup(name="cold", words="cold chilly frost* 冷 lukewarm"),
    WordGroup(name="sing", words="sing hum whistle singt"),
)
SAMPLES = (
    Sample("my teapot is cold in the morning", {"no-heat": 1.0}),
    Sample("the teapot stays cold", {"no-heat": 1.0}),
    Sample("cold tea again today", {"no-heat": 1.0}),
    Sample("it will not sing for the guests", {"mute": 1.0}),
    Sample("she cannot sing any more", {"mute": 1.0}),
    Sample("no hum from the spout", {"mute": 1.0}),
    Sample("where do I buy biscuits", {"": 1.0}),
    Sample("the biscuits are gone", {"": 1.0}),
    Sample("a recipe for biscuits please", {"": 1.0}),
)


def best(text: str, samples: tuple[Sample, ...] = SAMPLES) -> str | None:
    likeness = WordingModel(GROUPS, samples).likeness(text)
    return max(likeness.logs, key=lambda label: likeness.logs[label]) if likeness else None


def test_a_text_is_like_the_reports_with_its_words() -> None:
    assert best("why is my teapot cold") == "no-heat"
    assert best("make it sing") == "mute"
    assert best("biscuits") == ""


def test_a_word_of_a_group_counts_like_the_others_though_no_report_has_it() -> None:
    assert best("chilly") == best("frosty") == best("水壶是冷的") == "no-heat"
    assert best("meine kanne singt") == "mute"


def test_nothing_is_said_of_unknown_words_or_without_reports() -> None:
    assert best("qwertz") is None
    assert best("") is None
    assert best("cold", ()) is None


def test_the_name_of_a_number_in_data_is_no_word() -> None:
    assert best("{'cold':12,'sing': '0.5'} biscuits") == best("biscuits")
    assert best("{'cold':12}") is None
    assert best("{'state':'cold'}") == "no-heat"


def test_the_words_that_said_most_are_quoted() -> None:
    likeness = WordingModel(GROUPS, SAMPLES).likeness("dear all, it is chilly here")
    assert likeness is not None
    assert "chilly" in likeness.quote("no-heat")
    assert "chilly" not in likeness.quote("mute")


def test_other_readings_share_in_what_a_report_teaches() -> None:
    both = (*SAMPLES, *(Sample("wobbly lid", {"lid": 0.6, "mute": 0.4}) for _ in range(3)))
    likeness = WordingModel(GROUPS, both).likeness("wobbly lid")
    assert likeness is not None
    assert likeness.logs["lid"] > likeness.logs["mute"] > likeness.logs["no-heat"]


def test_learning_twice_gives_the_same() -> None:
    one = WordingModel(GROUPS, SAMPLES).likeness("cold teapot")
    assert one == WordingModel(GROUPS, SAMPLES).likeness("cold teapot")


def test_the_longest_word_counts_in_scripts_without_spaces() -> None:
    groups = (WordGroup(name="cold", words="冷"), WordGroup(name="fridge", words="冷蔵庫"))
    assert [name for name, *_ in Vocabulary(groups).groups_within("冷蔵庫と冷")] == [
        "fridge",
        "cold",
    ]


def test_the_order_of_the_reports_teaches_nothing() -> None:
    one = WordingModel(GROUPS, SAMPLES).likeness("cold biscuits")
    other = WordingModel(GROUPS, SAMPLES[::-1]).likeness("cold biscuits")

    assert one is not None
    assert other is not None
    assert one.logs == pytest.approx(other.logs)
