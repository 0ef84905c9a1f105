"""The digests of a policy's rules as the tests keep them on record: `python -m policies.digests XZ2023`."""

import json
import sys

import policies


def digests(code: str) -> dict[str, str]:
    """Item -> digest, for the record that a test holds."""
    return {item.id: item.digest for item in policies.get(code)}


if __name__ == "__main__":
    print(json.dumps(digests(sys.argv[1]), indent=2))
