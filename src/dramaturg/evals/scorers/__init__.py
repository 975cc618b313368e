"""A performance to scores: what a document has, what it rests on, what it took; one value from 0 to 1 each."""
