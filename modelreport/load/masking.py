"""Reports are shared, so what looks like a secret or names a person's folder is masked before it becomes a fact."""

from __future__ import annotations

import re

from modelreport.load.describe import short

MASK = "[masked]"
_SECRET_NAME = re.compile(
    r"(api[_-]?key|apikey|secret|passw(or)?d|passphrase|credential|private[_-]?key|access[_-]?key|bearer|"
    r"(^|\.)(auth|token|pwd)$|(auth|access|hub|hf|wandb|github|gh|refresh|session|bot)[_-]?token|"
    r"wandb[_-]?key|connection[_-]?string|webhook)",
    re.IGNORECASE,
)
_SECRET_VALUE = re.compile(
    r"\b(sk-[A-Za-z0-9_-]{16,}|hf_[A-Za-z0-9]{16,}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|"
    r"AKIA[0-9A-Z]{16}|ASIA[0-9A-Z]{16}|xox[abprs]-[A-Za-z0-9-]{10,}|AIza[\w-]{30,}|"
    r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|npm_[A-Za-z0-9]{30,}|pypi-[\w-]{30,})"
)
_HEX_KEY = re.compile(r"(?<![0-9a-fA-F])[0-9a-f]{40}(?![0-9a-fA-F])")
_URL_LOGIN = re.compile(r"(\w+://)[^/\s:@]+:[^/\s@]+@")
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*", re.DOTALL)
_QUERY_SECRET = re.compile(r"([?&](?:sig|signature|token|key|api_key|X-Amz-[A-Za-z-]+)=)[^&\s]+", re.IGNORECASE)
_HOME = re.compile(r"(?:/home/|/Users/|/export/home/|[A-Za-z]:\\+Users\\+)[^/\\\s:'\"]+|(?<![\w/])/root(?=/|$)")
_HEX_NAME = re.compile(r"(commit|sha|hash|revision|digest|git|md5)", re.IGNORECASE)


def mask(name: str, value: str, limit: int = 200) -> str:
    """``value`` as it may be shown under ``name``: no secrets, home folders as ``~``, at most ``limit`` characters."""
    if value and _SECRET_NAME.search(name) and value.lower() not in ("none", "true", "false"):
        return MASK
    length = len(value)
    value = _PRIVATE_KEY.sub(MASK, value[: 4 * limit + 1000])
    value = _SECRET_VALUE.sub(MASK, value)
    value = _URL_LOGIN.sub(rf"\1{MASK}@", value)
    value = _QUERY_SECRET.sub(rf"\1{MASK}", value)
    if not _HEX_NAME.search(name):
        value = _HEX_KEY.sub(MASK, value)
    value = _HOME.sub("~", value)
    if length > 4 * limit + 1000:
        return f"{value[: limit - 24]}… ({length:,} characters)"
    return short(value, limit)
