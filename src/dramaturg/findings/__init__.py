"""A fault as a value: what is wrong, where it stands, and what mends it."""
