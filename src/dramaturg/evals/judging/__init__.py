"""Documents to what a second model says of them; its one rule: who judges learns neither arm, revision nor author."""
