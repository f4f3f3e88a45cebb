"""The types of the content and the diagnosis, all frozen.

The types that writers fill in are also the schema of their files: `helpcenter check` reports a key
that no type has. Every `str` that a visitor reads is inline Markdown and may use the variables of
`content/site.yml`.
"""

from app.model.articles import (
    ELSEWHERE,
    GENERAL,
    Issue,
    Question,
    Recipe,
    RecipeStep,
    Solution,
)
from app.model.base import (
    SLUG_WORDS,
    Article,
    Body,
    Colour,
    Entity,
    IpAddress,
    NonEmpty,
    Prose,
    Slug,
    Translatable,
    Url,
    slugify,
)
from app.model.diagnosis import (
    Answer,
    CallerIp,
    Choice,
    Diagnosis,
    Evidence,
    Match,
    NextQuestion,
    Observations,
    Outcome,
    Verdict,
)
from app.model.errors import (
    PLACEHOLDER,
    ErrorCode,
    ErrorFile,
    FollowUp,
    Option,
)
from app.model.exchanges import (
    Clock,
    Exchange,
    FactSource,
    KeyFormat,
    Passphrase,
    Permission,
    RateLimits,
    StatusCalls,
    StatusNotices,
    Testnet,
    TimeCall,
    WhitelistFacts,
)
from app.model.findings import (
    Finding,
    Severity,
)
from app.model.quick_diagnostic import (
    ChecklistItem,
    Diagnostic,
    QuickTest,
    TestOutcome,
)
from app.model.reports import (
    NO_ISSUE,
    Report,
    WordGroup,
)
from app.model.site import (
    Link,
    Site,
    Support,
    Tip,
    Whitelist,
)
