"""A run to one HTML page for its reader: document, sources, demands, costs, prompts."""
