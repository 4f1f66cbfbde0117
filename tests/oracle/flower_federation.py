"""examples/federated as apps of Flower: a SuperLink, a SuperNode for each of two clients, both protocols by `flwr run`.

Usage: flower_federation.py LORAC FOLDER. Everything runs as processes of its own on this machine; what the server prints is held
against the same rounds in one process. Flower numbers nodes at random and so deals out the shards: either order may be right.
"""
import itertools
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(sys.executable).parent
CLIENTS, TANGENTS, ROUNDS, STEPS = 2, 3, 2, 20
PATIENCE = 300  # seconds, for anything
ROUND = re.compile(r"round +\d+: loss .*")


def environment(folder):
    return {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "FLWR_HOME": f"{folder}/home", "FLWR_TELEMETRY_ENABLED": "0",
            "FLWR_DISABLE_UPDATE_CHECK": "1", "PYTHONPATH": str(ROOT / "examples/federated"), "PYTHONDONTWRITEBYTECODE": "1"}


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for place in sockets:
        place.bind(("127.0.0.1", 0))
    ports = [place.getsockname()[1] for place in sockets]
    for place in sockets:
        place.close()
    return ports


def run(command, folder):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, cwd=ROOT, env=environment(folder), timeout=PATIENCE, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def prepare(lorac, folder):
    (folder / "home").mkdir(parents=True, exist_ok=True)
    os.environ["LORAC"] = str(lorac)
    run([ROOT / "examples/federated/build", folder / "tiny.so", "examples/tiny/model.lora", "-D", "batch=4", "-D", "seq=48",
         "--gradient", f"forward(tangents: {TANGENTS})"], folder)
    lines = (ROOT / "examples/demo/qa-train.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    for k in range(CLIENTS):
        (folder / f"client-{k + 1}.jsonl").write_text("".join(lines[k::CLIENTS]), encoding="utf-8")


class Flower:
    """The processes of a federation; each in a group of its own, so that those which it starts end with it."""

    def __init__(self, folder):
        self.folder, self.started = folder, []

    def __enter__(self):
        port, *node_ports = free_ports(CLIENTS + 1)
        address = f"127.0.0.1:{port}"
        (self.folder / "home/config.toml").write_text(f'[superlink]\ndefault = "here"\n[superlink.here]\naddress = "{address}"\ninsecure = true\n', encoding="utf-8")
        try:
            self.start("superlink", "--disable-runtime-dependency-installation", "--host", "127.0.0.1", "--port", port)
            self.wait(f"http://{address}/health")
            for k, own in enumerate(node_ports):
                mine = f'partition-id={k} data="{self.folder}/client-{k + 1}.jsonl"'
                self.start(f"supernode-{k + 1}", "--superlink", address, "--port", own, "--node-config", mine)
        except BaseException:
            self.__exit__()
            raise
        return self

    def start(self, name, *options):
        program = BIN / f"flower-{name.split('-')[0]}"
        with open(self.folder / f"{name}.log", "wb") as log:
            command = [str(word) for word in (program, "--insecure", *options)]
            self.started.append(subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT, env=environment(self.folder), start_new_session=True))

    def wait(self, health):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.started[0].poll() is None:
            try:
                with urllib.request.urlopen(health, timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.5)
        raise RuntimeError(f"the SuperLink does not answer: {self.folder}/superlink.log")

    def __exit__(self, *_):
        for process in reversed(self.started):
            for how in (signal.SIGTERM, signal.SIGKILL):
                try:
                    os.killpg(process.pid, how)
                    process.wait(timeout=10)
                except (ProcessLookupError, subprocess.TimeoutExpired):
                    pass

    def rounds(self, protocol):
        values = {"library": f"{self.folder}/tiny.so", "weights": "examples/tiny/tiny.gguf", "heldout": "examples/demo/qa-heldout.jsonl", "protocol": protocol}
        config = " ".join([*(f'{name}="{value}"' for name, value in values.items()), f"clients={CLIENTS} rounds={ROUNDS} steps={STEPS} seed=7"])
        text = run([BIN / "flwr", "run", "examples/federated", "here", "--stream", "--run-config", config], self.folder)
        found = ROUND.findall(text)
        if len(found) != ROUNDS:
            raise RuntimeError(f"flwr run told of {len(found)} rounds:\n{text}")
        return found


def alone(folder, protocol, order):
    data = [f"{folder}/client-{k + 1}.jsonl" for k in order]
    text = run([sys.executable, "-m", "lorac_federated.local", "--library", folder / "tiny.so", "--weights", "examples/tiny/tiny.gguf", "--heldout",
                "examples/demo/qa-heldout.jsonl", "--data", *data, "--protocol", protocol, "--rounds", ROUNDS, "--steps", STEPS, "--seed", 7], folder)
    return ROUND.findall(text)


def losses(lines):
    return [float(re.search(r"loss ([\d.]+)", line).group(1)) for line in lines]


def checks(protocol, lines, folder):
    """Name, whether it holds, detail."""
    detail = "\n".join(lines)
    expected = [alone(folder, protocol, order) for order in itertools.permutations(range(CLIENTS))]
    yield "server and clients have the same adapter after every round", all("the same adapter everywhere" in line for line in lines), detail
    yield "the rounds and bits of one process", lines in expected, f"{detail}\nand not\n{expected}"
    if protocol == "epoch":  # a round of the other protocol is one step along three random directions: no more than noise
        yield f"the loss falls, {losses(lines)}", losses(lines)[-1] < losses(lines)[0], detail
    if protocol == "iteration":
        sent = ", ".join([str(4 * TANGENTS)] * CLIENTS)
        yield f"each client sends {4 * TANGENTS} bytes a round", all(f"bytes sent by clients: {sent};" in line for line in lines), detail


def main():
    lorac, folder = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    passed = failed = 0
    try:
        prepare(lorac, folder)
        with Flower(folder) as flower:
            printed = {protocol: flower.rounds(protocol) for protocol in ("iteration", "epoch")}
        for protocol, lines in printed.items():
            for name, holds, detail in checks(protocol, lines, folder):
                passed, failed = passed + holds, failed + (not holds)
                print(f"{'PASS' if holds else 'FAIL'} flower, {protocol}: {name}{'' if holds else f': {detail}'}")
    except (RuntimeError, OSError, subprocess.TimeoutExpired) as error:
        failed += 1
        print(f"FAIL flower: {error}")
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
