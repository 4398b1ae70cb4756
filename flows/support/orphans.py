"""Ends a worker process with the one that started it. It does not know what the process works on."""

import os
import threading
from multiprocessing import parent_process


def end_with_starter() -> None:
    """To be called in a process of a pool: without it, the pool of a killed run would wait for work for ever.

    What was under way is rolled back by the database.
    """
    threading.Thread(target=_watch, name="end-with-starter", daemon=True).start()


def _watch() -> None:
    starter = parent_process()
    if starter is not None:
        starter.join()
        os._exit(1)
