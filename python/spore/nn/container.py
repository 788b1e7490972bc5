"""mindspore.nn: SequentialCell, CellList, CellDict."""
from collections import OrderedDict

from .cell import Cell


class SequentialCell(Cell):
    """Cells called one after the other: SequentialCell(a, b), SequentialCell([a, b]) or of an OrderedDict of names."""

    def __init__(self, *args):
        super().__init__()
        if len(args) == 1 and isinstance(args[0], (OrderedDict, dict)):
            items = args[0].items()
        elif len(args) == 1 and isinstance(args[0], (list, tuple)):
            items = enumerate(args[0])
        else:
            items = enumerate(args)
        for name, cell in items:
            self._put(str(name), cell)

    def _put(self, name, cell):
        if not isinstance(cell, Cell):
            raise TypeError(f"For '{type(self).__name__}', each cell must be subclass of Cell, but got {type(cell).__name__}.")
        if self._auto_prefix:
            cell.update_parameters_name(name + ".")
        self._cells[name] = cell

    def _renumber(self, cells):
        self._cells.clear()
        for i, cell in enumerate(cells):
            self._put(str(i), cell)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return type(self)(*list(self._cells.values())[index]) if type(self) is SequentialCell else \
                type(self)(list(self._cells.values())[index])
        return list(self._cells.values())[index]

    def __setitem__(self, index, cell):
        self._put(list(self._cells)[index], cell)

    def __delitem__(self, index):
        cells = list(self._cells.values())
        del cells[index]
        self._renumber(cells)

    def __len__(self):
        return len(self._cells)

    def __bool__(self):
        return len(self._cells) != 0

    def __iter__(self):
        return iter(list(self._cells.values()))

    def append(self, cell):
        """Adds a cell at the end; returns self."""
        self._put(str(len(self._cells)), cell)
        return self

    def insert(self, index, cell):
        """Adds a cell before the index."""
        cells = list(self._cells.values())
        cells.insert(index, cell)
        self._renumber(cells)

    def extend(self, cells):
        """Adds cells at the end; returns self."""
        for cell in cells:
            self.append(cell)
        return self

    def construct(self, input_data):
        for cell in self._cells.values():
            input_data = cell(input_data)
        return input_data


class CellList(SequentialCell):
    """Cells by number, for a cell that calls them itself."""

    def __init__(self, *args, **kwargs):
        auto_prefix = kwargs.get("auto_prefix", True)
        Cell.__init__(self, auto_prefix)
        cells = args[0] if len(args) == 1 and isinstance(args[0], (list, tuple)) else args
        self.extend(cells)

    def __add__(self, cells):
        if not isinstance(cells, (list, tuple, CellList)):
            raise TypeError(f"For 'CellList', what is added must be a list of cells, but got {type(cells)}.")
        return CellList(list(self) + list(cells))

    def __iadd__(self, cells):
        return self.extend(list(cells))

    def construct(self, *inputs):
        raise NotImplementedError("CellList: its cells are called one by one, by the cell that holds it")


class CellDict(Cell):
    """Cells by name."""

    def __init__(self, *args):
        super().__init__()
        if args:
            self.update(args[0])

    def update(self, cells):
        """Adds the cells of a dict, or of pairs."""
        for name, cell in (cells.items() if hasattr(cells, "items") else cells):
            self[name] = cell

    def __getitem__(self, key):
        return self._cells[key]

    def __setitem__(self, key, cell):
        if not isinstance(cell, Cell):
            raise TypeError(f"For 'CellDict', the type of cell should be Cell, but got {type(cell)}.")
        cell.update_parameters_name(key + ".")
        self._cells[key] = cell

    def __delitem__(self, key):
        del self._cells[key]

    def __len__(self):
        return len(self._cells)

    def __iter__(self):
        return iter(self._cells)

    def __contains__(self, key):
        return key in self._cells

    def keys(self):
        return self._cells.keys()

    def values(self):
        return self._cells.values()

    def items(self):
        return self._cells.items()

    def construct(self, *inputs):
        raise NotImplementedError("CellDict: its cells are called one by one, by the cell that holds it")
