"""Takes the addresses of third parties out of a CycloneDX bill of materials: name, version and licence stay."""

import json
import sys
from pathlib import Path


def without_addresses(node):
    """The same JSON without any ``externalReferences``: home pages, chats and the registry a package came from."""
    if isinstance(node, dict):
        return {key: without_addresses(value) for key, value in node.items() if key != "externalReferences"}
    return [without_addresses(each) for each in node] if isinstance(node, list) else node


if __name__ == "__main__":
    bill = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    sys.stdout.write(json.dumps(without_addresses(bill), indent=1, ensure_ascii=False) + "\n")
