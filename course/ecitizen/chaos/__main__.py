"""The server of a simulated class: the real one, with a clock that can be moved."""

import sys
from pathlib import Path

from ecitizen.chaos.clock import install

if __name__ == "__main__":
    install(Path(sys.argv[2]))
    from ecitizen.web.server import main

    main(sys.argv[1])
