"""What was found before: since when, how often it came back, and who looks after it."""
