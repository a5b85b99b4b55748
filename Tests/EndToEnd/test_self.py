"""/self: what one may do with an access token and nothing else."""

import json
import os
import re
import subprocess

import pytest
from support.holder import Holder
from support.paths import REPOSITORY
from support.proxy import eventually

PAGE = (REPOSITORY / "docs" / "access-tokens.md").read_text()


@pytest.fixture
def holder(proxy):
    token = proxy.management.create_token(max_requests=10, idle_timeout="1h", label="holder")
    holder = Holder(proxy, token["token"])
    holder.id = token["id"]
    return holder


def test_a_holder_sees_its_limits_and_what_is_left(proxy, holder):
    assert holder.models().status == 200
    child = holder.child(max_requests=5)
    assert child.models().status == 200
    seen = holder.look()
    assert seen["max_requests"] == 10 and seen["request_count"] == 2 and seen["remaining_requests"] == 8
    assert seen["label"] == "holder" and seen["is_active"] is True and seen["parent_id"] is None
    assert set(seen["project"]) == {"id", "name"}
    seen = child.look()
    assert seen["remaining_requests"] == 4 and seen["parent_id"] == holder.id
    for _ in range(6):
        holder.models()
    assert child.look()["remaining_requests"] == 2, "the parent's rest binds the child"


def test_answers_are_kept_by_nobody_and_hold_no_secret(proxy, holder):
    minted = holder.call("POST", "/self/tokens", {}, expect=201)
    assert minted.headers.get("cache-control") == "no-store"
    for path in ("/self", "/self/tokens"):
        answer = holder.call("GET", path, expect=200)
        assert holder.secret.encode() not in answer.body and minted.json()["token"].encode() not in answer.body
        assert b"sk-provider-key" not in answer.body and answer.headers.get("cache-control") == "no-store"


@pytest.mark.parametrize("fields, field", [
    ({"never": True}, "expires_at"), ({"duration_hours": 2}, "expires_at"), ({"max_requests": 11}, "max_requests"),
    ({"max_requests": 0}, "max_requests"), ({"idle_timeout": "2h"}, "idle_timeout"),
    ({"renew_on_use": 60, "renew_until": "2999-01-01T00:00:00Z"}, "renew_until")])
def test_nothing_is_wider_than_its_holder(holder, fields, field):
    assert holder.refused(403, "wider_than_parent", **fields)["param"] == field
    assert holder.call("GET", "/self/tokens", expect=200).json() == []


def test_a_policy_only_narrows(proxy):
    secret = proxy.management.access_token(policy={"models": ["gpt-4o*"], "requests_per_minute": 100})
    holder = Holder(proxy, secret)
    refusal = holder.refused(403, "wider_than_parent", policy={"models": ["gpt-*"]})
    assert refusal["param"] == "policy.models"
    child = holder.child(policy={"models": ["gpt-4o-mini"]})
    assert child.look()["policy"] == {"models": ["gpt-4o-mini"], "requests_per_minute": 100}


def test_the_policies_of_all_generations_hold_for_the_next_request(proxy, provider):
    token = proxy.management.create_token(policy={"models": ["gpt-4o*"]})
    child = Holder(proxy, token["token"]).child()
    leaf = child.child(policy={"models": ["gpt-4o"]})

    def ask(holder, model):
        answer = proxy.chat(holder.secret, model=model)
        return answer.status if answer.status == 200 else answer.code

    assert ask(child, "gpt-4o") == 200 and ask(child, "gpt-4.1-mini") == "model_not_allowed"
    assert ask(leaf, "gpt-4o") == 200 and ask(leaf, "gpt-4o-mini") in ("model_not_allowed", "param_not_allowed")
    proxy.management.change_token(token["id"], policy={"models": ["gpt-4.1-*"]})
    assert ask(leaf, "gpt-4o") == ask(child, "gpt-4o") == "model_not_allowed"
    assert ask(child, "gpt-4.1-mini") == 200
    proxy.management.change_token(token["id"], policy=None)
    assert ask(leaf, "gpt-4o") == 200
    assert len(provider.requests) == 4


def test_a_family_shares_the_rates_of_its_oldest(proxy, provider):
    holder = Holder(proxy, proxy.management.access_token(policy={"requests_per_minute": 5}))
    members = [holder, holder.child(), holder.child(), holder.child().child(policy={"requests_per_minute": 4})]
    statuses = [members[at % 4].models().status for at in range(12)]
    assert statuses.count(200) in (5, 6), "a bucket may refill by one meanwhile"
    assert statuses[:5] == [200] * 5 and set(statuses) == {200, 429}
    assert members[1].models().code == "rate_limit_exceeded"


def test_fields_that_are_not_for_holders_are_refused(holder):
    for fields in ({"project_id": "p"}, {"parent_id": "p"}, {"is_active": True}):
        holder.refused(400, "unknown_field", **fields)


def test_generations_are_bounded(holder):
    youngest = holder
    for _ in range(4):
        youngest = youngest.child()
    youngest.refused(403, "too_many_generations")


def test_a_holder_revokes_its_own_children_and_no_other(proxy, holder):
    child, other = holder.mint(), Holder(proxy, proxy.management.access_token())
    grandchild = Holder(proxy, child["token"]).child()
    for one in (other, grandchild):
        assert one.call("DELETE", f"/self/tokens/{child['id']}", expect=404).json()["code"] == "token_not_found"
    holder.call("DELETE", f"/self/tokens/{child['id']}", expect=204)
    assert grandchild.models().code == "token_inactive"
    assert holder.models().status == 200


def test_a_management_token_is_no_access_token_and_the_other_way_round(proxy, holder):
    assert Holder(proxy, proxy.management_token).call("GET", "/self", expect=401).json()["code"] == "invalid_token"
    assert holder.call("GET", "/manage/tokens", expect=401)
    assert proxy.call("GET", "/self").json()["code"] == "missing_credentials"


def test_repeating_a_mint_makes_one_child(holder):
    key = {"Idempotency-Key": "one"}
    first = holder.call("POST", "/self/tokens", {}, expect=201, headers=key).json()
    assert holder.call("POST", "/self/tokens", {}, expect=201, headers=key).json() == first
    assert len(holder.call("GET", "/self/tokens", expect=200).json()) == 1


def test_children_are_listed_in_pages(holder):
    made = [holder.mint(label=f"child-{at}")["id"] for at in range(3)]
    page = holder.call("GET", "/self/tokens?limit=2", expect=200)
    rest = holder.call("GET", f"/self/tokens?limit=2&after={page.headers.get('x-next-after')}", expect=200)
    assert [one["id"] for one in page.json() + rest.json()] == made[::-1]
    assert rest.headers.get("x-next-after") is None


def test_the_audit_trail_shows_who_made_what(proxy, holder):
    child = holder.mint()
    grandchild = Holder(proxy, child["token"]).mint()
    Holder(proxy, child["token"]).refused(403, "wider_than_parent", never=True)
    events = proxy.management.call("GET", "/manage/audit?action=token.mint&page_size=3", expect=200).json()["events"]
    assert [event["outcome"] for event in events] == ["failure", "success", "success"]
    made = json.loads(events[1]["metadata"])
    assert events[1]["token_id"] == grandchild["id"] and events[1]["actor"] == "access_token"
    assert made["parent_id"] == child["id"] and made["ancestors"] == [child["id"], holder.id]
    assert json.loads(events[0]["metadata"])["error_type"] == "wider_than_parent"


def test_guessing_is_slowed_down_and_right_tokens_are_not(start):
    proxy = start()
    right = Holder(proxy, proxy.management.access_token())
    guesses = [Holder(proxy, f"sk-{at:022d}").call("GET", "/self") for at in range(12)]
    assert [guess.status for guess in guesses] == [401] * 10 + [429] * 2
    assert guesses[0].json()["code"] == "token_not_found"
    assert guesses[-1].json()["code"] == "too_many_failed_logins" and guesses[-1].headers.get("retry-after")
    assert right.look()["is_active"] is True


# The page that explains it


def test_the_commands_of_the_page_work_and_print_what_it_shows(mock_proxy, tmp_path):
    blocks = re.findall(r"^```(sh|text)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    script = ["set -euo pipefail"]
    expected = []
    for kind, text in blocks:
        if kind == "sh":
            script += [f"echo '== {len(expected)}'", text]
        else:
            expected.append(text)
            script.append(f"echo '== {len(expected)}'")
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(tmp_path), "MANAGEMENT_TOKEN": mock_proxy.management_token,
        "PROXY": mock_proxy.base_url, "PROJECT": mock_proxy.management.create_project()["id"]}
    done = subprocess.run(["bash", "-c", "\n".join(script)], env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, (done.stdout, done.stderr)
    printed = done.stdout.splitlines()
    assert len(expected) >= 5
    for text in expected:
        for line in text.splitlines():
            assert line in printed, (line, done.stdout)


def test_every_limit_of_the_page_is_the_programs(holder):
    assert "4 generations" in PAGE and "1,000 descendants" in PAGE
    eventually(lambda: holder.look()["is_active"], "the holder")
