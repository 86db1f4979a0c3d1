"""The child process of ``server.running``."""

import sys

from ecitizen.web.server import main

if __name__ == "__main__":
    main(sys.argv[1])
