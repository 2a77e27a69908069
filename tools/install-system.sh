#!/usr/bin/env bash
# Install system packages by apt-get where that is possible; otherwise say which are missing.
set -euo pipefail
apt=(apt-get)
if ! command -v apt-get >/dev/null; then
  echo "Missing system packages, please install: $*" >&2
  exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "Missing system packages, please run as root: apt-get install $*" >&2
    exit 1
  fi
  apt=(sudo apt-get)
fi
export DEBIAN_FRONTEND=noninteractive
"${apt[@]}" update -qq
"${apt[@]}" install -y -qq --no-install-recommends "$@" >/dev/null
