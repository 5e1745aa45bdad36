"""Calls are made: checked, addressed, bounded, sent, and their replies put into tables."""
