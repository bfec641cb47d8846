"""The parts of a running server that tests of its apps need, without listeners, threads or a store of their own."""

from __future__ import annotations

from mendline.access import SignIn, Tries
from mendline.app.agent_configs import AgentConfigs
from mendline.app.compose import Running
from mendline.chaos.experiments import Experiments
from mendline.chaos.orders import Orders
from mendline.chaos.runner import Runner
from mendline.store import Retention


def running_of(projects, counters, admission, bounds, clock, access):
    """What apps are made of."""
    state = access.state
    orders = Orders(state, clock, b"")
    return Running(
        projects,
        counters,
        admission,
        bounds,
        clock,
        access,
        SignIn(access, Tries()),
        AgentConfigs(state, clock),
        orders,
        lambda project: Experiments(state, project.name, orders.ready, orders.forget),
        Runner(state, clock, tuple, orders.forget, ""),
        "id",
        Retention(),
    )
