#!/usr/bin/env python3
"""Syncs generated mail from a private Dovecot with Aurelius and, in the same run, with mbsync + notmuch and mbsync + mu.

  sync.py --cli PATH [--counts 10000,100000] [--work DIR] [--no-peers] [--report FILE]

`cargo xtask bench sync` installs what is missing, builds the release binary and calls this. Must run as root, because
Dovecot starts as root. CPU is user + system time of the program and its children (wait4), so a busy machine disturbs the
wall clock but hardly the figures that count. Every program gets a warm server: the mail is fetched once before.
Aurelius' CPU includes its start, the derivation of the key from the passphrase (Argon2id, 64 MiB) and the encryption."""
import argparse, json, os, re, shutil, socket, subprocess, sys, tempfile, time
import report
from dovecot import Dovecot, PASSWORD, USER

PASSPHRASE = "correct horse battery staple"
here = os.path.dirname(os.path.abspath(__file__))
ap = argparse.ArgumentParser()
ap.add_argument("--cli", required=True)
ap.add_argument("--counts", default="10000,100000")
ap.add_argument("--work", default="/tmp/aurelius-bench")
ap.add_argument("--nochange", help="the program bench_nochange: rounds without the start of a program around them")
ap.add_argument("--no-peers", action="store_true")
ap.add_argument("--folders-only", action="store_true", help="only the no-change sync of 50 folders")
ap.add_argument("--report", help="Markdown file whose section `sync` is replaced")
ap.add_argument("--command", default=" ".join(sys.argv))
a = ap.parse_args()
counts = [int(n) for n in a.counts.split(",")]
os.makedirs(a.work, exist_ok=True)
os.chmod(a.work, 0o755)


class Ran:
    """What one program cost."""
    def __init__(self, wall, usage, out):
        self.wall, self.cpu, self.rss, self.out = wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, out


def run(argv, env=None, stdin=b"", stderr=None):
    start = time.perf_counter()
    with tempfile.TemporaryFile() as given:
        given.write(stdin); given.seek(0)
        child = subprocess.Popen(argv, stdin=given, stdout=subprocess.PIPE, stderr=stderr or subprocess.DEVNULL, env=env)
        out = child.stdout.read()
        _, status, usage = os.wait4(child.pid, 0)
    if status:
        sys.exit("%s failed (%d): %s" % (" ".join(argv[:6]), status, out.decode(errors="replace")[-2000:]))
    return Ran(time.perf_counter() - start, usage, out)


def corpus(n):
    """A Maildir of n generated mails, made once. The first 10,000 of 100,000 are the 10,000."""
    path = os.path.join(a.work, "corpus-%d" % n)
    if not os.path.exists(path + ".jsonl"):
        shutil.rmtree(path, ignore_errors=True)
        print("generating %d mails" % n, file=sys.stderr)
        subprocess.run([sys.executable, os.path.join(here, "gen_mail.py"), "--out", path, "--count", str(n), "--manifest", path + ".part"],
                       check=True, stdout=subprocess.DEVNULL)
        os.rename(path + ".part", path + ".jsonl")
    return path


def in_folders(path, folders):
    """The same mails in that many folders (hard links)."""
    to = "%s-in-%d" % (path, folders)
    if not os.path.exists(to + ".done"):
        shutil.rmtree(to, ignore_errors=True)
        for f in range(folders):
            d = to if f == 0 else os.path.join(to, ".F%03d" % f)
            for s in ("cur", "new", "tmp"): os.makedirs(os.path.join(d, s))
            if f: open(os.path.join(d, "maildirfolder"), "w").close()
        for i, e in enumerate(sorted(os.scandir(os.path.join(path, "cur")), key=lambda e: e.name)):
            f = i % folders
            os.link(e.path, os.path.join(to if f == 0 else os.path.join(to, ".F%03d" % f), "cur", e.name))
        open(to + ".done", "w").close()
    return to


def size_of(path):
    return sum(e.stat().st_size for d, _, _ in os.walk(path) if d.endswith("/cur") for e in os.scandir(d))


def disk(path):
    return sum(os.lstat(os.path.join(d, f)).st_blocks * 512 for d, _, fs in os.walk(path) for f in fs)


def warm(port):
    """Everything once, thrown away: fills the server's cache and index."""
    s = socket.create_connection(("127.0.0.1", port)); f = s.makefile("rwb")
    def say(tag, line):
        f.write(b"%s %s\r\n" % (tag, line)); f.flush()
        lines = []
        while True:
            l = f.readline()
            m = re.search(rb"\{(\d+)\}\r\n$", l)
            if m: f.read(int(m.group(1)))
            if l.startswith(tag + b" ") or not l: return lines
            lines.append(l)
    f.readline(); say(b"a", b"LOGIN %s %s" % (USER.encode(), PASSWORD.encode()))
    for l in say(b"b", b'LIST "" "*"'):
        if b"LIST" in l:
            say(b"c", b"EXAMINE " + l.rsplit(b'"/" ', 1)[-1].strip())
            say(b"d", b"UID FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])")
            say(b"e", b"UID FETCH 1:* (BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")
    s.close()


class Aurelius:
    def __init__(self, port, work):
        shutil.rmtree(work, ignore_errors=True); os.makedirs(work)
        self.home, phrase = os.path.join(work, "home"), os.path.join(work, "phrase")
        with open(phrase, "w") as f: f.write(PASSPHRASE)
        self.base = [a.cli, "--home", self.home, "--passphrase-file", phrase, "--json"]
        self.env = {k: v for k, v in os.environ.items() if k != "DBUS_SESSION_BUS_ADDRESS"}
        run(self.base + ["connect", "imap", "--email", "test@corpus.example", "--username", USER, "--password-stdin",
                         "--imap", "127.0.0.1:%d" % port, "--imap-security", "none"], self.env, PASSWORD.encode() + b"\n")

    def call(self, *args):
        return run(self.base + list(args), self.env)

    def rounds(self, n, under=()):
        """What a round without changes costs, in one running program."""
        return run([*under, a.nochange, self.home, os.path.join(os.path.dirname(self.home), "phrase"), str(n)], self.env)

    def instructions(self, n):
        """Millions of instructions of the whole program with n rounds (callgrind)."""
        with tempfile.NamedTemporaryFile() as f:
            self.rounds(n, ["valgrind", "--tool=callgrind", "--callgrind-out-file=" + f.name])
            line = next(l for l in open(f.name, errors="replace") if l.startswith(("totals:", "summary:")))
            return int(line.split()[1]) / 1e6

    def sync(self):
        with tempfile.TemporaryFile() as log:
            done = run(self.base + ["sync"], dict(self.env, AURELIUS_LOG="bench=debug", NO_COLOR="1"), stderr=log)
            log.seek(0); lines = log.read().decode(errors="replace")
        stamps, added = {}, []
        for l in re.sub(r"\x1b\[[0-9;]*m", "", lines).splitlines():
            m = re.match(r"(\d{4}-\S+T\d\d:(\d\d):([\d.]+)Z)\s+DEBUG bench: (.*)", l.strip())
            if not m: continue
            at, what = int(m.group(2)) * 60 + float(m.group(3)), m.group(4)
            if what.startswith("signed-in"): stamps.setdefault("signed-in", at)
            # Commits until fifty mails are there, not the commit of an empty folder.
            n = re.search(r"added=(\d+)", what)
            if n and sum(added) < 50:
                added.append(int(n.group(1)))
                if sum(added) >= 50: stamps["fifty"] = at
        done.first = (stamps["fifty"] - stamps["signed-in"]) % 3600 if {"fifty", "signed-in"} <= stamps.keys() else None
        return done


def mbsync_rc(port, work):
    shutil.rmtree(work, ignore_errors=True); os.makedirs(os.path.join(work, "mail"))
    rc = os.path.join(work, "rc")
    with open(rc, "w") as f:
        f.write("""FSync no

IMAPAccount a
Host 127.0.0.1
Port %d
User %s
Pass %s
SSLType None
AuthMechs LOGIN

IMAPStore far
Account a

MaildirStore near
Path %s/mail/
Inbox %s/mail/INBOX
SubFolders Verbatim

Channel c
Far :far:
Near :near:
Patterns *
Create Near
SyncState *
""" % (port, USER, PASSWORD, work, work))
    return ["mbsync", "-c", rc, "-q", "-a"]


def notmuch(work):
    mail, rc = os.path.join(work, "mail"), os.path.join(work, "notmuch-rc")
    with open(rc, "w") as f:
        f.write("[database]\npath=%s\n[user]\nname=t\nprimary_email=t@example.com\n[new]\ntags=inbox\n[maildir]\nsynchronize_flags=true\n" % mail)
    done = run(["notmuch", "new", "--quiet"], dict(os.environ, NOTMUCH_CONFIG=rc, HOME=work, LC_ALL="C.UTF-8"))
    return done, disk(os.path.join(mail, ".notmuch")), rc


def mu(work):
    home, env = os.path.join(work, "mu"), dict(os.environ, HOME=work, LC_ALL="C.UTF-8")
    run(["mu", "init", "--muhome=" + home, "--maildir=" + os.path.join(work, "mail")], env)
    done = run(["mu", "index", "--muhome=" + home, "--quiet"], env)
    return done, disk(home)


def scopes(done):
    said = json.loads(done.out.decode().strip().splitlines()[-1]) if done.out.count(b"\n") < 3 else json.loads(done.out)
    return said.get("scopes", said.get("items"))


out = report.Table()
found = {}
for n in [] if a.folders_only else counts:
    path = corpus(n); mb = size_of(path) / 1e6
    with Dovecot(path, os.path.join(a.work, "dovecot-%d" % n)) as server:
        warm(server.port)
        work = os.path.join(a.work, "aurelius")
        us = Aurelius(server.port, work)
        idle = us.call("connections")
        first = us.sync(); again = us.sync()
        added = sum(s["added"] for s in scopes(first))
        if added != n: sys.exit("only %d of %d mails were synced" % (added, n))
        if sum(s["added"] + s["updated"] + s["removed"] for s in scopes(again)): sys.exit("the second sync changed something")
        size = disk(us.home) / 1e6
        found[n] = dict(us=first, again=again, idle=idle, ratio=size / mb, mb=mb)
        print("aurelius %d: cpu %.3f ms/mail, wall %.1f s, rss %.0f MB, first %s s, disk %.2f, again cpu %.2f wall %.2f" % (
            n, first.cpu * 1e3 / n, first.wall, first.rss, first.first, size / mb, again.cpu, again.wall), file=sys.stderr, flush=True)
        shutil.rmtree(work)
        if not a.no_peers:
            work = os.path.join(a.work, "mbsync"); argv = mbsync_rc(server.port, work)
            m = run(argv); m2 = run(argv)
            x, xs, _ = notmuch(work); y, ys = mu(work)
            near = disk(os.path.join(work, "mail")) - xs
            found[n].update(mbsync=m, mbsync2=m2, notmuch=x, mu=y, notmuch_ratio=(near + xs) / 1e6 / mb, mu_ratio=(near + ys) / 1e6 / mb)
            print("mbsync %d: cpu %.3f; notmuch %.3f; mu %.3f ms/mail; again %.2f s" % (n, m.cpu * 1e3 / n, x.cpu * 1e3 / n, y.cpu * 1e3 / n, m2.wall), file=sys.stderr, flush=True)
            shutil.rmtree(work)

nochange = {}
for n in counts:
    path = in_folders(corpus(n), 50)
    with Dovecot(path, os.path.join(a.work, "dovecot-50-%d" % n)) as server:
        work = os.path.join(a.work, "aurelius")
        us = Aurelius(server.port, work); us.sync(); us.sync()
        runs = sorted((us.sync() for _ in range(5)), key=lambda r: r.wall)
        idle = sorted((us.call("connections") for _ in range(5)), key=lambda r: r.wall)
        nochange[n] = dict(us=runs[2], idle=idle[2])
        if a.nochange:
            nochange[n]["round"] = json.loads(us.rounds(20).out)
            nochange[n]["mega"] = (us.instructions(6) - us.instructions(1)) / 5
        shutil.rmtree(work)
        if not a.no_peers:
            work = os.path.join(a.work, "mbsync"); argv = mbsync_rc(server.port, work); run(argv)
            nochange[n]["mbsync"] = sorted((run(argv) for _ in range(5)), key=lambda r: r.wall)[2]
            shutil.rmtree(work)
        r = nochange[n]
        print("no change, 50 folders, %d: aurelius wall %.3f cpu %.3f (start alone %.3f/%.3f) mbsync %s" % (
            n, r["us"].wall, r["us"].cpu, r["idle"].wall, r["idle"].cpu, "%.3f/%.3f" % (r["mbsync"].wall, r["mbsync"].cpu) if "mbsync" in r else "-"), file=sys.stderr, flush=True)

def ms(r, n): return "%.2f" % (r.cpu * 1e3 / n)
if found:
    out.line("First sync. CPU in ms a message (user + system); *disk* is what lies on the disk afterwards over the size of the mail.\n")
    out.row("messages", "mail MB", "program", "CPU ms/message", "times ours", "wall s", "peak RSS MB", "disk")
    for n, f in found.items():
        ours = f["us"].cpu
        out.row(n, "%.0f" % f["mb"], "**Aurelius**", "**%s**" % ms(f["us"], n), "1", "%.1f" % f["us"].wall, "%.0f" % f["us"].rss, "%.2f" % f["ratio"])
        if "mbsync" in f:
            m = f["mbsync"]
            for name, x, r in (("notmuch", f["notmuch"], f["notmuch_ratio"]), ("mu", f["mu"], f["mu_ratio"])):
                out.row(n, "", "mbsync + " + name, "%.2f (%s + %s)" % ((m.cpu + x.cpu) * 1e3 / n, ms(m, n), ms(x, n)), "%.1f" % ((m.cpu + x.cpu) / ours),
                        "%.1f" % (m.wall + x.wall), "%.0f" % max(m.rss, x.rss), "%.2f" % r)
    ns = sorted(found)
    out.line("")
    out.row("what", "figure", "budget", "")
    def verdict(what, value, form, budget, met): out.row(what, form % value, budget, "met" if met(value) else "**missed**")
    big = found[ns[-1]]
    for n in ns:
        f = found[n]; cost = f["us"].cpu * 1e3 / n
        verdict("CPU ms/message, %d" % n, cost, "%.2f", "≤ 0.8", lambda v: v <= 0.8)
        if "mbsync" in f:
            verdict("less than mbsync + notmuch, %d" % n, (f["mbsync"].cpu + f["notmuch"].cpu) / f["us"].cpu, "%.1f ×", "≥ 10 ×", lambda v: v >= 10)
            verdict("less than mbsync + mu, %d" % n, (f["mbsync"].cpu + f["mu"].cpu) / f["us"].cpu, "%.1f ×", "≥ 3 ×", lambda v: v >= 3)
        verdict("peak RSS, %d" % n, f["us"].rss, "%.0f MB", "≤ 150 MB", lambda v: v <= 150)
        if f["us"].first: verdict("sign-in → 50 mails committed (headers, bodies, index), %d" % n, f["us"].first, "%.2f s", "≤ 1 s", lambda v: v <= 1)
        verdict("disk over mail, %d" % n, f["ratio"], "%.2f", "≤ 1.7", lambda v: v <= 1.7)
    if len(ns) > 1: verdict("growth of CPU %d → %d" % (ns[0], ns[-1]), big["us"].cpu / found[ns[0]]["us"].cpu, "%.1f ×", "≤ 13 ×", lambda v: v <= 13)
    out.line("")
out.line("Sync of 50 folders when nothing changed, median of 5. *Start* is the same program doing nothing but opening the store (its key derivation included); "
         "*a round* is one of twenty in a program that runs already, as the window does it (instructions by callgrind).\n")
out.row("messages", "program", "wall ms", "CPU ms", "of which start, wall / CPU ms")
for n, f in nochange.items():
    out.row(n, "**Aurelius**", "%.0f" % (f["us"].wall * 1e3), "%.0f" % (f["us"].cpu * 1e3), "%.0f / %.0f" % (f["idle"].wall * 1e3, f["idle"].cpu * 1e3))
    if "round" in f: out.row(n, "Aurelius, a round", "%.1f" % f["round"]["wall_ms"], "%.1f" % f["round"]["cpu_ms"], "%.1f million instructions" % f["mega"])
    if "mbsync" in f: out.row(n, "mbsync", "%.0f" % (f["mbsync"].wall * 1e3), "%.0f" % (f["mbsync"].cpu * 1e3), "")
rounds = {n: f for n, f in nochange.items() if "round" in f}
if rounds:
    out.line("")
    out.row("what", "figure", "budget", "")
    for n, f in rounds.items():
        if "mbsync" in f:
            v = f["round"]["cpu_ms"] / (f["mbsync"].cpu * 1e3)
            out.row("CPU of a round over mbsync's, %d" % n, "%.2f ×" % v, "≤ 2 ×", "met" if v <= 2 else "**missed**")
    if len(rounds) > 1:
        few, many = (rounds[n]["mega"] for n in (min(rounds), max(rounds)))
        out.row("instructions of a round, %d over %d messages" % (max(rounds), min(rounds)), "%.2f ×" % (many / few), "≤ 1.05 ×", "met" if many / few <= 1.05 else "**missed**")
# A run without the peers has a section of its own, or it would take the place of theirs; a small one is a trial and is only shown.
report.publish("sync-alone" if a.no_peers else "sync", out, a.command, a.report if max(counts) >= 10000 else None)
