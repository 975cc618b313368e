"""A result to what people and programs read of it; its one rule: no rate without its denominator and its interval."""
