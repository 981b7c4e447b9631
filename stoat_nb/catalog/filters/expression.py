"""Expressions such as ``height >= 2160 and codec in ["hevc", "av1"]``, read into a tree.

The text is Python's grammar as the standard library's ``ast`` reads it; nothing is ever run. Every
kind of node that is not named here is refused.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, cast

from stoat_nb.catalog.filters.checked import checked, comparison
from stoat_nb.catalog.filters.fields import FIELDS, Field, field_named
from stoat_nb.catalog.filters.literals import constant, is_list
from stoat_nb.catalog.filters.spelling import Spelled, spelled
from stoat_nb.catalog.filters.tree import (
    AllOf,
    AnyOf,
    Compare,
    Holds,
    Node,
    Not,
    OneOf,
    Operator,
    Part,
    Truth,
    Unknown,
    known_but,
)
from stoat_nb.catalog.values import as_stored_text
from stoat_nb.errors import FilterError
from stoat_nb.names import shown

#: Characters an expression may have, and how deep it may be nested.
LONGEST, DEEPEST, LARGEST = 4096, 40, 1000

_OPERATORS: dict[type[ast.cmpop], Operator] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_MIRRORED: dict[Operator, Operator] = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
#: A column: ``height``, or of an analysis ``loudness.lufs``.
_COLUMN = ast.Name | ast.Attribute
METHODS = ("contains", "startswith", "endswith")


def parsed(text: str, fields: Mapping[str, Field] = FIELDS) -> Node:
    """Return the tree of an expression over some columns, those of videos if not given.

    Raises
    ------
    FilterError
        If it is no expression, too long or too deep, or asks for what there is not; it says where.

    Examples
    --------
    >>> parsed("fps > 50").operator
    '>'
    """
    if len(text) > LONGEST:
        raise FilterError(
            f"The expression has {len(text):,} characters. Write at most {LONGEST:,}."
        )
    told = spelled("".join(map(_escaped, text)))
    lead = len(told.source) - len(told.source.lstrip())
    source = told.source.strip()
    told = Spelled(source, told.places[lead:], {at - lead: of for at, of in told.units.items()})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes that mean nothing
            tree = ast.parse(source, mode="eval").body
        return _Reader(told, fields).read(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
        raise _unreadable(problem, told) from None


def _escaped(char: str) -> str:
    # Half characters and NUL cannot be in source, but their escapes can.
    return f"\\u{ord(char):04x}" if char == "\0" or "\ud800" <= char <= "\udfff" else char


def _unreadable(problem: Exception, told: Spelled) -> FilterError:
    reason, where = "it is nested too deep", ""
    if isinstance(problem, SyntaxError):
        reason = problem.msg
        at = min(problem.offset or 0, len(told.places))
        where = f" near character {told.places[at - 1] + 1}" if at > 0 else ""
    return FilterError(
        f"The expression cannot be read{where}: {shown(reason)}. "
        'Write it like: height >= 2160 and codec in ["hevc", "av1"].'
    )


class _Reader:
    """Reads one expression."""

    def __init__(self, told: Spelled, fields: Mapping[str, Field]) -> None:
        self._fields = fields
        self._source, self._places, self._units = told
        self._lines = self._source.splitlines(keepends=True) or [""]
        self._read = 0

    def read(self, tree: ast.expr, depth: int = 0) -> Node:
        """Return what is true or false of a video."""
        self._read += 1
        if depth > DEEPEST or self._read > LARGEST:
            raise FilterError(
                f"The expression is too large: it may have {LARGEST:,} parts, "
                f"{DEEPEST} inside each other. Split it up."
            )
        match tree:
            case ast.BoolOp(op, values):
                parts = tuple(self.read(value, depth + 1) for value in values)
                return AllOf(parts) if isinstance(op, ast.And) else AnyOf(parts)
            case ast.UnaryOp(ast.Not(), operand):
                return Not(self.read(operand, depth + 1))
            case ast.Compare(left, signs, rights):
                return self._chain(tree, [left, *rights], signs)
            case ast.Name() | ast.Attribute():
                return self._truth(tree)
            case ast.Call(ast.Attribute(), [_], []):
                return self._method(tree)
            case _:
                raise self._refusal(tree, _instead(tree))

    def _chain(self, tree: ast.expr, sides: Sequence[ast.expr], signs: Sequence[ast.cmpop]) -> Node:
        self._read += len(signs)
        parts = tuple(
            self._told_where(tree, self._pair, left, sign, right)
            for left, sign, right in zip(sides, signs, sides[1:], strict=False)
        )
        return parts[0] if len(parts) == 1 else AllOf(parts)

    def _pair(self, left: ast.expr, sign: ast.cmpop, right: ast.expr) -> Node:
        if isinstance(sign, ast.Is | ast.IsNot):
            return self._is_none(left, sign, right)
        if isinstance(sign, ast.In | ast.NotIn):
            return self._membership(left, sign, right)
        operator = _OPERATORS[type(sign)]
        if not isinstance(left, _COLUMN):
            left, right, operator = right, left, _MIRRORED.get(operator, operator)
        field = self._field(left)
        if isinstance(right, _COLUMN):
            return _two_columns(field, operator, self._field(right))
        value = self._value(field, right)
        if value is None:
            raise self._refusal(right, f"write '{field.name} is None', or 'is not None'")
        return comparison(field, operator, value)

    def _is_none(self, left: ast.expr, sign: ast.cmpop, right: ast.expr) -> Node:
        field = self._field(left)
        if not (isinstance(right, ast.Constant) and right.value is None):
            raise self._refusal(right, "only None can follow 'is': write == instead")
        return Unknown(field) if isinstance(sign, ast.Is) else Not(Unknown(field))

    def _membership(self, left: ast.expr, sign: ast.cmpop, right: ast.expr) -> Node:
        is_in = isinstance(sign, ast.In)
        if isinstance(right, _COLUMN):
            field = self._field(right)
            found = _held(field, self._constant(left))
            return found if is_in else known_but(field, found)
        field = self._field(left)
        if not is_list(right):
            raise self._refusal(right, f"write a list: {field.name} in [..., ...]")
        wanted = [self._value(field, one) for one in right.elts]
        return one_of(field, wanted) if is_in else _none_of(field, wanted)

    def _method(self, tree: ast.Call) -> Node:
        function = cast("ast.Attribute", tree.func)
        field = self._field(function.value)
        if function.attr not in METHODS:
            raise self._refusal(tree, f"choose one of: {', '.join(METHODS)}")
        text = self._constant(tree.args[0])
        if field.kind != "text" or not isinstance(text, str):
            raise self._refusal(tree, f"{function.attr} is for a column of text and text in quotes")
        return Holds(field, cast("Part", function.attr), as_stored_text(text))

    def _truth(self, tree: ast.Name | ast.Attribute) -> Node:
        field = self._field(tree)
        if field.kind not in ("flag", "list"):
            raise self._refusal(tree, f"'{field.name}' is not yes or no: compare it with something")
        return Truth(field)

    def _field(self, tree: ast.expr) -> Field:
        match tree:
            case ast.Name(name):
                pass
            case ast.Attribute(ast.Name(analysis), column):
                name = f"{analysis}.{column}"
            case _:
                raise self._refusal(tree, "compare a column with a value: height >= 1080")
        field: Field = self._told_where(tree, field_named, name, self._fields)
        return field

    def _value(self, field: Field, tree: ast.expr) -> Any:
        """Return a value for a column, which must be in its unit if it has one."""
        for part in ast.walk(tree):
            if not isinstance(part, ast.Constant):
                continue
            unit = self._units.get(self._offset(part))
            if unit and unit != field.unit and not (unit == "s" and field.kind == "moment"):
                said = f"in {field.unit}" if field.unit else f"not in {unit}"
                raise self._refusal(part, f"'{field.name}' is {said}")
        return self._constant(tree)

    def _constant(self, tree: ast.expr) -> Any:
        found, value = constant(tree)
        if not found:
            raise self._refusal(tree, _instead(tree))
        return value

    def _told_where(self, tree: ast.expr, function: Any, *args: Any) -> Any:
        """Call a function; what it refuses gets its place in the expression."""
        try:
            return function(*args)
        except FilterError as problem:
            if str(problem).startswith("At character"):
                raise
            raise FilterError(f"At character {self._place(tree)}: {problem}") from None

    def _refusal(self, tree: ast.expr, remedy: str) -> FilterError:
        written = shown(ast.get_source_segment(self._source, tree) or "")
        said = f"{written[:80]}..." if len(written) > 80 else written  # noqa: PLR2004 - a line's worth
        return FilterError(
            f"At character {self._place(tree)}: '{said}' cannot be used here; {remedy}."
        )

    def _place(self, tree: ast.expr) -> int:
        return self._places[self._offset(tree)] + 1

    def _offset(self, tree: ast.expr) -> int:
        before = self._lines[: tree.lineno - 1]
        line = self._lines[min(tree.lineno, len(self._lines)) - 1]
        inside = line.encode()[: tree.col_offset].decode("utf-8", "ignore")
        return sum(map(len, before)) + len(inside)


def one_of(field: Field, wanted: Sequence[Any]) -> Node:
    """Return whether a column is one of some values; None stands for unknown."""
    values = tuple(checked(field, value) for value in wanted if value is not None)
    parts: list[Node] = [OneOf(field, values)] if values else []
    if len(values) < len(wanted):
        # A list that holds nothing says as little as none.
        parts.append(Not(Truth(field)) if field.kind == "list" else Unknown(field))
    return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))


def _none_of(field: Field, wanted: Sequence[Any]) -> Node:
    found = one_of(field, wanted)
    return Not(found) if None in wanted else known_but(field, found)


def _held(field: Field, value: Any) -> Node:
    if field.kind == "list":
        return OneOf(field, (checked(field, value),))
    if field.kind != "text" or not isinstance(value, str):
        raise FilterError(
            f"Nothing can be in '{field.name}'. "
            f"Ask for text in a column of text, or for {field.name} in [..., ...]."
        )
    return Holds(field, "contains", as_stored_text(value))


def _two_columns(field: Field, operator: Operator, other: Field) -> Node:
    if field.kind != other.kind or field.kind == "list":
        raise FilterError(
            f"'{field.name}' and '{other.name}' cannot be compared. Compare columns of one kind."
        )
    if field.kind == "flag" and operator not in ("==", "!="):
        raise FilterError(f"'{field.name}' is yes or no. Compare it by == or != only.")
    return Compare(field, operator, other)


def _instead(tree: ast.expr) -> str:
    match tree:
        case ast.BinOp(op=ast.BitAnd()):
            return "write 'and' for '&'"
        case ast.BinOp(op=ast.BitOr()):
            return "write 'or' for '|'"
        case ast.UnaryOp(op=ast.Invert()):
            return "write 'not' for '~'"
        case ast.Call():
            return f"call only {', '.join(METHODS)} of a column, each with one text"
    return "write a column, an operator and a number, text in quotes, True, False or a list"
