"""What the rest of the project shares: contract, statistics, utilities. Imports nothing above it."""
