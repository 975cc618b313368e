"""Where I/O meets the engine: files in, models asked, journal written, document out."""
