"""What a client answers: for each action a function of its node and the server's request. Only what it returns is sent.

A client lives as long as a message: frameworks start it anew for each. Between messages it keeps a record `kept`, which never
leaves its machine: who it is (seed, shard, shards), adapter, optimizer state and steps done.
"""
from .node import Node


def scalars(node, request):
    """Protocol "iteration": the client's whole gradient, 4 bytes a tangent. Nothing changes."""
    if node.library.node_step(node.handle) + 1 != request["round"]:
        raise ValueError(f"asked for step {request['round']} after step {node.library.node_step(node.handle)}")
    return {"scalars": node.scalars()}


def apply(node, request):
    """... and the update of all clients, from everybody's scalars."""
    node.apply(request["seed"], request["round"], request["scalars"], request["shards"])
    return {}


def train(node, request):
    """Protocol "epoch": steps on the client's own data; the tensors of its shard are sent."""
    node.train(request["steps"])
    return {"tensors": node.shard(request["shard"], request["shards"])}


def adopt(node, request):
    """... and the tensors of all shards, put together by the server."""
    node.set_shard(request["tensors"])
    return {}


def digest(node, _):
    """For tests: what the adapter is. Neither protocol needs it."""
    return {"digest": node.digest()}


ACTIONS = {action.__name__: action for action in (scalars, apply, train, adopt, digest)}
ON_DATA = {"scalars", "train"}  # the other actions do not open the client's data


def answer(action, settings, request, kept):
    """The reply to a request, and the record to keep; kept is {} before the first."""
    who = {name: request[name] if name in request else kept[name] for name in ("seed", "shard", "shards")}
    with Node({**settings, "data": settings["data"] if action in ON_DATA else ""}, **who) as node:
        if kept:
            node.restore(kept)
        reply = ACTIONS[action](node, request)
        return reply, {**who, **node.save()}
