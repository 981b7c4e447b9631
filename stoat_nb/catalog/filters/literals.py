"""Numbers, texts and lists as they stand in an expression."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable
from typing import Any, TypeGuard

_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
#: Larger numbers are not calculated with.
_LARGEST, _LARGEST_POWER = 2**64, 64


def constant(tree: ast.expr) -> tuple[bool, Any]:
    """Return whether this is a value, and which; numbers may be calculated: ``2 * 3600``."""
    match tree:
        case ast.Constant(str() | bool() | int() | float() | None as value):
            return True, value
        case ast.UnaryOp(ast.USub() | ast.UAdd() as sign, operand):
            found, value = constant(operand)
            if found and isinstance(value, int | float) and not isinstance(value, bool):
                return True, -value if isinstance(sign, ast.USub) else value
        case ast.BinOp(left, sign, right) if type(sign) in _ARITHMETIC:
            return _calculated(_ARITHMETIC[type(sign)], constant(left), constant(right))
    return False, None


def is_list(tree: ast.expr) -> TypeGuard[ast.List | ast.Tuple | ast.Set]:
    """Return whether this is a list, in any of the ways of writing one."""
    return isinstance(tree, ast.List | ast.Tuple | ast.Set)


def _calculated(
    function: Callable[[Any, Any], Any], left: tuple[bool, Any], right: tuple[bool, Any]
) -> tuple[bool, Any]:
    if not all(found and _is_number(value) for found, value in (left, right)):
        return False, None
    if function is operator.pow and not (0 <= right[1] <= _LARGEST_POWER and left[1] >= 0):
        return False, None
    try:
        return True, function(left[1], right[1])
    except (ZeroDivisionError, OverflowError):
        return False, None


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) and abs(value) < _LARGEST
