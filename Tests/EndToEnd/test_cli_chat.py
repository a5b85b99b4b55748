"""`llm-proxy openai chat` and `benchmark`: talking through the proxy, and measuring it."""

import csv
import io
import json
import signal
import subprocess
import threading

import pytest
from support import answers
from support.cli import CLI
from support.terminal import ended, on_terminal
from support.wire import free_port


@pytest.fixture
def cli(tmp_path):
    return CLI(tmp_path)


@pytest.fixture
def chat(proxy, token, tmp_path):
    """A command line with an access token for the stock chain in front of the scripted provider."""
    return CLI(tmp_path, PROXY_URL=proxy.base_url, PROXY_TOKEN=token, MODEL="gpt-4o")


# Chat


def test_a_question_from_a_pipe_gets_the_answer_and_nothing_else(chat, provider):
    provider.answers(answers.stream(answers.delta("Hel"), answers.delta("lo\n\x1b[31mred")))
    assert chat.ok("openai", "chat", input="What?\nTwo lines.") == "Hello\n�[31mred\n"
    sent = provider.requests[-1].json()
    assert [message["role"] for message in sent["messages"]] == ["system", "user"]
    assert sent["messages"][1]["content"] == "What?\nTwo lines." and sent["stream"] is True and sent["model"] == "gpt-4o"
    assert sent["temperature"] == 0.7 and "max_tokens" not in sent


def test_flags_of_the_chat_reach_the_provider(chat, provider):
    provider.answers(answers.whole(answers.completion("whole")))
    out = chat.run("openai", "chat", "--no-stream", "--system", "Be brief.", "--temperature", "0", "--max-tokens", "5",
                   "--model", "gpt-4.1-mini", "-v", input="hi")
    assert out.code == 0 and out.out == "whole\n" and "9 + 3 tokens" in out.error and "request " in out.error
    sent = provider.requests[-1].json()
    assert sent["messages"][0]["content"] == "Be brief." and sent["temperature"] == 0 and sent["max_tokens"] == 5
    assert "stream" not in sent and sent["model"] == "gpt-4.1-mini"
    provider.answers(answers.whole(answers.completion("whole")))
    assert chat.ok("openai", "chat", "--stream=false", input="hi") == "whole\n"


def test_the_answer_is_shown_while_it_comes(chat, provider):
    gate = threading.Event()
    provider.answers(answers.stream_until(gate, answers.delta("first ")))
    with chat.spawn("openai", "chat", stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdin.write(b"hi")
        process.stdin.close()
        assert process.stdout.read(6) == b"first "
        gate.set()
        assert process.wait(20) == 0


def test_a_conversation_remembers_what_was_said(chat, provider):
    provider.answers(answers.stream(answers.delta("one")), answers.stream(answers.delta("two")))
    terminal = on_terminal(chat, "openai", "chat")
    terminal.expect_exact("you> ")
    terminal.sendline("first question")
    terminal.expect_exact("one")
    terminal.expect_exact("you> ")
    terminal.sendline("second question")
    terminal.expect_exact("two")
    terminal.expect_exact("you> ")
    terminal.sendline("exit")
    terminal.expect_exact("Ending chat session")
    assert ended(terminal) == 0
    said = [message["content"] for message in provider.requests[-1].json()["messages"]]
    assert said[1:] == ["first question", "one", "second question"]


@pytest.mark.parametrize("leave", [lambda one: one.sendline("quit"), lambda one: one.sendintr(), lambda one: one.sendeof()])
def test_every_way_out_of_a_chat(chat, leave):
    terminal = on_terminal(chat, "openai", "chat")
    terminal.expect_exact("you> ")
    leave(terminal)
    terminal.expect_exact("Ending chat session")
    assert ended(terminal) == 0


def test_ctrl_c_ends_an_answer_and_not_the_chat(chat, provider):
    def endless(exchange):
        exchange.head(200, answers.SSE)
        exchange.chunk(answers.event(answers.delta("beginning")))
        exchange.hold()

    provider.answers(endless, answers.stream(answers.delta("next")))
    terminal = on_terminal(chat, "openai", "chat")
    terminal.expect_exact("you> ")
    terminal.sendline("go on for ever")
    terminal.expect_exact("beginning")
    terminal.sendintr()
    terminal.expect_exact("(interrupted)")
    assert provider.connections[-1].closed.wait(20)
    terminal.expect_exact("you> ")
    terminal.sendline("and now?")
    terminal.expect_exact("next")
    terminal.sendeof()
    assert ended(terminal) == 0


@pytest.mark.parametrize("stream", ["--stream", "--no-stream"])
def test_refusals_are_told_with_their_code(chat, stream):
    refused = chat.run("openai", "chat", stream, "--token", "sk-unknown", input="hi")
    assert refused.code == 3 and "(invalid_token)" in refused.error and not refused.out.strip()
    refused = chat.run("openai", "chat", stream, "--model", "o9-forbidden", input="hi")
    assert refused.code == 6 and "(param_not_allowed)" in refused.error
    assert "sk-unknown" not in refused.error


def test_an_error_inside_a_stream_is_an_error(chat, provider):
    provider.answers(answers.stream(answers.delta("half"), {"error": {"message": "overloaded", "code": "server_error"}}))
    result = chat.run("openai", "chat", input="hi")
    assert result.code == 1 and result.out.startswith("half") and "overloaded (server_error)" in result.error


def test_chat_says_what_it_lacks(cli, tmp_path):
    missing = cli.run("openai", "chat", input="hi")
    assert missing.code == 3 and "PROXY_TOKEN" in missing.error
    assert cli.run("openai", "chat", input="", variables={"PROXY_TOKEN": "t"}).code == 64
    port = free_port()
    unreachable = cli.run("openai", "chat", "--proxy", f"http://127.0.0.1:{port}/v1", input="hi", variables={"PROXY_TOKEN": "t"})
    assert unreachable.code == 2 and "--proxy" in unreachable.error
    assert cli.run("openai", "chat", input="hi", variables={"PROXY_TOKEN": "t", "TEMPERATURE": "hot"}).code == 78


# Benchmark


def test_a_closed_loop_counts_every_request(chat, provider):
    provider.answers(answers.whole())
    figures = json.loads(chat.ok("benchmark", "-r", "200", "-c", "8", "--json"))
    assert figures["requests"] == figures["success"] == 200 == len(provider.requests) and figures["failed"] == 0
    assert figures["status_codes"] == {"200": 200} and figures["errors"] == {}
    times = figures["latency_ms"]
    assert 0 < times["min"] <= times["p50"] <= times["p90"] <= times["p95"] <= times["p99"] <= times["max"]
    assert figures["upstream_ms"]["p50"] <= times["max"] and figures["requests_per_second"] > 0
    assert provider.requests[-1].json()["model"] == "gpt-4o"


def test_failures_are_counted_by_status_and_decide_the_exit_code(chat, provider):
    provider.answers(answers.whole(), answers.whole({"error": {}}, status=404, reason="No"), answers.whole())
    result = chat.run("benchmark", "-r", "3", "--debug", "-o", "csv")
    (row,) = csv.DictReader(io.StringIO(result.out))
    assert result.code == 1 and row["success"] == "2" and json.loads(row["status_codes"]) == {"200": 2, "404": 1}
    assert float(row["latency_ms.p99"]) > 0 and "Sample of status 404" in result.error
    port = free_port()
    unreachable = chat.run("benchmark", "-r", "2", "--base-url", f"http://127.0.0.1:{port}", "--json")
    assert unreachable.code == 2 and json.loads(unreachable.out)["errors"] == {"unreachable": 2}


def test_streams_are_measured_by_their_events(chat, provider):
    provider.answers(answers.stream(answers.delta("a"), answers.delta("b")))
    figures = json.loads(chat.ok("benchmark", "-r", "5", "--stream", "--json"))
    assert figures["success"] == 5 and figures["events"] == 15 and figures["first_event_ms"]["p50"] > 0
    assert provider.requests[-1].json()["stream"] is True
    provider.answers(answers.stream({"error": {"message": "overloaded"}}))
    assert json.loads(chat.run("benchmark", "--stream", "--json").out)["failed"] == 1


def test_a_rate_is_kept_whatever_the_answers_do(chat, provider):
    gate = threading.Event()

    def held(exchange):
        exchange.wait(gate)
        answers.whole()(exchange)

    provider.answers(held)
    with chat.spawn("benchmark", "--rate", "200", "-r", "20", "--json", stdout=subprocess.PIPE) as process:
        # All are sent although none is answered.
        provider.wait_for_requests(20)
        gate.set()
        figures = json.loads(process.stdout.read())
        assert process.wait(20) == 0
    assert figures["success"] == 20 and figures["rate"] == 200


def test_a_duration_ends_a_benchmark_and_ctrl_c_does_too(chat, provider):
    provider.answers(answers.whole())
    figures = json.loads(chat.ok("benchmark", "--duration", "1s", "--method", "GET", "--endpoint", "/v1/models", "--json"))
    assert figures["requests"] >= 1 and figures["duration_seconds"] >= 1
    with chat.spawn("benchmark", "--duration", "10m", "--json", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        provider.wait_for_requests(figures["requests"] + 3)
        process.send_signal(signal.SIGINT)
        assert json.loads(process.stdout.read())["success"] >= 1
        assert process.wait(20) == 130


def test_a_terminal_sees_a_bar_and_a_table(chat, provider):
    provider.answers(answers.whole())
    terminal = on_terminal(chat, "benchmark", "-r", "50", "-c", "2", "--cache", "--header", "X-Test: yes")
    terminal.expect_exact("requests, ")
    terminal.expect_exact("Requests/sec")
    terminal.expect_exact("p99")
    terminal.expect_exact("Status 200: 50")
    assert ended(terminal) == 0
    headers = provider.requests[-1].headers
    assert headers.get("cache-control") == "public, max-age=86400" and headers.get("x-test") == "yes"


@pytest.mark.parametrize("words", [["-r", "0"], ["-c", "0"], ["--rate", "0"], ["--endpoint", "v1"], ["--header", "x"]])
def test_a_benchmark_that_makes_no_sense_is_wrong_usage(chat, words):
    assert chat.run("benchmark", *words).code == 64
