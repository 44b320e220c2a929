"""The posters of error pages."""

from __future__ import annotations

from typing import Final

# The poster of an error page, by status: four letters, and a line below them.
POSTERS: Final = {
    400: ("HUH?", "We read it twice. It did not help."),
    401: ("WHO?", "Take a seat first, then we talk."),
    403: ("NOPE", "Nothing personal."),
    404: ("NOPE", "Nothing is here. Possibly nothing ever was."),
    405: ("NOPE", "Right door, wrong knock."),
    409: ("DIBS", "Somebody was faster."),
    410: ("GONE", "It was good while it lasted."),
    413: ("LONG", "Brevity is the soul of chat."),
    429: ("EASY", "Breathe in. Breathe out. Try again."),
    500: ("OOPS", "That one is on us, not on you."),
    503: ("BUSY", "Back in a moment."),
    507: ("FULL", "No room for more words."),
}
OTHER: Final = ("HMPH", "That did not work.")
