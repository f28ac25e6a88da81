"""Every value in JSON by its path, and JSON with another value there, for tests that spoil one place."""


def places(value, path=()):
    """The path of every value in JSON."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from places(each, (*path, key))


def put(value, path, new):
    """JSON with another value at a path."""
    if not path:
        return new
    key, *rest = path
    if isinstance(value, dict):
        return {**value, key: put(value[key], rest, new)}
    return [*value[:key], put(value[key], rest, new), *value[key + 1 :]]
