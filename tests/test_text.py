"""Every spelling has one meaning or is refused with a remedy."""

# Look-alikes are what is tested here, and wall times have no zone on purpose.
# ruff: noqa: DTZ001, RUF001

import pickle
import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dx_data import text

APRIL_FIRST = date(2025, 4, 1)  # a Tuesday


def words(s: str) -> list[str]:
    """Written without quotes, one blank or line apart; _ stands for a space inside a word."""
    return [w.replace("_", " ") for w in s.split()]


def refusal(read: Callable[[], object]) -> text.Unreadable:
    with pytest.raises(text.Unreadable) as caught:
        read()
    return caught.value


# --- folding


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        (b"\x81\x60".decode("cp932"), "~"),
        (b"\x81\x60".decode("shift_jis"), "\u301c"),
        (b"\x81\x7c5".decode("cp932"), "-5"),
        (b"\x81\x7c5".decode("shift_jis"), "-5"),
        ("①㈱髙﨑", "1(株)髙﨑"),
        ("㋿", "令和"),
        ("％", "%"),
        ("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-------"),
        ("０３ー１２３４ー５６７８", "03-1234-5678"),
        ("ー５", "-5"),
        ("データ ー", "データ ー"),
        ("サーバー2台", "サーバー2台"),
        ("  合　 計\r\n（円）\t", "合 計 (円)"),
        ("\ufeff手続\u200b名", "手続名"),
        ("ﾃﾞｰﾀ", "データ"),
        ("", ""),
        ("　", ""),
    ],
)
def test_folding_gives_one_spelling(written: str, folded: str) -> None:
    assert text.fold(written) == folded


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("都道府県名\n（漢字）", "都道府県名(漢字)"),
        ("受 付　件数［Web］", "受付件数[web]"),
        ("ﾒｰﾙｱﾄﾞﾚｽ", "メールアドレス"),
        ("優先区分[年間１万件以上]", "優先区分[年間1万件以上]"),
        ("4月－6月", "4月\u20126月"),
        ("葛\U000e0100飾区", "葛飾区"),
    ],
)
def test_headers_and_choices_that_look_the_same_compare_equal(written: str, same: str) -> None:
    assert (text.fold_header(written), text.fold_choice(written)) == (
        text.fold_header(same),
        text.fold_choice(same),
    )
    assert not re.search(r"\s", text.fold_header(written))


def test_different_headers_stay_different() -> None:
    assert len({text.fold_header(h) for h in ["更新者", "更新者（表示名）", "更新者[表示名]", "更新日"]}) == 4


@given(st.text(alphabet="aA0９-－ー−〜・ 　\nあアｱ漢（）［］%％①", max_size=12))
def test_folding_twice_changes_nothing(s: str) -> None:
    assert text.fold(text.fold(s)) == text.fold(s)
    assert text.fold_header(text.fold_header(s)) == text.fold_header(s)


@pytest.mark.parametrize(
    ("s", "has"),
    [("\ue000", True), ("葛\uf8ff", True), ("\U000f0000", True), ("\U0010fffd", True), ("葛飾区𠮷", False)],
)
def test_private_use_characters_are_found(s: str, has: bool) -> None:
    assert text.has_private_use(s) is has


# --- numbers


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("0", 0),
        ("1234", 1234),
        ("１，２３４", 1234),
        ("1,234,567", 1234567),
        ("007", 7),
        (" 12 ", 12),
        ("3.0", 3),
        ("1,234.00", 1234),
        ("0件", 0),
        ("1,234件", 1234),
        ("5 人", 5),
        ("3名", 3),
        ("2回", 2),
        ("90分", 90),
        ("5日", 5),
        ("8時間", 8),
        ("+5", 5),
        ("△5", -5),
        ("▲ 12", -12),
        ("△12件", -12),
        ("(5)", -5),
        ("（１２）", -12),
        ("－5", -5),
        ("−5", -5),
        ("ー5", -5),
        ("―5", -5),
        ("△0", 0),
        ("9223372036854775807", 2**63 - 1),
    ],
)
def test_integers_are_read(written: str, value: int) -> None:
    assert text.parse_integer(written) == value


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1000", 1000),
        ("¥1,000", 1000),
        ("￥１，０００", 1000),
        (b"\\1,000".decode("cp932"), 1000),
        ("1,000円", 1000),
        ("¥1,000円", 1000),
        ("65,142,133,947", 65142133947),
        ("▲1,000円", -1000),
        ("¥-5", -5),
        ("-¥5", -5),
        ("△ ¥ 5", -5),
        ("(¥1,000)", -1000),
    ],
)
def test_yen_are_read(written: str, value: int) -> None:
    assert text.parse_yen(written) == value


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("88.8%", "88.8"),
        ("0%", "0"),
        ("１００．０％", "100.0"),
        ("5.2 %", "5.2"),
        ("△5.2%", "-5.2"),
        ("(5.2)", "-5.2"),
        ("1,234.50", "1234.50"),
        ("-0", "0"),
        ("-0.0", "0.0"),
        ("0.1", "0.1"),
    ],
)
def test_numbers_are_read_as_written(written: str, value: str) -> None:
    assert str(text.parse_number(written)) == value


DASHES = ["-", "―", "－", "…", "*", "x", "Ｘ", "N/A", "該当なし", "ー", "—", "‐", "...", "＊", "＃", "・・・"]


@pytest.mark.parametrize("read", [text.parse_integer, text.parse_number, text.parse_yen])
@pytest.mark.parametrize("written", DASHES)
def test_a_sign_for_no_value_is_never_zero(read: Callable[[str], object], written: str) -> None:
    fault = refusal(lambda: read(written))
    assert (fault.rule, fault.fix) == ("number.dash", "0なら 0、未入力なら空欄にしてください")


UNREADABLE_NUMBERS = words("""
    1,23 0,123 1234,567 12,34,567 ,123 1, 1_234 1e5 1.5E+3 0x10 1.2.3 .5 5. (5 5) (-5) △-5 --5 5- 5% ¥5
    5円 5千円 12² 5① ½ ⑤ ٣ 約5 5件程度 五 NaN inf Infinity #REF! ＃DIV/0! 2025/4/1
""")


@pytest.mark.parametrize("written", [*UNREADABLE_NUMBERS, "1\u3000234", "1_000", "", "9" * 5000, str(2**63)])
def test_integers_without_a_certain_value_are_refused(written: str) -> None:
    assert refusal(lambda: text.parse_integer(written)).rule == "number.unreadable"


@pytest.mark.parametrize("written", ["12²", "5件", "¥5", "1e5", "NaN", "5%%", "1,23", "(5%", "9" * 31])
def test_numbers_without_a_certain_value_are_refused(written: str) -> None:
    assert refusal(lambda: text.parse_number(written)).rule == "number.unreadable"


@pytest.mark.parametrize("written", ["5件", "5千円", "¥¥5", "¥-¥5", "-¥-5", "5¥", "1¥5", "¥", "円", "5%"])
def test_yen_without_a_certain_value_are_refused(written: str) -> None:
    assert refusal(lambda: text.parse_yen(written)).rule == "number.unreadable"


@pytest.mark.parametrize("written", ["3.5", "1,234.01", "△0.5", "3.5件"])
def test_a_fraction_is_not_an_integer(written: str) -> None:
    assert refusal(lambda: text.parse_integer(written)).rule == "number.fraction"


def full_width(s: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in s)


@given(st.integers(-(2**63) + 1, 2**63 - 1))
def test_every_integer_comes_back_from_every_spelling(n: int) -> None:
    grouped, plain = f"{abs(n):,}", f"{abs(n)}"
    signs = ["-", "△", "▲", "－", "\u2212", "\u2015"] if n < 0 else ["", "+"]
    spellings = [sign + size for sign in signs for size in (plain, grouped, f"{grouped}.0")]
    spellings += [f"({grouped})", f"（{plain}）"] if n < 0 else []
    spellings += [full_width(s) for s in spellings]
    assert {text.parse_integer(s) for s in spellings} == {n}
    assert {text.parse_integer(f"{s}件") for s in spellings if s[-1] not in ")）"} == {n}
    assert {text.parse_yen(f"¥{s}") for s in spellings if s[0] not in "(（"} == {n}
    assert {text.parse_yen(f"{s}円") for s in spellings if s[-1] not in ")）"} == {n}


@given(st.decimals(-(10**12), 10**12, places=3, allow_nan=False))
def test_every_decimal_comes_back_from_every_spelling(n: Decimal) -> None:
    assert {text.parse_number(s) for s in (f"{n:f}", f"{n:,f}", f"{n:f}%", full_width(f"{n:f}"))} == {n}


@given(st.text(max_size=10))
def test_any_text_is_read_or_refused_with_a_japanese_remedy(s: str) -> None:
    for read in (
        text.parse_integer,
        text.parse_number,
        text.parse_yen,
        text.parse_date,
        text.parse_datetime,
        lambda v: text.parse_date(v, month=True),
    ):
        fault = None
        try:
            read(s)
        except text.Unreadable as caught:
            fault = caught
        assert fault is None or (fault.fix.endswith("ください") and fault.rule.isascii())


# --- dates

SPELLINGS = words("""
    2025/4/1 2025-04-01 2025.4.1 20250401 2025年4月1日 令和7年4月1日 令和７年４月１日 R7.4.1 Ｒ７．４．１
    r07/04/01
    ㋿7.4.1 45748 ４５７４８ 45748.0 ２０２５／４／１ 2025‒4‒1 西暦2025年4月1日 令7.4.1 R7-4-1
    令和07年04月01日
    令和7年4月1日(火) 2025/4/1（火） 2025年4月1日火曜日 2025-04-01(火曜日) 令和7年4月1日㈫ 2025/4/1(火・祝)
    令和_7年_4月_1日 2025/_4/_1 2025/4/1_0:00:00 2025-04-01T00:00 2025-03-31T15:00Z
""")


@pytest.mark.parametrize("written", SPELLINGS)
def test_every_spelling_is_the_same_day(written: str) -> None:
    assert text.parse_date(written) == APRIL_FIRST
    assert text.parse_datetime(written) == datetime(2025, 4, 1)
    assert text.parse_date(written, month=True) == APRIL_FIRST


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("令和元年5月1日", date(2019, 5, 1)),
        ("R元.5.1", date(2019, 5, 1)),
        ("R1.5.1", date(2019, 5, 1)),
        ("H31.4.30", date(2019, 4, 30)),
        ("平成元年1月8日", date(1989, 1, 8)),
        ("昭和64年1月7日", date(1989, 1, 7)),
        ("S60.4.1", date(1985, 4, 1)),
        ("昭和元年12月25日", date(1926, 12, 25)),
        ("大正15年12月24日", date(1926, 12, 24)),
        ("大正元年7月30日", date(1912, 7, 30)),
        ("明治45年7月29日", date(1912, 7, 29)),
        ("明治元年1月25日", date(1868, 1, 25)),
        ("㍻31.4.30", date(2019, 4, 30)),
        ("20000", date(1954, 10, 3)),
        ("2024-02-29", date(2024, 2, 29)),
        ("1868-01-01", date(1868, 1, 1)),
        ("2100-12-31", date(2100, 12, 31)),
    ],
)
def test_days_at_the_edges_are_read(written: str, day: date) -> None:
    assert text.parse_date(written) == day


REFUSED_DATES = {
    "date.nonexistent": """
        2025-02-30 2025/13/1 2025-0-1 20250230 令和7年2月30日 2025-04-01T24:00 2025/4/1_9:60
    """,
    "date.era": """
        令和元年4月30日 令和0年4月1日 R0.5.1 平成31年5月1日 H32.1.1 昭和64年1月8日 平成元年1月7日
        明治元年1月24日
    """,
    "date.ambiguous": """
        7.4.1 07/04/01 25/4/1 9/1/2021 7年4月1日 4月1日(火) 4月1日 4/1 4月 070401 5070401 202504
    """,
    "date.weekday": "令和7年4月1日(水) 2025/4/1(月曜日) 2025-04-01日曜日",
    "date.time": "2025-04-01T09:05 2025/04/01_09:05 2025-04-01T00:00:00Z",
    "date.range": "1867-12-31 2101-01-01 令和99年1月1日 0001-01-01 80000",
    "date.undecided": "未定 随時 ― - … 該当なし N/A",
    "date.unreadable": """
        R7.4 2025年4月 2025/04 2025-4 2025年度 令和7年度第1四半期 19999 80001 2025/4-1 令和7年4月①日 4 abc
        令和七年四月一日 2025-04-01? 2025-04-01~2025-04-03 ٢٠٢٥-04-01
    """,
}


@pytest.mark.parametrize(
    ("rule", "written"),
    [(rule, w) for rule, written in REFUSED_DATES.items() for w in words(written)],
)
def test_a_text_that_is_no_certain_day_is_refused(rule: str, written: str) -> None:
    assert refusal(lambda: text.parse_date(written)).rule == rule


MONTHS = words("""
    2025/04 2025/4 2025-04 2025.4 2025.04 R7.4 R7/4 令和7年4月 2025年4月 202504 ２０２５年４月 令和７年４月
    ㋿7年4月
    令和7年4月分 r07-04
""")


@pytest.mark.parametrize(
    ("written", "first"),
    [
        *((w, APRIL_FIRST) for w in MONTHS),
        ("R7.1", date(2025, 1, 1)),
        ("2025.10", date(2025, 10, 1)),
        ("令和元年5月", date(2019, 5, 1)),
        ("平成31年4月", date(2019, 4, 1)),
        ("昭和64年1月", date(1989, 1, 1)),
        ("平成元年1月", date(1989, 1, 1)),
    ],
)
def test_month_cells_give_the_first_day(written: str, first: date) -> None:
    assert text.parse_date(written, month=True) == first


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("2025-04-15", "date.month"),
        ("令和7年4月15日", "date.month"),
        ("2025.1", "date.ambiguous"),
        ("4月", "date.ambiguous"),
        ("7.4", "date.ambiguous"),
        ("202513", "date.nonexistent"),
        ("2025/13", "date.nonexistent"),
        ("令和元年4月", "date.era"),
        ("平成31年5月", "date.era"),
        ("令和0年5月", "date.era"),
        ("1867/12", "date.range"),
        ("未定", "date.undecided"),
        ("2025年", "date.unreadable"),
    ],
)
def test_month_cells_without_a_certain_month_are_refused(written: str, rule: str) -> None:
    assert refusal(lambda: text.parse_date(written, month=True)).rule == rule


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026/09/09 15:12", datetime(2026, 9, 9, 15, 12)),
        ("2026-09-09T15:12:34", datetime(2026, 9, 9, 15, 12, 34)),
        ("2022-04-01T00:30Z", datetime(2022, 4, 1, 9, 30)),
        ("2022-04-01T15:00:00Z", datetime(2022, 4, 2)),
        ("2026-09-09T15:15:35+0900", datetime(2026, 9, 9, 15, 15, 35)),
        ("2026-09-09T15:15:35+09:00", datetime(2026, 9, 9, 15, 15, 35)),
        ("2026-09-09T01:15:35-05:00", datetime(2026, 9, 9, 15, 15, 35)),
        ("2026-09-09 15:15:35.5", datetime(2026, 9, 9, 15, 15, 35, 500000)),
        ("2026-09-09T15:15:35.1234567", datetime(2026, 9, 9, 15, 15, 35, 123456)),
        ("令和8年9月9日(水) 9:05", datetime(2026, 9, 9, 9, 5)),
        ("２０２６年９月９日　９時５分", datetime(2026, 9, 9, 9, 5)),
        ("2026年9月9日9時", datetime(2026, 9, 9, 9)),
        ("20260909151234", datetime(2026, 9, 9, 15, 12, 34)),
        ("2026-09-09", datetime(2026, 9, 9)),
    ],
)
def test_moments_are_read_as_tokyo_wall_time(written: str, moment: datetime) -> None:
    assert text.parse_datetime(written) == moment


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("2026-02-30 10:00", "date.nonexistent"),
        ("2026-02-28 24:00", "date.nonexistent"),
        ("20260909996000", "date.nonexistent"),
        ("7.4.1 10:00", "date.unreadable"),
        ("10:00", "date.unreadable"),
        ("未定", "date.undecided"),
        ("4/1", "date.ambiguous"),
    ],
)
def test_a_text_that_is_no_certain_moment_is_refused(written: str, rule: str) -> None:
    assert refusal(lambda: text.parse_datetime(written)).rule == rule


DAYS = st.dates(date(1868, 1, 25), date(2100, 12, 31))


@given(DAYS)
def test_every_day_comes_back_from_every_spelling(d: date) -> None:
    y, m, n = d.year, d.month, d.day
    japanese = text.era(d)
    name, number = japanese[:2], text.era_year(d)[2:-1]
    letter = {"明治": "M", "大正": "T", "昭和": "S", "平成": "H", "令和": "R"}[name]
    weekday = text.japanese_date(d)[-3:]
    spellings = [
        d.isoformat(),
        f"{y}/{m}/{n}",
        f"{y}.{m}.{n}",
        f"{d:%Y%m%d}",
        text.japanese_date(d),
        japanese,
    ]
    spellings += [
        f"{letter}{number}.{m}.{n}",
        f"{letter.lower()}{number}/{m:02}/{n:02}",
        f"{name[0]}{number}-{m}-{n}",
    ]
    spellings += [f"{japanese}{weekday}", f"{japanese}{weekday[1]}曜日", f"{y}/{m}/{n} 0:00"]
    serial = (d - date(1899, 12, 30)).days
    spellings += [str(serial)] if 20000 <= serial <= 80000 else []
    spellings += [full_width(s) for s in spellings if "曜" not in s]
    assert {s: text.parse_date(s) for s in spellings} == dict.fromkeys(spellings, d)
    months = [
        f"{y}/{m}",
        f"{y}-{m:02}",
        f"{y}{m:02}",
        f"{y}年{m}月",
        f"{letter}{number}.{m}",
        f"{name}{number}年{m}月",
    ]
    assert {s: text.parse_date(s, month=True) for s in months} == dict.fromkeys(months, d.replace(day=1))


@given(DAYS, st.integers(1, 6))
def test_every_wrong_weekday_is_refused(d: date, off: int) -> None:
    wrong = text.japanese_date(d + timedelta(days=off))[-3:]
    assert refusal(lambda: text.parse_date(text.era(d) + wrong)).rule == "date.weekday"


@given(st.datetimes(datetime(1868, 1, 25), datetime(2100, 12, 30)), st.integers(-14 * 60, 14 * 60))
def test_every_moment_comes_back_from_any_offset(moment: datetime, minutes: int) -> None:
    assert text.parse_datetime(moment.isoformat()) == moment
    there = moment - timedelta(hours=9) + timedelta(minutes=minutes)
    if there >= datetime(1868, 1, 1):
        sign, size = "-" if minutes < 0 else "+", abs(minutes)
        written = f"{there.isoformat()}{sign}{size // 60:02}:{size % 60:02}"
        assert text.parse_datetime(written) == moment


@pytest.mark.parametrize(
    ("d", "long", "short", "western"),
    [
        (date(2026, 4, 1), "令和8年4月1日", "令和8年", "2026年4月1日(水)"),
        (date(2019, 5, 1), "令和元年5月1日", "令和元年", "2019年5月1日(水)"),
        (date(2019, 4, 30), "平成31年4月30日", "平成31年", "2019年4月30日(火)"),
        (date(1868, 1, 25), "明治元年1月25日", "明治元年", "1868年1月25日(土)"),
    ],
)
def test_dates_are_written_in_japanese(d: date, long: str, short: str, western: str) -> None:
    assert (text.era(d), text.era_year(d), text.japanese_date(d)) == (long, short, western)


def test_a_day_before_meiji_has_no_era() -> None:
    with pytest.raises(ValueError, match="明治より前"):
        text.era(date(1868, 1, 24))


def test_a_refusal_survives_the_way_between_processes() -> None:
    fault = refusal(lambda: text.parse_date("未定"))
    copy = pickle.loads(pickle.dumps(fault))  # noqa: S301 - our own bytes
    parts = (
        "日付ではありません",
        "日付が決まっていないなら空欄にし、事情は備考に書いてください",
        "date.undecided",
    )
    assert (copy.message, copy.fix, copy.rule) == parts
    assert str(copy) == f"{parts[0]} → {parts[1]}"


# --- personal data


@pytest.mark.parametrize(
    ("digits", "is_one"),
    [
        ("123456789018", True),
        ("123456789019", False),
        ("000000000000", False),
        ("111111111111", False),
        ("12345678901", False),
        ("1234567890180", False),
        ("１２３４５６７８９０１８", False),
        ("123456789018\n", False),
        ("", False),
    ],
)
def test_my_numbers_are_told_by_their_check_digit(digits: str, is_one: bool) -> None:
    assert text.is_my_number(digits) is is_one


@given(st.integers(1, 10**11 - 1).map("{:011}".format).filter(lambda base: len(set(base)) > 1))
def test_exactly_one_check_digit_is_right(base: str) -> None:
    assert [text.is_my_number(base + d) for d in "0123456789"].count(True) == 1


@pytest.mark.parametrize(
    ("code", "is_one"),
    [
        ("131229", True),
        ("131228", False),
        ("010006", True),
        ("011002", True),
        ("13122", False),
        ("481220", False),
        ("000001", False),
        ("１３１２２９", False),
    ],
)
def test_municipality_codes_are_told_by_their_check_digit(code: str, is_one: bool) -> None:
    assert text.is_municipality_code(code) is is_one


PERSONAL = {
    "マイナンバー": """
        123456789018 1234-5678-9018 1234_5678_9018 １２３４－５６７８－９０１８ 番号123456789018です
        1111_1234_5678_9018 1234ー5678ー9018 1234−5678−9018
    """,
    "電話番号": """
        090-1234-5678 09012345678 080_1234_5678 070-1234-5678 05012345678 050-1234-5678
        ０９０−１２３４−５６７８
        03-3695-1111 03(3695)1111 (03)3695-1111 0422-12-3456 04992-2-1234 +81-90-1234-5678 +819012345678
        +81_3_3695_1111 +81-(0)3-3695-1111 TEL:090-1234-5678まで TEL-03-1234-5678 090ー1234ー5678
    """,
    "メールアドレス": """
        taro@gmail.com 連絡は_taro.y+x@docomo.ne.jp_まで ｔａｒｏ＠ｇｍａｉｌ．ｃｏｍ
        a@example.com_b@gmail.com
        a@lg.jp.evil.com a@myexample.com
    """,
}
IMPERSONAL = words("""
    123456789019 7000012050002 T7000012050002 0123456789018 1234567890180 000000000000 000000000012
    0.123456789018
    3695-1111 0336951111 090123456789 0120-123-456 0120123456 0800-123-4567 08001234567 0570-012-345
    +81-120-123-456 2025-04-01 2025/04/01_09:05 1,234,567 88.8% 131229 転入届
    info@example.com a@example.jp a@sub.example.co.jp a@city.katsushika.lg.jp A@CITY.KATSUSHIKA.LG.JP a@b
    @gmail.com
""")


@pytest.mark.parametrize(("kind", "value"), [(kind, v) for kind, values in PERSONAL.items() for v in words(values)])
def test_personal_data_are_recognised(kind: str, value: str) -> None:
    assert text.looks_personal(value) == kind


@pytest.mark.parametrize("value", ["", *IMPERSONAL])
def test_public_numbers_and_addresses_are_not_personal(value: str) -> None:
    assert text.looks_personal(value) is None
    assert text.mask(value) == value


@pytest.mark.parametrize(
    ("value", "always", "shown"),
    [
        ("123456789018", False, "1●●●●●●●●●●8"),
        ("090-1234-5678", False, "0●●●●●●●●●●●8"),
        ("taro@gmail.com", False, "t●●●●●●●●●●●●m"),
        ("架空太郎", False, "架空太郎"),
        ("架空太郎", True, "架●●郎"),
        ("太郎", True, "●●"),
        ("", True, ""),
    ],
)
def test_masking_leaves_first_and_last_at_most(value: str, always: bool, shown: str) -> None:
    assert text.mask(value, always=always) == shown


def test_the_python_at_hand_folds_as_the_tables_assume() -> None:
    assert [unicodedata.normalize("NFKC", c) for c in "～－①㈱㋿％"] == ["~", "-", "1", "(株)", "令和", "%"]
    assert [unicodedata.normalize("NFKC", c) for c in "−‐―ー"] == ["−", "‐", "―", "ー"]


def test_a_remedy_shows_what_the_column_takes() -> None:
    found = []
    for read, written in (
        (text.parse_datetime, "きのう"),
        (text.parse_datetime, "4/1"),
        (text.parse_datetime, "2026年5月"),
        (text.parse_date, "きのう"),
        (text.parse_date, "2026年5月"),
        (lambda cell: text.parse_date(cell, month=True), "きのう"),
    ):
        with pytest.raises(text.Unreadable) as unreadable:
            read(written)
        found.append(str(unreadable.value))
    moment = "2025-04-01 09:30 か 令和7年4月1日 9時30分 のように書いてください"
    assert found == [
        f"日時として読めません → {moment}",
        f"年が書かれていません → 年を付けて、{moment}",
        f"日が書かれていません → {moment}",
        "日付として読めません → 2025-04-01 か 令和7年4月1日 のように書いてください",
        "日が書かれていません → 2026-05-31 のように日まで書いてください。"
        "日の決まっていない予定なら、その月の最後の日を書いてください",
        "年月として読めません → 2025-04 か 令和7年4月 のように書いてください",
    ]
    assert text.parse_datetime("2025-04-01 09:30") == text.parse_datetime("令和7年4月1日 9時30分")
