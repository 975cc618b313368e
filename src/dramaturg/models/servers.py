"""A server's address to a client for it; its one rule: nothing travels there, or past it, that need not."""

from ssl import PROTOCOL_TLS_CLIENT, SSLContext
from urllib.parse import urlsplit

from httpx2 import AsyncClient, create_ssl_context
from openai import AsyncOpenAI, DefaultAioHttpClient

from dramaturg.models.hosts import is_loopback
from dramaturg.models.transport import carrying, in_pieces


def compatible_client(address: str, key: str) -> AsyncOpenAI:
    """Make a client for a server that merely speaks the vendor's dialect.

    The vendor's key does not travel there, which the SDK would also take from OPENAI_CUSTOM_HEADERS, nor do the names
    of organization and project; other headers that the user sets there do. To a server on this machine the way is
    direct, without the environment's proxy and without redirects, so that nothing leaves the machine.
    """
    parts = urlsplit(address)
    client = AsyncOpenAI(
        api_key=key or "none",
        base_url=address,
        max_retries=0,
        default_headers={"Authorization": f"Bearer {key or 'none'}"},
        http_client=_direct(parts.scheme) if is_loopback(parts.hostname or "") else carrying(DefaultAioHttpClient),
    )
    client.organization = client.project = None
    return client


def _direct(scheme: str) -> AsyncClient:
    """Return a client that takes nothing from the environment but the certificates to trust.

    Without TLS there are none to read, which would take 30 ms.
    """
    trusted = create_ssl_context() if scheme == "https" else SSLContext(PROTOCOL_TLS_CLIENT)
    return in_pieces(DefaultAioHttpClient)(verify=trusted, trust_env=False, follow_redirects=False)
