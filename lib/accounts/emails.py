"""E-mail addresses as accounts have them. Pure. It does not know whether anybody reads there: a link proves that.

Only ASCII is accepted, which every mail server takes; a domain with other letters is written in its xn-- form. Nothing
that is accepted can end a header line or name a second recipient.
"""

import re

LONGEST = 254
ACCEPTED = "an e-mail address such as name@example.com"

_LOCAL = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ADDRESS = re.compile(rf"(?=.{{1,64}}@){_LOCAL}@{_LABEL}(?:\.{_LABEL})+")


def parse_email(text: str) -> str:
    """`text` as an account has it: in lower case, without space around it. Raises ValueError for what is no address.

    >>> parse_email(" Kim@Example.com ")
    'kim@example.com'
    """
    address = text.strip(" \t").lower()
    if len(address) > LONGEST or not address.isascii() or not _ADDRESS.fullmatch(address):
        raise ValueError("It is not an e-mail address.")
    return address
