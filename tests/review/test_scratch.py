"""A measurement that is told to end leaves nothing running."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
MEASURED = "import os, subprocess; inner = subprocess.Popen(['sleep', '600']); inner.wait()"
MEASURES = f"""
import sys, threading, time
import psutil
from review.measure.scratch import run, scratch

def watch():  # for the process that is measured, and the one that it starts
    while len(below := [one for one in psutil.Process().children(recursive=True) if one.name() == "sleep"]) < 1:
        time.sleep(0.05)
    print(folder, below[0].ppid(), below[0].pid, flush=True)

with scratch() as (folder, env):
    threading.Thread(target=watch, daemon=True).start()
    run([sys.executable, "-c", {MEASURED!r}], env)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_measurement_told_to_end_takes_its_services_and_processes_with_it(number: int) -> None:
    measuring = subprocess.Popen([sys.executable, "-c", MEASURES], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert measuring.stdout is not None
    folder, *pids = measuring.stdout.readline().split()
    services = [one.pid for one in psutil.process_iter() if folder in " ".join(_line(one))]
    assert services and all(_lives(int(pid)) for pid in pids)
    os.kill(measuring.pid, number)
    measuring.communicate()
    assert measuring.returncode == 128 + number
    assert not Path(folder).exists()
    assert not [pid for pid in (*services, *map(int, pids)) if _lives(pid)]


def _line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _lives(pid: int) -> bool:
    try:  # one whose end nobody has asked about yet runs no more
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
