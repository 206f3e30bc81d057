"""Small clinics as each release left them, from which tests/test_upgrade.py goes on."""
