"""Writes ops.json: what MindSpore answers for each op of Spore's table, and its gradients. See README.md."""

import ops_arrays
import ops_case
import ops_elementwise
import ops_nn
from golden import write

if __name__ == "__main__":
    for part in (ops_elementwise, ops_arrays, ops_nn):
        part.all_cases()
    write("ops", ops_case.rows)
