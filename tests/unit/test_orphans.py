"""A pool's processes end with the one that started them, however it ends."""

import subprocess
import sys

import psutil

_PARENT = """
import os, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from flows.support.orphans import end_with_starter

if __name__ == "__main__":
    pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=end_with_starter)
    print(pool.submit(os.getpid).result(), flush=True)
    time.sleep(60)
"""


def test_a_process_of_a_killed_run_ends() -> None:
    with subprocess.Popen([sys.executable, "-c", _PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
        parent.wait()
        child.wait(timeout=20)
    assert not child.is_running()
