"""
What holds README.md and docs/ together: links lead somewhere, README.md names every page, every page with a session is one that docs.sh runs, and every long option is
one that a program has. Usage: pages.py TOP, with the programs on the PATH.
"""
import glob, os, re, subprocess, sys

sys.dont_write_bytecode = True
VERBS = {
    "sealwax": "listen connect send recv list receipt put get ls rm bench-protect media whoami cert seal open",
    "sealwaxd": "serve media users rekey store",
    "ttp": "init request sign issue adopt renew revoke crl ocsp list log check verify inspect fingerprint export import passwd install uninstall",
}
# of curl, mpv, pkg-config, softhsm2-util, pkcs11-tool, systemctl, systemd-run and our own tests
OTHERS = """cacert silent data-binary ao vo start no-config really-quiet tls-ca-file tls-cert-file tls-key-file tls-verify cflags libs free init-token label pin so-pin id
import token login module token-label type write-object keypairgen key-type usage-decrypt pipe now premasters records quick document""".split()
bad = good = 0


def check(right, what):
    global bad, good
    good, bad = good + bool(right), bad + (not right)
    if not right:
        print("FAIL: " + what)


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def anchors(text):
    return {re.sub(r"[^a-z0-9 _-]", "", h.lower()).strip().replace(" ", "-") for h in re.findall(r"^#+ (.*)$", text, re.M)}


def options():
    found = set(OTHERS)
    for program, verbs in VERBS.items():
        for verb in [[]] + [[v] for v in verbs.split()]:
            said = subprocess.run([program, *verb, "--help"], stdout=subprocess.PIPE, text=True, check=True).stdout
            found.update(re.findall(r"--([a-z][a-z0-9-]+)", said))
    return found


os.chdir(sys.argv[1])
readme, runner, known = read("README.md"), read("tests/e2e/docs.sh") + read("tests/e2e/library.sh"), options()
for page in ["README.md", *sorted(glob.glob("docs/*.md"))]:
    text = read(page)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if link.startswith("http"):
            continue
        name, _, anchor = link.partition("#")
        place = os.path.normpath(os.path.join(os.path.dirname(page), name)) if name else page
        check(os.path.exists(place) and (not anchor or anchor in anchors(read(place))), "%s: the link %s leads nowhere" % (page, link))
    if page != "README.md":
        check("(%s)" % page in readme, "README.md does not name " + page)
    if re.search(r"^ {4}\$ ", text, re.M):
        check("$top/%s" % page in runner, "nothing runs the session of " + page)
    for option in sorted(set(re.findall(r"(?<![a-z0-9-])--([a-z][a-z0-9-]+)", text))):
        check(option in known, "%s: no program has --%s" % (page, option))
print("%d passed, %d failed" % (good, bad))
sys.exit(bad > 0)
