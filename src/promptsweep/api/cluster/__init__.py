"""Runs on Ray: the driver leases slices of a plan to workers, Ray's actors, and stores what they make.

Ray places the workers, notices their deaths and carries the messages; the job loop is the runner's own.
"""

from promptsweep.api.cluster.starting import Cluster, Hands, chosen_cluster, connected

__all__ = ["Cluster", "Hands", "chosen_cluster", "connected"]
