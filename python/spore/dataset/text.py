"""mindspore.dataset.text: transforms of columns of texts, and vocabularies. Called with texts, lists or arrays of them; they give arrays."""
import builtins
import re

from .._missing import module_getattr as _module_getattr
from ..common import dtype as mstype
from .transforms import PyTensorOperation


def _array(x):
    import numpy as np
    array = np.asarray(x.asnumpy() if hasattr(x, "asnumpy") else x)
    if array.size and array.dtype.kind not in "UO":
        raise TypeError(f"expected a text, or an array of texts, but got {array.dtype}")
    return array.astype("U") if array.size else np.zeros(array.shape, "U1")


def _one(x, who):
    array = _array(x)
    if array.ndim != 0:
        raise RuntimeError(f"{who}: the input shape should be a scalar, but got {array.shape}")
    return array.item()


def _vector(x, who):
    array = _array(x)
    if array.ndim != 1:
        raise RuntimeError(f"{who}: the input should be 1-dimensional, but got {array.ndim} dimensions")
    return array.tolist()


class TextTensorOperation(PyTensorOperation):
    """Base of transforms of texts."""


# ---- vocabularies ----

class Vocab:
    """Words and their numbers. Made by from_list, from_dict, from_file or from_dataset."""

    def __init__(self, words=None):
        self._ids = dict(words or {})
        self._words = {i: w for w, i in self._ids.items()}

    @classmethod
    def _of(cls, words, special_tokens, special_first):
        special = list(special_tokens or [])
        for kind, tokens in (("word_list", words), ("special_tokens", special)):
            seen = set()
            for word in tokens:
                if word in seen:
                    raise ValueError(f"{kind} contains duplicate word: {word}.")
                seen.add(word)
        both = set(words) & set(special)
        if both:
            raise ValueError(f"special_tokens and word_list contain duplicate word: {sorted(both)[0]}.")
        order = special + list(words) if special_first else list(words) + special
        return cls({w: i for i, w in enumerate(order)})

    @classmethod
    def from_list(cls, word_list, special_tokens=None, special_first=True):
        """Numbers in the order of the list, special tokens before or behind. ValueError for a word that is there twice."""
        return cls._of(list(word_list), special_tokens, special_first)

    @classmethod
    def from_dict(cls, word_dict):
        """{word: number}. ValueError for a number below 0."""
        for word, number in word_dict.items():
            if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= 2147483647:
                raise ValueError("Input word_id is not within the required interval of [0, 2147483647].")
        return cls(word_dict)

    @classmethod
    def from_file(cls, file_path, delimiter="", vocab_size=None, special_tokens=None, special_first=True):
        """A word a line; what follows the delimiter is left out."""
        with open(file_path, encoding="utf-8") as f:
            lines = f.read().splitlines()
        words = [line.split(delimiter)[0] if delimiter else line for line in lines[:vocab_size]]
        return cls._of(words, special_tokens, special_first)

    @classmethod
    def from_dataset(cls, dataset, columns=None, freq_range=None, top_k=None, special_tokens=None, special_first=True):
        """The words of a dataset's columns, the most frequent first, equally frequent ones in the order of their letters."""
        columns = dataset.get_col_names() if columns is None else [columns] if isinstance(columns, str) else list(columns)
        counts = {}
        for row in dataset.create_dict_iterator(num_epochs=1, output_numpy=True):
            for name in columns:
                for word in _array(row[name]).ravel().tolist():
                    counts[word] = counts.get(word, 0) + 1
        low, high = freq_range or (None, None)
        words = sorted((w for w, n in counts.items() if (low is None or n >= low) and (high is None or n <= high)),
                       key=lambda w: (-counts[w], w.encode()))
        return cls._of(words[:top_k], special_tokens, special_first)

    def vocab(self):
        """{word: number}"""
        return dict(self._ids)

    def tokens_to_ids(self, tokens):
        """The number of a word, or a list of numbers; -1 for a word that is not there."""
        if isinstance(tokens, str):
            return self._ids.get(tokens, -1)
        return [self._ids.get(word, -1) for word in _array(tokens).ravel().tolist()]

    def ids_to_tokens(self, ids):
        """The word of a number, or a list of words; "" for a number that is not there."""
        import numpy as np
        if isinstance(ids, (int, np.integer)) and not isinstance(ids, bool):
            return self._words.get(int(ids), "")
        return [self._words.get(int(i), "") for i in np.asarray(ids).ravel().tolist()]

    def __len__(self):
        return len(self._ids)


class Lookup(TextTensorOperation):
    """Words as their numbers. A word that is not in the vocabulary is unknown_token, or a RuntimeError."""

    def __init__(self, vocab, unknown_token=None, data_type=mstype.int32):
        if not isinstance(vocab, Vocab):
            raise TypeError(f"Argument vocab with value {vocab!r} is not of type [text.Vocab], but got {type(vocab)}.")
        self._vocab, self._type, self._unknown = vocab, mstype.dtype_to_nptype(mstype.of(data_type)), unknown_token
        if unknown_token is not None and unknown_token not in vocab.vocab():
            raise RuntimeError(f"Lookup: unknown_token: '{unknown_token}' doesn't exist in vocab.")

    def __call__(self, x):
        import numpy as np
        words = _array(x)
        numbers = self._vocab.tokens_to_ids(words)
        for i, n in enumerate(numbers):
            if n == -1:
                if self._unknown is None:
                    raise RuntimeError(f"Lookup: word: '{words.ravel()[i]}' doesn't exist in vocab.")
                numbers[i] = self._vocab.tokens_to_ids(self._unknown)
        return np.array(numbers, self._type).reshape(words.shape)


# ---- texts into words ----

class PythonTokenizer(TextTensorOperation):
    """The words that a function makes of a text."""

    def __init__(self, tokenizer):
        if not callable(tokenizer):
            raise TypeError("PythonTokenizer: tokenizer should be a callable function.")
        self._tokenizer = tokenizer

    def __call__(self, x):
        return _array(list(self._tokenizer(_one(x, "PythonTokenizer"))))


class _Tokenizer(TextTensorOperation):
    """Base of those that can also say where the words begin and end, in bytes."""

    def __init__(self, with_offsets=False):
        self._with_offsets = with_offsets

    def _spans(self, text):
        """[(begin, end)] of the words, in characters."""
        raise NotImplementedError

    def __call__(self, x):
        import numpy as np
        text = _one(x, type(self).__name__)
        spans = self._spans(text) or [(0, 0)]
        words = _array([text[a:b] for a, b in spans])
        if not self._with_offsets:
            return words
        starts, ends = (np.array([len(text[:k].encode()) for k in side], np.uint32) for side in builtins.zip(*spans))
        return words, starts, ends


class UnicodeCharTokenizer(_Tokenizer):
    """The characters of a text."""

    def _spans(self, text):
        return [(i, i + 1) for i in range(len(text))]


class WhitespaceTokenizer(_Tokenizer):
    """The words between blanks."""

    def _spans(self, text):
        return [m.span() for m in re.finditer(r"\S+", text)]


class RegexTokenizer(_Tokenizer):
    """The parts between matches of delim_pattern, and those matches that match keep_delim_pattern."""

    def __init__(self, delim_pattern, keep_delim_pattern="", with_offsets=False):
        super().__init__(with_offsets)
        self._delim, self._keep = re.compile(delim_pattern), re.compile(keep_delim_pattern) if keep_delim_pattern else None

    def _spans(self, text):
        spans, at = [], 0
        for m in self._delim.finditer(text):
            if m.start() > at:
                spans.append((at, m.start()))
            if self._keep and m.group() and self._keep.fullmatch(m.group()):
                spans.append(m.span())
            at = max(at, m.end())
        return spans + [(at, len(text))] if at < len(text) else spans


# ---- texts and words into others ----

class CaseFold(TextTensorOperation):
    """Small letters."""

    def __call__(self, x):
        import numpy as np
        words = _array(x)
        return np.array([w.casefold() for w in words.ravel().tolist()], "U").reshape(words.shape)


class RegexReplace(TextTensorOperation):
    """Matches of a pattern replaced: all, or the first."""

    def __init__(self, pattern, replace, replace_all=True):
        self._pattern, self._replace, self._all = re.compile(pattern), replace, replace_all

    def __call__(self, x):
        import numpy as np
        words = _array(x)
        made = [self._pattern.sub(self._replace, w, 0 if self._all else 1) for w in words.ravel().tolist()]
        return np.array(made, "U").reshape(words.shape)


class AddToken(TextTensorOperation):
    """A word more, at the beginning or the end of each row."""

    def __init__(self, token, begin=True):
        self._token, self._begin = token, begin

    def __call__(self, x):
        import numpy as np
        words = _array(x)
        if words.ndim not in (1, 2):
            raise RuntimeError(f"AddToken: input tensor rank should be 1 or 2, but got {words.ndim}")
        more = np.full(words.shape[:-1] + (1,), self._token)
        return np.concatenate([more, words] if self._begin else [words, more], -1)


class Truncate(TextTensorOperation):
    """At most max_seq_len words or numbers of each row."""

    def __init__(self, max_seq_len):
        self._most = max_seq_len

    def __call__(self, x):
        import numpy as np
        array = np.asarray(x.asnumpy() if hasattr(x, "asnumpy") else x)
        if array.ndim not in (1, 2):
            raise RuntimeError(f"Truncate: the input tensor should be of dimension 1 or 2, but got {array.ndim}")
        return array[..., :self._most]


class TruncateSequencePair(TextTensorOperation):
    """Two rows shortened at their ends, the longer one first, to max_length elements together."""

    def __init__(self, max_length):
        self._most = max_length

    def __call__(self, first, second):
        import numpy as np
        first, second = np.asarray(first), np.asarray(second)
        a, b = len(first), len(second)
        while a + b > self._most:
            a, b = (a - 1, b) if a > b else (a, b - 1)
        return first[:a], second[:b]


class Ngram(TextTensorOperation):
    """Runs of n words joined by a separator, for each n; filled up at the ends by pads: (word, how many)."""

    def __init__(self, n, left_pad=("", 0), right_pad=("", 0), separator=" "):
        self._sizes = [n] if isinstance(n, int) else list(n)
        self._left, self._right, self._separator = left_pad, right_pad, separator

    def __call__(self, x):
        words, grams = _vector(x, "Ngram"), []
        for n in self._sizes:
            row = [self._left[0]] * min(self._left[1], n - 1) + words + [self._right[0]] * min(self._right[1], n - 1)
            grams += [self._separator.join(row[i:i + n]) for i in range(len(row) - n + 1)] or [""]
        return _array(grams)


class SlidingWindow(TextTensorOperation):
    """All runs of `width` elements, as rows."""

    def __init__(self, width, axis=0):
        self._width, self._axis = width, axis

    def __call__(self, x):
        import numpy as np
        array = np.asarray(x.asnumpy() if hasattr(x, "asnumpy") else x)
        if array.ndim != 1 or self._axis not in (0, -1):
            raise RuntimeError(f"SlidingWindow: SlidingWindow supports 1D input only for now, but got {array.ndim} dimensions")
        n = max(len(array) - self._width + 1, 0)
        return array[np.arange(n)[:, None] + np.arange(self._width)[None, :]]


class ToNumber(TextTensorOperation):
    """Texts as numbers of a type."""

    def __init__(self, data_type):
        self._type = mstype.dtype_to_nptype(mstype.of(data_type))

    def __call__(self, x):
        import numpy as np
        words = _array(x)
        whole = np.issubdtype(self._type, np.integer)
        try:
            numbers = [int(w) if whole else float(w) for w in words.ravel().tolist()]
        except ValueError as error:
            raise RuntimeError(f"ToNumber: {error}") from None
        return np.array(numbers, self._type).reshape(words.shape)


def to_bytes(array, encoding="utf8"):
    """Texts as NumPy bytes."""
    import numpy as np
    if not isinstance(array, np.ndarray):
        raise TypeError(f"input should be a NumPy array. Got {type(array)}.")
    return np.char.encode(array, encoding)


def to_str(array, encoding="utf8"):
    """NumPy bytes as texts."""
    import numpy as np
    if not isinstance(array, np.ndarray):
        raise TypeError(f"input should be a NumPy array. Got {type(array)}.")
    return np.char.decode(array, encoding)


__getattr__ = _module_getattr(__name__)
__all__ = ["AddToken", "CaseFold", "Lookup", "Ngram", "PythonTokenizer", "RegexReplace", "RegexTokenizer", "SlidingWindow", "ToNumber",
           "Truncate", "TruncateSequencePair", "UnicodeCharTokenizer", "Vocab", "WhitespaceTokenizer", "to_bytes", "to_str"]
