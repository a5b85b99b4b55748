"""The books of a database, computed again from its entries."""

import sqlite3
from contextlib import closing

ROLLUP = ("requests", "input_tokens", "output_tokens", "total_tokens", "charged_micros")


def rows(proxy, sql, *arguments):
    with closing(sqlite3.connect(proxy.folder / "llm-proxy.db", timeout=20)) as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute(sql, arguments)]


def entries(proxy, **having):
    condition = " AND ".join(f"{name} = ?" for name in having) or "1"
    return rows(proxy, f"SELECT * FROM usage_entries WHERE {condition} ORDER BY id", *having.values())


def charge(entry, price):
    """What an entry is charged: exact millionths of a micro-unit, every started micro-unit whole."""
    cached = min(entry["cached_input_tokens"], entry["input_tokens"])
    exact = ((entry["input_tokens"] - cached) * price["input"] + cached * price.get("cached", price["input"])
             + entry["output_tokens"] * price["output"])
    return -(-exact // 1_000_000)


def check_balances(proxy):
    """Balances and roll-ups are the sums of the entries, to the micro-unit; returns the balances by id."""
    balances = {row["id"]: row for row in rows(proxy, "SELECT * FROM usage_balances")}
    for scope, column in ((1, "project_id"), (2, "token_id")):
        for row in rows(proxy, f"""
                SELECT {column} AS id, coalesce(sum(charged_micros), 0) AS total, max(charged_day) AS day,
                  coalesce(sum(charged_micros) FILTER (WHERE charged_day =
                    (SELECT day FROM usage_balances b WHERE b.scope = {scope} AND b.id = {column})), 0) AS today
                FROM usage_entries WHERE {column} IS NOT NULL GROUP BY 1"""):
            balance = balances.get(row["id"], {"total_micros": 0, "day_micros": 0})
            assert balance["total_micros"] == row["total"], (row, balance)
            assert balance["day_micros"] == row["today"], (row, balance)
    for table in ("usage_hours", "usage_days"):
        for column in ROLLUP:
            of_entries = "count(*)" if column == "requests" else f"coalesce(sum({column}), 0)"
            (summed,) = rows(proxy, f"SELECT coalesce(sum({column}), 0) AS value FROM {table}")
            (counted,) = rows(proxy, f"SELECT {of_entries} AS value FROM usage_entries")
            assert summed == counted, (table, column)
    return balances
