"""Source data in, published panels out: one script per figure, and the report."""
