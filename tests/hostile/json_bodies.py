"""Bodies by the kinds of the JSON Parsing Test Suite: what RFC 8259 takes, what it refuses, and
what it leaves open, which is refused here where two readers would understand it differently."""

TAKEN = [
    b"{}", b"[]", b"null", b"true", b"-0", b"0", b'""', b'"a"', b" [] ", b"[\n\t\r 1]",
    b"[1.5e3]", b"[1E+2]", b"[-1.0]", b"[1e-2]", b'{"":0}', b'{"a":{"a":{}}}', b"[null, 1, \"1\"]",
    b'["\\u0060\\u012a\\u12AB"]', b'["\\"\\\\\\/\\b\\f\\n\\r\\t"]', b'["\\uD801\\udc37"]',
    b'["\\u0000"]', b'["\\\\u0000"]', b'["\xe2\x82\xac\xf0\x9d\x84\x9e"]', b'["\x7f"]',
    b'["\xe2\x80\xa8\xe2\x80\xa9"]', b'["\xef\xbf\xbf"]', b'["/*a*/"]', b'{"a\\u0000b":1}',
    b'["\\uFDD0\\uFFFE"]', b"[123e65]", b"[0e+1]", b"[-123]", b"[" * 32 + b"]" * 32,
]  # fmt: skip
REFUSED = [
    b"[1,]", b"[,1]", b"[1,,2]", b"[", b"]", b"[[]", b"{", b"}", b'{"a"}', b'{"a":}', b'{"a":1,}',
    b"{1:1}", b"{a:1}", b"{'a':1}", b'{"a" "b"}', b'{"a"::"b"}', b'{"a":1 "b":2}', b'{"a":1}}',
    b'{"a":1}x', b"[1]x", b"[1][2]", b"1 2", b'"', b'"a', b"a\"", b"'a'", b"[1 2]", b"[1:2]",
    b"[01]", b"[-01]", b"[1.]", b"[.5]", b"[-.5]", b"[+1]", b"[1e]", b"[1e+]", b"[0x1]", b"[1_000]",
    b"[--1]", b"[1+2]", b"[Infinity]", b"[-Infinity]", b"[NaN]", b"[nul]", b"[True]",
    b"[undefined]",
    b"// a\n1", b"/* a */1", b"[1]//", b"#1", b'["\\x41"]', b'["\\a"]', b'["\\u12"]',
    b'["\\u12G4"]',
    b'["\\"]', b'["\n"]', b'["\t"]', b'["\x00"]', b'["\x1f"]', b"[\x0b1]", b"[\x0c1]", b"\x00",
    b"\xef\xbb\xbf{}", b"[\xc2\xa01]", b"[\xe2\x81\xa01]", b'["\xff"]', b'["\xc0\xaf"]',
    b'["\xed\xa0\x80"]', b'["\xf4\xbf\xbf\xbf"]', b'["\xe2\x82"]', "{}".encode("utf-16"),
    '{"a":1}'.encode("utf-16-le"), b"\xef\xbc\x91", b"[" * 60_000,
    b'{"a":' * 33 + b"1" + b"}" * 33,
    b"[" + b"9" * 5_000 + b"]", b"<json/>", b"a=1", b"\xe5", b"{\"a\":1,\"a\":2}",
    b'{"a":1,"\\u0061":2}',
    b"[" * 34 + b"]" * 34, b'[1,\n1\n,1', b'{"a":"b"}#', b'{"asd":"asd"', b"[\\n]", b"abc", b"*",
    b"",
]  # fmt: skip
