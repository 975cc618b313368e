"""Folders of templates to prompt kernels; its one rule: a kernel is read whole, once, and known by its digest."""

from functools import lru_cache
from pathlib import Path

from jinja2 import TemplateSyntaxError

from dramaturg.engine.prompts import JUDGE, TEMPLATES, Kernel
from dramaturg.errors import AuthorError, CallerError
from dramaturg.findings.model import Finding, Severity
from dramaturg.persona.model import Persona


def load_kernel(root: Path, persona: Persona) -> Kernel:
    """Read the kernel a persona asks for.

    Raises:
        AuthorError: There is no such `engine_version`.
        CallerError: A template is missing, unreadable or no template.
    """
    known = sorted(folder.name for folder in root.iterdir() if folder.is_dir()) if root.is_dir() else []
    version = persona.engine_version
    if version not in known:
        place = next(
            (
                file.frontmatter.spans["engine_version"]
                for file in reversed(persona.chain)
                if "engine_version" in file.frontmatter.spans
            ),
            persona.head,
        )
        names = ", ".join(f"`{name}`" for name in known) or "none"
        fault = Finding(
            rule="P111",
            severity=Severity.ERROR,
            message=f"unknown engine_version `{version}`",
            span=place,
            help=f"the known ones are {names}",
        )
        raise AuthorError((fault,))
    try:
        there = (*TEMPLATES, JUDGE) if (root / version / JUDGE).is_file() else TEMPLATES
        sources = {name: (root / version / name).read_text(encoding="utf-8") for name in there}
    except (OSError, UnicodeDecodeError) as error:
        raise CallerError(f"the prompt kernel `{root / version}` is not whole: {error}") from error
    try:
        return _kernel(version, tuple(sources.items()))
    except TemplateSyntaxError as error:
        where = f"{root / version / (error.name or '')}:{error.lineno}"
        raise CallerError(f"`{where}`: the template cannot be compiled: {error.message}") from error


@lru_cache(maxsize=16)
def _kernel(version: str, sources: tuple[tuple[str, str], ...]) -> Kernel:
    """Return the kernel of these texts; many runs share it."""
    return Kernel(version, dict(sources))
