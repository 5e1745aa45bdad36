"""Time: calendars, dates and periods as people write them."""
