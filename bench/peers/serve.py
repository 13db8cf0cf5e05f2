"""What the peers have in common: a line of JSON in, a line of JSON out.

    {"file": PATH, "method": "datagrad"}  →  {"loss": …, "penalty": …, "weights": [the first numbers of conv1.weight after a step]}
    {"steps": N}                          →  {"seconds": the time of N more steps, "peak_bytes": … since the workload was loaded}
"""

import ctypes
import gc
import json
import resource
import sys
import time

from safetensors import safe_open
from safetensors.numpy import load_file


def forget_peak():
    """Makes peak_bytes begin anew, where Linux and its C library allow it."""
    try:
        ctypes.CDLL("libc.so.6").malloc_trim(0)
        with open("/proc/self/clear_refs", "w") as f:
            f.write("5")
    except (OSError, AttributeError):
        pass


def peak_bytes():
    try:
        with open("/proc/self/status") as f:
            return next(1024 * int(line.split()[1]) for line in f if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def serve(name, version, setup):
    """Answers requests until there are no more.

    setup(net, params, inputs, method) returns two functions: step() takes a training step and returns
    without waiting for it, where the library can; finish() waits and returns (loss, penalty, weights).
    """
    out = sys.stdout
    sys.stdout = sys.stderr  # whatever libraries print must not get between the answers
    print(json.dumps({"peer": name, "version": version}), file=out, flush=True)
    step = finish = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if "file" in request:
                step = finish = None
                gc.collect()
                forget_peak()
                with safe_open(request["file"], "numpy") as f:
                    net = f.metadata()["net"]
                tensors = load_file(request["file"])
                params = {k.removeprefix("param/"): v for k, v in tensors.items() if k.startswith("param/")}
                inputs = {k: v for k, v in tensors.items() if not k.startswith("param/")}
                step, finish = setup(net, params, inputs, request["method"])
                step()
                loss, penalty, weights = finish()
                answer = {"loss": loss, "penalty": penalty, "weights": weights}
            else:
                start = time.perf_counter()
                for _ in range(request["steps"]):
                    step()
                finish()
                seconds = time.perf_counter() - start
                answer = {"seconds": seconds, "peak_bytes": peak_bytes()}
        except Exception as e:  # an answer in any case: the harness waits for one
            answer = {"error": f"{type(e).__name__}: {str(e).splitlines()[0] if str(e) else ''}"}
        print(json.dumps(answer), file=out, flush=True)
