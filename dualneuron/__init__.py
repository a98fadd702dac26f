"""Digital twins of visual neurons: responses, screening, most and least exciting inputs, axes."""
