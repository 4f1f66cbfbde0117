"""Server and clients in one process, the records between them as Python's dicts: what any transport does, and nothing else.

usage: python3 -m lorac_federated.local --library L --weights W --heldout FILE --data FILE... [options]
"""
import argparse
import sys

from .client import answer
from .node import NodeError
from .server import PROTOCOLS, line_of, rounds


def local_network(clients):
    """clients: the settings of each. What each keeps is in a list here."""
    kept = [{} for _ in clients]

    def ask(action, requests):
        replies = []
        for k, request in enumerate(requests):
            reply, kept[k] = answer(action, clients[k], request, kept[k])
            replies.append(reply)
        return replies

    return ask


def arguments():
    parser = argparse.ArgumentParser(prog="lorac_federated.local", description="Federated training in one process.")
    parser.add_argument("--library", required=True, help="made by examples/federated/build")
    parser.add_argument("--weights", required=True)
    parser.add_argument("--heldout", required=True, help="the server measures its loss on it")
    parser.add_argument("--data", required=True, nargs="+", help="a file for each client")
    parser.add_argument("--protocol", choices=PROTOCOLS, default="iteration")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--steps", type=int, default=10, help="of each client in a round of protocol epoch")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def main():
    options = vars(arguments())
    everybody = {name: options[name] for name in ("library", "weights", "threads")}
    ask = local_network([{**everybody, "data": path} for path in options["data"]])
    settings = {**options, "data": options["heldout"], "clients": len(options["data"])}
    try:
        for result in rounds(ask, settings):
            print(line_of(result), flush=True)
    except NodeError as error:
        sys.exit(f"lorac_federated: {error}")


if __name__ == "__main__":
    main()
