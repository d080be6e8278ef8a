"""How good the suggestions are on human-coded data, measured on interviews that were left out."""
