"""Which parts of a network have a supply."""

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import breadth_first_order, connected_components

from simulator.topology import Topology

Flags = npt.NDArray[np.bool_]


def supplied(topology: Topology, shut: Flags) -> Flags:
    """Tell which nodes a held pressure reaches: both ways through lines, forward alone through regulators.

    Args:
        topology: of the network.
        shut: lines that pass nothing, and tripped regulators.
    """
    nodes = len(topology.node_ids)
    is_line = np.arange(len(topology.tail)) < topology.lines
    open_, back = ~shut, ~shut & is_line
    every = np.concatenate
    source = np.full(len(topology.fixed), nodes)  # a node of its own, before all held ones
    row = every([topology.tail[open_], topology.head[back], source])
    column = every([topology.head[open_], topology.tail[back], topology.fixed])
    graph = csr_matrix((np.ones(len(row)), (row, column)), (nodes + 1, nodes + 1))
    reached = np.zeros(nodes + 1, np.bool_)
    reached[breadth_first_order(graph, nodes, return_predecessors=False)] = True
    return reached[:nodes]


def tiers(topology: Topology, shut: Flags) -> tuple[int, npt.NDArray[np.int32]]:
    """Number the parts that regulators separate: how many, and that of each node."""
    nodes, lines = len(topology.node_ids), slice(0, topology.lines)
    open_ = ~shut[lines]
    tail, head = topology.tail[lines][open_], topology.head[lines][open_]
    count, part = connected_components(csr_matrix((np.ones(len(tail)), (tail, head)), (nodes, nodes)), directed=False)
    return int(count), part
