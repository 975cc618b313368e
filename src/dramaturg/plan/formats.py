"""A section's title and prose to its layout; its one rule: the title decides before the wording does."""

import re
from collections.abc import Sequence

from dramaturg.plan.model import Format
from dramaturg.plan.prose import Prose, lowered, mentions, whole

# for each format what its words have in common, which is cheap to look for, and what must be found where one is
_FORMATS: Sequence[tuple[Format, Sequence[str], re.Pattern[str]]] = (
    (Format.CHECKLIST, ("check",), re.compile(r"\bcheck-?list\b")),
    (Format.TABLE, ("table", "matrix"), re.compile(whole("table", "matrix") + "(?! of contents)")),
    (
        Format.PROCEDURE,
        ("sequential", "step-by-step", "runbook", "procedure", "order", "instructions", "commands", "steps"),
        re.compile(
            r"\b(?:sequential|step-by-step|runbooks?|procedures?|in (?:this )?order(?! (?:to|of|that|for)\b)"
            r"|instructions (?:on|for) how|(?:numbered|ordered) steps"
            r"|(?:list|set|sequence|series) of (?:[\w`-]+ ){0,2}(?:commands|steps))\b"
        ),
    ),
    (
        Format.FINDINGS,
        ("findings", "vulnerabilities", "issues", "list of"),
        re.compile(
            r"\b(?:findings|vulnerabilities|issues found"
            r"|list of (?:[\w-]+ ){0,2}(?:issues|suggestions|risks|findings))\b"
        ),
    ),
    (
        Format.CODE,
        (
            "code",
            "sql",
            "diff",
            "file",
            "script",
            "json",
            "yaml",
            "openapi",
            "modul",
            "object",
            "manifest",
            "mermaid",
            "toml",
            "xml",
            "csv",
            "hcl",
            "tests",
        ),
        re.compile(
            r"\b(?:code blocks?|sql blocks?|unified diff|(?:in|as) (?:an? )?(?!the )[\w+#-]+ code(?=[.,;]|$)"
            r"|(?<!stored )(?<!saved )(?<!kept )(?<!exported )(?<!provided )(?<!given )(?<!received )(?<!supplied )"
            r"as (?:valid |plain )?(?:yaml|json|toml|xml|csv|hcl)(?! \w+s\b|-)"
            r"|source (?:file|code)s?|scripts?|code only|code files?|config(?:uration)? files?"
            r"|(?:unit )?test (?:files?|code|modules?)|json (?:object|array|file|document)|yaml (?:file|document)"
            r"|openapi|dockerfile|mermaid)\b"
            r"|\A(?:write|generate|create|produce|implement|provide) (?:\w+ ){0,3}(?:unit|integration) tests\b"
            r"|\b(?:complete|full|production-(?:quality|ready)|runnable|working),? (?:[\w-]+,? ){0,3}code"
            r"(?=[.,;]|$| (?:and|that|which|required|needed|for|to)\b)"
            r"|`[^`\n]+\.(?:json|ya?ml|toml|ini|conf|xml|py|ts|js|sh|sql|tf)`\s+(?:file|object|manifest|script)\b"
        ),
    ),
)
# what denies, what names a part or need not be, and what another step writes, each with the words to look for as above
_NOT_OWN: Sequence[tuple[Sequence[str], re.Pattern[str]]] = (
    (
        ("not ", "never ", "no ", "without "),
        re.compile(whole("must not", "should not", "do not", "never", "no", "without") + r"[^.,;:\n]*"),
    ),
    (
        ("including", "such as", "often", "sometimes", "may", "might"),
        re.compile(whole("including", "such as", "often", "sometimes", "may", "might") + r"[^.;:\n]*"),
    ),
    (
        ("table", "matrix", "check", "runbook", "findings"),
        re.compile(
            r"\b(?:in|on|from|to|against|see|cite|citing|reference|referencing) the (?:[\w-]+ ){0,2}"
            r"(?:table|matrix|check-?list|runbook|findings)\b"
        ),
    ),
)
_CALLED = re.compile(r"[`\"”]\s+(?P<noun>table|matrix|check-?list|runbook|procedure)\b", re.IGNORECASE)
_UNDOES = re.compile(r"\brollback plan\b", re.IGNORECASE)
_IN_PROSE = re.compile(r"\bin prose\b")


def format_of(prose: Prose, title: str, *, columns: bool) -> tuple[Format, str, tuple[int, int] | None]:
    """Return a section's layout, the rule that decided, and the words of the text it rests on; None for its title.

    Args:
        prose: The step's text.
        title: The section's title.
        columns: Whether the step names cells for each entry.
    """
    text = prose.text
    at = text.find(title)
    called = _CALLED.match(text, at + len(title)) if at >= 0 else None
    if called and (said := _found(lowered(called[0]))):
        return said[0], f"format/{said[0]}-wording", called.span("noun")
    titled = _found(title.lower())
    if titled:
        return titled[0], f"format/{titled[0]}-title", (at, at + len(title)) if at >= 0 else None
    start = prose.verb.start() if prose.verb else len(text) - len(text.lstrip())
    end = (text + "\n").index("\n", start)
    line = _own(lowered(text[start:end]))
    if "in prose" in line and _IN_PROSE.search(line):
        return Format.PROSE, "format/prose-wording", None
    said = _found(line)
    if said:
        return said[0], f"format/{said[0]}-wording", (start + said[1].start(), start + said[1].end())
    if columns:
        return Format.TABLE, "format/table-columns", None
    undoes = at >= 0 and _UNDOES.search(title)
    where = (at, at + len(title)) if undoes else None
    return (
        (Format.PROCEDURE, "format/procedure-title", where)
        if undoes
        else (Format.PROSE, "format/nothing-else-named", None)
    )


def _own(line: str) -> str:
    """Return a line in lower case with what it does not say of the step's own output blanked."""
    for words, pattern in _NOT_OWN:
        if mentions(line, words):
            line = pattern.sub(lambda found: " " * len(found[0]), line)
    return line


def _found(folded: str) -> tuple[Format, re.Match[str]] | None:
    """Return the first format that a text in lower case speaks of, and where."""
    for layout, words, pattern in _FORMATS:
        if mentions(folded, words) and (found := pattern.search(folded)):
            return layout, found
    return None
