"""Plan to Outcome, pure: the engine decides what to ask and whether the answer will do; drivers act."""
