"""Cursor pagination: ``{"results", "next", "previous"}``, newest first, stable while rows are added."""

from base64 import b64encode
from typing import Any

from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request

LARGEST_ID = 2**63 - 1


class NewestFirst(CursorPagination):
    """By id from the highest down; 50 a page, ``?page_size=`` up to 200."""

    ordering = "-id"
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200

    def decode_cursor(self, request: Request) -> Cursor | None:
        """DRF's, which trusts the position; ours is an id, so anything else was made up. Raises NotFound."""
        cursor: Cursor | None = super().decode_cursor(request)
        position = str(cursor.position) if cursor and cursor.position is not None else None
        if position is not None and not (position.isascii() and position.isdigit() and int(position) <= LARGEST_ID):
            raise NotFound(self.invalid_cursor_message)
        return cursor

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": "string", "format": "uri", "nullable": True}
        example = b64encode(b"p=1042").decode()
        return {
            "type": "object",
            "required": ["results", "next", "previous"],
            "properties": {
                "results": schema,
                "next": {**link, "example": f"https://studio.example/api/v1/products/?cursor={example}"},
                "previous": link,
            },
        }
