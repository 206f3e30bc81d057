"""What the clock starts: jobs that call services, as the other doors do."""
