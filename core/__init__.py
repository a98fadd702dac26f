"""What the rest of the project shares; it imports nothing above it."""
