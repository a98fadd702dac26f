"""What Extended Data Figure 1 draws: what the generators can and cannot make."""
