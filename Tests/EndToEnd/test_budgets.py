"""Budgets: reserved before an exchange leaves, settled when it ends, never exceeded, whatever dies."""

import random
import threading
import time

import pytest
from support import answers, settings
from support.ledger import charge, check_balances, entries, rows
from support.proxy import eventually
from support.wire import Closed

PRICE = {"input": 1_000_000, "output": 10_000_000}
PRICES = {"models": [{"match": "gpt-4o", "input_per_million": 1, "output_per_million": 10}],
          "reserved_output_tokens": 50}
COST = 9 * 1 + 3 * 10  # of `answers.completion`


def configuration(provider, **rest):
    document = settings.configuration(provider.origin, **rest)
    document["prices"] = PRICES
    return document


@pytest.fixture
def metered(start, provider):
    return start(configuration(provider))


def chat(proxy, token, max_tokens=5, **changes):
    return proxy.chat(token, max_tokens=max_tokens, **changes)


def test_a_budget_is_spent_and_then_refused_with_the_contract(metered, provider):
    token = metered.management.create_token(budget={"total_micros": 300})
    passed = 0
    while (answer := chat(metered, token["token"])).status == 200:
        passed += 1
        assert passed < 20
    assert answer.status == 429 and answer.code == "budget_exceeded" and answer.source == "gateway"
    assert answer.headers.get("x-should-retry") == "false" and answer.headers.get("retry-after") is None
    assert passed >= 4 and len(provider.requests) == passed
    spent = eventually(
        lambda: (record := metered.management.token(token["id"]))["budget"]["spent"]["total_micros"] == passed * COST
        and record, "the balance")["budget"]
    assert spent["total_micros"] == 300 and spent["spent"]["day_micros"] == passed * COST
    assert check_balances(metered)[token["id"]]["total_micros"] == passed * COST
    (refused,) = eventually(lambda: entries(metered, status=429), "the refusal's entry")
    assert refused["outcome"] == "refused" and refused["charged_micros"] == 0
    assert metered.metric("llm_proxy_budget_refusals_total") == 1


@pytest.mark.parametrize("period", ["day", "month"])
def test_a_period_says_when_to_come_back(metered, period):
    token = metered.management.create_token(budget={f"{period}_micros": 10})
    answer = chat(metered, token["token"])
    assert answer.code == "budget_exceeded" and answer.headers.get("x-should-retry") is None
    assert 1 <= int(answer.headers.get("retry-after")) <= 60


def test_the_projects_budget_binds_all_its_tokens_and_can_be_changed_at_once(metered):
    project = metered.management.create_project()
    metered.management.change_project(project["id"], budget={"month_micros": 200})
    tokens = [metered.management.create_token(project)["token"] for _ in range(3)]
    statuses = [chat(metered, tokens[n % 3]).status for n in range(9)]
    assert statuses.count(200) >= 2 and statuses[-1] == 429
    assert statuses.count(200) * COST <= 200
    metered.management.change_project(project["id"], budget={"month_micros": 100_000})
    assert chat(metered, tokens[0]).status == 200
    metered.management.change_project(project["id"], budget=None)
    assert chat(metered, tokens[1]).status == 200
    assert metered.management.call("GET", f"/manage/projects/{project['id']}").json()["budget"] is None


def test_a_childs_requests_are_paid_by_its_ancestors_too(metered):
    parent = metered.management.create_token(budget={"total_micros": 250})
    answer = metered.call("POST", "/self/tokens", body={"budget": {"total_micros": 251}}, token=parent["token"])
    assert answer.status == 403 and answer.json()["code"] == "wider_than_parent"
    answer = metered.call("POST", "/self/tokens", body={"label": "child"}, token=parent["token"])
    assert answer.status == 201, answer
    child = answer.json()
    passed = 0
    while chat(metered, child["token"]).status == 200:
        passed += 1
    assert 0 < passed * COST <= 250
    assert chat(metered, parent["token"]).code == "budget_exceeded"
    eventually(lambda: rows(metered, "SELECT total_micros FROM usage_balances WHERE id = ?", parent["id"])
               == [{"total_micros": passed * COST}], "the parent's balance")
    shown = metered.call("GET", "/self", token=child["token"]).json()
    assert shown["budget"]["remaining"] == {"total_micros": 250 - passed * COST}
    assert shown["usage"]["cost_micros"] == passed * COST and shown["usage"]["currency"] == "USD"


def test_what_a_request_may_cost_is_what_it_asks_for(metered):
    token = metered.management.create_token(budget={"total_micros": 1000})
    # Input: the body's bytes through four; output: the limit, for each choice, or the configured number.
    assert chat(metered, token["token"], max_tokens=1000).code == "budget_exceeded"
    assert metered.chat(token["token"], max_completion_tokens=40, n=3).code == "budget_exceeded"
    assert metered.chat(token["token"], max_completion_tokens=30, n=3).status == 200
    assert metered.chat(token["token"]).status == 200
    assert metered.chat(token["token"], messages=[{"role": "user", "content": "x" * 4000}]).code == "budget_exceeded"


def test_a_model_without_a_price_is_not_a_way_around_a_budget(metered, provider):
    token = metered.management.create_token(budget={"day_micros": 1000})
    answer = chat(metered, token["token"], model="unheard-of")
    assert (answer.status, answer.code) == (403, "model_not_priced") and not provider.requests
    assert metered.call("GET", "/v1/models", token=token["token"]).status == 200
    assert chat(metered, metered.management.access_token(), model="unheard-of").status == 200


JSON = {"Content-Type": "application/json"}
TYPES = [None, "text/plain", "application/octet-stream", "audio/wav", "multipart/form-data; boundary=x", "application/json"]


@pytest.mark.parametrize("kind", TYPES)
def test_no_content_type_is_a_way_around_a_budget(metered, provider, kind):
    token = metered.management.create_token(budget={"total_micros": 1000})
    headers = {"Content-Type": kind} if kind else {}

    def ask(body):
        return metered.call("POST", "/v1/chat/completions", headers, body, token["token"])

    assert ask(b'{"model":"unheard-of","max_tokens":5}').code == "model_not_priced"
    assert ask(b'{"model":"gpt-4o","max_tokens":1000}').code == "budget_exceeded"
    assert not provider.requests
    assert ask(b'{"model":"gpt-4o","max_tokens":5}').status == 200
    (entry,) = eventually(lambda: entries(metered, status=200), "the entry")
    assert entry["model"] == "gpt-4o" and entry["charged_micros"] == COST


@pytest.mark.parametrize("body", [
    b"", b"{", b"[]", b'{"messages":[]}', b'{"model":5}', b'{"model":["gpt-4o"]}', b'\xef\xbb\xbf{"model":"gpt-4o"}',
    '{"model":"gpt-4o"}'.encode("utf-16"), b'{"Model":"gpt-4o"}'])
def test_a_budget_needs_to_know_the_model(metered, provider, body):
    token = metered.management.create_token(budget={"total_micros": 1000})
    answer = metered.call("POST", "/v1/chat/completions", JSON, body, token["token"])
    assert answer.code in ("model_not_priced", "param_repeated") and not provider.requests
    assert '"model"' in answer.json()["error"]["message"]
    # Without a budget it is the provider's to say what it cannot read.
    assert metered.call("POST", "/v1/chat/completions", JSON, body, metered.management.access_token()).status == 200


@pytest.mark.parametrize("name, body", [
    ("model", b'{"model":"gpt-4o","model":"gpt-4o"}'), ("model", b'{"model":"gpt-4o","\\u004dodel":"dear"}'),
    ("max_tokens", b'{"model":"gpt-4o","max_tokens":1,"max_tokens":90000}'),
    ("max_tokens", b'{"model":"gpt-4o","Max_Tokens":90000}'), ("n", b'{"model":"gpt-4o","n":1,"N":9}')])
def test_what_a_budget_depends_on_may_be_said_only_once(metered, provider, name, body):
    token = metered.management.create_token(budget={"total_micros": 1000})
    answer = metered.call("POST", "/v1/chat/completions", JSON, body, token["token"])
    assert (answer.status, answer.code) == (400, "param_repeated") and not provider.requests
    assert f'"{name}"' in answer.json()["error"]["message"] and answer.headers.get("x-should-retry") == "false"


def test_of_a_repeated_model_the_last_is_in_the_ledger(metered):
    token = metered.management.access_token()
    body = b'{"model":"cheap","messages":[],"model":"gpt-4o"}'
    assert metered.call("POST", "/v1/chat/completions", JSON, body, token).status == 200
    (entry,) = eventually(lambda: entries(metered, status=200), "the entry")
    assert entry["model"] == "gpt-4o"


@pytest.mark.parametrize("limits, passes", [
    ({"max_tokens": 90}, True), ({"max_tokens": 1000}, False), ({"max_completion_tokens": 1, "max_tokens": 1000}, False),
    ({"max_tokens": 0}, True), ({"max_tokens": None}, True), ({"max_tokens": -1}, True), ({"n": None}, True)])
def test_the_highest_limit_counts_and_none_is_the_configured_one(metered, limits, passes):
    token = metered.management.create_token(budget={"total_micros": 1000})
    assert (chat(metered, token["token"], **({"max_tokens": None} | limits)).status == 200) == passes


@pytest.mark.parametrize("number", [b"1e6", b"1000000.0", b"99999999999999999999"])
def test_a_limit_counts_however_it_is_written(metered, number):
    token = metered.management.create_token(budget={"total_micros": 1000})
    body = b'{"model":"gpt-4o","max_tokens":' + number + b"}"
    assert metered.call("POST", "/v1/chat/completions", JSON, body, token["token"]).code == "budget_exceeded"


@pytest.mark.parametrize("path, kind", [
    ("/v1/audio/transcriptions", "multipart/form-data; boundary=x"), ("/v1/files", "multipart/form-data; boundary=x"),
    ("/v1/files", "application/octet-stream"), ("/v1/files", "application/x-unheard-of"), ("/v1/files", None),
    ("/v1/chat/completions/chatcmpl-1", "application/json")])
def test_what_names_no_model_because_it_need_not_passes_with_a_budget(start, provider, path, kind):
    document = configuration(provider, allowed_endpoints=["/v1/"], limits={"request_body_bytes": 1 << 20})
    proxy = start(document)
    token = proxy.management.create_token(budget={"total_micros": 1000})
    size = 3 << 20 if kind in ("multipart/form-data; boundary=x", "application/octet-stream") else 1000
    answer = proxy.call("POST", path, {"Content-Type": kind} if kind else {}, b"\x00\xff" * (size // 2), token["token"])
    assert answer.status == 200 and len(provider.requests[0].body) == size


def test_reservations_of_streams_under_way_count(metered, provider):
    token = metered.management.create_token(budget={"total_micros": 200})
    gate = threading.Event()
    provider.reset(answers.stream_until(gate, answers.delta("a"), answers.USAGE_CHUNK))
    with metered.client() as client:
        client.ask("POST", "/v1/chat/completions", token=token["token"], body={
            "model": "gpt-4o", "stream": True, "max_tokens": 10, "messages": [{"role": "user", "content": "hi"}]})
        client.head()
        answer = chat(metered, token["token"], max_tokens=10)
        assert answer.code == "budget_exceeded" and answer.headers.get("retry-after") == "1"
        assert answer.headers.get("x-should-retry") is None
        gate.set()
        while client.event() is not None:
            pass
    provider.reset(answers.whole())
    assert chat(metered, token["token"], max_tokens=10).status == 200


def leave(proxy, provider, token, **changes):
    """Asks for an answer and goes when the provider is at work on it."""
    before = len(provider.requests)
    with proxy.client() as client:
        client.ask("POST", "/v1/chat/completions", token=token, body={
            "model": "gpt-4o", "max_tokens": 100, "messages": [{"role": "user", "content": "hi"}]} | changes)
        connection = provider.wait_for_requests(before + 1).connection
    assert connection.closed.wait(10)


@pytest.mark.parametrize("changes", [{}, {"stream": True}])
def test_leaving_before_the_answer_is_charged_what_was_reserved(metered, provider, changes):
    token = metered.management.create_token(budget={"total_micros": 2500})
    provider.reset(answers.silent)
    leave(metered, provider, token["token"], **changes)
    (entry,) = eventually(lambda: entries(metered, outcome="client_gone"), "the entry")
    assert (entry["provenance"], entry["output_tokens"]) == ("estimated", 100)
    assert entry["charged_micros"] == charge(entry, PRICE) > 1000
    # A third answer of that size does not fit, whoever reads the first two.
    leave(metered, provider, token["token"], **changes)
    eventually(lambda: chat(metered, token["token"], max_tokens=100).status == 429, "the budget to be used up")
    assert len(provider.requests) == 2
    check_balances(metered)


def test_leaving_in_the_middle_of_a_whole_answer_is_charged_what_was_reserved(metered, provider):
    def part(exchange):
        exchange.head(200, answers.JSON | {"Content-Length": 1000})
        exchange.send(b'{"choices":')
        exchange.hold()

    provider.reset(part)
    token = metered.management.create_token(budget={"total_micros": 2500})
    with metered.client() as client:
        client.ask("POST", "/v1/chat/completions", token=token["token"], body={"model": "gpt-4o", "max_tokens": 100})
        client.head()
        client.reader.exactly(5)
    (entry,) = eventually(lambda: entries(metered, outcome="client_gone"), "the entry")
    assert (entry["provenance"], entry["output_tokens"]) == ("estimated", 100)


def test_leaving_a_stream_is_charged_its_events(metered, provider):
    provider.reset(answers.stream_until(threading.Event(), *[answers.delta("a")] * 3))
    token = metered.management.create_token(budget={"total_micros": 2500})
    with metered.client() as client:
        client.ask("POST", "/v1/chat/completions", token=token["token"],
                   body={"model": "gpt-4o", "stream": True, "max_tokens": 100})
        client.head()
        for _ in range(3):
            client.event()
    (entry,) = eventually(lambda: entries(metered, outcome="client_gone"), "the entry")
    assert (entry["provenance"], entry["output_tokens"]) == ("counted", 3)


@pytest.mark.parametrize("script, status", [
    (answers.close, 502), (answers.reset, 502), (answers.raw(b"nonsense\r\n\r\n", "close"), 502),
    (answers.whole({"error": {}}, 400, reason="Bad Request"), 400), (answers.whole({"error": {}}, 500), 500),
    (answers.whole({"error": {}}, 429), 429)])
def test_what_the_provider_refused_or_did_not_answer_is_free(metered, provider, script, status):
    provider.reset(script)
    token = metered.management.create_token(budget={"total_micros": 2500})
    assert chat(metered, token["token"], max_tokens=100).status == status
    (entry,) = eventually(lambda: entries(metered, token_id=token["id"]), "the entry")
    assert entry["charged_micros"] == 0
    provider.reset(answers.whole())
    assert chat(metered, token["token"], max_tokens=200).status == 200


def test_a_provider_that_cannot_be_reached_costs_nothing(metered, provider):
    token = metered.management.create_token(budget={"total_micros": 2500})
    provider.refuse()
    try:
        assert chat(metered, token["token"], max_tokens=100).status == 502
    finally:
        provider.listen()
    (entry,) = eventually(lambda: entries(metered, token_id=token["id"]), "the entry")
    assert entry["charged_micros"] == 0


class Crowd:
    """Clients that spend, some of which leave in the middle of a stream."""

    def __init__(self, tokens):
        self.tokens = tokens
        self.refused = 0

    def run(self, proxy, seed, stop):
        choice = random.Random(seed)
        while not stop.is_set():
            try:
                with proxy.client() as client:
                    self.one(client, choice)
            except (OSError, Closed):
                pass

    def one(self, client, choice):
        leaves = choice.random() < 0.3
        body = {"model": "gpt-4o", "max_tokens": choice.randint(3, 8), "messages": [{"role": "user", "content": "hi"}]}
        client.ask("POST", "/v1/chat/completions", token=choice.choice(self.tokens), body=body | ({"stream": True} if leaves else {}))
        if leaves:
            client.head()
            client.reset()
        elif client.answer().status == 429:
            self.refused += 1


def answer_as_asked(exchange):
    if exchange.request.json().get("stream"):
        answers.stream(*[answers.delta("x")] * 5, answers.USAGE_CHUNK)(exchange)
    else:
        answers.whole()(exchange)


def spend(proxy, crowd, seconds, clients=64):
    stop = threading.Event()
    threads = [threading.Thread(target=crowd.run, args=(proxy, n, stop)) for n in range(clients)]
    for thread in threads:
        thread.start()
    # The moment is random on purpose: what is tested must hold at every one.
    time.sleep(seconds)
    return stop, threads


def balances_within(proxy, budgets):
    balances = check_balances(proxy)
    for identifier, limit in budgets.items():
        assert balances.get(identifier, {"total_micros": 0})["total_micros"] <= limit
    return balances


@pytest.mark.timeout(300)
def test_64_clients_aborts_and_kill_9_leave_the_books_balanced(start, provider):
    provider.reset(answer_as_asked)
    proxy = start(configuration(provider), environment={"LOG_LEVEL": "warn"})
    project = proxy.management.create_project()
    proxy.management.change_project(project["id"], budget={"day_micros": 60_000, "total_micros": 60_000})
    made = [proxy.management.create_token(project, budget={"total_micros": 20_000}) for _ in range(4)]
    budgets = {token["id"]: 20_000 for token in made} | {project["id"]: 60_000}
    crowd = Crowd([token["token"] for token in made])
    choice = random.Random(20_251_127)
    for crash in range(8):
        stop, threads = spend(proxy, crowd, choice.uniform(0.2, 0.8))
        proxy.kill()
        stop.set()
        for thread in threads:
            thread.join()
        balances_within(proxy, budgets)
        proxy.start()
    stop, threads = spend(proxy, crowd, 0)
    eventually(lambda: crowd.refused > 200, "the budget to be used up", 120)
    stop.set()
    for thread in threads:
        thread.join()
    assert proxy.stop() == 0
    balances = balances_within(proxy, budgets)
    assert balances[project["id"]]["total_micros"] > 60_000 - 200
    assert rows(proxy, "SELECT * FROM usage_holds") == []
    for entry in entries(proxy):
        assert entry["charged_micros"] == charge(entry, PRICE), entry
        assert entry["provenance"] != "none" or entry["charged_micros"] == 0


def test_two_processes_on_one_database_share_a_budget(start, provider):
    first = start(configuration(provider), name="first")
    second = start(configuration(provider), name="second",
                   environment={"DATABASE_PATH": str(first.folder / "llm-proxy.db")})
    token = first.management.create_token(budget={"total_micros": 4000})
    passed = 0
    for proxy in (first, second) * 60:
        passed += chat(proxy, token["token"]).status == 200
    assert passed * COST <= 4000
    second.stop()
    eventually(lambda: chat(first, token["token"]).status == 429, "the budget to be used up")
    first.stop()
    assert 4000 - 200 < check_balances(first)[token["id"]]["total_micros"] <= 4000
