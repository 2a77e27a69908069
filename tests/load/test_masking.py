"""Secrets do not reach a report."""

from __future__ import annotations

import pytest

from modelreport.load.masking import MASK, mask


@pytest.mark.parametrize(
    "name",
    ["api_key", "args.wandb_api_key", "OPENAI_API_KEY", "hf_token", "args.token", "password", "db.passwd", "secret",
     "aws_secret_access_key", "credentials", "hub_token", "auth_token", "private_key"],
)  # fmt: skip
def test_values_under_a_secret_name_are_masked(name: str) -> None:
    assert mask(name, "whatever") == MASK


@pytest.mark.parametrize(
    "name",
    [
        "tokenizer",
        "max_tokens",
        "num_tokens",
        "pad_token_id",
        "pad_token",
        "author",
        "authors",
        "keys",
        "monkey",
        "key_dim",
    ],
)
def test_ordinary_names_are_not_masked(name: str) -> None:
    assert mask(name, "whatever") == "whatever"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("use sk-abcdefghijklmnop1234 now", f"use {MASK} now"),
        ("hf_abcdefghijklmnopqrstuvwx", MASK),
        ("ghp_abcdefghijklmnopqrstuvwx123", MASK),
        ("AKIAABCDEFGHIJKLMNOP", MASK),
        ("https://joe:pw@host/x", f"https://{MASK}@host/x"),
        ("https://host/x?sig=abc&y=1", f"https://host/x?sig={MASK}&y=1"),
        ("0123456789abcdef0123456789abcdef01234567", MASK),
        ("-----BEGIN RSA PRIVATE KEY-----\nabc", MASK),
        ("/home/joe/runs/1", "~/runs/1"),
        ("/Users/joe", "~"),
        ("C:\\Users\\joe\\x", "~\\x"),
        ("/root/x", "~/x"),
        ("/data/root/x", "/data/root/x"),
        ("eyJhbGciOiJI.eyJzdWIiOiIx.abc", MASK),
    ],
)
def test_values_that_look_secret_are_masked(value: str, shown: str) -> None:
    assert mask("note", value) == shown


def test_commit_hashes_stay() -> None:
    digest = "0123456789abcdef0123456789abcdef01234567"
    assert mask("git_commit", digest) == digest


def test_nothing_is_not_masked_and_long_values_are_cut() -> None:
    assert mask("token", "None") == "None"
    assert mask("note", "x" * 10_000).endswith("x… (10,000 characters)")
    assert len(mask("note", "x" * 10_000)) <= 200
