# SPDX-License-Identifier: Apache-2.0
"""Texts that are JSON by RFC 8259, and texts that are not, in the manner of JSONTestSuite."""

import json

from files_of_smap import load_all

ACCEPTED = {
    "array_empty": "[]", "array_blanks": " [ 1 ,\t2\r\n] \n", "object_empty": "{}",
    "object_empty_key": '{"": 0}', "object_nested": '{"a": {"b": [null, true, false]}}',
    "number_zero": "0", "number_minus_zero": "[-0]", "number_minus_one": "[-1]",
    "number_fraction": "[0.5]", "number_fraction_long": "[123.456789]", "number_tiny": "[1e-9]",
    "number_exponent": "[1E22]", "number_exponent_plus": "[1e+2]", "number_zero_exponent": "[0e1]",
    "number_zero_exponent_plus": "[0e+1]", "number_fraction_exponent": "[123.45e6]",
    "number_exponent_zeros": "[1e007]", "number_underflow": "[1e-400]",
    "string_empty": '[""]', "string_escapes": r'["\"\\\/\b\f\n\r\t"]',
    "string_unicode": r'["\u0041\u00e9\u20AC"]', "string_pair": r'["\ud83d\ude00"]',
    "string_null": r'["\u0000"]', "string_delete": '["\x7f"]', "string_noncharacter": '["\U0010ffff"]',
    "string_utf8": '["\u20ac\U0001d11e"]', "string_separator": '["\u2028\u2029"]',
    "alone_true": "true", "alone_null": "null", "alone_string": '"x"', "alone_negative": "-0.1",
    "depth_50": "[" * 50 + "]" * 50,
}

REFUSED = {
    "empty": "", "blank": " ", "array_comma_first": "[,1]", "array_comma_last": "[1,]",
    "array_two_commas": "[1,,2]", "array_only_comma": "[,]", "array_no_comma": "[1 2]",
    "array_colon": '["a": 1]', "array_open": "[1", "array_open_comma": "[1,", "array_extra": "[1]]",
    "array_then_more": "[1]x", "array_wrong_close": "[1}", "array_star": "[*]",
    "object_comma_last": '{"a": 1,}', "object_no_value": '{"a":}', "object_no_colon": '{"a" 1}',
    "object_two_colons": '{"a":: 1}', "object_bare_key": "{a: 1}", "object_single_quotes": "{'a': 1}",
    "object_number_key": "{1: 1}", "object_no_comma": '{"a": 1 "b": 2}', "object_open": '{"a": 1',
    "object_open_key": '{"a', "object_comment": '{"a": 1 /* */}', "object_key_twice": '{"a": 1, "a": 2}',
    "two_values": "1 2", "line_comment": "[1] // one", "hash_comment": "# x\n[1]",
    "number_leading_zero": "[01]", "number_leading_zeros": "[001]", "number_minus_leading": "[-01]",
    "number_zero_zero": "[00]", "number_leading_zero_fraction": "[01.5]", "number_plus": "[+1]",
    "number_point_first": "[.5]", "number_point_last": "[1.]", "number_minus_point": "[-.5]",
    "number_point_exponent": "[1.e1]", "number_two_points": "[1.2.3]", "number_minus": "[-]",
    "number_two_minus": "[--1]", "number_minus_plus": "[-+1]", "number_exponent_empty": "[1e]",
    "number_exponent_sign": "[1e+]", "number_two_exponents": "[1e2e3]", "number_exponent_fraction": "[1e2.5]",
    "number_only_exponent": "[e1]", "number_hexadecimal": "[0x1]", "number_letter": "[1a]",
    "number_underscore": "[1_000]", "number_blank": "[1 000]", "number_expression": "[1+2]",
    "number_infinity": "[Infinity]", "number_inf": "[-inf]", "number_nan": "[NaN]", "number_full_width": "[\uff11]",
    "number_overflow": "[1e400]",
    "word_true": "[True]", "word_nul": "[nul]", "word_truer": "[truer]", "word_nil": "[nil]", "word_undefined": "undefined",
    "string_single": "['a']", "string_open": '["a]', "string_backslash": '["\\"]', "string_escape_x": r'["\x41"]',
    "string_escape_a": r'["\a"]', "string_escape_u": r'["\u12"]', "string_escape_u_letter": r'["\u12G4"]',
    "string_escape_u_sign": r'["\u+123"]', "string_escape_u_minus": r'["\u-000"]',
    "string_escape_u_blank": r'["\u 123"]', "string_line": '["a\nb"]', "string_tab": '["a\tb"]',
    "string_nul": '["a\x00b"]', "string_half": r'["\ud83d"]', "string_second_half": r'["\ude00"]',
    "string_two_first_halves": r'["\ud83d\ud83d"]', "string_bare": "[a]",
    "blank_form_feed": "[\f1]", "blank_no_break": "[\u00a01]", "mark_inside": "[\ufeff1]",
    "mark_twice": "\ufeff\ufeff[1]", "depth_100000": "[" * 100000,
}

#: Bytes that are not UTF-8.
REFUSED_BYTES = {
    "utf8_cut": b'["\xe2\x82"]', "utf8_overlong": b'["\xc0\xaf"]', "utf8_surrogate": b'["\xed\xa0\x80"]',
    "utf8_alone": b'["\x80"]', "utf8_beyond": b'["\xf4\x90\x80\x80"]', "utf16": '\ufeff["a"]'.encode("utf-16-le"),
    "latin1": '["\u00e9"]'.encode("latin-1"), "mark_only": b"\xef\xbb\xbf", "mark_cut": b"\xef\xbb[1]",
}

BODY = 'data.save(data.load(path), "{path}.out.json"); "ok"'


def write(folder, texts):
    for name, text in texts.items():
        content = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
        (folder / f"{name}.json").write_bytes(content)
    return sorted(texts)


def test_accepted(smap, tmp_path):
    names = write(tmp_path, ACCEPTED)
    outcome = load_all(smap, tmp_path, names, ".json", BODY)
    for name in names:
        assert outcome[name] == "ok", (name, outcome[name])
        again = (tmp_path / f"{name}.json.out.json").read_text()
        assert json.loads(again) == json.loads(ACCEPTED[name]), name


def test_refused(smap, tmp_path):
    names = write(tmp_path, REFUSED | REFUSED_BYTES)
    outcome = load_all(smap, tmp_path, names, ".json", BODY)
    for name in names:
        assert outcome[name].startswith("IOError: ") and "cannot be used" in outcome[name], (
            name, outcome[name])


def test_byte_order_marks(smap, tmp_path):
    """Spreadsheets and editors of Windows write a byte order mark."""
    mark = "\ufeff"
    names = write(tmp_path, {"value": mark + '{"a": [1, 2]}'})
    assert load_all(smap, tmp_path, names, ".json", '"{data.load(path)}"') == {
        "value": "{a: [1, 2]}"}
    (tmp_path / "rows.csv").write_text(mark + "a,b\r\n1,x\r\n", encoding="utf-8")
    (tmp_path / "text.txt").write_text(mark + "word", encoding="utf-8")
    assert load_all(smap, tmp_path, ["rows"], ".csv", '"{data.load(path)}"') == {
        "rows": '[{a: 1, b: "x"}]'}
    assert load_all(smap, tmp_path, ["text"], ".txt", '"{len(data.load(path))}"') == {"text": "4"}
    (tmp_path / "wide.csv").write_bytes("\ufeffa,b\n".encode("utf-16-le"))
    assert "not UTF-8" in load_all(smap, tmp_path, ["wide"], ".csv", "data.load(path)")["wide"]
