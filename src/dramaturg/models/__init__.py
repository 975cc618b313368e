"""ModelCall to ModelReply: one adapter for each kind of engine, and one policy for trying again."""
