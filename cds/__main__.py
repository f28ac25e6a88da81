"""``python -m cds`` is ``isotretinoin-cds``."""

import sys

from cds.cli import main

if __name__ == "__main__":
    sys.exit(main())
