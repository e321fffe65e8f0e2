#!/usr/bin/env python3
"""Do metrics page, manual pages, completions, dashboard, alert rules, counters.def, gauges.def and the programs
agree? Asks the programs themselves. Arguments: the folder of sources, mehr, mehrd, mehr-gateway."""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT, MEHR, MEHRD, GATEWAY = sys.argv[1:5]
offences = []


def check(good, sentence):
    if not good:
        offences.append(sentence)


def run(*command, text=None):
    done = subprocess.run(command, capture_output=True, text=True, input=text, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


def out(*command):
    code, text, errors = run(*command)
    check(code == 0, f"{' '.join(command)}: exit code {code}: {errors.strip()[:200]}")
    return text


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def snake(camel):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", camel).lower()


def counters():
    text = re.sub(r",\s*\n\s*", ", ", read("core/border/counters.def"))
    return {f"mehr_{snake(s)}_{snake(n)}_{u}_total"
            for s, n, u in re.findall(r"(?m)^COUNTER\((\w+), (\w+), (\w+),", text)}


def gauges():
    return {name: labels for name, labels in
            re.findall(r"(?m)^GAUGE\(\w+, (\w+), \w+, (\w+),", read("controlplane/metrics/gauges.def"))}


def fetch_page(path):
    with socket.socket(socket.AF_UNIX) as page:
        page.settimeout(10)
        page.connect(path)
        page.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
        whole = b""
        while piece := page.recv(65536):
            whole += piece
    head, body = whole.split(b"\r\n\r\n", 1)
    check(head.startswith(b"HTTP/1.1 200 "), f"the metrics page answers {head[:40]!r}")
    return body.decode()


def live_page():
    """The page of a real daemon with one interface."""
    place = tempfile.mkdtemp(prefix="mehr-agrees-")
    config = os.path.join(place, "m.toml")
    with open(config, "w", encoding="utf-8") as file:
        file.write(f'[node]\nstate_directory = "{place}/s"\n[operator]\nmetrics = "{place}/page.sock"\n'
                   '[interface.lan]\nkind = "udp"\nlisten_host = "127.0.0.1"\nlisten_port = 0\n')
    daemon = subprocess.Popen([MEHRD, "--config", config], stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 30
        while not os.path.exists(f"{place}/page.sock") and time.monotonic() < end:
            time.sleep(0.05)
        return fetch_page(f"{place}/page.sock")
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(timeout=30)
        shutil.rmtree(place)


def plain(roff):
    """What a reader sees of a manual page, roughly."""
    text = re.sub(r"\\f[BIR]", "", roff)
    return text.replace("\\-", "-").replace("\\e", "\\").replace("\\&", "")


def check_metrics():
    known, gauge_labels = counters(), gauges()
    page = live_page()
    families = set(re.findall(r"(?m)^# TYPE (\w+) ", page))
    check(families == known | set(gauge_labels),
          f"page and lists differ: {sorted(families ^ (known | set(gauge_labels)))}")
    for name, labels in gauge_labels.items():
        if labels == "none":
            check(re.search(rf"(?m)^{name} [0-9.e+-]+$", page), f"the page has no value of {name}")
    manual = plain(out(MEHR, "manual", "mehr-metrics"))
    for name in known | set(gauge_labels):
        check(name in manual, f"mehr-metrics(7) lacks {name}")
    stats = set()
    for source, what in ((read("deploy/prometheus/alerts.yaml"), "alerts.yaml"),
                         (json.dumps(json.loads(read("deploy/grafana/dashboard.json"))), "dashboard.json")):
        used = set(re.findall(r"\bmehr_\w+", source))
        check(used - known - set(gauge_labels) == set(), f"{what} uses unknown metrics: {used - known - set(gauge_labels)}")
        stats |= used
    check(known <= stats, f"neither dashboard nor alerts have {sorted(known - stats)[:5]}")
    try:
        import yaml
        rules = yaml.safe_load(read("deploy/prometheus/alerts.yaml"))["groups"][0]["rules"]
        check(all({"alert", "expr", "for", "labels", "annotations"} <= set(rule) for rule in rules), "alerts.yaml")
    except ImportError:
        print("no python3-yaml: alerts.yaml is not parsed")
    code, said, _ = run(os.path.join(ROOT, "deploy/prometheus/generate"), "--check")
    check(code == 0, said.strip())


def command_tree(path):
    """{command words: its long options} by asking --help all the way down."""
    text = out(MEHR, *path, "--help")
    tree = {tuple(path): set(re.findall(r"(?m)^  (?:-\w,)?(--[\w-]+)", text))}
    section = text.split("Subcommands:", 1)
    if len(section) == 2:
        for name in re.findall(r"(?m)^  ([a-z]+) {2,}\S", section[1].split("\n\n")[0]):
            tree |= command_tree(path + [name])
    return tree


def check_commands():
    tree = command_tree([])
    check(len(tree) > 20, f"only {len(tree)} commands found by --help")
    manual = plain(out(MEHR, "manual", "mehr"))
    scripts = {shell: out(MEHR, "completion", shell) for shell in ("bash", "zsh", "fish")}
    sections = {part.split("\n", 1)[0]: part for part in re.split(r"(?m)^\.SS ", manual)[1:]}
    for path, options in tree.items():
        words = " ".join(("mehr",) + path)
        section = next((text for head, text in sections.items() if head == words or head.startswith(words + " ")), "")
        section = section if path else manual
        check(section, f"mehr(1) lacks {words}")
        for option in options - {"--help"}:
            check(option in section, f"mehr(1) lacks {option} of {words}")
        for shell, script in scripts.items():
            check(words in script, f"{shell} does not complete {words}")
    for page, program in (("mehrd", MEHRD), ("mehr-gateway", GATEWAY)):
        text = plain(read(f"deploy/manual/{page}.8")).split("SEE ALSO")[0]
        for option in re.findall(r"(?m)^  (?:-\w,)?(--[\w-]+)", out(program, "--help")):
            check(option in text, f"{page}(8) lacks {option}")
        for code in re.findall(r"(?m)^  (\d)  ", out(program, "--help")):
            check(f".TP\n{code}\n" in text, f"{page}(8) lacks exit code {code}")
    manual = plain(out(MEHR, "manual", "mehr.toml"))
    for key in re.findall(r"(?m)^#?(\w+) = ", read("core/config/default.toml")):
        check(re.search(rf"(?m)^{key} = ", manual), f"mehr.toml(5) lacks {key}")
    return tree, scripts


def below(tree, path):
    """What may follow these words: the commands under them, and the options they take."""
    return {words[len(path)] for words in tree if len(words) == len(path) + 1 and words[:len(path)] == path} | \
        tree[path] - {"--help", "--version"}


def check_shells(tree, scripts):
    for shell, script in scripts.items():
        if not shutil.which(shell):
            print(f"no {shell}: its completions are not tried")
            continue
        code, _, errors = run(shell, "-n", "/dev/stdin", text=script)
        check(code == 0, f"{shell} does not parse its completions: {errors[:200]}")
    if shutil.which("bash"):
        driver = scripts["bash"] + '''
complete_line() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _mehr; echo "${COMPREPLY[*]}"; }
complete_line mehr path sh
complete_line mehr log --level w
complete_line mehr --socket x config re
'''
        for path in tree:
            driver += "complete_line " + " ".join(("mehr",) + path) + " ''\n"
        code, said, errors = run("bash", "-c", driver)
        for path, line in zip(tree, said.split("\n")[3:]):
            missing = below(tree, path) - set(line.split())
            check(not missing, f"bash does not complete {sorted(missing)} after mehr {' '.join(path)}")
        check(said.split("\n")[:3] == ["show", "warn", "reload"], f"bash completes to {said!r} {errors}")
    if shutil.which("fish"):
        driver = scripts["fish"] + '\ncomplete -C "mehr path sh"\ncomplete -C "mehr log --level w"\n'
        for path in tree:
            line = " ".join(("mehr",) + path)
            driver += f'echo ">{line}"\ncomplete -C "{line} "\ncomplete -C "{line} --"\n'
        _, said, errors = run("fish", "--no-config", "-c", driver)
        check(not errors, f"fish complains about its completions: {errors[:200]}")
        said, *commands = said.split(">mehr")
        check(len(commands) == len(tree), f"fish completes {len(commands)} of {len(tree)} commands: {errors[:200]}")
        for path, text in zip(tree, commands):
            missing = below(tree, path) - {line.split("\t")[0] for line in text.splitlines()[1:]}
            check(not missing, f"fish does not complete {sorted(missing)} after mehr {' '.join(path)}")
        check([line.split("\t")[0] for line in said.splitlines()] == ["show", "warn"],
              f"fish completes to {said!r} {errors}")


def check_rendering():
    if not shutil.which("man"):
        print("no man: the pages are not rendered")
        return
    pages = {name: out(MEHR, "manual", name) for name in ("mehr", "mehr.toml", "mehr-metrics")}
    pages |= {name: read(f"deploy/manual/{name}.8") for name in ("mehrd", "mehr-gateway")}
    for name, text in pages.items():
        with tempfile.NamedTemporaryFile("w", suffix=".1") as file:
            file.write(text)
            file.flush()
            done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", file.name], check=False,
                                  capture_output=True, text=True, env=os.environ | {"MANPAGER": "cat", "MANWIDTH": "100"})
        warnings = [line for line in done.stderr.splitlines() if "warning" in line or "error" in line]
        # Long names of metrics and keys may stick out of a line; that is no mistake.
        warnings = [line for line in warnings if "cannot adjust" not in line and "can't break" not in line]
        check(done.returncode == 0 and not warnings, f"{name}: man says {warnings[:2]}")


check_metrics()
check_shells(*check_commands())
check_rendering()
for offence in offences:
    print(offence)
print(f"{len(offences)} offences")
sys.exit(1 if offences else 0)
