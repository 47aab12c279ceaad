"""Run a command on a terminal of its own and type what a person would.

    card_terminal.py 'PROMPT=ANSWER' ... -- COMMAND...

Each answer is typed once its prompt has appeared after the one before; an answer that begins with ! is a shell command, run before Enter is
pressed. What the terminal showed goes to standard output; the exit code is the command's."""
import os
import pty
import select
import subprocess
import sys

at = sys.argv.index("--")
script = [pair.split("=", 1) for pair in sys.argv[1:at]]
pid, terminal = pty.fork()
if pid == 0:
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    os.execvp(sys.argv[at + 1], sys.argv[at + 1:])

shown, seen = b"", 0
while True:
    if not select.select([terminal], [], [], 120)[0]:
        print("nothing happened for two minutes")
        break
    try:
        piece = os.read(terminal, 4096)
    except OSError:
        break
    if not piece:
        break
    shown += piece
    if script and script[0][0].encode() in shown[seen:]:
        answer = script.pop(0)[1]
        seen = len(shown)
        if answer.startswith("!"):
            subprocess.run(answer[1:], shell=True, check=True)
            answer = ""
        os.write(terminal, answer.encode() + b"\n")
os.close(terminal)
sys.stdout.write(shown.decode(errors="replace"))
if script:
    print("never asked:", script)
    sys.exit(99)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
