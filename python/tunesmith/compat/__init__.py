"""Stand-ins for other trackers."""
