"""The command line: it parses, calls and prints; decisions are made elsewhere."""
