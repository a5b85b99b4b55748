"""Configurations of the tests: the one place that knows the names of settings."""

from .environment import PROGRAMS, inherited

METHODS = ["GET", "POST", "DELETE", "OPTIONS"]
ENDPOINTS = ["/v1/chat/completions", "/v1/embeddings", "/v1/models", "/v1/files", "/v1/audio/speech"]


def environment(folder, port, management_token):
    """What every test process is given; nothing else is inherited but how to find programs."""
    return inherited(*PROGRAMS) | {
        "TZ": "UTC",
        "MANAGEMENT_TOKEN": management_token,
        "LISTEN_ADDR": f"127.0.0.1:{port}",
        "DATABASE_PATH": str(folder / "llm-proxy.db"),
        "AUDIT_LOG_FILE": str(folder / "audit.log"),
        "API_CONFIG_PATH": str(folder / "llm-proxy.yaml"),
        "LOG_LEVEL": "info",
    }


def stage(name, use=None, config=None, **rest):
    return {"name": name, "use": use or f"core.{name}"} | ({"config": config} if config else {}) | rest


def pipeline(*changes):
    """The default chain. A stage in `changes` replaces the one of its name, or goes in before `forward`."""
    chain = [stage("cors"), stage("auth"), stage("whitelist"), stage("rate-limit"), stage("forward"),
             stage("log", on_error="open")]
    for change in changes:
        names = [one["name"] for one in chain]
        if change["name"] in names:
            chain[names.index(change["name"])] = change
        else:
            chain.insert(names.index("forward"), change)
    return chain


def api(base_url, adapter="openai", timeouts=None, **rest):
    return {
        "adapter": adapter, "base_url": base_url, "allowed_methods": METHODS, "allowed_endpoints": ENDPOINTS,
    } | ({"timeouts": timeouts} if timeouts else {}) | rest


def configuration(base_url, chain=None, plugins=None, gateway_timeouts=None, limits=None, **rest):
    """A whole file. `rest` are settings of the one API. Without a `chain` the default one runs."""
    document = {"default_api": "openai", "apis": {"openai": api(base_url, **rest)}}
    if chain:
        document["pipeline"] = chain
    if plugins:
        document["plugins"] = {"dir": str(plugins)}
    if gateway_timeouts:
        document["timeouts"] = gateway_timeouts
    if limits:
        document["limits"] = limits
    return document
