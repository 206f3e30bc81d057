from tests.browser import browser, open_page  # noqa: F401
