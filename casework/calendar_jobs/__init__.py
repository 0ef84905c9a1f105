"""What the calendar does by itself: each job once a business date, made up when missed, taken over when its process died."""
