"""What the record in the database is called; its one rule: what is under way goes on only where these are the same."""

QUEUE = "dramaturg-runs"
WORKFLOW = "dramaturg.run"
VERSION = "dramaturg-1"  # of the order of steps and their names
EVENTS = "events"  # the stream of what happens in a run
RESUMED = "resumed"  # the topic under which a run is told that, and how, it goes on
HELD = "held"  # the attribute that says why a run rests
TAKEN_OVER = "taken_over"  # the attribute that counts the workers that died over a run
