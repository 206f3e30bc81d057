"""What every request goes through, whichever door it takes: middleware, limits, error pages."""
