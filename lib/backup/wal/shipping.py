"""Sends what pg_receivewal wrote to the store: closed segments, and meanwhile pieces of the one that grows. It does not
know the server.

A segment goes up once: the same name with other bytes is an error that somebody has to look at, never replaced. Pieces
are taken away once their segment is up. What is on the way here twice (after a restart) is noticed and dropped.
"""

import time
from contextlib import suppress
from pathlib import Path

from lib.backup.keys import BackupKeys
from lib.backup.layout import growing_key, segment_key
from lib.backup.sealing import seal_bytes, unseal_bytes
from lib.backup.store.objects import Store
from lib.backup.wal.listing import Listing, Piece, covering, path_of, read_listing
from lib.backup.wal.local import grown_to, look, read_part
from lib.backup.wal.positions import Segment, fork_path, history_name, parse_segment
from lib.errors import Damaged, ObjectExists, StoreError

_MANY_PIECES = 48
_ZEROS_WAIT_S = 1.5


class Shipper:
    """Sends from `folder` to the log of `system`. All calls block; one at a time.

    `end` is the place before which everything is in the store, back to `contiguous_from` without a gap; both are None
    while nothing is there. `knows_past` is False until the history of a later timeline is at hand: before, what its
    ancestors wrote is not counted.
    """

    def __init__(self, store: Store, keys: BackupKeys, installation: str, system: str, size: int, folder: Path) -> None:
        self._store, self._keys, self._installation = store, keys, installation
        self._system, self._size, self._folder = system, size, folder
        self._listing = Listing(system, size, {}, {}, (), None)
        self._closed: set[str] = set()
        self._pieces: dict[str, list[Piece]] = {}
        self._histories: set[int] = set()
        self._refused: set[str] = set()
        self._looked: dict[str, tuple[int, int]] = {}
        self._zeros_since: dict[str, float] = {}
        self.knows_past = True
        self.timeline = 0
        self.end: int | None = None
        self.contiguous_from: int | None = None
        self.gaps: list[tuple[int, int]] = []

    @property
    def segments(self) -> int:
        """How many closed segments the store holds."""
        return len(self._closed)

    def open(self, timeline: int) -> None:
        """Reads from the store what is there already of the past of `timeline`, on which the server is. StoreError."""
        listing = read_listing(self._store, self._installation, self._system)._replace(size=self._size)
        self._closed, self._histories = set(listing.closed), set(listing.histories)
        self._pieces = {name: list(pieces) for name, pieces in listing.growing.items()}
        self._listing, self.timeline = listing, timeline
        has_history = timeline in self._histories or (self._folder / history_name(timeline)).exists()
        self.knows_past = timeline <= 1 or has_history
        self.end, self.contiguous_from = _standing(listing, self._path(timeline))
        self.gaps = []

    def ship(self, received: int) -> bool:
        """Sends what is new; True if there was anything. `received` is a place before which pg_receivewal has written
        for sure.

        Raises StoreError, what is left is sent at the next call; ObjectExists where the store has something else there.
        """
        local = look(self._folder, self._size)
        moved = False
        for timeline, file in local.histories:
            if timeline not in self._histories:
                self._put(segment_key(self._installation, self._system, file.name), file.read_bytes())
                self._histories.add(timeline)
                moved = True
        if not self.knows_past and self.timeline in self._histories:
            self.open(self.timeline)
        for segment, file in local.closed:
            self._ship_closed(segment, file)
            moved = True
        for segment, file in local.growing:
            # pg_receivewal may close it in this very moment: it is sent whole at the next call
            with suppress(FileNotFoundError):
                moved = self._ship_growing(segment, file, received) or moved
        # what grew on a timeline that nobody writes any more stays in the store in pieces
        for segment, file in local.growing[:-1]:
            if segment.timeline < local.growing[-1][0].timeline:
                file.unlink(missing_ok=True)
        return moved

    def _ship_closed(self, segment: Segment, file: Path) -> None:
        name = file.name
        self._put(segment_key(self._installation, self._system, name), file.read_bytes())
        self._closed.add(name)
        self._advance(segment, self._size)
        self._drop_pieces(name, self._pieces.pop(name, []))
        self._looked.pop(name, None)
        file.unlink()

    def _ship_growing(self, segment: Segment, file: Path, received: int) -> bool:
        name = segment.name(self._size)
        pieces = self._pieces.setdefault(name, [])
        known = max((piece.end for piece in covering(pieces)), default=0)
        sure = min(max(received - segment.start(self._size), 0), self._size)
        stat = file.stat()
        if self._looked.get(name) == (stat.st_mtime_ns, sure) and known:
            return False
        grown = grown_to(file, known)
        end = max(grown, sure)
        if end <= known:
            self._looked[name] = (stat.st_mtime_ns, sure)
            self._advance(segment, known)
            return False
        if grown <= known:
            # zeros that end a record: where more follows, they go with it
            since = self._zeros_since.setdefault(name, time.monotonic())
            if time.monotonic() - since < _ZEROS_WAIT_S:
                return False
        self._zeros_since.pop(name, None)
        self._piece(name, file, known, end)
        self._advance(segment, end)
        if len(pieces) > _MANY_PIECES:
            former = list(pieces)
            self._piece(name, file, 0, end)
            self._drop_pieces(name, former)
        return True

    def _piece(self, name: str, file: Path, start: int, end: int) -> None:
        key = growing_key(self._installation, self._system, name, start, end)
        self._put(key, read_part(file, start, end))
        self._pieces[name].append(Piece(start, end, key))

    def _put(self, key: str, data: bytes) -> None:
        if key in self._refused:
            raise ObjectExists(self._store.place, key)
        try:
            self._store.put(key, seal_bytes(data, self._keys.sealing))
        except ObjectExists:
            # sealed twice the same is not the same: what counts is what was sealed
            try:
                is_same = unseal_bytes(self._store.get(key), self._keys, what=key) == data
            except Damaged:
                is_same = False
            if not is_same:
                self._refused.add(key)
                raise

    def _drop_pieces(self, name: str, pieces: list[Piece]) -> None:
        try:
            self._store.delete([piece.key for piece in pieces])
        except StoreError:
            # nobody is hurt by pieces that stay; pruning finds them
            return
        if name in self._pieces:
            self._pieces[name] = [piece for piece in self._pieces[name] if piece not in pieces]

    def _advance(self, segment: Segment, offset: int) -> None:
        start = segment.start(self._size)
        if segment.timeline > self.timeline:
            # of what the former timeline wrote behind the fork nothing counts any more
            self.timeline = segment.timeline
            if self.end is not None:
                self.end = min(self.end, start + self._size)
        if offset <= 0:
            return
        if self.end is None or self.contiguous_from is None:
            self.end, self.contiguous_from = start, start
        elif start > self.end:
            self.gaps.append((self.end, start))
            self.contiguous_from = start
        if segment.timeline == self.timeline:
            self.end = max(self.end, start + offset)

    def _path(self, timeline: int) -> list[tuple[int, int]]:
        file = self._folder / history_name(timeline)
        if timeline <= 1:
            return fork_path("", timeline)
        if file.exists():
            return fork_path(file.read_text(encoding="utf-8"), timeline)
        if timeline in self._histories:
            return path_of(self._store, self._keys, self._installation, self._listing, timeline)
        # its past is not known here yet: only what it wrote itself counts
        return [(timeline, 1 << 64)]


def _standing(listing: Listing, path: list[tuple[int, int]]) -> tuple[int | None, int | None]:
    """How far the log in the store reaches along `path`, and from where on without a gap."""
    best: dict[int, int] = {}
    for name in (*listing.closed, *listing.growing):
        segment = parse_segment(name, listing.size)
        start = segment.start(listing.size)
        until = next((until for timeline, until in path if timeline == segment.timeline), 0)
        reach = min(listing.reach(name), max(until - start, 0))
        best[segment.number] = max(best.get(segment.number, 0), reach)
    numbers = sorted((number for number, reach in best.items() if reach), reverse=True)
    if not numbers:
        return None, None
    first = numbers[0]
    for number in numbers[1:]:
        if number != first - 1 or best[number] < listing.size:
            break
        first = number
    return numbers[0] * listing.size + best[numbers[0]], first * listing.size
