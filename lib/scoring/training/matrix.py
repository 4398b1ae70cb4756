"""The rows of training as arrays. It does not know what a feature is, only how often each occurs and how large it is."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


class Rows:
    """A sparse matrix by rows: entry i is `value[i]` in row `row[i]` and column `column[i]`."""

    def __init__(self, row: Integers, column: Integers, value: Floats, height: int, width: int) -> None:
        self.row, self.column, self.value = row, column, value
        self.height, self.width = height, width

    def times(self, vector: Floats) -> Floats:
        """The product with a vector of `width`."""
        return np.bincount(self.row, weights=self.value * vector[self.column], minlength=self.height)

    def times_from_left(self, vector: Floats) -> Floats:
        """The product of a vector of `height` with the matrix."""
        return np.bincount(self.column, weights=self.value * vector[self.row], minlength=self.width)

    def stretched(self, factors: Floats) -> "Rows":
        """The same with each column multiplied by its factor, `width` of them."""
        return Rows(self.row, self.column, self.value * factors[self.column], self.height, self.width)


class Table:
    """All rows with all columns: values, and the squares by which rows are scaled to length 1."""

    def __init__(
        self, lengths: Sequence[int], columns: Sequence[int], values: Sequence[float], squares: Sequence[float]
    ):
        self.height = len(lengths)
        self.row: Integers = np.repeat(np.arange(self.height), np.array(lengths, dtype=np.int64))
        self.column: Integers = np.array(columns, dtype=np.int64)
        self.value: Floats = np.array(values, dtype=np.float64)
        self.square: Floats = np.array(squares, dtype=np.float64)

    def columns_of(self, chosen: npt.NDArray[np.bool_], at_least: int) -> Integers:
        """The columns that occur in at least so many of the `chosen` rows, in order."""
        counted = np.bincount(self.column[chosen[self.row]])
        return np.flatnonzero(counted >= at_least)

    def rows(self, chosen: npt.NDArray[np.bool_], columns: Integers) -> Rows:
        """The `chosen` rows with `columns` alone, scaled."""
        place = np.full(int(self.column.max()) + 1, -1)
        place[columns] = np.arange(len(columns))
        number = np.cumsum(chosen) - 1
        entries = np.flatnonzero(chosen[self.row] & (place[self.column] >= 0))
        row, height = number[self.row[entries]], int(np.sum(chosen))
        squares = np.bincount(row, weights=self.square[entries], minlength=height)
        scale = 1.0 / np.sqrt(np.where(squares > 0, squares, 1.0))
        return Rows(row, place[self.column[entries]], self.value[entries] * scale[row], height, len(columns))
