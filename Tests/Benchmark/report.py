"""What the benchmark's rounds say: medians, ratios, and the page docs/performance.md."""
import os
import pathlib
import platform
import re
import subprocess
import time
from statistics import median

OURS = "llm-proxy, governed"
LABELS = {"nginx": "nginx", "haproxy": "haproxy", "caddy": "caddy", "forward-only": "llm-proxy, forward only",
          "governed": OURS, "origin": "no proxy"}
# figure, how it is called, digits, whether more is better
TABLES = [
    ("Unary requests, 64 connections", [("unary_cpu_us", "CPU µs per request", 1), ("unary_rps", "requests/s", 0)]),
    ("Latency, 1 connection", [("p50_us_1", "p50 µs", 0), ("p99_us_1", "p99 µs", 0)]),
    ("Latency, 16 connections", [("p50_us_16", "p50 µs", 0), ("p99_us_16", "p99 µs", 0)]),
    ("SSE, 64 streams of 200 events/s", [("sse_cpu_us", "CPU µs per event", 2), ("sse_eps", "events/s", 0),
                                         ("sse_per_read", "events per read", 2),
                                         ("sse_first_us", "first event, p50 µs", 0)]),
    ("SSE, 64 streams flat out", [("flood_cpu_us", "CPU µs per event", 2), ("flood_eps", "events/s", 0),
                                  ("flood_per_read", "events per read", 1)]),
    ("Memory (resident, all processes)", [("idle_mib", "idle MiB", 1), ("held_mib", "held streams MiB", 1),
                                          ("held_first", "streams with a first event", 0)]),
]


def output_of(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return (done.stdout + done.stderr).strip().split("\n")[0]
    except OSError:
        return "?"


def facts(options, cores):
    root = pathlib.Path(__file__).resolve().parents[2]
    cpu = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    memory = int(re.search(r"MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text())[1]) / 2**20
    git = ["git", "-C", str(root)]
    changed = output_of(*git, "status", "--porcelain", "--untracked-files=no")
    return {
        "date": time.strftime("%Y-%m-%d", time.gmtime()), "rounds": options.rounds, "duration": options.duration,
        "held": options.held, "cores": len(cores), "load_before": os.getloadavg()[0],
        "machine": f"{cpu[1] if cpu else platform.machine()}, {len(cores)} cores, {memory:.0f} GiB, "
                   f"Linux {platform.release().split('-')[0]}",
        "commit": output_of(*git, "rev-parse", "--short", "HEAD") + (" with changes" if changed else ""),
        "versions": ", ".join([
            output_of("nginx", "-v").replace("nginx version: nginx/", "nginx "),
            " ".join(output_of("haproxy", "-v").replace("HAProxy version", "haproxy").split()[:2]),
            "caddy " + output_of("caddy", "version").split()[0],
            "wrk " + re.sub(r"^wrk (\S+).*", r"\1", output_of("wrk", "-v"))])}


def ratio(results, figure, ours, theirs):
    """Median over the rounds of ours / theirs: what slows the machine for a whole round falls out."""
    of = results.get(figure, {})
    pairs = [a / b for a, b in zip(of.get(ours, []), of.get(theirs, [])) if b > 0]
    return median(pairs) if pairs else None


def added_latency(results):
    of = results.get("p50_us_1", {})
    pairs = [(ours - bare) / (nginx - bare) for ours, nginx, bare
             in zip(of.get("governed", []), of.get("nginx", []), of.get("origin", [])) if nginx > bare]
    return median(pairs) if pairs else None


def middle(results, figure, proxy="governed"):
    values = results.get(figure, {}).get(proxy)
    return median(values) if values else None


def targets(results, held=5000, cores=2):
    """(what, unit, must, aim, value, whether less is better)."""
    per_cpu = ratio(results, "cores_per_cpu_second", "governed-2", "governed-1")
    two = ratio(results, "cores_rps", "governed-2", "governed-1") if cores >= 4 else per_cpu and 2 * per_cpu
    return [
        ("CPU per unary request, governed, against nginx", "×", 1.3, 1.0,
         ratio(results, "unary_cpu_us", "governed", "nginx"), True),
        ("added p50 latency, one connection, against nginx's", "×", 1.4, 1.1, added_latency(results), True),
        ("CPU per SSE event, governed, against nginx", "×", 1.3, 1.0,
         ratio(results, "sse_cpu_us", "governed", "nginx"), True),
        ("CPU per unary request, governed against forward only", "×", 1.2, 1.1,
         ratio(results, "unary_cpu_us", "governed", "forward-only"), True),
        ("memory, idle", "MiB", 30, 20, middle(results, "idle_mib"), True),
        (f"memory, {held:,} held streams", "MiB", 90, 60, middle(results, "held_mib"), True),
        ("held streams whose first event came", "", held, held, middle(results, "held_first"), False),
        ("two cores against one" + ("" if cores >= 4 else ", from CPU per request (see below)"), "×", 1.8, 1.95,
         two, False),
        ("empty stage, time of a hook call", "ns", 50, 50, middle(results, "stage_ns_by_clock"), True),
    ]


def verdict(what, must, aim, value, less):
    if value is None:
        return "not measured"
    if "see below" in what:
        return "an indication: too few cores to show it"
    rounded = round(value, 2)
    if rounded <= aim if less else rounded >= aim:
        return "aim reached"
    return "must reached" if (rounded <= must if less else rounded >= must) else "**missed**"


def shown(value, unit):
    if value is None:
        return "–"
    return f"{value:,.0f} {unit}".strip() if value >= 1000 else f"{value:.{2 if unit == '×' else 1}f} {unit}".strip()


def cell(values, digits):
    if not values:
        return "–"
    text = f"{median(values):,.{digits}f}"
    return text if len(values) == 1 else f"{text} ({min(values):,.{digits}f}–{max(values):,.{digits}f})"


def tables(results):
    for title, columns in TABLES:
        columns = [column for column in columns if column[0] in results]
        if not columns:
            continue
        yield "", f"### {title}", ""
        yield "| | " + " | ".join(f"{name} | × nginx" for _, name, _ in columns) + " |",
        yield "|---|" + "--:|--:|" * len(columns),
        for proxy, label in LABELS.items():
            if not any(proxy in results[figure] for figure, _, _ in columns):
                continue
            cells = []
            for figure, _, digits in columns:
                against = ratio(results, figure, proxy, "nginx")
                cells += [cell(results[figure].get(proxy), digits), f"{against:.2f}" if against else "–"]
            yield f"| {label} | " + " | ".join(cells) + " |",
    if "cores_rps" in results:
        yield "", "### Two event loops on two cores, one on one", ""
        yield "| | requests/s | requests per CPU second | cores used |", "|---|--:|--:|--:|"
        for proxy in results["cores_rps"]:
            name, loops = proxy.rsplit("-", 1)
            yield f"| {LABELS[name]}, {loops} | " + " | ".join(
                cell(results[figure][proxy], digits)
                for figure, digits in (("cores_rps", 0), ("cores_per_cpu_second", 0), ("cores_used", 2))) + " |",
        for proxy in ("nginx", "governed"):
            yield ("",)
            yield (f"{LABELS[proxy]}: throughput × {ratio(results, 'cores_rps', proxy + '-2', proxy + '-1'):.2f}, requests "
                   f"per CPU second × {ratio(results, 'cores_per_cpu_second', proxy + '-2', proxy + '-1'):.2f}."),
    if "stage_ns_by_cpu" in results:
        by_clock, by_cpu = (results[figure]["governed"] for figure in ("stage_ns_by_clock", "stage_ns_by_cpu"))
        yield "", "### A stage that does nothing", ""
        yield (f"A hook call takes {median(by_clock):.1f} ns by the proxy's own clock (`llm_proxy_hook_seconds_total` by "
               f"`llm_proxy_hook_calls_total`; that includes reading the clock). By the CPU of the process, 32 such "
               f"stages of four hooks against none, it is {cell(by_cpu, 1)} ns, with all that the host does around it."),


def goal_table(results, held, cores):
    yield "| figure | must | aim | measured | |", "|---|--:|--:|--:|---|"
    for what, unit, must, aim, value, less in targets(results, held, cores):
        sign = "≤" if less else "≥"
        yield (f"| {what} | {sign} {must:,} {unit} | {sign} {aim:,} {unit} | {shown(value, unit)} | "
               f"{verdict(what, must, aim, value, less)} |"),


def lines(groups):
    return "\n".join(line for group in groups for line in group)


def terminal(results, held=5000, cores=2):
    return lines(goal_table(results, held, cores)) + "\n" + lines(tables(results)) + "\n"


METHOD = (pathlib.Path(__file__).resolve().parent / "method.md")


def markdown(facts_, results):
    f = facts_
    text = f"""# Performance

Written by `make bench-compare` (`ROUNDS={f['rounds']} DURATION={f['duration']} Tests/Benchmark/compare.sh`) on \
{f['date']}, commit {f['commit']}.

Machine: {f['machine']}; load average {f['load_before']:.1f} before and {f['load_after']:.1f} after. \
Versions: {f['versions']}.

Medians of {f['rounds']} interleaved rounds, lowest and highest in brackets. A ratio is the median of the ratios within \
each round.

## Against the targets

{lines(goal_table(results, f['held'], f['cores']))}

## All figures
{lines(tables(results))}

"""
    return text + METHOD.read_text()
