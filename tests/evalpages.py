"""The page of an eval as its reader's browser has it: what is packed in it, unpacked."""

import base64
import json
import shutil
import zlib
from dataclasses import dataclass
from typing import Any

from tests.hostile import HOSTILE
from tests.markup import Page
from tests.pages import ANSWERS, MODEL, PERSONA
from tests.suites import Bench, answering
from tests.support import BLUEPRINT, COMPOSE, QUOTE, envelope, item

from dramaturg.engine.calls import ModelCall
from dramaturg.errors import ModelError
from dramaturg.evals import Evaluated
from dramaturg.models.scripted import Answer, ScriptedModel

ATTACK = "<img src=x onerror=alert(1)> </script><script>alert(1)</script> {{ 7 * 7 }}"
_SUITE = """personas: DPA-1
scorers: [sections, coverage]
cases:
  - id: hostile
    artifacts: {architectural_blueprint: hostile.md}
"""
_PROSE = """personas: RLR-1
repeats: 3
scorers: [sections, coverage, support, cost, {contains: {within: RISKS, texts: Auth0}}]
cases:
  - id: release
    answers: {"4": "yes, go on"}
    artifacts: {blueprint: blueprint.md, compose: compose.yml}
"""


@dataclass(frozen=True)
class EvalPage:
    """A page, and what is packed in it by its id."""

    html: str
    page: Page
    packed: dict[str, str]

    def case(self, number: int) -> Any:
        """Return what opens behind a row: which repeat first, and of each its outcomes, its scores, its documents."""
        return json.loads(self.packed[f"case-{number}"])

    def scores(self, number: int, repeat: int = 1) -> Page:
        """Return the scores of a repeat."""
        return Page(self.case(number)["repeats"][repeat - 1]["html"])

    def documents(self, number: int, repeat: int = 1) -> Page:
        """Return the documents of a repeat."""
        return Page(self.packed[self.case(number)["repeats"][repeat - 1]["document"]])

    def cell(self, number: int, of: str) -> str:
        """Return what the cell of a class says in the row of a case."""
        (found,) = [each for each in self.page.get(f"row-{number}").holds if each.has(of)]
        return found.text


def eval_page_in(html: str) -> EvalPage:
    """Return a page, read."""
    page = Page(html)
    packs = [each for each in page.all("script") if each.attributes.get("type") == "application/octet-stream"]
    packed = {each.attributes["id"]: zlib.decompress(base64.b64decode(each.text)).decode() for each in packs}
    return EvalPage(html=html, page=page, packed=packed)


def differing(page: Page, of: str) -> list[str]:
    """Return what stands on one side only, or otherwise there: `old` or `new`."""
    return [each.text for each in page.all("div", of) if each.within and each.within.has("both")]


def edited(call: ModelCall) -> bool:
    """Tell whether a call is one of the arm whose persona says that one must be most careful."""
    return any("MOST careful" in message.text for message in call.messages)


def hostile_eval(bench: Bench) -> Evaluated:
    """Perform a suite in which artifact, persona and all that a model fills are full of attacks."""
    everything = " ".join([*HOSTILE.values()])

    def answer(call: ModelCall) -> Answer | None:
        if not call.owes:
            return None
        text = everything[-3000:] + (" changed" if edited(call) else "")
        return envelope([item(each.id, text=text, command=everything[:900], expect=text[:600]) for each in call.owes])

    blueprint = "".join(each for each in "\n\n".join(HOSTILE.values()) if each == "\n" or each >= " ")
    bench.checkout.write("hostile.md", f"{QUOTE}\n\n{blueprint}")
    bench.checkout.write("hostile.suite.yaml", _SUITE)
    said = f"Be MOST careful. {ATTACK} Produce a `PRE-FLIGHT CHECKLIST`."
    bench.edit(("Produce a `PRE-FLIGHT CHECKLIST`.", said))
    return bench.run("hostile.suite.yaml", models=[answering(answer)])


def prose_eval(bench: Bench) -> Evaluated:
    """Perform a persona with a section of every format that is edited, for prose that differs; some of it is lost.

    In repeat 2 the edited persona leaves a demand out, in repeat 3 the provider fails.
    """

    def answer(call: ModelCall) -> Answer:
        items = [*ANSWERS.get(call.step, ())]
        if call.sample == 2 and call.step == "5":
            return ModelError("529 overloaded", retryable=False)
        if edited(call) and call.step == "3":
            items[2] = items[2] | {"text": "If the identity provider is down, merchants keep working for two hours."}
            items = items[1:] if call.sample == 1 else items
        return envelope(items, notes="Read." if call.step == "1" else "")

    folder = bench.checkout.folder
    shutil.copy(BLUEPRINT, folder / "blueprint.md")
    shutil.copy(COMPOSE, folder / "compose.yml")
    bench.checkout.write("personas/rlr-1.persona.md", PERSONA)
    bench.checkout.write("prose.suite.yaml", _PROSE)
    bench.checkout.commit()
    bench.edit(
        ("Produce a `RISKS` section", "Be MOST careful. Produce a `RISKS` section"), name="personas/rlr-1.persona.md"
    )
    return bench.run("prose.suite.yaml", models=[ScriptedModel(answer, name=MODEL)])
