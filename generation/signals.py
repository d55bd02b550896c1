"""What generation tells those downstream of it."""

from django.dispatch import Signal

# Sent inside the transaction that sets a run to done, once per run that ends well. Arguments: run (Run).
# A receiver that raises undoes the end of the run, so that no run is done without its draft.
run_finished = Signal()
