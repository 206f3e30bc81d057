"""What is kept for a while only: which rows, for how long, and how they go."""
