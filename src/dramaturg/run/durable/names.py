"""What the record in the database is called; its one rule: what is under way goes on only where these are the same."""

QUEUE = "dramaturg-runs"
WORKFLOW = "dramaturg.run"
VERSION = "dramaturg-1"  # of the order of steps and their names
EVENTS = "events"  # the stream of what happens in a run
RESUMED = "resumed"  # the topic under which a run is told that, and how, it goes on
HELD = "held"  # the attribute that says why a run rests
TAKEN_OVER = "taken_over"  # the attribute that counts the workers that died over a run
QUESTIONS = "dramaturg-questions"  # a queue of its own: no run waits behind ten thousand questions of an eval
QUESTION = "dramaturg.question"
PRESENT = f"dramaturg worker, {VERSION}"  # how the connection by which a worker is known to live is called
WORKERS = (  # how many live; its parameter `name` is the above
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = %(name)s"
)
_QUESTION = "question-"


def question_id(key: str) -> str:
    """Return what a question is called in the database: by what it asks, so that it is there once."""
    return f"{_QUESTION}{key}"


def is_question(workflow: str) -> bool:
    """Tell the id of a question from that of a run."""
    return workflow.startswith(_QUESTION)
