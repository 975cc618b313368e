"""Text to Persona: scan a file, read its frontmatter, resolve its chain."""
