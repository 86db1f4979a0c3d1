"""The pure core of the learning simulator: no files, no clock, no network, no randomness but the run's seed.

The practice half: ``flow``, ``fields``, ``parts``, ``scenario`` (models of a portal, each resting on those before),
``persona`` and ``rubric`` (models beside it), ``variants`` (what the seed draws), ``stage`` (a scenario as one run sees
it), ``state`` (where a run stands), ``comparing`` and ``judging`` (hostile message -> event), ``machine`` (``Run``:
event -> next state), ``view`` and ``drawing`` (state -> what the browser draws), ``guard`` (real data is not let in),
``check``, ``check_parts``, ``trying`` (faults that an author can mend).

The quiz half: ``quiz`` (models), ``items`` (checking and presenting).

Nothing is imported here, so that each module stays usable alone; import the names from their modules.
"""
