"""How an item of a list begins; its one rule: an author's dash is as good a mark as an asterisk."""

BULLET = r"[-*+•–]"
ITEM = rf"(?:{BULLET}|\d+[.)])"
