"""What carries an SDK's requests; its one rule: of the clients that the SDK offers, the cheapest for many at once.

Both SDKs offer aiohttp in place of the HTTP client that they take by themselves. That one looks at each idle connection
whenever a request begins or ends, and parses in Python: 1 to 2 ms of processor time a request, ten times aiohttp's.
"""

from urllib.request import getproxies

from aiohttp import ClientError
from httpx2 import AsyncClient

FAULTS = (ClientError,)  # what the SDKs let through of it, such as an answer that is no HTTP
_PROXIES = frozenset({"http", "https", "all"})


def carrying(offered: type[AsyncClient]) -> AsyncClient | None:
    """Return the client that an SDK offers for many requests at once.

    None, for the SDK's usual one, where the environment names a proxy: aiohttp knows no SOCKS, and proxies differ.
    """
    return None if _PROXIES.intersection(getproxies()) else offered()
