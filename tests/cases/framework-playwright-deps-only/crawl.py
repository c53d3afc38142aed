import os

from playwright.sync_api import sync_playwright

with sync_playwright() as p:
    browser = p.chromium.connect(os.environ['BROWSER_URL'])
    browser.new_page().goto('https://example.org')
