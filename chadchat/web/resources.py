"""What the owner's resources share: deleting with a form, and the answers after an act.

A form knows GET and POST only: POST with the field `_method=delete` to a resource is its DELETE.
"""

from __future__ import annotations

from quart import Response
from werkzeug.exceptions import MethodNotAllowed

from .body import read_fields
from .respond import Wants, json, request, see_other, wants


async def deletes() -> bool:
    """Whether this request is a DELETE, by its method or its form."""
    return request().method == "DELETE" or (await read_fields()).get("_method", "").lower() == "delete"


async def check_delete() -> None:
    """Raises MethodNotAllowed for a POST that does not say it deletes."""
    if not await deletes():
        raise MethodNotAllowed(["DELETE"])


def done(back: str, shown: dict[str, object], status: int = 200) -> Response:
    """The answer to an act: JSON, or the page at `back`, which shows what it did."""
    if wants() in (Wants.PAGE, Wants.FRAGMENT):
        return see_other(back)
    return json(shown, status)
