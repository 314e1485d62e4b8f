"""What schemathesis cannot know by itself: which things there are to ask about.

The description of the interface says what a host's name or a cursor looks like; the test says which there are, in
`ASSURED_KNOWN`. Most of what is asked is about them, so that requests get past "there is no such host".
"""

import json
import os

import schemathesis
from hypothesis import strategies as st

KNOWN = json.loads(os.environ["ASSURED_KNOWN"])


def known_or(format_name, known, other):
    """Values of this format: those that there are, and now and then others."""
    schemathesis.openapi.format(format_name, st.sampled_from(known) | st.sampled_from(known) | other)


known_or("uuid", KNOWN["instances"], st.uuids().map(str))
known_or("host", KNOWN["hosts"], st.from_regex(r"\A[a-z0-9][a-z0-9._-]{0,20}\Z"))
known_or("domain", KNOWN["domains"], st.text("abcdefgh-0123456789", min_size=1, max_size=20))
known_or("hold", ["10m", "1s", "30d", "1h 30m"], st.integers(0, 9999).map("{}m".format))


@schemathesis.hook
def filter_case(context, case):
    """Cursors are of lists in the usual order: with another, none is good."""
    query = case.query or {}
    return not ("cursor" in query and "sort" in query)


@schemathesis.hook
def before_load_schema(context, schema):
    """Says in the description which values there are of what the service hands out."""
    schemas = schema["components"]["schemas"]
    schemas["HostId"]["format"] = "host"
    schemas["DomainName"]["format"] = "domain"
    schemas["HoldTime"]["format"] = "hold"
    for body in ("NewInstance", "ChangeFields"):
        schemas[body]["properties"]["policy"] = {"enum": KNOWN["policies"]}
    for path, methods in schema["paths"].items():
        for operation in methods.values():
            for parameter in operation["parameters"]:
                if parameter["name"] == "cursor":
                    parameter["schema"] = {"type": "string", "enum": KNOWN["cursors"][path]}
                elif parameter["in"] == "path" and path.startswith("/assets/"):
                    parameter["schema"] = {"type": "string", "enum": KNOWN["assets"]}
