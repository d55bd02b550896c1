"""What generation tells those downstream of it."""

from django.dispatch import Signal

# Sent inside the transaction that writes a run, before the row is there. Arguments: store (Store), policy
# (QualityPolicy in force), brief (dict: what becomes `Run.brief`, to be added to). A receiver that raises stops it.
run_starting = Signal()

# Sent inside the transaction that sets a run to done, once per run that ends well. Arguments: run (Run).
# A receiver that raises undoes the end of the run, so that no run is done without its draft.
run_finished = Signal()
