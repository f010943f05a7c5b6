#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check.py FOLDER [SHOTS]: the triage pages of FOLDER in a browser, as TAP.

SHOTS is a folder for pictures of them: light, dark, on a phone and without scripts.
"""
import os
import sys

from browser import Browser

folder = sys.argv[1]
shots = sys.argv[2] if len(sys.argv) > 2 else None
browser = Browser()
results = 0


def check(name, passed, *why):
    global results
    results += 1
    print("%sok %d - %s" % ("" if passed else "not ", results, name))
    for line in () if passed else why:
        print("# " + str(line).replace("\n", " "))


def page(name):
    return os.path.join(folder, name + ".html")


def shoot(name):
    if shots:
        browser.screenshot(os.path.join(shots, name + ".png"))


def clean(name):
    complaints = browser.complaints()
    check(name + ": no complaint of the console", not complaints, *complaints)
    requests = [url for url in browser.requests() if not url.startswith("file:")]
    check(name + ": no request", not requests, *requests)


def boxes():
    return browser.evaluate("document.querySelectorAll('#flame [data-node]').length")


def said():
    return browser.evaluate("document.getElementById('flame-now').textContent")


for what in ("empty", "hostile", "series"):
    browser.open(page(what))
    clean(what)
    shoot(what + "-light")
    browser.open(page(what), dark=True)
    check(what + ": dark where that is wanted", browser.evaluate(
        "getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 26)")
    shoot(what + "-dark")
    browser.open(page(what), width=360, height=740, touch=True)
    width = browser.evaluate("document.documentElement.scrollWidth")
    check(what + ": fits a phone", width <= 360, width)
    shoot(what + "-phone")
    browser.open(page(what), scripts=False)
    shoot(what + "-noscript")

browser.open(page("hostile"))
check("hostile: names are no elements", browser.evaluate(
    "document.querySelectorAll('img, b[onerror], section b b').length") == 0)
check("hostile: names do nothing", browser.evaluate("document.title").startswith("leakcheck: "))
check("hostile: names are read as they are", "<img src=x" in browser.evaluate("document.body.innerText"))
browser.click("#flame [data-node='1']")
check("hostile: nor in what the script writes", "<img src=x" in said() and browser.evaluate(
    "document.querySelectorAll('img').length") == 0, said())
clean("hostile, after a click")

seconds = min(browser.open(page("big")) for _ in range(3))
# How long it takes depends on the machine's load; how much there is to do does not.
print("# big: opened in %.2f s" % seconds)
elements = browser.evaluate("document.querySelectorAll('*').length")
check("big: 10 000 sites are few elements", elements < 100000, elements)
clean("big")
shoot("big-light")
whole = boxes()
check("big: the flame graph is drawn", whole > 50, whole)
browser.click("#flame [data-node='2']")
check("big: a click zooms", browser.evaluate(
    "document.querySelector('#flame [data-node=\"2\"]').getAttribute('width')") == "100%")
shoot("big-zoomed")
browser.key("ArrowDown")
node = browser.evaluate("Number(document.activeElement.dataset.node)")
check("big: an arrow goes to what it calls", node > 2, node)
browser.key("Enter")
check("big: Enter zooms there", browser.evaluate(
    "document.activeElement.getAttribute('width')") == "100%")
browser.key("ArrowUp")
check("big: an arrow goes back", browser.evaluate("Number(document.activeElement.dataset.node)") < node)
browser.key("Escape")
check("big: Escape shows all", boxes() == whole, boxes(), whole)
browser.evaluate("""(() => { const metric = document.getElementById('flame-metric');
    metric.value = 'alloc_bytes'; metric.dispatchEvent(new Event('change')); })()""")
check("big: other numbers can be shown", boxes() > 50 and "iB" in said(), said())
browser.evaluate("document.activeElement.blur()")
browser.key("/")
check("big: / goes to the search", browser.evaluate("document.activeElement.id") == "search")
browser.type("something_1850")
browser.evaluate("new Promise(done => setTimeout(done, 400))")
check("big: a search says how much that is", said().startswith("found in "), said())
rows = browser.evaluate(
    "[...document.querySelectorAll('tr[data-row]')].filter(row => row.checkVisibility()).length")
hidden = browser.evaluate("document.querySelectorAll('tr[data-row].hidden').length")
check("big: and leaves the rows that have it", 0 < rows < 10000 and hidden > 0, rows, hidden)
shoot("big-found")
browser.key("Escape")
browser.type("something_486")
browser.evaluate("new Promise(done => setTimeout(done, 400))")
found = browser.evaluate("document.querySelectorAll('#flame .found').length")
check("big: and marks the frames", found > 0, found)
browser.key("Escape")
check("big: Escape ends it", browser.evaluate(
    "document.querySelectorAll('.hidden[data-row]').length") == 0)
browser.evaluate("document.activeElement.blur()")
browser.key("j")
browser.key("j")
check("big: j goes from leak to leak", browser.evaluate(
    "[...document.querySelectorAll('details.finding > summary')].indexOf(document.activeElement)") == 1)
browser.key("Enter")
clean("big, after all that")

browser.open(page("big"), scripts=False)
shoot("big-noscript")
browser.call("Emulation.setScriptExecutionDisabled", value=False)
check("big: without scripts it is there to read", browser.evaluate(
    "document.querySelectorAll('#flame > svg').length > 50 && "
    "document.querySelectorAll('tr[data-row]').length > 10000 && "
    "!document.getElementById('search').checkVisibility() && "
    "!document.getElementById('flame-tools').checkVisibility()"))
print("1..%d" % results)
browser.close()
