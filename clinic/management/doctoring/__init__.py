"""What `manage.py doctor` looks at: each check answers in words what is so, and what to do."""
