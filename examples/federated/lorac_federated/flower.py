"""The same client and server as apps of Flower (flwr): a request is a ConfigRecord in a Message, a reply another.

Settings come from the run's configuration (pyproject.toml, `flwr run --run-config`), and for a client from its node's too, which
goes first (`flower-supernode --node-config`): library, weights and data are paths on its machine. What a client keeps between
messages is in its Context.
"""
import time

from flwr.app import ConfigRecord, Message, RecordDict
from flwr.clientapp import ClientApp
from flwr.serverapp import ServerApp

from .client import ACTIONS, answer
from .server import line_of, rounds

RECORD = "lorac"
client = ClientApp()
server = ServerApp()


def message_type(action):
    return f"query.{action}" if action == "digest" else f"train.{action}"


def answer_message(action):
    def handler(message, context):
        settings = {**context.run_config, **context.node_config}
        # Simulated nodes share a configuration, so {client} in the path of their data is replaced by their number.
        settings["data"] = settings["data"].format(client=int(settings.get("partition-id", 0)) + 1)
        kept = dict(context.state[RECORD]) if RECORD in context.state else {}
        reply, kept = answer(action, settings, dict(message.content[RECORD]), kept)
        context.state[RECORD] = ConfigRecord(kept)
        return Message(RecordDict({RECORD: ConfigRecord(reply)}), reply_to=message)

    return handler


for name in ACTIONS:
    register = client.query(name) if name == "digest" else client.train(name)
    register(answer_message(name))


def flower_network(grid, clients, wait=1.0):
    """Waits until there are so many nodes, and asks these, in the order of their ids."""
    while len(nodes := sorted(grid.get_node_ids())) < clients:
        time.sleep(wait)
    nodes = nodes[:clients]

    def ask(action, requests):
        replies = {}
        sent = [Message(RecordDict({RECORD: ConfigRecord(request)}), node, message_type(action)) for node, request in zip(nodes, requests)]
        for message in grid.send_and_receive(sent):
            if message.has_error():
                raise RuntimeError(f"{action}, node {message.metadata.src_node_id}: {message.error.reason}")
            replies[message.metadata.src_node_id] = dict(message.content[RECORD])
        return [replies[node] for node in nodes]

    return ask


@server.main()
def main(grid, context):
    settings = {**context.run_config, "data": context.run_config["heldout"]}
    for result in rounds(flower_network(grid, settings["clients"]), settings):
        print(line_of(result), flush=True)
