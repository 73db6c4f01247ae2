"""Addresses of our pages for letters, which are written where no request is at hand."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import current_app

from matchmaker.settings import Settings


def link(settings: Settings, endpoint: str, *, anchor: str = "", **values: str | int) -> str:
    """The public address of a page. It comes from PUBLIC_URL and never from a request's Host header."""
    public = urlsplit(settings.public_url)
    pages = current_app.url_map.bind(public.netloc, script_name=public.path or "/", url_scheme=public.scheme)
    address = pages.build(endpoint, values, force_external=True)
    return f"{address}#{anchor}" if anchor else address
