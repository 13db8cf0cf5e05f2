#!/usr/bin/env bash
# Makes the Python environment of the peers in DIR, or completes one that is there: bench/peers/make-env.sh DIR
# Needs Python 3.11 (tested) or newer on x86-64 Linux, PyPI, and 6 GB in DIR. PYTHON names another interpreter than python3.
set -euo pipefail

[ $# -eq 1 ] || { echo "usage: make-env.sh DIR" >&2; exit 2; }
dir=$1
python=${PYTHON:-python3}
requirements=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/requirements.txt

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
	echo "make-env.sh: $python is $("$python" --version 2>&1), expected Python 3.11 or newer" >&2
	exit 1
}
[ -x "$dir/bin/python" ] || "$python" -m venv "$dir"
# The list is complete, so pip resolves nothing; pip check proves that it is.
"$dir/bin/python" -m pip install --quiet --no-deps -r "$requirements"
"$dir/bin/python" -m pip check
JAX_PLATFORMS=cpu "$dir/bin/python" -c 'import jax, torch; print("torch", torch.__version__, "jax", jax.__version__, jax.devices())'
