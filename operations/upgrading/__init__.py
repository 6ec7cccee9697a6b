"""What lets one release run beside the next: which migrations the last one had, and what newer ones may do."""
