"""Addresses at which an object storage gives one object to whoever has them, for a short while: AWS Signature Version 4 in the
query (docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html). Only GET; type and disposition are signed with it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from community.clock import now


class Signer:
    """Signs for one bucket. Without an access key it cannot (`able`)."""

    def __init__(self, bucket: str, prefix: str, options: Mapping[str, Any]) -> None:
        self._region = str(options.get("region") or "us-east-1")
        self._key, self._secret = str(options.get("access_key_id") or ""), str(options.get("secret_access_key") or "")
        self._token = str(options.get("session_token") or "")
        endpoint = str(options.get("endpoint") or f"https://s3.{self._region}.amazonaws.com").rstrip("/")
        self._base = f"{endpoint}/{bucket}/" + (f"{prefix}/" if prefix else "")

    @property
    def able(self) -> bool:
        return bool(self._key and self._secret)

    def address(self, path: str, media_type: str, disposition: str, seconds: int, at: datetime | None = None) -> str:
        """Where `path` can be fetched for `seconds`, to be saved under the name and as the type that are given."""
        moment = (at or now()).strftime("%Y%m%dT%H%M%SZ")
        scope = f"{moment[:8]}/{self._region}/s3/aws4_request"
        parts = urlsplit(self._base + path)
        place = quote(parts.path, safe="/-_.~")
        asked = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": f"{self._key}/{scope}",
            "X-Amz-Date": moment,
            "X-Amz-Expires": str(seconds),
            "X-Amz-SignedHeaders": "host",
            "response-cache-control": "private, no-store",
            "response-content-disposition": disposition,
            "response-content-type": media_type,
        }
        if self._token:
            asked["X-Amz-Security-Token"] = self._token
        query = urlencode(sorted(asked.items()), quote_via=quote, safe="-_.~")
        request = "\n".join(["GET", place, query, f"host:{parts.netloc}", "", "host", "UNSIGNED-PAYLOAD"])
        words = "\n".join(["AWS4-HMAC-SHA256", moment, scope, hashlib.sha256(request.encode()).hexdigest()])
        key = b"AWS4" + self._secret.encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        signature = hmac.digest(key, words.encode(), "sha256").hex()
        return f"{parts.scheme}://{parts.netloc}{place}?{query}&X-Amz-Signature={signature}"
