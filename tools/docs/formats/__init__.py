"""One file per format: what it marks, as blocks."""
