"""Files become passages: read in a process of its own, cut by structure, kept as they change."""
