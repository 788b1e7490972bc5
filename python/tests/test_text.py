"""Columns of texts and their transforms; what is expected was read off MindSpore 2.0.0 and 2.10.0."""
import numpy as np
import pytest

import mindspore
import mindspore.dataset as ds
from mindspore import Tensor
from mindspore.dataset import GeneratorDataset, NumpySlicesDataset, TextFileDataset, text

TEXTS = ["Welcome to Beijing", "北京 x"]


def source():
    return GeneratorDataset(TEXTS, "text", shuffle=False)


def words():
    return source().map(text.PythonTokenizer(lambda content: content.split()))


def test_the_tutorial():
    data = words()
    assert repr(next(data.create_tuple_iterator())) == "[Tensor(shape=[3], dtype=String, value= ['Welcome', 'to', 'Beijing'])]"
    vocab = text.Vocab.from_dataset(data)
    assert vocab.vocab() == {"Beijing": 0, "Welcome": 1, "to": 2, "x": 3, "北京": 4}
    rows = list(data.map(text.Lookup(vocab)).create_tuple_iterator())
    assert repr(rows) == "[[Tensor(shape=[3], dtype=Int32, value= [1, 2, 0])], [Tensor(shape=[2], dtype=Int32, value= [4, 3])]]"


def test_printed_forms():
    one = next(source().create_tuple_iterator())[0]
    assert (repr(one), str(one)) == ("Tensor(shape=[], dtype=String, value= 'Welcome to Beijing')", "Welcome to Beijing")
    assert (str(one.dtype), repr(one.dtype), one.shape, one.dtype == mindspore.string) == ("String", "mindspore.string", (), True)
    batch = next(source().batch(2).create_dict_iterator())
    assert repr(batch) == "{'text': Tensor(shape=[2], dtype=String, value= ['Welcome to Beijing', '北京 x'])}"
    array = next(source().batch(2).create_dict_iterator(output_numpy=True))["text"]
    assert array.dtype == "<U18" and array.tolist() == TEXTS
    rows = list(NumpySlicesDataset({"t": ["a", "bcd"], "l": [1, 2]}, shuffle=False).create_tuple_iterator())
    assert repr(rows[1]) == "[Tensor(shape=[], dtype=String, value= 'bcd'), Tensor(shape=[], dtype=Int64, value= 2)]"


def test_texts_in_every_part_of_a_pipeline():
    names = [f"name {i} ü" * (1 + i % 3) for i in range(20)]
    data = NumpySlicesDataset({"name": names, "i": np.arange(20)}, shuffle=False)
    got = lambda d: [(r["name"].tolist(), r["i"].tolist()) for r in d.create_dict_iterator(num_epochs=1, output_numpy=True)]
    pairs = list(zip(names, range(20)))
    assert got(data) == pairs and got(data.skip(3).take(4)) == pairs[3:7] and got(data.repeat(2)) == pairs * 2
    assert sorted(got(data.shuffle(20)), key=lambda p: p[1]) == pairs != got(data.shuffle(20))
    assert got(data.batch(8)) == [(names[k:k + 8], list(range(k, min(k + 8, 20)))) for k in (0, 8, 16)]
    assert len(got(data.batch(8, drop_remainder=True))) == 2 and data.batch(8).get_dataset_size() == 3
    assert got(data.rename("name", "n").rename("n", "name").project(["name", "i"])) == pairs
    assert got(data.filter(lambda n: "1" in n.item(), "name")) == [p for p in pairs if "1" in p[0]]
    assert got(data.concat(data.take(2))) == pairs + pairs[:2]
    assert got(data.map(lambda n: n.item().upper(), "name", num_parallel_workers=3)) == [(n.upper(), i) for n, i in pairs]
    assert data.output_types()[0].kind == "U" and data.output_shapes() == [[], []]
    zipped = data.zip(NumpySlicesDataset(["x", "yy"], ["other"], shuffle=False))
    assert [r[2].tolist() for r in zipped.create_tuple_iterator(output_numpy=True)] == ["x", "yy"]


def test_batches_of_numbers_made_by_python():
    rows = [(np.full((2, 3), i, np.float32), i, f"{i}") for i in range(10)]
    batches = list(GeneratorDataset(rows, ["a", "i", "t"], shuffle=False).batch(4).create_tuple_iterator())
    assert [b[0].shape for b in batches] == [(4, 2, 3), (4, 2, 3), (2, 2, 3)] and batches[2][1].tolist() == [8, 9]
    assert batches[1][2].tolist() == ["4", "5", "6", "7"] and isinstance(batches[0][0], Tensor)
    bad = GeneratorDataset([(np.zeros(2),), (np.zeros(3),)], ["a"], shuffle=False).batch(2)
    with pytest.raises(ValueError):
        list(bad.create_tuple_iterator())


def test_empty_and_odd_texts():
    odd = ["", "\t", "a" * 1000, "😀", "e\u0301"]
    rows = NumpySlicesDataset(np.array(odd), ["t"], shuffle=False)
    assert [r[0].tolist() for r in rows.create_tuple_iterator(output_numpy=True)] == odd
    assert next(rows.batch(5).create_tuple_iterator(output_numpy=True))[0].tolist() == odd
    with pytest.raises(TypeError, match="numbers or texts"):
        list(GeneratorDataset([({"a": 1},)], ["t"]).create_tuple_iterator())


def test_vocabularies(tmp_path):
    vocab = text.Vocab.from_list(["a", "b", "c"], special_tokens=["<pad>", "<unk>"], special_first=True)
    assert vocab.vocab() == {"<pad>": 0, "<unk>": 1, "a": 2, "b": 3, "c": 4}
    assert (vocab.tokens_to_ids(["a", "zz"]), vocab.tokens_to_ids("a")) == ([2, -1], 2)
    assert (vocab.ids_to_tokens([0, 3]), vocab.ids_to_tokens(99)) == (["<pad>", "b"], "")
    path = tmp_path / "v.txt"
    path.write_text("x,1\ny,2\nz,3\n")
    assert text.Vocab.from_file(str(path), ",", 2, ["<p>"]).vocab() == {"<p>": 0, "x": 1, "y": 2}
    letters = source().map(text.PythonTokenizer(lambda content: list(content)))
    counted = text.Vocab.from_dataset(letters, "text", freq_range=(2, None), top_k=3, special_tokens=["<u>"], special_first=False)
    assert counted.vocab() == {" ": 0, "e": 1, "i": 2, "<u>": 3}
    with pytest.raises(ValueError, match="duplicate word: a"):
        text.Vocab.from_list(["a", "a"])
    with pytest.raises(ValueError, match=r"\[0, 2147483647\]"):
        text.Vocab.from_dict({"a": -1})


def test_lookup():
    vocab = text.Vocab.from_dict({"a": 3, "b": 5})
    assert text.Lookup(vocab)("b") == 5 and text.Lookup(vocab)("b").dtype == np.int32
    assert text.Lookup(vocab, unknown_token="a")(["q", "b"]).tolist() == [3, 5]
    assert text.Lookup(vocab, data_type=mindspore.float32)(["a"]).dtype == np.float32
    with pytest.raises(RuntimeError, match="'q' doesn't exist in vocab"):
        text.Lookup(vocab)("q")
    with pytest.raises(RuntimeError, match="unknown_token"):
        text.Lookup(vocab, unknown_token="z")
    with pytest.raises(TypeError):
        text.Lookup({"a": 1})


@pytest.mark.parametrize("transform,given,expected", [
    (text.UnicodeCharTokenizer(), "ab 北", ["a", "b", " ", "北"]), (text.WhitespaceTokenizer(), "ab  c d", ["ab", "c", "d"]),
    (text.Truncate(2), np.array(["a", "b", "c"]), ["a", "b"]), (text.Ngram(2, separator="-"), ["a", "b", "c"], ["a-b", "b-c"]),
    (text.Ngram([1, 2], ("_", 1), ("^", 1)), ["a", "b", "c"], ["a", "b", "c", "_ a", "a b", "b c", "c ^"]),
    (text.ToNumber(mindspore.float32), ["1.5", "2"], [1.5, 2]), (text.SlidingWindow(2, 0), ["a", "b", "c"], [["a", "b"], ["b", "c"]]),
    (text.RegexReplace("a+", "X"), "baac", "bXc"), (text.CaseFold(), "ABC ß", "abc ss"), (text.RegexTokenizer(" ", ""), "a b", ["a", "b"]),
    (text.AddToken("x", begin=True), np.array(["a"]), ["x", "a"]), (text.to_bytes, np.array(["a"]), [b"a"]),
    (text.to_str, np.array([b"a"]), ["a"])])
def test_transforms(transform, given, expected):
    assert np.asarray(transform(given)).tolist() == expected


def test_offsets():
    got, starts, ends = text.UnicodeCharTokenizer(with_offsets=True)("ab 北")
    assert (got.tolist(), starts.tolist(), ends.tolist(), starts.dtype) == (["a", "b", " ", "北"], [0, 1, 2, 3], [1, 2, 3, 6], np.uint32)
    data = source().map(text.WhitespaceTokenizer(with_offsets=True), ["text"], ["t", "s", "l"])
    assert [a.tolist() for a in next(data.create_tuple_iterator(output_numpy=True))] == [["Welcome", "to", "Beijing"], [0, 8, 11], [7, 10, 18]]
    assert [a.tolist() for a in text.TruncateSequencePair(3)(np.array([1, 2, 3]), np.array([4, 5, 6]))] == [[1, 2], [4]]


def test_lines_of_files(tmp_path):
    for name, lines in (("b.txt", "three\n"), ("a.txt", "one two\n\nhä\n")):
        (tmp_path / name).write_text(lines, encoding="utf-8")
    data = TextFileDataset(str(tmp_path / "*.txt"), shuffle=False)
    assert [r[0].item() for r in data.create_tuple_iterator(output_numpy=True)] == ["one two", "hä", "three"]
    assert data.get_dataset_size() == 3 and data.get_col_names() == ["text"]
    with pytest.raises(ValueError, match="did not match any files"):
        TextFileDataset(str(tmp_path / "none"))


def test_records_with_texts(tmp_path):
    from mindspore.mindrecord import FileWriter
    writer = FileWriter(str(tmp_path / "a"))
    writer.add_schema({"name": {"type": "string"}, "v": {"type": "float32", "shape": [2]}})
    writer.write_raw_data([{"name": "n" * i, "v": np.full(2, i, np.float32)} for i in range(5)])
    writer.commit()
    batch = next(ds.MindDataset(str(tmp_path / "a"), shuffle=False).batch(5).create_dict_iterator(output_numpy=True))
    assert batch["name"].tolist() == ["n" * i for i in range(5)] and batch["v"].shape == (5, 2)


def test_what_is_not_there():
    with pytest.raises(NotImplementedError, match="text.JiebaTokenizer"):
        text.JiebaTokenizer()
