"""The page at ``/docs``: every route, what it takes and answers; nothing of it is from elsewhere.

What is usual here loads its script from a host on the internet; archives are often not on it.
Routes that only read are forms: filled in and sent, the browser shows what they answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from html import escape
from http import HTTPStatus
from importlib.resources import files
from typing import Any

Schema = Mapping[str, Any]

#: Values that are told one by one.
MOST_TOLD = 10


def reference_page(described: Mapping[str, Any], server: str) -> str:
    """Return the page for an OpenAPI description of what answers at ``server``."""
    routes = [
        _Route(server, verb.upper(), path, route, described["components"]["schemas"])
        for path, verbs in described["paths"].items()
        for verb, route in verbs.items()
    ]
    title = f"{escape(described['info']['title'])} REST API"
    style = (files(__package__) / "reference.css").read_text(encoding="utf-8")
    contents = "".join(f'<li><a href="#{one.anchor}">{one.heading}</a></li>' for one in routes)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{style}</style></head><body><header><h1>{title}</h1>"
        f"<p>Version {escape(described['info']['version'])}. "
        f"{escape(described['info'].get('summary', ''))} "
        'The same for programs: <a href="openapi.json">openapi.json</a>.</p></header>'
        f'<nav aria-label="Routes"><ul>{contents}</ul></nav>'
        f"<main>{''.join(one.section() for one in routes)}</main></body></html>"
    )


class _Route:
    """One verb of one path."""

    def __init__(self, server: str, verb: str, path: str, route: Schema, schemas: Schema) -> None:
        self._server, self._verb, self._path, self._route, self._schemas = (
            server,
            verb,
            path,
            route,
            schemas,
        )
        self.anchor = f"{verb}{path}".lower().translate(dict.fromkeys(map(ord, "/{}."), "-"))
        self.heading = f"<b>{verb}</b> <code>{escape(path)}</code>"
        self._takes = list(route.get("parameters", ()))

    def section(self) -> str:
        """Return all that there is to say of it."""
        return (
            f'<section id="{self.anchor}"><h2>{self.heading}</h2>'
            f"{_text(self._route.get('description', ''))}{self._parameters()}"
            f"{self._body()}{self._answers()}</section>"
        )

    def _parameters(self) -> str:
        if not self._takes:
            return self._form("") if self._is_open else ""
        rows = "".join(
            f"<tr><th scope=row><code>{escape(one['name'])}</code></th>"
            f"<td>{_kind_of(self._resolved(one['schema']))}</td><td>{self._field(one)}</td>"
            f"<td>{_line(one.get('description', ''))}</td></tr>"
            for one in self._takes
        )
        filled = "Try" if self._is_open else "If left out"
        head = f"<tr><th>Parameter<th>Type<th>{filled}<th>Meaning"
        table = f"<div class=wide><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>"
        return self._form(table) if self._is_open else table

    @property
    def _is_open(self) -> bool:
        """Whether a form without a script can ask for it."""
        return self._verb == "GET" and "{" not in self._path

    def _form(self, fields: str) -> str:
        path = escape(self._path.lstrip("/"))
        return f'<form action="{path}" target="_blank">{fields}<button>Send</button></form>'

    def _field(self, one: Schema) -> str:
        if not self._is_open:
            return "needed" if one.get("required") else _shown(one["schema"].get("default"))
        schema, default = self._resolved(one["schema"]), one["schema"].get("default")
        named = f'name="{escape(one["name"])}" aria-label="{escape(one["name"])}"'
        choices = [False, True] if schema.get("type") == "boolean" else schema.get("enum")
        if choices:
            options = (
                f"<option{' selected' * (choice == default)}>{_shown(choice)}"
                for choice in ([] if one.get("required") or default is not None else [""]) + choices
            )
            return f"<select {named}>{''.join(options)}</select>"
        value = "" if default in (None, []) else f' value="{_shown(default)}"'
        return f"<input {named}{value}>"

    def _body(self) -> str:
        content = self._route.get("requestBody", {}).get("content", {})
        if "application/json" not in content:
            return ""
        schema = self._resolved(content["application/json"]["schema"])
        example = {name: _example(one) for name, one in schema["properties"].items()}
        rows = "".join(
            f"<tr><th scope=row><code>{escape(name)}</code></th>"
            f"<td>{_kind_of(self._resolved(one))}</td>"
            f"<td>{'needed' if name in schema.get('required', ()) else _shown(one.get('default'))}"
            f"</td><td>{_line(one.get('description', ''))}</td></tr>"
            for name, one in schema["properties"].items()
        )
        command = f"curl -X {self._verb} {self._server}{self._path} --json '"
        return (
            "<div class=wide><table><thead><tr><th>Field<th>Type<th>If left out<th>Meaning</thead>"
            f"<tbody>{rows}</tbody></table></div>"
            f"<pre>{escape(command + json.dumps(example))}'</pre>"
        )

    def _answers(self) -> str:
        told = "".join(
            f"<dt>{escape(status)}</dt><dd>{_meaning(status, answer)}"
            f"{', '.join(self._fields_of(answer))}</dd>"
            for status, answer in self._route["responses"].items()
        )
        return f"<h3>Answers</h3><dl>{told}</dl>"

    def _fields_of(self, answer: Schema) -> Iterator[str]:
        for content in answer.get("content", {}).values():
            names = self._resolved(content.get("schema", {})).get("properties", {})
            if names:
                yield ": " + ", ".join(f"<code>{escape(name)}</code>" for name in names)

    def _resolved(self, schema: Schema) -> Schema:
        """Return what a reference refers to, and of what may be null what it is otherwise."""
        kinds = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
        schema = kinds[0] if len(kinds) == 1 else schema
        if "$ref" not in schema:
            return schema
        resolved: Schema = self._schemas[schema["$ref"].rpartition("/")[2]]
        return resolved


def _line(words: str) -> str:
    """Return words in which what stands between backticks is code."""
    return re.sub("`+([^`]+)`+", r"<code>\1</code>", escape(words))


def _meaning(status: str, answer: Schema) -> str:
    return HTTPStatus(int(status)).phrase if status.isdigit() else escape(answer["description"])


def _text(words: str) -> str:
    return "".join(f"<p>{_line(part)}</p>" for part in words.split("\n\n") if part.strip())


def _kind_of(schema: Schema) -> str:
    if len(schema.get("enum", ())) > MOST_TOLD:
        return f"one of {len(schema['enum'])} names"
    if "enum" in schema:
        return " or ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_kind_of(one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return f"{_kind_of(schema.get('items', {}))}, repeated"
    return escape(str(schema.get("type", "")))


def _example(schema: Schema) -> Any:
    return schema["examples"][0] if schema.get("examples") else schema.get("default")


def _shown(value: Any) -> str:
    return escape(value if isinstance(value, str) else json.dumps(value))
