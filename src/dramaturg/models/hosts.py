"""A host's name to where it is; its one rule: what only looks like this machine is another."""

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine; a name that merely looks like a loopback address is not."""
    name = host.strip("[]").casefold()
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"
