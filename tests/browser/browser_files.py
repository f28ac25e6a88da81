"""Pages that are files: nothing goes wrong in them, and they ask for no more than they may."""


def page_of_files(chromium, allowed):
    """A page; in the end nothing went wrong in it, and all that it asked for is allowed."""
    context = chromium.new_context(viewport={"width": 1100, "height": 900})
    opened = context.new_page()
    wrong, asked = [], []
    opened.on("console", lambda message: wrong.append(message.text))
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("requestfailed", lambda request: wrong.append(request.url))
    opened.on("request", lambda request: asked.append(request.url))
    yield opened
    context.close()
    assert wrong == []
    assert asked
    assert [url for url in asked if not allowed(url)] == []
