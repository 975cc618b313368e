"""Attacks on the page of a run: what artifacts may hold besides, and a model's answers full of it."""

from collections.abc import Mapping
from typing import Any

from tests.attacks import ATTACKS
from tests.pages import ANSWERS

_MARKUP: Mapping[str, str] = {
    "script": "<script>parent.pwned = 1</script>",
    "image": "<img src=x onerror=alert(1)>",
    "closing the script": "</script><script>alert(1)</script>",
    "closing the style": "</style><script>alert(1)</script>",
    "closing code": "</code></li></ol></aside><h1>Approved</h1>",
    "attribute": "\" onmouseover=\"alert(1)\" x=' onfocus='alert(1)' autofocus",
    "frame": "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "meta": '<meta http-equiv="refresh" content="0;url=https://evil.example">',
    "base": "<base href='https://evil.example/'>",
    "link": "[click](javascript:alert(1)) <a href=javascript:alert(1)>x</a> <https://evil.example>",
    "svg": "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "comment": "<!--",
    "cdata": "<![CDATA[ <script>alert(1)</script> ]]>",
    "template": "{{ 7 * 7 }} {% raw %} {{ facts.__class__.__mro__ }}",
    "mathml": "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "encoded": "&lt;script&gt;alert(1)&lt;/script&gt; &#60;img src=x onerror=alert(1)&#62;",
}
HOSTILE: Mapping[str, str] = {**ATTACKS, **_MARKUP}


def hostile_answers(text: str) -> dict[str, list[dict[str, Any]]]:
    """Return the answers of the rich run with a text in every place that a model fills."""

    def turned(item: dict[str, Any]) -> dict[str, Any]:
        changes: dict[str, Any] = {"text": f"{item['text']} {text}", "command": text, "expect": text[:600]}
        changes["cells"] = [{**cell, "value": f"{cell['value']} {text}"} for cell in item["cells"]]
        if item["cells"] and item["covers"] != ["SERVICES"]:
            changes["cells"].append({"column": text[:80], "value": text})
        if item["file"]["content"]:
            content = text + item["file"]["content"]
            changes["file"] = {"path": text[:200], "language": text[:40], "content": content}
        return {**item, **changes}

    return {step: [turned(item) for item in items] for step, items in ANSWERS.items()}
