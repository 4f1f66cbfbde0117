"""What examples/federated promises, checked on its own client and server.

Usage: federated_example.py FOLDER, with forward.so, zeroth.so, checkpoint.so and client-1.jsonl .. client-3.jsonl in it.
"""
import subprocess
import sys

from lorac_federated.client import answer
from lorac_federated.local import local_network
from lorac_federated.node import Node, NodeError
from lorac_federated.server import rounds

CLIENTS, SEED = 3, 5
TANGENTS = {"forward": 3, "zeroth": 1}
passed = failed = 0


def expect(name, holds, detail=""):
    global passed, failed
    passed, failed = passed + bool(holds), failed + (not holds)
    print(f"{'PASS' if holds else 'FAIL'} {name}{'' if holds else f': {detail}'}", flush=True)


def refused(name, words, call, *arguments):
    try:
        call(*arguments)
        expect(name, False, "nothing was said")
    except (NodeError, ValueError) as error:
        expect(name, words in str(error), error)


def settings(folder, method, **more):
    given = {"library": f"{folder}/{method}.so", "weights": "examples/tiny/tiny.gguf", "threads": 1, "data": "examples/demo/qa-heldout.jsonl"}
    return {**given, "clients": CLIENTS, "seed": SEED, **more}


def client_settings(folder, method):
    return [settings(folder, method, data=f"{folder}/client-{k + 1}.jsonl") for k in range(CLIENTS)]


def run(folder, method, **more):
    return list(rounds(local_network(client_settings(folder, method)), settings(folder, method, **more)))


def one_process(folder, method, steps):
    """The digests after each step of clients that never stop and talk to nobody: the same updates, in one loop."""
    nodes = [Node(given, SEED, k + 1, CLIENTS) for k, given in enumerate(client_settings(folder, method))]
    digests = []
    for step in range(1, steps + 1):
        scalars = b"".join(node.scalars() for node in nodes)
        for node in nodes:
            node.apply(SEED, step, scalars, CLIENTS)
        digests.append(nodes[0].digest())
    for node in nodes:
        node.close()
    return digests


def together(name, results):
    expect(f"{name}: server and clients have the same adapter after every round", all(len(set(r["digests"])) == 1 and len(r["digests"]) == CLIENTS + 1 for r in results))
    expect(f"{name}: another adapter after every round", len({r["digests"][0] for r in results}) == len(results))


def learns(name, results):
    losses = [r["loss"] for r in results]
    expect(f"{name}: the loss falls, {losses[0]:.4f} to {losses[-1]:.4f}", losses[-1] < losses[0])


def check_iteration(folder, method, steps):
    results = run(folder, method, protocol="iteration", rounds=steps)
    name = f"{method}, iteration"
    together(name, results)
    if method == "forward":  # of zeroth order so few steps show nothing
        learns(name, results)
    expect(f"{name}: a client sends 4 bytes a tangent", all(r["bytes"] == [4 * TANGENTS[method]] * CLIENTS for r in results), results[0]["bytes"])
    expect(f"{name}: the same bits as in one process", [r["digests"][0] for r in results] == one_process(folder, method, steps))


def check_epoch(folder, method):
    results = run(folder, method, protocol="epoch", rounds=2, steps=3)
    name = f"{method}, epoch"
    together(name, results)
    learns(name, results)
    with Node(settings(folder, method, data=""), SEED) as node:
        shards = [len(node.shard(k + 1, CLIENTS)) for k in range(CLIENTS)]
        whole = len(node.shard())
    expect(f"{name}: a client sends its shard", all(r["bytes"] == shards for r in results) and sum(shards) == whole, (results[0]["bytes"], shards))


def check_mistakes(folder):
    """That the checks above can fail, and what is refused."""
    given = client_settings(folder, "forward")[0]
    request = {"seed": SEED, "round": 1, "shard": 1, "shards": CLIENTS}
    reply, kept = answer("scalars", given, request, {})
    update = {**request, "scalars": reply["scalars"] * CLIENTS}
    flipped = {**update, "scalars": bytes([update["scalars"][0] ^ 1]) + update["scalars"][1:]}
    digests = [answer("digest", given, {}, answer("apply", given, u, kept)[1])[0]["digest"] for u in (update, flipped)]
    expect("a bit of a scalar makes another adapter", digests[0] != digests[1])
    refused("a step out of order", "asked for step 3 after step 0", answer, "scalars", given, {**request, "round": 3}, kept)
    refused("scalars of the wrong length", "not 36", answer, "apply", given, {**update, "scalars": b"1234"}, kept)
    refused("tensors of the wrong length", "shard_set", answer, "adopt", given, {"tensors": b"1234"}, kept)
    refused("weights that are not there", "nowhere.gguf", Node, {**given, "weights": "nowhere.gguf"}, SEED)
    refused("data that is not there", "nowhere.jsonl", Node, {**given, "data": "nowhere.jsonl"}, SEED)
    refused("a client without data", "no data", answer, "train", {**given, "data": ""}, {**request, "steps": 1}, {})
    exact = settings(folder, "checkpoint")
    refused("a shard of an exact gradient", "exact gradient", answer, "scalars", exact, request, {})


def check_command(folder):
    command = [sys.executable, "-m", "lorac_federated.local", "--library", f"{folder}/zeroth.so", "--weights", "examples/tiny/tiny.gguf",
               "--heldout", f"{folder}/client-1.jsonl", "--data", f"{folder}/client-2.jsonl", f"{folder}/client-3.jsonl", "--rounds", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    expect("the command tells a round in a line", done.returncode == 0 and "bytes sent by clients: 4, 4; the same adapter everywhere" in done.stdout,
           done.stdout + done.stderr)
    done = subprocess.run([*command, "--weights", "nowhere.gguf"], capture_output=True, text=True, check=False)
    expect("and ends with what is wrong", done.returncode == 1 and done.stderr.startswith("lorac_federated: ") and "nowhere.gguf" in done.stderr, done.stderr)


def main():
    folder = sys.argv[1]
    parts = [(check_iteration, "forward", 4), (check_iteration, "zeroth", 3), (check_epoch, "forward"), (check_mistakes,), (check_command,)]
    for check, *arguments in parts:
        try:
            check(folder, *arguments)
        except (NodeError, ValueError) as error:
            expect(" ".join(map(str, (check.__name__, *arguments))), False, error)
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
