"""Answers are packed on their way out: on a slow line the bytes of a page and of its sheet are what people wait for.

Packing can give secrets away (BREACH): whoever makes somebody's browser ask for the same page again and again, with
guesses in the address, and sees how long the answers are, learns which guess the page also holds. That needs three
things at once, and two of them are missing here:

- Guesses from another site with the reader's cookies. Cookies are SameSite=Lax, so only opening a whole page sends
  them; and the browser says that another site did so (Sec-Fetch-Site), in which case nothing is packed.
- A secret that stays. The CSRF token in our forms is signed anew every second, and worth nothing without the signature.
- A look at the lengths, on the way. Nobody keeps that from happening.
"""

from __future__ import annotations

import gzip
from functools import lru_cache

import brotli
from flask import Flask, Response, request, session

from matchmaker.extensions import compress

CONFIG = {
    # Asked by _pack, which knows when not to.
    "COMPRESS_REGISTER": False,
    # A file that is sent piece by piece goes as it is: it is packed already, or too large to hold.
    "COMPRESS_STREAMS": False,
    "COMPRESS_ALGORITHM": ["br", "zstd", "gzip"],
    "COMPRESS_MIMETYPES": [
        "text/html",
        "text/css",
        "text/csv",
        "text/calendar",
        "text/javascript",
        "application/json",
        "application/problem+json",
        "image/svg+xml",
    ],
}
OURS = frozenset({None, "same-origin", "none"})
"""Who asked, as browsers say it: a page of ours, or the reader by themselves. Browsers that don't say are old ones."""
FILES = {"br": brotli.compress, "gzip": gzip.compress}
"""How our own files are packed: as tightly as can be, because it is done once. The first that the reader takes."""


def init_app(app: Flask) -> None:
    """Pack what this application answers."""
    app.config.from_mapping(CONFIG)
    compress.init_app(app)
    app.after_request(_pack)


def _pack(response: Response) -> Response:
    if request.endpoint == "static":
        return _packed_file(response)
    if session and request.headers.get("Sec-Fetch-Site") not in OURS:
        response.vary.update(("Accept-Encoding", "Sec-Fetch-Site"))
        return response
    packed: Response = compress.after_request(response)
    return packed


def _packed_file(response: Response) -> Response:
    """A file of ours, packed by whoever asks first, with a tag of its own: other bytes are another version of it."""
    response.vary.add("Accept-Encoding")
    how = next((each for each in FILES if request.accept_encodings.quality(each) > 0), None)
    tag, weak = response.get_etag()
    if how is None or response.status_code != 200 or tag is None or weak:
        return response
    response.direct_passthrough = False
    response.set_data(_packed(response.get_data(), how))
    response.headers["Content-Encoding"] = how
    response.set_etag(f"{tag}:{how}")
    response.make_conditional(request)
    return response


@lru_cache(maxsize=32)
def _packed(content: bytes, how: str) -> bytes:
    packed: bytes = FILES[how](content)
    return packed
