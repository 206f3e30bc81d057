"""How dates and times are written where a page doesn't say it itself."""
