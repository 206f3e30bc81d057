from tests.browser import browser, open_page, running_browser  # noqa: F401
