"""The page at ``/docs``: every route, what it takes and answers; nothing of it is from elsewhere.

What is usual here loads its script from a host on the internet; archives are often not on it.
Routes that only read are forms: filled in and sent, the browser shows what they answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from importlib.resources import files
from typing import Any

from jinja2 import Environment
from markupsafe import Markup, escape

Schema = Mapping[str, Any]

#: Values that are told one by one.
MOST_TOLD = 10


def reference_page(described: Mapping[str, Any], server: str) -> str:
    """Return the page for an OpenAPI description of what answers at ``server``."""
    schemas = described["components"]["schemas"]

    def resolved(schema: Schema) -> Schema:
        """Return what a reference refers to, and of what may be null what it is otherwise."""
        kinds = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
        schema = kinds[0] if len(kinds) == 1 else schema
        if "$ref" not in schema:
            return schema
        found: Schema = schemas[schema["$ref"].rpartition("/")[2]]
        return found

    page = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    page.filters |= {
        "resolved": resolved,
        "words": _words,
        "shown": lambda value: value if isinstance(value, str) else json.dumps(value),
        "example": _example,
        "meaning": lambda status: HTTPStatus(int(status)).phrase,
    }
    return page.from_string(_read("reference.html")).render(
        described=described,
        server=server,
        style=_read("reference.css"),
        most_told=MOST_TOLD,
        routes=[
            (verb, path, route)
            for path, verbs in described["paths"].items()
            for verb, route in verbs.items()
        ],
    )


def _read(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")


def _words(text: str) -> Markup:
    """Return words in which what stands between backticks is code."""
    return Markup(re.sub("`+([^`]+)`+", r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped


def _example(schema: Schema) -> str:
    return json.dumps(
        {
            name: one["examples"][0] if one.get("examples") else one.get("default")
            for name, one in schema["properties"].items()
        }
    )
