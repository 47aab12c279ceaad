"""
Run the sessions of a page, so that they stay true. In an indented block a line that begins with "$ " is a command (and goes on on the next line after
a backslash); the lines behind it are what it prints, if the page shows any. Numbers that differ from run to run (hex of 20 digits and more, times) may
differ, and so may durations and rates. Usage: docs.py PAGE... (one shell for all pages), in an empty directory, with the programs on the PATH.
"""
import re, socket, subprocess, sys

def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return str(s.getsockname()[1])


ports = {"4433": free_port(), "4434": free_port()}  # those of the pages


def blocks(path):
    steps = []
    for line in open(path):
        line = line.rstrip("\n")
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
    line = re.sub(r"\b[0-9a-f]{20,}\b", "HEX", line)
    line = re.sub(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME", line)
    line = re.sub(r"\(in \d+ \w+\)", "(SPAN)", line)
    line = re.sub(r" +\d+\.\d+ ([kMG]?B/)?s\b", " NUMBER", line)
    return line.rstrip()


def exchange(text, pairs):
    for old, new in pairs:
        text = text.replace(old, new)
    return text


shell = subprocess.Popen(["bash"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1)


def run(command):
    mark = "---end-of-step---"
    wait = "sleep 0.4; " if command.rstrip().endswith("&") else ""
    shell.stdin.write(command + "\n" + wait + "echo; echo '%s' $?\n" % mark)
    shell.stdin.flush()
    out = []
    for line in shell.stdout:
        if line.startswith(mark):
            if out and out[-1] == "":
                out.pop()
            return out, int(line.split()[1])
        out.append(line.rstrip("\n"))
    sys.exit("the shell ended at: " + command)


passed = failed = 0
for page in sys.argv[1:]:
    for command, want in blocks(page):
        got, code = run(exchange(command, ports.items()))
        want = [normal(w) for w in want]
        got = [normal(exchange(g, [(p, k) for k, p in ports.items()])) for g in got if g]
        missing = [w for w in want if w and w not in got]
        if missing or (code not in (0, 6) and not want):
            failed += 1
            print("FAIL: %s: $ %s (exit code %d)" % (page, command, code))
            for w in missing:
                print("    the page says: " + w)
            for g in got[:10]:
                print("    it printed:    " + g)
        else:
            passed += 1
shell.stdin.write("kill $(jobs -p) 2>/dev/null; wait\n")
shell.stdin.close()
shell.wait(20)
print("%d passed, %d failed" % (passed, failed))
sys.exit(failed > 0)
