"""Texts that lead somewhere where they are taken for more than texts."""

# Markup, in each of the places where it might stand; seen where it is not escaped.
TAG = "<x-evil"
MARKUP = f"\"'></script></title>{TAG}>{{{{7*191}}}}"
COMPUTED = "1337"  # What a template would make of the end of it.
CALENDAR = "a\r\nBEGIN:VALARM\r\nEND:VALARM"
NAUGHTY = {
    "codes": "{{7*191}}{% debug %}${7*191}<%= 1 %>%s%n{0.__class__}../../etc/passwd%00 %_\\% 1e309",
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)>\"'`",
    "sql": "'; DROP TABLE patients_patient; -- \\' OR 1=1 /*",
    "formula": '=HYPERLINK("http://x.example");+1,-1|@SUM(A1)',
    "header": "Ada\r\nBcc: everybody@mail.example\r\n\r\nHello",
    "calendar": CALENDAR,
    "zero": "Ada\x00Lovelace",
    "controls": "Ada\x07\x1b[31mLovelace\x7f\x85",
    "surrogate": "Ada\ud800",
    "bidi": "Ada\u202eecalevoL\u202c\u2066x\u2069",
    "invisible": "\u200bAda\u200d\ufeff\u2060",
    "wide": "𝓐𝓭𝓪 👩‍👩‍👧‍👦 ﷽ Ⱥ İı ß Ω≈ç√ 田中さん",  # noqa: RUF001
    "combining": "A" + "\u0301" * 60,
    "long": "x" * 50_000,
    "nothing": " \u00a0\u3000",
}
QUERIES = [
    "' OR '1'='1", "1; SELECT pg_sleep(5)--", "%", "_", "\\", "a\x00b", "*:*", "(((((", "[a-",
    "-", "--", "__class__", "id__in", "user__password", "-user__password__startswith", "?", "pk",
    "\u202e", "\ud83d", "x" * 3_000, "9" * 400, "2026-02-30", "2026-01-01T25:00:00Z", "NaN",
    "00000000-0000-0000-0000-00000000000g", "{}", "null", "true",
]  # fmt: skip
