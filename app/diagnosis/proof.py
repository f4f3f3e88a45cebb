"""Examples that are diagnosed otherwise -> findings at the lines where they stand."""

from __future__ import annotations

from collections.abc import Iterator

from app.content.frontmatter import Location
from app.content.loader import Source
from app.content.variables import fill
from app.diagnosis.engine import Engine
from app.diagnosis.examples import WrongExample, wrong_examples
from app.knowledge import KnowledgeBase
from app.model import Finding

RULE = "wrong-example"


def example_findings(knowledge: KnowledgeBase, engine: Engine) -> Iterator[Finding]:
    """Yield a finding for every example that isn't diagnosed as what it is an example of."""
    content = knowledge.content
    sources = {source.path: source for source in content.sources}
    for wrong in wrong_examples(knowledge, engine):
        if isinstance(wrong.owner, str):
            source = sources[f"issues/{wrong.owner}.md"]
            location: Location = ("examples", wrong.index)
        else:
            source = sources[f"errors/{wrong.owner[0]}.yml"]
            location = _entry(source, wrong, knowledge)
        place = source.document.position(location)
        yield Finding(
            rule=RULE,
            path=content.path_of(source),
            line=place.line,
            column=place.column,
            message=(
                f"this is diagnosed as {wrong.got} instead of {wrong.expected}; "
                "correct the example, or the signatures and phrases that answer it"
            ),
        )


def _entry(source: Source, wrong: WrongExample, knowledge: KnowledgeBase) -> Location:
    """Return where an error's example stands: entries may share code and `match`."""
    values = knowledge.variables(wrong.owner[0])
    for index, entry in enumerate(source.document.fields["errors"]):
        examples = entry.get("examples", ())
        same = entry["code"] == wrong.owner[1] and wrong.index < len(examples)
        # A knowledge base has its texts without the blanks around them, and variables filled in.
        if same and fill(examples[wrong.index].strip(), values) == wrong.text:
            return ("errors", index, "examples", wrong.index)
    return ()
