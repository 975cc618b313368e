"""An eval to one HTML page for its reviewer: verdict, cases, documents side by side, what was edited."""
