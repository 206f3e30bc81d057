"""The whole API asked with made-up requests by everybody who may ask: `python -m tests.fuzz`."""
