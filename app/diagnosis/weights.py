"""The strength of every kind of evidence, and every threshold, with its meaning.

Strengths are log-odds: those of one issue add up, and 1.0 makes it 2.7 times as likely. They were
set by what an observation means, then adjusted by cross-validation on `content/reports.jsonl`, with
all reports of one public thread on the same side (docs/diagnosis.md has the figures). Limits on
work are not weights: they stand beside the code that they bound.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

# --- Something else ---------------------------------------------------------------------------
# The evidence that a text is not about connecting an exchange. Every issue is measured against it.

ANY_TEXT = 1.5
"""Something was pasted."""

ERROR_OF_EXCHANGE = -3.5
"""Instead of `ANY_TEXT`: an error of an exchange was recognised in it."""

FIXED_MESSAGE = 0.0
"""Instead of `ANY_TEXT`: a fixed message that means an issue, and no error of an exchange."""

EXCHANGE_NAMED = -3.0
"""Added when the text names an exchange."""

FOREIGN_HOST = 6.0
"""Added when the text names no exchange, but hosts of others."""

OFF_TOPIC_SIGNATURE = 4.0
"""Added for a fixed message of a program or service that is no exchange."""

# --- Codes and messages of an exchange --------------------------------------------------------

CODE = 5.0
"""An exchange's own code."""

STATUS = 2.6
"""The status of an answer (HTTP 429), as a code of the exchange. It says less than a code."""

MESSAGE = 4.0
"""A message of an exchange without its code."""

TELLING_WORDS = 3
TELLING_LENGTH = 18
"""A message of this many words or characters is hardly said by chance; others are short."""

RANK = (1.0, 0.8, 0.7)
"""Factors for the issues that one error can mean, likeliest first; the last is for all others."""

OF_SEVERAL_EXCHANGES = 2.5
"""A code alone that several exchanges have, for each of them."""

LAST = 0.4
"""The most that an error's position adds: nothing at the start of the text, all of it at the end.
The last error usually stopped the bot."""

STRONG_ERROR = 3.5
"""From this strength on an error weakens all other signs in the text."""

BESIDE_ERROR = 0.5
"""Factor for all other signs beside such an error: the exchange's own error says more."""

# --- Fixed messages that mean an issue wherever they stand ------------------------------------

SIGNATURE = 3.8
"""A signature of an issue."""

STATUS_SIGNATURE = 2.2
"""The status of an answer (HTTP 429)."""

STATUS_BESIDE_MESSAGE = 0.5
"""Factor for a status beside a message that means an issue: the message says more."""

FURTHER_SIGNATURE = 0.3
"""Factor for the second and third signature of one issue: a traceback repeats itself."""

IN_LINE_OF_ERROR = 0.2
"""Factor in a line of JSON or of a log that holds a recognised code: the code says more."""

CALLER_IP: Mapping[str, float] = {"ours": 1.5, "ipv6": 1.5, "not-ours": 0.5}
"""The caller's IP address, in a message about the whitelist, by whose it is."""

# --- Somebody's own words ---------------------------------------------------------------------

PHRASE = 3.0
"""The phrases of an issue, one or more. They outweigh `ANY_TEXT`: a phrase alone is enough."""

PHRASE_GAP = 8
"""Other words that may stand between the words of a phrase."""

FEW_WORDS = 4
"""With fewer words besides fixed messages and phrases, the model of reports is not asked."""

MODEL = 1.7
"""Factor for the log-odds of the model of reports. Above 1, because the training stops early."""

MACHINE_MADE = 0.6
"""Another factor for those log-odds if a program wrote most of the text."""

LEAST_QUOTED = 0.12
"""A word is quoted as a reason when it adds at least this much."""

# --- Checklist, quick tests, questions, facts -------------------------------------------------

UNTICKED = (2.4, 1.0, 0.6)
"""An item that isn't ticked, for its issues in order: enough to change which issue of an ambiguous
code comes first."""

TICKED = (-1.3, -0.5, -0.3)
"""A ticked item. It says less: people tick what they believe."""

OUTCOME_FOR = (2.0, 1.2, 0.7)
OUTCOME_AGAINST = (-1.2, -0.8, -0.6)
"""The outcome of a quick test, for the issues that it points to and speaks against."""

CHOICE = 8.0
"""A chosen answer to a question, for its issue. "None of these" speaks as much against each issue
that was offered. It outweighs all items that are not ticked yet."""

IMPOSSIBLE = -0.8
"""The exchange can't have this issue (it has no passphrase, say). Counts only a little: the visitor
may still mean it."""

# --- What is told -----------------------------------------------------------------------------

MOST_MATCHES = 5
"""Issues in a diagnosis, at most."""

SCALE = 0.85
SCALE_BY_ERROR = 1.4
"""The sums of strengths times this are log-odds: by words, and for a meaning of a recognised error.
Fitted by cross-validation, so that a confidence is a probability (docs/diagnosis.md)."""

NAMED = 0.9
NAMED_BY_ERROR = 0.65
"""The first issue is named from this probability on: by words, and as a meaning of a recognised
error. Of the issues that are named, 95 in 100 are right (docs/diagnosis.md)."""

SOMETHING_ELSE = 0.95
"""From this probability of something else on nothing is told; below it, there is a choice."""

BESIDE_ANSWER = 0.5
"""Beside the answer to an everyday question, a choice is offered from this probability of the first
issue on."""

MOST_CHOICES = 3
LEAST_CHOICES = 2
"""Issues in a choice, at most and at least."""

FAR_BEHIND = 3.5
"""An issue that is this much weaker than the named issue isn't told."""

WORTH_SAYING = 0.25
"""Weaker evidence counts, but is not told as a reason."""

# --- Which exchange a text is about: votes, not log-odds --------------------------------------

HOST = 3.0
"""A host of the exchange."""

NAME = 2.0
"""Its name, as a word or in a path, a file or a class."""

LONG_NAME = 5
"""A name of this length also counts within a longer word."""

CHOSEN = 2.5
"""The visitor chose it: more than its name, less than its host."""

OWN_ERROR = 3.0
"""A message, or a code in this form (EAPI:...), that only this exchange has, or a code beside its
message."""

SOLE_CODE = 1.0
"""A code that only this exchange has, in a text that names no exchange: once if the text is only
that code, once if the code is long and fits the text around it."""

ENOUGH_VOTES = 0.7
"""Fewer votes name no exchange."""

LONG_CODE = 5
"""A code of this length votes for the only exchange that has it."""

COMMON_WORDS = 0.5
"""A long code fits if this share of its message's words stands around it, or at most one English
word and no fixed message."""

CLOSE = 160
"""A message within this many characters of a code belongs to it."""

ADJACENT = 3
"""Characters that may stand between the name of an exchange and a number that is its code."""

WORDS_BESIDE_CODE = 4
LONGEST_LONE_CODE = 100
"""The most words beside a code, and the most characters, of a text that is only about that code."""

# --- Training of the model of reports ---------------------------------------------------------

ALSO = 0.35
"""Share of the other honest readings (`also`) in what a report teaches."""

PAIR = 0.5
"""Weight of two groups in one text, against 1 for a word or a group."""

MOST_GROUPS = 20
"""The most groups of a text whose pairs count: a text with more is about many things."""

USUAL_SIZE = 30
SMALLEST_SIZE = 20
"""The usual and the smallest size of a text: each word counts more in a shorter text and less in a
longer text."""

EPOCHS = 4
"""Passes over the samples."""

LEARNING_RATE = 0.2
"""The learning rate of the first epoch; epoch n has an n-th of it."""

BIAS_RATE = 0.1
"""The bias of a class learns with this share of the learning rate."""

WEIGHT_DECAY = 0.002
"""The share of a weight that is lost in each epoch for each sample with its feature."""


def by_place(issues: Sequence[str], values: Sequence[float]) -> Iterator[tuple[str, float]]:
    """Yield each of `issues` with the value of its place; the last value is for all others."""
    for place, issue in enumerate(issues):
        yield issue, values[min(place, len(values) - 1)]
