"""What the peers have in common: a line of JSON in, a line of JSON out.

    {"file": PATH, "method": "datagrad"}  →  {"loss": …, "penalty": …, "weights": [the first numbers of conv1.weight after a step]}
    {"steps": N}                          →  {"seconds": the time of N more steps, "peak_bytes": …}
"""

import json
import resource
import sys
import time

from safetensors import safe_open
from safetensors.numpy import load_file


def serve(name, version, setup):
    """setup(net, params, inputs, method) returns a function that takes a step and returns (loss, penalty, weights)."""
    out = sys.stdout
    sys.stdout = sys.stderr  # whatever libraries print must not get between the answers
    print(json.dumps({"peer": name, "version": version}), file=out, flush=True)
    step = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if "file" in request:
                with safe_open(request["file"], "numpy") as f:
                    net = f.metadata()["net"]
                tensors = load_file(request["file"])
                params = {k.removeprefix("param/"): v for k, v in tensors.items() if k.startswith("param/")}
                inputs = {k: v for k, v in tensors.items() if not k.startswith("param/")}
                step = setup(net, params, inputs, request["method"])
                loss, penalty, weights = step()
                answer = {"loss": loss, "penalty": penalty, "weights": weights}
            else:
                start = time.perf_counter()
                for _ in range(request["steps"]):
                    result = step()
                seconds = time.perf_counter() - start
                answer = {"seconds": seconds, "peak_bytes": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}
        except Exception as e:  # an answer in any case: the harness waits for one
            answer = {"error": f"{type(e).__name__}: {str(e).splitlines()[0] if str(e) else ''}"}
        print(json.dumps(answer), file=out, flush=True)
