"""What reports teach about the words of a text; the reports are of teapots."""

from __future__ import annotations

import pytest

from app.diagnosis.report_model import ReportModel, Sample, trained
from app.diagnosis.word_groups import WordGroups
from app.model import NO_ISSUE, WordGroup

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
    Sample("where do I buy biscuits", {NO_ISSUE: 1.0}),
    Sample("the biscuits are gone", {NO_ISSUE: 1.0}),
    Sample("a recipe for biscuits please", {NO_ISSUE: 1.0}),
)


def best(text: str, samples: tuple[Sample, ...] = SAMPLES) -> str | None:
    prediction = ReportModel(GROUPS, samples).predict(text)
    likely = prediction.log_probabilities if prediction else {}
    return max(likely, key=likely.__getitem__, default=None)


def test_a_text_is_like_the_reports_with_its_words() -> None:
    assert best("why is my teapot cold") == "no-heat"
    assert best("make it sing") == "mute"
    assert best("biscuits") == NO_ISSUE


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
    prediction = ReportModel(GROUPS, SAMPLES).predict("dear all, it is chilly here")
    assert prediction is not None
    assert "chilly" in prediction.quote("no-heat")
    assert "chilly" not in prediction.quote("mute")


def test_other_readings_share_in_what_a_report_teaches() -> None:
    both = (*SAMPLES, *(Sample("wobbly lid", {"lid": 0.6, "mute": 0.4}) for _ in range(3)))
    prediction = ReportModel(GROUPS, both).predict("wobbly lid")
    assert prediction is not None
    likely = prediction.log_probabilities
    assert likely["lid"] > likely["mute"] > likely["no-heat"]


def test_learning_twice_gives_the_same() -> None:
    prediction = ReportModel(GROUPS, SAMPLES).predict("cold teapot")
    assert prediction == ReportModel(GROUPS, SAMPLES).predict("cold teapot")


def test_a_new_report_or_a_new_word_is_learned_and_equal_ones_are_not_again() -> None:
    model = trained(GROUPS, SAMPLES)
    equal = tuple(Sample(sample.flat, dict(sample.labels)) for sample in SAMPLES)
    assert trained(tuple(group.model_copy() for group in GROUPS), equal) is model

    relabelled = (Sample(SAMPLES[0].flat, {"mute": 1.0}), *SAMPLES[1:])
    assert trained(GROUPS, relabelled) is not model
    assert trained(GROUPS[:1], SAMPLES).predict("whistle") is None


def test_the_longest_word_counts_in_scripts_without_spaces() -> None:
    groups = (WordGroup(name="cold", words="冷"), WordGroup(name="fridge", words="冷蔵庫"))
    assert [name for name, *_ in WordGroups(groups).within("冷蔵庫と冷")] == ["fridge", "cold"]


def test_the_order_of_the_reports_teaches_nothing() -> None:
    prediction = ReportModel(GROUPS, SAMPLES).predict("cold biscuits")
    other = ReportModel(GROUPS, SAMPLES[::-1]).predict("cold biscuits")

    assert prediction is not None
    assert other is not None
    assert prediction.log_probabilities == pytest.approx(other.log_probabilities)
