"""Pictures of pages: taken small, and told apart by what is seen in them rather than by their bytes."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

QUALITY = 62
SCALE = 0.75
ALIKE = 0.004
"""The share of a picture's squares that may look different before it counts as another picture."""
COMPARE = """async ([one, other]) => {
  const read = async (data) => {
    const image = new Image();
    image.src = "data:image/webp;base64," + data;
    await image.decode();
    return image;
  };
  const [a, b] = [await read(one), await read(other)];
  if (a.width !== b.width || a.height !== b.height) return 1;
  const [w, h] = [Math.ceil(a.width / 8), Math.ceil(a.height / 8)];
  const seen = (image) => {
    const canvas = Object.assign(document.createElement("canvas"), { width: w, height: h });
    const pen = canvas.getContext("2d");
    pen.imageSmoothingQuality = "high";
    pen.drawImage(image, 0, 0, w, h);
    return pen.getImageData(0, 0, w, h).data;
  };
  const [p, q] = [seen(a), seen(b)];
  let different = 0;
  for (let at = 0; at < p.length; at += 4) {
    different += [0, 1, 2].some((c) => Math.abs(p[at + c] - q[at + c]) > 24);
  }
  return different / (w * h);
}"""
"""Each picture in squares of eight by eight dots: letters drawn a little differently leave these as they are."""


def take(page: Page, *, height: int, scale: float = SCALE, at: str = "") -> bytes:
    """The top of a page as WebP, at a part of its size; or what is seen once it is scrolled to ``at``."""
    page.evaluate("document.fonts.ready")
    if at:
        page.locator(at).evaluate("(part) => part.scrollIntoView()")
    width, top = page.evaluate("[innerWidth, scrollY]")
    clip: dict[str, Any] = {"x": 0, "y": top, "width": width, "height": height, "scale": scale}
    asked = {"format": "webp", "quality": QUALITY, "clip": clip}
    session = page.context.new_cdp_session(page)
    try:
        return base64.b64decode(session.send("Page.captureScreenshot", asked)["data"])
    finally:
        session.detach()


def alike(blank: Page, one: bytes, other: bytes) -> bool:
    """Whether two pictures show the same; ``blank`` is a page of nobody's, to decode them."""
    if one == other:
        return True
    encoded = [base64.b64encode(each).decode() for each in (one, other)]
    different: float = blank.evaluate(COMPARE, encoded)
    return different <= ALIKE


def keep(blank: Page, file: Path, taken: bytes) -> bool:
    """Write a picture down, unless the one that is there shows the same; whether it was written."""
    if file.exists() and alike(blank, file.read_bytes(), taken):
        return False
    file.write_bytes(taken)
    return True
