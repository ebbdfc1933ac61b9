"""Markdown tables, and the sections of docs/benchmarks.md: each bench replaces its own between two markers."""
import datetime, os, re


class Table:
    def __init__(self):
        self.lines, self.open = [], False

    def line(self, text):
        self.lines.append(text); self.open = False

    def row(self, *cells):
        self.lines.append("| %s |" % " | ".join(str(c) for c in cells))
        if not self.open: self.lines.append("|%s" % ("---|" * len(cells)))
        self.open = True


def machine():
    model, cores = "?", os.cpu_count()
    for l in open("/proc/cpuinfo"):
        if l.startswith("model name"): model = l.split(":", 1)[1].strip(); break
    ram = int(re.search(r"MemTotal:\s+(\d+)", open("/proc/meminfo").read()).group(1)) / 2**20
    return "%d cores of %s, %.0f GB RAM, %s" % (cores, model, ram, os.uname().sysname + " " + os.uname().release)


def publish(section, table, command, path):
    """Prints the section and, where a file is named, replaces it there."""
    load = os.getloadavg()
    head = "`%s` · %s · %s · load %.1f\n" % (command, datetime.date.today().isoformat(), machine(), load[1])
    text = head + "\n" + "\n".join(table.lines) + "\n"
    print(text)
    if not path: return
    body = open(path, encoding="utf-8").read()
    begin, end = "<!-- %s -->\n" % section, "<!-- end %s -->" % section
    if begin not in body: body += "\n%s%s\n" % (begin, end)
    at, to = body.index(begin) + len(begin), body.index(end)
    with open(path, "w", encoding="utf-8") as f: f.write(body[:at] + text + body[to:])


if __name__ == "__main__":
    # report.py SECTION COMMAND TABLE REPORT: a table that another program wrote.
    import sys
    section, command, source, target = sys.argv[1:5]
    table = Table()
    table.lines = open(source, encoding="utf-8").read().rstrip().split("\n")
    publish(section, table, command, target)
