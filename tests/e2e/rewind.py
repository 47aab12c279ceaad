#!/usr/bin/env python3
"""rewind.py ARGUMENTS OF MPV...: plays, goes on to the middle, and back to the very beginning, all over mpv's socket. Fails when mpv says anything.

A player asks for the other place before it lets go of the connection it has, and keeps no more of what it played than it must here."""
import json
import os
import socket
import subprocess
import sys
import time

PATIENCE = 60


def until(what, condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"never: {what}")
        time.sleep(0.02)


class Player:
    def __init__(self, arguments):
        place = os.path.abspath("mpv.socket")
        self.process = subprocess.Popen(
            ["mpv", "--cache=no", "--demuxer-max-bytes=128KiB", "--demuxer-max-back-bytes=0",
             f"--input-ipc-server={place}", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.socket = socket.socket(socket.AF_UNIX)
        until("mpv's socket", lambda: self.socket.connect_ex(place) == 0)
        self.lines = self.socket.makefile("rw")

    def ask(self, *command):
        print(json.dumps({"command": command, "request_id": 1}), file=self.lines, flush=True)
        for line in self.lines:
            answer = json.loads(line)
            if answer.get("request_id") == 1:
                return answer.get("data")
        sys.exit(f"mpv has ended: {self.process.communicate()[0].decode()}")

    def is_between(self, low, high):
        at = self.ask("get_property", "time-pos")
        return at is not None and low < at < high

    def end(self):
        self.ask("quit")
        return self.process.communicate(timeout=PATIENCE)[0].decode()


def main():
    player = Player(sys.argv[1:])
    try:
        until("that it plays", lambda: player.is_between(0, 60))
        for place in (100, 0):
            player.ask("seek", place, "absolute")
            until(f"that it plays at {place} s", lambda: player.is_between(place, place + 60))
        said = player.end()
    finally:
        player.process.kill()
    if said.strip():
        sys.exit(said)


main()
