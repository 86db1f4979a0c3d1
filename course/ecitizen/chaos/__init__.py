"""A class that goes on while everything fails: faults by seed, learners by protocol, and a verdict on the journal.

``faults`` draws what strikes whom at which press, ``links`` cuts the wire, ``server`` is killed, filled up and has its
clock moved, ``page`` and ``learner`` do what the lesson page and somebody before it do, ``lesson`` lets them meet and
compares what was acknowledged with what is stored. Linux only: it reads /proc and sets limits of other processes.
"""
