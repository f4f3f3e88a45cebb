"""Insights for writers: votes, unanswered texts, reports, and the state of the content."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from app import addresses
from app.addresses import Address
from app.checks import check
from app.checks.upkeep import STALE_DAYS
from app.content.loader import Content
from app.feedback.likeness import Group, group
from app.feedback.records import UNANSWERED_DAYS, PageVotes, Reason, Unanswered, Week
from app.knowledge import KnowledgeBase
from app.model import Article, Finding

if TYPE_CHECKING:
    from app.feedback.store import Store

WEEKS = 12
MOST_GROUPS = 50


@dataclass(frozen=True, slots=True)
class ContentState:
    """Paths of drafts, paths of articles that nobody checked for `STALE_DAYS`, and mistakes.

    `translations` are the files with missing or stale translations, those of the pages with most
    votes and reports first.
    """

    drafts: tuple[str, ...]
    stale: tuple[str, ...]
    findings: tuple[Finding, ...]
    translations: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Insights:
    """The content of the page for writers, as counted at the time `at`.

    `groups` are the unanswered texts, most frequent first. `steps` are the permalinks of the steps
    that fixed something, and how often. `weeks` end with the present week.
    `store` is the state of the store.
    """

    at: datetime
    groups: tuple[Group, ...]
    pages: tuple[PageVotes, ...]
    steps: tuple[tuple[str, int], ...]
    reports: tuple[tuple[str, int], ...]
    weeks: tuple[Week, ...]
    content: ContentState
    store: str

    @property
    def changes(self) -> dict[str, tuple[int, int]]:
        """Last week's and this week's totals of what is counted, by name."""
        if len(self.weeks) < 2:  # noqa: PLR2004 - two weeks are compared
            return {}
        before, now = self.weeks[-2:]
        names = ("unanswered", "helpful", "unhelpful", "reports")
        return {name: (getattr(before, name), getattr(now, name)) for name in names}


@dataclass(frozen=True, slots=True)
class Collected:
    """The rows of the store at the time `at`."""

    at: datetime
    unanswered: tuple[Unanswered, ...]
    votes: tuple[PageVotes, ...]
    reports: tuple[tuple[str, int], ...]
    weeks: tuple[Week, ...]
    store: str


def collect(store: Store, now: datetime | None = None) -> Collected:
    """Read the store; raise `StoreUnavailableError` when that is impossible."""
    now = now or datetime.now(UTC)
    since = now - timedelta(days=UNANSWERED_DAYS)
    first = now.date() - timedelta(weeks=WEEKS - 1)
    return Collected(
        at=now,
        unanswered=tuple(store.unanswered(since)),
        votes=tuple(store.votes_by_page(since)),
        reports=tuple(store.reports_by_issue(since.date())),
        weeks=tuple(store.weekly_totals(first, now.date())),
        store=str(store.status()),
    )


def summarise(collected: Collected, knowledge: KnowledgeBase) -> Insights:
    """Return the insights; takes up to some seconds, and needs no store."""
    votes = _by_present_page(collected.votes, knowledge)
    steps = [(vote.page, vote.helpful) for vote in votes if "#" in vote.page]
    reports = _by_present_issue(collected.reports, knowledge)
    read = Counter({vote.page.partition("#")[0]: vote.helpful + vote.unhelpful for vote in votes})
    read.update({addresses.issue(slug): count for slug, count in reports})
    return Insights(
        at=collected.at,
        groups=tuple(group(collected.unanswered)[:MOST_GROUPS]),
        pages=tuple(vote for vote in votes if "#" not in vote.page),
        steps=tuple(sorted(steps, key=lambda step: -step[1])),
        reports=reports,
        weeks=collected.weeks,
        content=content_state(knowledge.content, collected.at.date(), read),
        store=collected.store,
    )


def _by_present_page(votes: Iterable[PageVotes], knowledge: KnowledgeBase) -> tuple[PageVotes, ...]:
    """Return the votes on each page, with those on its old addresses, most "no" first."""
    together: dict[str, list[PageVotes]] = defaultdict(list)
    for found in votes:
        together[_present_page(found.page, knowledge)].append(found)
    merged = [
        PageVotes(
            page,
            helpful=sum(part.helpful for part in parts),
            unhelpful=sum(part.unhelpful for part in parts),
            reasons=dict(sum((Counter(part.reasons) for part in parts), Counter[Reason]())),
            comments=tuple(
                sorted(
                    (comment for part in parts for comment in part.comments),
                    key=lambda comment: comment.created,
                    reverse=True,
                )
            ),
        )
        for page, parts in together.items()
    ]
    return tuple(sorted(merged, key=lambda page: -page.unhelpful))


def _present_page(page: str, knowledge: KnowledgeBase) -> str:
    match addresses.parse(page):
        case Address(kind="issue", name=slug, anchor=step) if present := knowledge.current_slug(
            slug
        ):
            return addresses.issue(present, step=step)
        case Address(kind="error", exchange=name, code=code, anchor=step) if (
            exchange := knowledge.exchange(name)
        ):
            return addresses.error(exchange.id, code) + (f"#{step}" if step else "")
    return page


def _by_present_issue(
    counts: Iterable[tuple[str, int]], knowledge: KnowledgeBase
) -> tuple[tuple[str, int], ...]:
    """Return the counts of each issue, with those of its old slugs, most first."""
    together = Counter[str]()
    for issue, count in counts:
        together[knowledge.current_slug(issue) or issue] += count
    return tuple(together.most_common())


TRANSLATIONS = frozenset({"missing-translation", "stale-translation"})
"""The rules whose findings are listed apart."""


def content_state(
    content: Content, today: date, read: Mapping[str, int] = MappingProxyType({})
) -> ContentState:
    """Return the drafts, the stale articles and the findings of the content.

    `read` tells how often the pages were voted on or led to a report.
    """
    found = check(content)

    def readers(finding: Finding) -> int:
        path = Path(finding.path).relative_to(content.root).with_suffix("").as_posix()
        folder, _, below = path.partition("/")
        page = f"/{below if folder in content.translations else path}"
        return sum(count for address, count in read.items() if f"{address}/".startswith(f"{page}/"))

    articles = [
        (source.path, source.entity)
        for source in content.sources
        if isinstance(source.entity, Article)
    ]
    limit = today - timedelta(days=STALE_DAYS)
    return ContentState(
        drafts=tuple(path for path, article in articles if article.draft),
        stale=tuple(
            path
            for path, article in articles
            if not article.draft and (article.verified is None or article.verified < limit)
        ),
        findings=tuple(finding for finding in found if finding.rule not in TRANSLATIONS),
        translations=tuple(
            sorted(
                (finding for finding in found if finding.rule in TRANSLATIONS),
                key=readers,
                reverse=True,
            )
        ),
    )


def render(insights: Insights) -> str:
    """Return insights as text for a terminal."""
    lines = [f"Store: {insights.store}", ""]
    if insights.changes:
        lines.append("This week (last week)")
        lines += (
            f"  {name:<12}{now:>5} ({before})" for name, (before, now) in insights.changes.items()
        )
        lines.append("")
    lines += _section(
        "Unanswered, most frequent first",
        [
            f"{found.count:>4}  {found.key}  {found.example.splitlines()[0][:90]}"
            for found in insights.groups
        ],
    )
    lines += _section(
        "Pages by votes (helpful, not helpful)",
        [
            line
            for page in insights.pages
            for line in (
                f"{page.helpful:>4} {page.unhelpful:>4}  {page.page}",
                *(f"           {count} × {reason}" for reason, count in page.reasons.items()),
                *(f"           “{_in_a_line(comment.text)}”" for comment in page.comments[:3]),
            )
        ],
    )
    lines += _section(
        "Steps that fixed it", [f"{count:>4}  {step}" for step, count in insights.steps]
    )
    lines += _section(
        "Issues that led to a report", [f"{count:>4}  {issue}" for issue, count in insights.reports]
    )
    lines += _section("Drafts", insights.content.drafts)
    lines += _section(f"Not checked for {STALE_DAYS} days", insights.content.stale)
    lines += _section("Findings", [str(finding) for finding in insights.content.findings])
    lines += _section(
        "To translate, most read first", [str(finding) for finding in insights.content.translations]
    )
    return "\n".join(lines).rstrip()


def _in_a_line(text: str) -> str:
    return " ".join(text.split())


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return [title, *(f"  {line}" for line in lines or ("none",)), ""]
