"""What a server asks for, round by round. It has an adapter of its own, and no training data.

`ask(action, requests)` is all that it needs of a network: one request for each client, in a fixed order of clients, and the
replies in that order. Requests and replies are flat records of numbers and bytes. Client k of M has shard k of the tensors.
"""
from .node import Node


def iteration(node, ask, settings, number):
    """A step of all: scalars come in, 4 bytes each; everybody rebuilds the same update from them and the seed."""
    seed, shards = settings["seed"], settings["clients"]
    replies = ask("scalars", [{"seed": seed, "round": number, "shard": k + 1, "shards": shards} for k in range(shards)])
    update = {"seed": seed, "round": number, "shards": shards, "scalars": b"".join(reply["scalars"] for reply in replies)}
    node.apply(seed, number, update["scalars"], shards)
    ask("apply", [update] * shards)
    return replies


def epoch(node, ask, settings, _):
    """Some steps of each client on its own; the tensors of its shard come in, those of all shards go out."""
    shards = settings["clients"]
    replies = ask("train", [{"seed": settings["seed"], "steps": settings["steps"], "shard": k + 1, "shards": shards} for k in range(shards)])
    for k, reply in enumerate(replies):
        node.set_shard(reply["tensors"], k + 1, shards)
    ask("adopt", [{"tensors": node.shard()}] * shards)
    return replies


PROTOCOLS = {"iteration": iteration, "epoch": epoch}


def payload(reply):
    """Bytes that a client sent, without a transport's own."""
    return sum(len(value) for value in reply.values())


def rounds(ask, settings):
    """Runs the protocol; yields for each round its number, the bytes of each client, everybody's digest (the server's first),
    and the loss on the server's data. settings: those of Node, and protocol, rounds, clients, seed, steps."""
    protocol = PROTOCOLS[settings["protocol"]]
    with Node(settings, settings["seed"]) as node:
        for number in range(1, settings["rounds"] + 1):
            replies = protocol(node, ask, settings, number)
            digests = [node.digest(), *(reply["digest"] for reply in ask("digest", [{}] * settings["clients"]))]
            yield {"round": number, "bytes": [payload(reply) for reply in replies], "digests": digests, "loss": node.loss()}


def line_of(result):
    """A round in a line."""
    same = "the same adapter everywhere" if len(set(result["digests"])) == 1 else "ADAPTERS DIFFER"
    sent = ", ".join(str(count) for count in result["bytes"])
    return f"round {result['round']:3}: loss {result['loss']:.4f}; bytes sent by clients: {sent}; {same}: {result['digests'][0][:12]}"
