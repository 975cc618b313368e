"""A suite of cases to a verdict: whether an edit of a persona made it better or worse."""
