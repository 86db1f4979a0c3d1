"""Kernels that are forked from a process that has already imported the course, instead of started from nothing.

::

    server: provisioner.ForkedProvisioner --request, four descriptors--> zygote: zygote.Zygote
         (one zygote for each server, interpreter and list of modules)      | fork
    server <--"born", "bound", "exit 0"-- one socket a kernel -- kernel: newborn.Newborn, an ipykernel like any other

``forkable`` says what stands against a fork, ``wire`` holds what both sides say, ``zygotes`` is the server's view of
the zygotes, ``bindable`` a kernel that learns after its start for whom it works, ``pool`` keeps kernels ready.
A kernelspec chooses all this by ``"kernel_provisioner": {"provisioner_name": "ecitizen-forked"}``; see docs/kernels.md.
"""
