"""What the peers have in common: a line of JSON in, a line of JSON out.

    {"file": PATH, "method": "datagrad", "weights": PATH}  →  {"loss": …, "penalty": …} of a step, after which the file has the weights
    {"steps": N}                          →  {"seconds": the time of N more steps, "peak_bytes": … since the workload was loaded}
"""

import ctypes
import gc
import json
import resource
import sys
import time

import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file, save_file


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

    setup(net, params, inputs, method) returns three functions: step() takes a training step and returns
    without waiting for it, where the library can; finish() waits and returns (loss, penalty); weights()
    returns the weights by name, as they came.
    """
    out = sys.stdout
    sys.stdout = sys.stderr  # whatever libraries print must not get between the answers
    print(json.dumps({"peer": name, "version": version}), file=out, flush=True)
    step = finish = weights = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if "file" in request:
                step = finish = weights = None
                gc.collect()
                forget_peak()
                with safe_open(request["file"], "numpy") as f:
                    net = f.metadata()["net"]
                tensors = load_file(request["file"])
                params = {k.removeprefix("param/"): v for k, v in tensors.items() if k.startswith("param/")}
                inputs = {k: v for k, v in tensors.items() if not k.startswith("param/")}
                step, finish, weights = setup(net, params, inputs, request["method"])
                step()
                loss, penalty = finish()
                save_file({k: np.ascontiguousarray(v) for k, v in weights().items()}, request["weights"])
                answer = {"loss": loss, "penalty": penalty}
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
