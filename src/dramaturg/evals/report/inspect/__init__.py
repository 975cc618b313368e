"""An eval to logs of inspect, by which `inspect view` shows it and inspect's own analyses read it."""
