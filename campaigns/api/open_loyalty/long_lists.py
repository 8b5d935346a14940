"""
Lists of codes that are too long to be held in memory: read from the network to a file, and from it.

Below MAX_BODY_BYTES a body is parsed as everywhere; above it only here, up to MAX_UPLOAD_BYTES.
"""

from collections.abc import Iterator, Mapping
from tempfile import TemporaryFile
from typing import IO, Any

import ijson
from django.conf import settings
from rest_framework import serializers
from rest_framework.exceptions import ParseError

from loyalty.core.api import parsing

CHUNK_BYTES = 64 * 1024
NOT_TEXTS = "These should be texts."


class StoredCodes:
    """The codes of a JSON body in a temporary file; iterated as often as one likes."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file

    def __iter__(self) -> Iterator[str]:
        self.seek(0)
        return (str(code) for code in ijson.items(self.file, "coupons.item"))

    def chunks(self) -> Iterator[bytes]:
        """Yield the body, for its fingerprint."""
        self.seek(0)
        while chunk := self.file.read(CHUNK_BYTES):
            yield chunk

    def seek(self, place: int) -> None:
        self.file.seek(place)


class LongListParser(parsing.JSONParser):
    """Parses `{"coupons": […], "append": …}` of any length in constant memory."""

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        assert parser_context is not None
        request = parser_context["request"]._request
        length = int(request.META.get("CONTENT_LENGTH") or 0)
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if limit is None or length <= limit:
            return super().parse(stream, media_type, parser_context)
        file: IO[bytes] = TemporaryFile()  # noqa: SIM115  # closed with the request's last reader
        while chunk := stream.read(CHUNK_BYTES):
            file.write(chunk)
        return tree_of(file)


def tree_of(file: IO[bytes]) -> parsing.Tree:
    """
    Return what the call looks at of a body: `coupons`, left in the file, and `append`.

    :raises ParseError: not JSON, or texts that no database takes.
    """
    tree: parsing.Tree = {}
    file.seek(0)
    try:
        for path, event, value in ijson.parse(file):
            if path == "coupons" and event == "start_array":
                tree["coupons"] = StoredCodes(file)
            elif path == "coupons.item":
                if event not in {"string", "number"}:
                    tree["coupons"] = NOT_TEXTS
                elif "\0" in str(value):
                    raise ParseError("The body contains a NUL character.")
            elif path == "append":
                tree["append"] = value
    except (ijson.JSONError, UnicodeDecodeError) as error:
        raise ParseError("Malformed JSON.") from error
    return tree


class CodesField(serializers.ListField):
    """A list of codes, or one that waits in a file and was looked through already."""

    child = serializers.CharField(allow_blank=True)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return data if isinstance(data, StoredCodes) else super().run_validation(data)
