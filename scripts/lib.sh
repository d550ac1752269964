# Set-up shared by the scripts: a virtual environment in .venv from locked requirements. Needs bash and Python 3.11+ alone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore

say() { printf '%s\n' "$*" >&2; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then sudo -n "$@"; else return 1; fi
}

debian_packages() { # debian_packages NAME…: installs what is missing; fails where it may not
  command -v apt-get >/dev/null || return 1
  as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 sh -c \
    'apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@"' sh "$@" >/dev/null 2>&1
}

find_python() {
  local name
  for name in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then command -v "$name"; return; fi
  done
  say "Python 3.11 or newer is needed; set PYTHON=/path/to/python"
  exit 1
}

make_venv() {
  local python
  python=$(find_python)
  rm -rf .venv
  "$python" -m venv .venv 2>/dev/null && return
  say "python3-venv is missing: trying to install it"
  rm -rf .venv
  if debian_packages python3-venv && "$python" -m venv .venv; then return; fi
  rm -rf .venv
  if "$python" -m pip --version >/dev/null 2>&1 && "$python" -m venv --without-pip .venv; then
    "$python" -m pip --python .venv/bin/python install -q pip && return
  fi
  say "no virtual environment can be made: install Debian's package python3-venv"
  exit 1
}

stamp() { cat pyproject.toml "$@" | sha256sum | cut -c1-16; }

setup() { # setup NAME…: installs requirements/NAME.txt once; again when they changed
  local files=() name mark
  for name in build "$@"; do files+=("requirements/$name.txt"); done
  mark=".venv/ready-$(stamp "${files[@]}")"
  [ -e "$mark" ] && return
  [ -x .venv/bin/python ] && .venv/bin/python -m pip --version >/dev/null 2>&1 || make_venv
  say "installing Python packages (once)"
  local arguments=()
  for name in "${files[@]}"; do arguments+=(-r "$name"); done
  .venv/bin/python -m pip install -q --no-compile --require-hashes "${arguments[@]}"
  .venv/bin/python -m compileall -qq -j 0 -x /tests/ .venv/lib || true # pip would do so on one core, others' tests too
  .venv/bin/python -m pip install -q --no-deps --no-build-isolation -e .
  if ! .venv/bin/python -m pip install -q --only-binary :all: --require-hashes -r requirements/embedded.txt 2>/dev/null; then
    say "the embedded MQTT broker has no build for this machine: a mosquitto on the path will be used"
  fi
  touch "$mark"
}
