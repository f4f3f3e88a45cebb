"""The hash of a visitor: it shows whether two votes are from the same visitor, and nothing else."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import date
from ipaddress import IPv6Address, ip_address, ip_network


def visitor_hash(address: str, user_agent: str, page: str, day: date, secret: bytes) -> str:
    """Return 64 hex digits: the same for the same visitor, page, day and secret.

    The hashes of other days, pages or secrets are unrelated, so visits can't be linked. Use
    `Store.secret_of(day)` as the secret: it is random, shared by all replicas and deleted after a
    day, and then nobody can try addresses against the hash. Of an IPv6 address only the network
    (/64) counts, because a household may use any address in its network.
    """
    parts = [day.isoformat(), page, _network(address), user_agent]
    return hmac.new(secret, json.dumps(parts).encode("ascii"), hashlib.sha256).hexdigest()


def _network(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        # A Unix socket or a test client, which has no IP address.
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ip_network((parsed.packed, 64), strict=False))
    return str(parsed)
