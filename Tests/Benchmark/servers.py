"""Starts and stops what takes part in the benchmark, and reads what it used."""
import http.client
import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
CHAT = "/v1/chat/completions"
MANAGEMENT = "benchmark-management-token"
ANSWER = json.dumps({
    "id": "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT", "object": "chat.completion", "created": 1741569952,
    "model": "gpt-4o-2024-08-06", "choices": [{"index": 0, "finish_reason": "stop", "message": {
        "role": "assistant", "content": "Hello there. I answer questions and help with texts and with code."}}],
    "usage": {"prompt_tokens": 12, "completion_tokens": 18, "total_tokens": 30}}, separators=(",", ":"))

NGINX = """
worker_processes {workers}; daemon off; pid {dir}/nginx.pid; error_log {dir}/error.log;
events {{ worker_connections 20000; }}
http {{
  access_log off; keepalive_requests 100000000; keepalive_timeout 600s;
  client_body_temp_path {dir}/body; proxy_temp_path {dir}/proxy; fastcgi_temp_path {dir}/fastcgi;
  uwsgi_temp_path {dir}/uwsgi; scgi_temp_path {dir}/scgi;
  {http}
}}
"""
NGINX_PROXY = """
  upstream origin {{ server 127.0.0.1:{upstream}; keepalive 256; keepalive_requests 100000000; }}
  server {{ listen 127.0.0.1:{port} backlog=4096 {reuse};
    location / {{ proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection "";
                  proxy_buffering off; proxy_read_timeout 600s; }} }}
"""
NGINX_ORIGIN = """
  server {{ listen 127.0.0.1:{port} backlog=4096;
    location / {{ default_type application/json; return 200 '{answer}'; }} }}
"""
HAPROXY = """
global
  maxconn {connections}
  nbthread 1
defaults
  mode http
  option http-no-delay
  http-reuse always
  timeout connect 10s
  timeout client 600s
  timeout server 600s
frontend front
  bind 127.0.0.1:{port} backlog 4096
  default_backend back
backend back
  server origin 127.0.0.1:{upstream} pool-max-conn 256
"""
CADDY = """
{{
  admin off
  auto_https off
  log {{
    output discard
  }}
}}
http://:{port} {{
  bind 127.0.0.1
  reverse_proxy 127.0.0.1:{upstream} {{
    flush_interval -1
    transport http {{
      keepalive_idle_conns 256
      keepalive_idle_conns_per_host 256
    }}
  }}
}}
"""
GOVERNED = """
pipeline:
  - { name: auth, use: core.auth }
  - { name: whitelist, use: core.whitelist }
  - name: limits
    use: core.rate-limit
    config: { requests_per_minute: 900000000, project_requests_per_minute: 900000000 }
  - { name: forward, use: core.forward }
  - { name: log, use: core.log, on_error: open, config: { file: exchanges.log } }
"""
FORWARD_ONLY = """
allow_unauthenticated: true
pipeline:
%s  - { name: forward, use: core.forward }
"""
API = """
apis:
  openai:
    base_url: http://127.0.0.1:%d
    api_key: sk-upstream-0123456789
    allowed_endpoints: [/v1/chat/completions, /v1/embeddings, /v1/models]
    allowed_methods: [GET, POST]
    param_whitelist: { model: ["gpt-4o", "gpt-4o-*", "gpt-4.1-*", "o3-*"] }
    connection: { max_idle_conns: 256 }
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """A process of its own, with its folder, its port and the token that callers need."""

    def __init__(self, name, folder, command, port, cores, environment=None):
        self.name, self.port, self.token, self.folder = name, port, "none", folder
        with open(folder / "output", "wb") as output:
            self.process = subprocess.Popen(
                ["taskset", "-c", cores, *map(str, command)], cwd=folder, stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT, env=environment)
        self.wait()

    def wait(self):
        for _ in range(400):
            if self.process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        said = (self.folder / "output").read_text(errors="replace")[-2000:]
        raise SystemExit(f"benchmark: {self.name} did not start:\n{said}")

    def pids(self):
        """The process and its children."""
        parents = {}
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    stat = pathlib.Path("/proc", entry, "stat").read_text()
                except OSError:
                    continue
                parents.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry))
        found = [self.process.pid]
        for pid in found:
            found += parents.get(pid, [])
        return found

    def cpu(self):
        """CPU seconds of all threads of all its processes, from the kernel's clock of each process (the sum that
        /proc/PID/stat shows, but in nanoseconds and not in ticks of 10 ms)."""
        return sum(time.clock_gettime((~pid << 3) | 2) for pid in self.pids())

    def memory(self):
        """Resident memory in MiB, of all its processes."""
        lines = [line for pid in self.pids() for line in open(f"/proc/{pid}/status") if line.startswith("VmRSS")]
        return sum(int(line.split()[1]) for line in lines) / 1024

    def ask(self, method, path, body=None, token=MANAGEMENT):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request(method, path, json.dumps(body) if body else None,
                           {"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read().decode()
        if answer.status >= 300:
            raise SystemExit(f"benchmark: {self.name}: {method} {path}: {answer.status} {text[:500]}")
        return text

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(2)
            except subprocess.TimeoutExpired:
                for pid in reversed(self.pids()):
                    os.kill(pid, signal.SIGKILL)
                self.process.wait()


class Field:
    """All that runs at a time; as a context it stops everything at its end."""

    def __init__(self, scratch, tree, proxy_cores, load_cores):
        self.scratch, self.tree = pathlib.Path(scratch), pathlib.Path(tree)
        self.proxy_cores, self.load_cores = proxy_cores, load_cores
        self.servers, self.count = [], 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for server in reversed(self.servers):
            server.stop()
            shutil.rmtree(server.folder, ignore_errors=True)
        self.servers = []

    def folder(self, name):
        self.count += 1
        folder = self.scratch / f"{self.count}-{name}"
        folder.mkdir(mode=0o700)
        return folder

    def add(self, *arguments, **named):
        server = Server(*arguments, **named)
        self.servers.append(server)
        return server

    def nginx(self, name, http, cores, workers=1, **values):
        folder, port = self.folder(name), free_port()
        (folder / "nginx.conf").write_text(
            NGINX.format(dir=folder, workers=workers, http=http.format(port=port, **values)))
        return self.add(name, folder, ["nginx", "-p", folder, "-c", folder / "nginx.conf"], port, cores)

    def origin(self, cores=None, workers=1):
        return self.nginx("origin", NGINX_ORIGIN, cores or self.load_cores, workers, answer=ANSWER)

    def stream_origin(self):
        port = free_port()
        return self.add("sse_source", self.folder("source"), [self.scratch / "sse_source", port], port,
                        self.load_cores)

    def proxy(self, name, upstream, workers=1, stages=0):
        cores = self.proxy_cores[0] if workers == 1 else ",".join(self.proxy_cores[:workers])
        if name == "nginx":
            return self.nginx(name, NGINX_PROXY, cores, workers, upstream=upstream,
                              reuse="reuseport" if workers > 1 else "")
        folder, port = self.folder(name), free_port()
        if name == "haproxy":
            (folder / "conf").write_text(HAPROXY.format(
                port=port, upstream=upstream, connections=(resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 200) // 2))
            return self.add(name, folder, ["haproxy", "-db", "-f", "conf"], port, cores)
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
        if name == "caddy":
            (folder / "conf").write_text(CADDY.format(port=port, upstream=upstream))
            return self.add(name, folder, ["caddy", "run", "--adapter", "caddyfile", "--config", "conf"], port, cores,
                            environment={**environment, "GOMAXPROCS": str(workers)})
        noops = "".join(f"  - {{ name: noop{n}, use: org.example.noop/noop }}\n" for n in range(stages))
        pipeline = GOVERNED if name == "governed" else FORWARD_ONLY % noops
        (folder / "proxy.yaml").write_text(pipeline + API % upstream)
        environment |= {
            "MANAGEMENT_TOKEN": MANAGEMENT, "LISTEN_ADDR": f"127.0.0.1:{port}", "LOG_FILE": "server.log",
            "API_CONFIG_PATH": "proxy.yaml", "DATABASE_PATH": "proxy.db", "AUDIT_LOG_FILE": "audit.log",
            "LLM_PROXY_EVENT_LOOPS": str(workers), "LLM_PROXY_PLUGINS_DIR": str(self.scratch / "plugins")}
        server = self.add(name, folder, [self.tree / "bin/llm-proxy", "server"], port, cores, environment=environment)
        if name == "governed":
            project = json.loads(server.ask("POST", "/manage/projects", {"name": "bench", "api_key": "sk-0123456789"}))
            server.token = json.loads(server.ask(
                "POST", "/manage/tokens", {"project_id": project["id"], "duration_minutes": 600}))["token"]
        return server
