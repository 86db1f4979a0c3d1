"""``python -m ecitizen`` is the command ``ecitizen``."""

from ecitizen.cli import main

main()
