"""
Run the sessions of a page, so that they stay true. In an indented block a line that begins with "$ " is a command (and goes on on the next line after
a backslash); the lines behind it are what it prints, if the page shows any. "<!-- $ " begins a command that the page needs and does not show. Numbers
that differ from run to run (hex of 20 digits and more, times) may differ, and so may durations and rates; the directory is "/srv/ca" where it is shown;
"..." stands for lines that the page leaves out. A command that stays in the background has begun when what the page shows of it has been printed, and when
its ports are open. Usage: docs.py PAGE... (one shell for all pages), in an empty directory, with the programs on the PATH.
"""
import os, queue, re, subprocess, sys, threading, time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import ports

PATIENCE = 60  # seconds for what a busy machine may have put off
MARK = "---end-of-step---"
PAGE_PORTS = {page: str(ports.reserve()) for page in ("4433", "4434", "9433", "9434")}


def blocks(path):
    steps = []
    for line in open(path, encoding="utf-8"):
        line = line.rstrip("\n")
        if line.startswith("<!-- $ "):
            steps += [[line[7:].removesuffix("-->"), []], None]
            continue
        if not line.startswith("    "):
            steps.append(None)  # what follows does not belong to the last command
            continue
        line = line[4:]
        if line.startswith("$ "):
            steps.append([line[2:], []])
        elif steps and steps[-1] and steps[-1][0].endswith("\\"):
            steps[-1][0] += "\n" + line
        elif steps and steps[-1]:
            steps[-1][1].append(line)
    return [s for s in steps if s]


def normal(line):
    line = line.replace(os.getcwd(), "/srv/ca")
    line = re.sub(r"\b[0-9a-f]{20,}\b|\b([0-9a-f]{2}:){19,}[0-9a-f]{2}\b", "HEX", line)
    line = re.sub(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME", line)
    line = re.sub(r"\(in \d+ \w+\)", "(SPAN)", line)
    line = re.sub(r" +\d+\.\d+ ([kMG]?B/)?s\b", " NUMBER", line)
    return line.rstrip()


def exchange(text, pairs):
    for old, new in pairs:
        text = re.sub(r"\b%s\b" % old, new, text)
    return text


shell = subprocess.Popen(["bash"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1,
                         encoding="utf-8", errors="replace")
said = queue.Queue()


def listen():
    for line in shell.stdout:
        said.put(normal(exchange(line.rstrip("\n"), [(real, page) for page, real in PAGE_PORTS.items()])))
    said.put(None)


def lines(until):
    """Lines as they come: None when the shell has ended, "" now and then when nothing comes."""
    while time.monotonic() < until:
        try:
            yield said.get(timeout=0.02)
        except queue.Empty:
            yield ""


def run(command, want):
    """What it printed, and its exit code: waits for its end, then for what is still wanted of it."""
    until = time.monotonic() + 5 * PATIENCE
    got, code, missing = [], None, set(want)
    waits_for = [p for p in PAGE_PORTS.values() if p in command] if command.endswith("&") else []
    shell.stdin.write("%s\nprintf '\\n%%s %%d\\n' %s $?\n" % (command, MARK))
    shell.stdin.flush()
    for line in lines(until):
        if line is None:
            break
        if line.startswith(MARK):
            code = int(line.split()[1])
            until = min(until, time.monotonic() + PATIENCE)
        elif line:
            got.append(line)
            missing.discard(line)
        waits_for = [p for p in waits_for if not ports.listening(p)]
        if code is not None and (time.monotonic() > until or not missing and not waits_for):
            break
    return got, code, ["the port %s is not open" % p for p in waits_for]


threading.Thread(target=listen, daemon=True).start()
passed = failed = 0
for page in sys.argv[1:]:
    for command, want in blocks(page):
        command = command.rstrip()
        want = [w for w in map(normal, want) if w and w.strip() != "..."]
        got, code, wrong = run(exchange(command, PAGE_PORTS.items()), want)
        wrong += ['it did not print "%s"' % w for w in want if w not in got]
        if code is None:
            wrong.append("it did not end")
        elif code != 0 and not want:
            wrong.append("exit code %d" % code)
        if wrong:
            failed += 1
            print("FAIL: %s: %s: $ %s" % (page, wrong[0], command))
            for w in wrong[1:]:
                print("    " + w)
            for g in got[:20]:
                print("    it printed: " + g)
            if code is None:
                break
        else:
            passed += 1
shell.stdin.write("kill $(jobs -rp) 2>/dev/null; wait\n")
shell.stdin.close()
try:
    shell.wait(PATIENCE)
except subprocess.TimeoutExpired:
    failed += 1
    print("FAIL: what the pages began does not end")
print("%d passed, %d failed" % (passed, failed))
sys.exit(failed > 0)
