"""Networks from which mail gateways look at pixels and links: published ranges of services whose machines do that.

A hit from one of them is a scanner's, whatever it calls itself. Each range is
one that its owner publishes for its customers' firewalls:

    microsoft-365   Exchange Online Protection; learn.microsoft.com "Microsoft 365 URLs and IP address ranges",
                    and as JSON at endpoints.office.com/endpoints/worldwide (service area Exchange, ids 9 and 10)
    barracuda       Email Gateway Defense; campus.barracuda.com "Email Gateway Defense IP Ranges"
    mimecast        mimecastsupport.zendesk.com "Mimecast Data Centers and URLs"
    proofpoint      help.proofpoint.com "Proofpoint Essentials: data centre IP ranges"

To bring it up to date, compare with these pages and edit `_PUBLISHED`; a test
reads every line. Data centres at large are left out on purpose: people's
virtual private networks end there. The address is compared and forgotten.
"""

import socket
from bisect import bisect_right
from functools import cache

_PUBLISHED = {
    "microsoft-365": """
        40.92.0.0/15 40.107.0.0/16 52.100.0.0/14 52.238.78.88/32 104.47.0.0/17
        2a01:111:f400::/48 2a01:111:f403::/48
    """,
    "barracuda": """
        209.222.80.0/21 64.235.144.0/20 3.24.133.128/25 15.222.16.128/25 35.157.190.224/27 18.185.115.192/26
        18.184.203.224/27 13.200.136.128/25 35.176.92.96/27 18.133.136.128/26 18.133.136.96/27
    """,
    "mimecast": """
        170.10.128.0/24 170.10.129.0/24 170.10.130.0/24 170.10.131.0/24 170.10.132.0/24 170.10.133.0/24
        205.139.110.0/24 205.139.111.0/24 207.211.30.0/24 207.211.31.0/25 207.211.41.113/32 216.205.24.0/24
        63.128.21.0/24 91.220.42.0/24 146.101.78.0/24 185.58.85.0/24 185.58.86.0/24 51.163.158.0/24 62.140.7.0/24
        194.104.109.0/24 194.104.111.0/24 103.13.69.0/24 124.47.150.0/24 124.47.189.0/24 103.96.21.0/24 103.96.23.0/24
        41.74.192.0/22 41.74.196.0/22 41.74.200.0/23 41.74.204.0/23 41.74.206.0/24
    """,
    "proofpoint": """
        67.231.144.0/20 148.163.128.0/19 66.159.224.0/19 205.220.160.0/19 91.209.104.0/24 91.207.212.0/23
        62.209.50.0/23 185.132.180.0/22 185.183.28.0/22
    """,
}


def network_of(address: str) -> str:
    """The scanner's network an address lies in; '' for every other one, and for what is no address."""
    number = _to_number(address)
    if number is None:
        return ""
    first, last, names = _ranges()
    place = bisect_right(first, number) - 1
    return names[place] if place >= 0 and number <= last[place] else ""


@cache
def _ranges() -> tuple[list[int], list[int], list[str]]:
    """First and last address, and name, of every range in order; as IPv6 numbers, so that one search does for both."""
    found = []
    for name, listed in _PUBLISHED.items():
        for network in listed.split():
            base, _, length = network.partition("/")
            first = _to_number(base)
            if first is None:
                raise ValueError(network)
            found.append((first, first | ((1 << ((128 if ":" in base else 32) - int(length))) - 1), name))
    found.sort()
    return [each[0] for each in found], [each[1] for each in found], [each[2] for each in found]


def _to_number(address: str) -> int | None:
    try:
        packed = socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)
    except (OSError, ValueError):
        return None
    return int.from_bytes(packed if len(packed) == 16 else b"\0" * 10 + b"\xff\xff" + packed, "big")
