"""From the customer's words to a suggested tagging: pure functions, no database, no network."""

import os

# Our matrices are small. Several threads of linear algebra in each of several processes wait for one another far longer
# than they count: training was seventeen times slower so. It has to be said before numpy is first imported.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
