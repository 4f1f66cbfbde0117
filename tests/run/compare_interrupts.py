# compare_interrupts.py LORAC FOLDER: signals at several moments of `--compare --data`, to the process alone and, as a terminal sends
# them, to its group. Each time it ends by that signal, says so, and neither a file nor a process of it stays.
import os, signal, subprocess, sys, time

lorac, folder = sys.argv[1:]
os.mkdir(folder)
command = [lorac, "examples/tiny/model.lora", "--compare", "--threads", "2", "--weights", "examples/tiny/tiny.gguf",
           "--data", "examples/demo/qa-train.jsonl", "--seconds", "30", "--seeds", "2", "--methods", "checkpoint, zeroth"]


def command_lines():
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            state = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0]
            line = open(f"/proc/{pid}/cmdline", "rb").read().decode(errors="replace")
        except OSError:
            continue
        if state != "Z" and int(pid) != os.getpid() and folder in line:
            yield line.replace("\0", " ")


def stopped(sent, group, moment):
    child = subprocess.Popen(command, env={**os.environ, "TMPDIR": folder}, stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE, text=True, start_new_session=True)
    time.sleep(moment)
    (os.killpg if group else os.kill)(child.pid, sent)
    printed = child.stderr.read()
    code = child.wait()
    files, running = os.listdir(folder), list(command_lines())
    where = f"{sent.name}{' to the group' if group else ''} after {moment} s"
    assert code == -sent and "interrupted" in printed, f"{where}: status {code}, {printed}"
    assert not files and not running, f"{where}: {files} {running}"


for i, moment in enumerate((0.4, 0.8, 1.1, 1.4, 1.7, 2.0, 2.4, 3.0)):
    stopped((signal.SIGINT, signal.SIGTERM, signal.SIGHUP)[i % 3], i % 2 == 1, moment)
