"""Artifacts to what they contradict each other in; its one rule: silence unless both are plain and cannot both be true.

A fact is a subject, one of a few attributes, and a value at a line: `tracker`, replicas, 4. Facts come from tables with
a head that names the attribute, from compose files and manifests, and from prose that puts a product's name before its
version. An artifact that gives a fact two values itself is taken to speak of two things, and contradicts nobody.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import yaml

from dramaturg.evidence.artifact import MARKDOWN, Artifact, lines_of
from dramaturg.evidence.shared import shared
from dramaturg.persona.model import fold_id

_ATTRIBUTES: Mapping[str, str] = {
    "port": "port",
    "ports": "port",
    "replicas": "replicas",
    "instances": "replicas",
    "pods": "replicas",
    "version": "version",
    "image": "version",
    "host": "host",
    "hostname": "host",
}
_ALIASES: Mapping[str, str] = {"postgres": "postgresql", "mongo": "mongodb", "k8s": "kubernetes", "golang": "go"}
_LARGEST_YAML = 256 * 1024  # characters
_CELL = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"[\s|:-]+")
_MARKS = re.compile(r"[`*]")
_PRODUCT = re.compile(
    r"(?<![\w./-])\**([A-Z][A-Za-z+]{2,})\**[ -]v?(\d+(?:\.\d+){0,3})(?![\w.,:%]*\d|[ ]?(?:%|[a-z]{1,3}\b))"
)
_NO_PRODUCT = frozenset(
    """release releases version step steps section table figure page level severity port ports pull issue line lines
    phase stage chapter appendix item january february march april may june july august september october november
    december monday tuesday wednesday thursday friday saturday sunday day days week weeks about tests""".split()
)
_LISTENS = re.compile(r"`([\w-]+)` (?:listens|is reachable|answers|runs) on (?:TCP )?port (\d{2,5})\b")
_IMAGE = re.compile(r"(?:[\w.:-]+/)*(?P<name>[\w-]+):v?(?P<tag>\d+(?:\.\d+)*)(?:-[\w.]+)?$")
_PUBLISHED = re.compile(r"(?:\d+(?:\.\d+){3}:)?(?:\d+:)?(?P<inside>\d+)(?:/\w+)?$")
_SETTING = re.compile(r"^\s*(?:export\s+)?([A-Z][A-Z0-9]*_[A-Z0-9_]+)=(\S+)\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What an artifact says of a subject, and at which 1-based line."""

    artifact: Artifact
    line: int
    subject: str
    attribute: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two facts of two artifacts that cannot both be true; `first` is the one to follow."""

    first: Fact
    second: Fact

    def __str__(self) -> str:
        what = f"{self.first.attribute} of `{self.first.subject}`"
        return f"{what}: {_told(self.first)}, {_told(self.second)}"


def conflicts(artifacts: Sequence[Artifact]) -> tuple[Conflict, ...]:
    """Return what artifacts contradict each other in, primary ones first, each matter once for two artifacts."""
    return _conflicts(tuple(artifacts))


@shared(lambda artifacts: sum(len(artifact.text) for artifact in artifacts))
def _conflicts(artifacts: tuple[Artifact, ...]) -> tuple[Conflict, ...]:
    stated: dict[tuple[str, str], dict[str, list[Fact]]] = defaultdict(lambda: defaultdict(list))
    for artifact in sorted(artifacts, key=lambda each: not each.primary):
        for fact in _facts(artifact):
            stated[fold_id(fact.subject), fact.attribute][artifact.id].append(fact)
    found: list[Conflict] = []
    for by_artifact in stated.values():
        plain = [facts[0] for facts in by_artifact.values() if len({fact.value for fact in facts}) == 1]
        found += [Conflict(first=plain[0], second=other) for other in plain[1:] if _excludes(plain[0], other)]
    return tuple(found)


def _told(fact: Fact) -> str:
    return f"{fact.artifact.label} L{fact.line} says {fact.value}"


def _excludes(one: Fact, other: Fact) -> bool:
    """Tell whether two values cannot both be true; a version may be given more or less exactly."""
    if one.attribute != "version":
        return one.value != other.value
    ours, theirs = one.value.split("."), other.value.split(".")
    shared = min(len(ours), len(theirs))
    return ours[:shared] != theirs[:shared]


def _facts(artifact: Artifact) -> Iterator[Fact]:
    lines = lines_of(artifact.text)
    if artifact.media_type == MARKDOWN:
        yield from _of_tables(artifact, lines)
        yield from _of_prose(artifact, lines)
    elif artifact.place.casefold().endswith((".yml", ".yaml")) or "\nservices:" in artifact.text:
        yield from _of_manifest(artifact)
    for number, line in enumerate(lines, start=1):
        setting = _SETTING.match(line)
        if setting:
            yield _fact(artifact, number, setting[1], "setting", setting[2].strip("'\""))


def _fact(artifact: Artifact, line: int, subject: str, attribute: str, value: str) -> Fact:
    name = _ALIASES.get(subject.casefold(), subject)
    return Fact(artifact=artifact, line=line, subject=name, attribute=attribute, value=value)


def _of_tables(artifact: Artifact, lines: Sequence[str]) -> Iterator[Fact]:
    """Yield facts of tables whose head names an attribute: the first cell of a row is the subject."""
    head: list[str] = []
    for number, line in enumerate(lines, start=1):
        if not line.lstrip().startswith("|"):
            head = []
            continue
        cells = [_MARKS.sub("", cell).strip() for cell in _CELL.split(line.strip().strip("|"))]
        if not head:
            head = [cell.casefold() for cell in cells]
            continue
        if _RULE.fullmatch(line):
            continue
        for name, value in zip(head[1:], cells[1:], strict=False):
            attribute = _ATTRIBUTES.get(name, "")
            if attribute and re.fullmatch(r"v?\d[\d.]*|[a-z][\w.-]+", value) and re.fullmatch(r"[\w.-]+", cells[0]):
                yield _fact(artifact, number, cells[0], attribute, value.removeprefix("v"))


def _of_prose(artifact: Artifact, lines: Sequence[str]) -> Iterator[Fact]:
    for number, line in enumerate(lines, start=1):
        for name, version in _PRODUCT.findall(line):
            if name.casefold() not in _NO_PRODUCT:
                yield _fact(artifact, number, name, "version", version)
        for name, port in _LISTENS.findall(line):
            yield _fact(artifact, number, name, "port", port)


def _of_manifest(artifact: Artifact) -> Iterator[Fact]:
    """Yield facts of the services of a compose file; a text that is no YAML states none."""
    if len(artifact.text) > _LARGEST_YAML:
        return
    try:
        root = yaml.compose(artifact.text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        return
    services = _entries(root).get("services")
    for name, service in _entries(services).items():
        yield from _of_service(artifact, name, _entries(service))


def _of_service(artifact: Artifact, name: str, keys: Mapping[str, yaml.Node]) -> Iterator[Fact]:
    image = keys.get("image")
    tagged = _IMAGE.match(image.value) if isinstance(image, yaml.ScalarNode) else None
    if image and tagged:
        yield _fact(artifact, image.start_mark.line + 1, tagged["name"], "version", tagged["tag"])
    ports = keys.get("ports")
    published = ports.value if isinstance(ports, yaml.SequenceNode) else []
    inside = {port["inside"]: node for node in published if (port := _PUBLISHED.match(str(node.value)))}
    if len(inside) == 1:
        ((value, node),) = inside.items()
        yield _fact(artifact, node.start_mark.line + 1, name, "port", value)
    replicas = _entries(keys.get("deploy")).get("replicas") or keys.get("replicas") or keys.get("scale")
    if isinstance(replicas, yaml.ScalarNode) and replicas.value.isdigit():
        yield _fact(artifact, replicas.start_mark.line + 1, name, "replicas", replicas.value)


def _entries(node: yaml.Node | None) -> Mapping[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        return {}
    return {key.value: value for key, value in node.value if isinstance(key, yaml.ScalarNode)}
