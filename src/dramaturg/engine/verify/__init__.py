"""A document and its plan to what is wrong with the document: its structure, demands, citations, open questions."""
