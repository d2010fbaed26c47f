"""Files with one made-up piece of personal information each, in every place a file has: what `test_canaries` plants.

No value is anybody's: numbers are computed, names are of kanji that no family register joins, domains are unused.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import xlsxwriter

H = ("システム", "申請番号", "申請日時", "手続名", "処理状況")
_WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_KANJI = "鶯鵺鴉鰊鱧鯰鶉雛梟蜻蛉螢蠍麒獏猊鯱鰯鵬鷲鸞鰻鱸鮎"
assert _KANJI.encode("cp932")


@dataclass(frozen=True)
class Canary:
    """One planted secret: the file that carries it, every spelling to look for, what must become of the file.

    `rule` is the refusal's, or the notice's if the file is loaded without it. `shown` marks a value that a person
    must see to mend it: it may stand in the fault list and on the screen, and nowhere that lasts.
    """

    name: str
    file: str
    content: bytes
    secrets: tuple[str, ...]
    rule: str
    refused: bool = True
    shown: bool = False
    confirmed: dict[str, None] = field(default_factory=dict)


# --- secrets --------------------------------------------------------------------------------------------------


class Mint:
    """Makes secrets that occur once."""

    def __init__(self) -> None:
        self.made = 0

    def number(self) -> int:
        """The next serial number."""
        self.made += 1
        return self.made

    def my_number(self) -> str:
        """Twelve digits with the right last one, that begin with no day."""
        base = f"{73519402860 + 1009 * self.number():011}"
        rest = sum(int(d) * w for d, w in zip(base, _WEIGHTS, strict=True)) % 11
        return base + str(0 if rest <= 1 else 11 - rest)

    def phone(self, begin: str = "090") -> str:
        """A mobile number with hyphens, or another that begins so."""
        number = self.number()
        return f"{begin}-{7310 + number}-{(number * 733 + 4561) % 9000 + 1000}"

    def mail(self) -> str:
        """An address of a private domain."""
        return f"kanariya{self.number():03}@gmail.com"

    def name(self) -> tuple[str, str]:
        """Surname and given name."""
        first, second = divmod(self.number(), len(_KANJI))
        return f"{_KANJI[second]}谷", f"{_KANJI[first]}{_KANJI[second]}之"

    def digits(self, length: int) -> str:
        """A number of that length."""
        return str(846193752046193 + self.number() * 104729)[-length:].replace("0", "8", 1)


def wide(text: str) -> str:
    """The same in full-width letters."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def kanji(digits: str) -> str:
    """The same in kanji."""
    return "".join("〇一二三四五六七八九"[int(c)] if c.isdigit() else c for c in digits)


def grouped(number: str, mark: str) -> str:
    """Twelve digits in groups of four."""
    return mark.join((number[:4], number[4:8], number[8:]))


# --- files ----------------------------------------------------------------------------------------------------


def row(number: int, **cells: str) -> list[str]:
    """One application; `cells` replace its fields by heading."""
    plain = dict(zip(H, ("kintone", f"C{number:05}", "2026/10/01 10:00", "転入届", "完了"), strict=True))
    return [
        *(plain | {k: v for k, v in cells.items() if k in H}).values(),
        *(v for k, v in cells.items() if k not in H),
    ]


def table(serial: int, **planted: str) -> list[list[str]]:
    """A header and twelve applications, the fourth with what is planted; other headings than H stand to the right."""
    more = [heading for heading in planted if heading not in H]
    blank = dict.fromkeys(more, "")
    rows = [row(serial * 100 + n, **(blank | planted if n == 3 else blank)) for n in range(12)]
    return [[*H, *more], *rows]


def csv(rows: list[list[str]], encoding: str = "utf-8-sig") -> bytes:
    """The rows as CSV, every cell quoted."""
    lines = (",".join('"{}"'.format(cell.replace('"', '""')) for cell in cells) + "\r\n" for cells in rows)
    return "".join(lines).encode(encoding)


def book(
    rows: list[list[str]], write: Callable[[Any, Any], None] | None = None, parts: dict[str, str] | None = None
) -> bytes:
    """The rows as a workbook; `write(workbook, sheet)` adds to it, `parts` are XML parts put into the archive."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet("データ")
        for number, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                sheet.write_string(number, column, cell)
        if write:
            write(workbook, sheet)
    if parts:
        with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
            for name, text in parts.items():
                archive.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{text}')
    return out.getvalue()


# --- what is planted in cells ---------------------------------------------------------------------------------


def in_stored_cells(mint: Mint) -> Iterator[tuple[str, str, tuple[str, ...], str]]:
    """Name, cell, secrets and rule of what is planted in 手続名, which the lake keeps."""
    for name, spell in {
        "plain": str,
        "with spaces": lambda n: grouped(n, " "),
        "with hyphens": lambda n: grouped(n, "-"),
        "full-width": lambda n: wide(grouped(n, "-")),
        "in kanji": kanji,
        "in a sentence": lambda n: f"マイナンバーは{n}です",
        "digit by digit": " ".join,
        "split by no width": lambda n: grouped(n, "\u200b"),
        "split by a control character": lambda n: grouped(n, "\x02"),
        "on lines": lambda n: grouped(n, "\n"),
    }.items():
        number = mint.my_number()
        yield f"My Number {name}", spell(number), (number, spell(number)), "gate.my_number"
    for name, begin, spell in (
        ("fixed", "03", str),
        ("mobile", "090", str),
        ("IP", "050", str),
        ("full-width", "080", wide),
        ("bare and alone", "070", lambda n: n.replace("-", "")),
        ("in kanji", "090", kanji),
        ("from abroad", "090", lambda n: f"+81 {n[1:]}"),
        ("in brackets", "090", lambda n: n.replace("-", "(", 1).replace("-", ")")),
        ("with dots", "080", lambda n: n.replace("-", ".")),
        ("split by no width", "080", lambda n: n.replace("-", "\u2060-")),
        ("split by a soft hyphen", "080", lambda n: n.replace("-", "\u00ad")),
        ("over two lines", "080", lambda n: f"自宅\n{n[:9]}\n{n[9:]}"),
        ("with its label", "03", lambda n: f"電話{n.replace('-', '')}"),
    ):
        number = mint.phone(begin)
        cell = spell(number)
        yield f"telephone {name}", cell, (number, number.replace("-", ""), cell), "gate.contact"
    for name, spell in {
        "plain": str,
        "full-width": wide,
        "in a URL": lambda m: f"https://form.jp/?to={m.replace('@', '%40')}",
        "disguised": lambda m: m.replace("@", " [at] "),
        "in a sentence": lambda m: f"連絡は{m}まで",
    }.items():
        mail = mint.mail()
        yield f"e-mail {name}", spell(mail), (mail, mail.split("@")[0], spell(mail)), "gate.contact"
    for name, form in {
        "with furigana": "{0} {1}（カクウ ハナコ）",
        "labelled": "氏名：{0}{1}",
        "labelled by role": "申請者：{0}　{1}",
        "with a title": "{0}　{1}様より",
    }.items():
        surname, given = mint.name()
        yield (
            f"name {name}",
            form.format(surname, given),
            (surname + given, f"{surname} {given}", given),
            "gate.contact",
        )
    for name, form, length in (
        ("address with a lot", "鵠沼鰻町{0}番地", 4),
        ("address with 丁目", "鰻田３丁目{0}番２号", 3),
        ("address with hyphens", "東京都葛飾区立石7-{0}-9", 3),
        ("postal code", "〒{0}", 7),
        ("bank account", "普通　{0}", 7),
        ("account of the post", "ゆうちょ 記号{0} 番号１２", 5),
        ("health insurance", "国保 被保険者番号：{0}", 8),
        ("driving licence", "免許証番号 第{0}号", 12),
        ("pension", "基礎年金番号{0}", 10),
        ("residence card", "在留カード番号 AB{0}CD", 8),
        ("passport", "旅券番号 TK{0}", 7),
        ("addressee number", "宛名番号:{0}", 9),
        ("LINE ID", "LINE ID：kanariya_{0}", 5),
    ):
        digits = mint.digits(length)
        secret = digits if length > 4 else form.format(digits)
        yield name, form.format(digits), (secret, form.format(digits)), "gate.contact"
    yield "birthday", "昭和49年11月23日生まれ", ("昭和49年11月23日", "1974-11-23"), "gate.contact"
    yield "birthday labelled", "生年月日 1949/02/27", ("1949/02/27", "1949-02-27"), "gate.contact"


def in_files_of_text(mint: Mint) -> Iterator[Canary]:
    """Everything planted in CSVs."""
    serial = 0

    def canary(name: str, rows: Any, secrets: tuple[str, ...], rule: str, file: str = "", **more: Any) -> Canary:
        content = rows if isinstance(rows, bytes) else csv(rows)
        return Canary(name, file or f"{serial:03}_電子申請.csv", content, secrets, rule, **more)

    for name, cell, secrets, rule in in_stored_cells(mint):
        serial += 1
        yield canary(name, table(serial, 手続名=cell), secrets, rule)
    for name, heading, rule in (
        ("in the key", "申請番号", "gate.contact"),
        ("in a choice", "処理状況", "gate.contact"),
        ("in a date", "申請日時", "gate.contact"),
    ):
        serial += 1
        phone = mint.phone()
        yield canary(f"telephone {name}", table(serial, **{heading: phone}), (phone,), rule)
    serial += 1
    number = mint.my_number()
    rows = [[*cells[:-1], cells[-1] or "300"] for cells in table(serial, 決済額=number)]
    yield canary("My Number among sums", rows, (number,), "gate.my_number")
    serial += 1
    surname, given = mint.name()
    secrets = (surname + given,)
    rows = table(serial, 処理状況=surname + given)
    yield canary("name as a choice", rows, secrets, "choice.unknown", shown=True)
    serial += 1
    (surname, given), phone = mint.name(), mint.phone()
    rows = table(serial, 氏名=f"{surname} {given}", 電話番号=phone)
    yield canary("declared columns", rows, (given, phone), "gate.class", refused=False)
    serial += 1
    (surname, given), phone = mint.name(), mint.phone()
    rows = table(serial, 備考=f"{surname}{given}さんから\n{phone}に折返し")
    yield canary("free text", rows, (given, phone), "gate.class", refused=False)
    serial += 1
    surname, given = mint.name()
    rows = table(serial, 児童の氏名=f"{surname}{given}")
    yield canary("listed heading", rows, (given,), "gate.header", refused=False)
    serial += 1
    surname, given = mint.name()
    yield canary(
        "declined heading",
        table(serial, 呼び名=f"{surname}{given}"),
        (given,),
        "match.declined",
        refused=False,
        confirmed={"列:F": None},
    )
    serial += 1
    (surname, given), phone = mint.name(), mint.phone()
    rows = table(serial, 保護者氏名=surname + given, 日中の電話番号=phone)
    yield canary("names with contacts", rows, (given, phone), "gate.name_with_contact")
    serial += 1
    (surname, given), mail = mint.name(), mint.mail()
    rows = table(serial, 引継ぎ=f"氏名：{surname}{given} {mail}")
    yield canary("name with contact in one cell", rows, (given, mail), "gate.name_with_contact")
    serial += 1
    phone = mint.phone()
    rows = [[*cells, ""] for cells in table(serial)]
    rows[0][-1] = phone
    yield canary("telephone as a heading", rows, (phone,), "gate.header", refused=False)
    serial += 1
    number = mint.my_number()
    rows = [[*cells, ""] for cells in table(serial)]
    rows[0][-1] = number
    yield canary("My Number as a heading", rows, (number,), "gate.my_number")
    for name, above, below in (
        ("title", True, "電子申請一覧　作成 {0}"),
        ("note", False, "※ 不明な点は {0} まで"),
        ("total", False, "合計（{0}）"),
    ):
        serial += 1
        phone = mint.phone("03")
        line = [below.format(phone), "", "", "", ""]
        rows = [line, *table(serial)] if above else [*table(serial), line]
        refused = name == "total"
        rule = "gate.contact" if refused else "gate.not_stored"
        yield canary(f"telephone in the {name} row", rows, (phone,), rule, refused=refused)
    serial += 1
    number = mint.my_number()
    rows = [*table(serial), [f"※ 個人番号 {number}", "", "", "", ""]]
    yield canary("My Number in a note", rows, (number,), "gate.my_number")
    for encoding in ("cp932", "utf-16"):
        serial += 1
        mail = mint.mail()
        yield canary(f"e-mail in {encoding}", csv(table(serial, 手続名=mail), encoding), (mail,), "gate.contact")
    serial += 1
    phone = mint.phone()
    file = f"{phone}_電子申請.csv"
    yield canary("file name", table(serial), (phone,), "", file=file, refused=False)
    serial += 1
    phone = mint.phone()
    content = csv(table(serial))[:-2] + f'\r\n"kintone","{phone}"\r\n'.encode()
    yield canary("row too short", content, (phone,), "gate.contact")


def in_kintone(mint: Mint) -> Iterator[Canary]:
    """kintone's staff names and a sub-table's free text."""
    (staff, first), (other, second), phone = mint.name(), mint.name(), mint.phone()
    head = [
        "レコードの開始行",
        "レコード番号",
        "作成者",
        "作成者（表示名）",
        "手続ID",
        "手続名",
        "所管課",
        "進捗段階",
        "オンライン化状況",
    ]
    head += ["対応日", "対応内容", "担当", "担当（表示名）"]
    main = ["9001", "k-9", f"{staff} {first}", "C-9001", "転入届", "戸籍住民課", "未着手", "未"]
    rows = [
        head,
        ["*", *main, "2026/06/10", f"{other}{second} {phone} に説明", "k-9", f"{staff} {first}"],
        ["", *main, "2026/06/24", "済み", "k-9", f"{staff} {first}"],
    ]
    file, secrets = "手続台帳_20261101T090000+0900.csv", (first, second, phone)
    yield Canary("kintone sub-table", file, csv(rows, "cp932"), secrets, "gate.system", refused=False)


# --- what is planted in workbooks -----------------------------------------------------------------------------

_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_DRAWN = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'


def in_workbooks(mint: Mint) -> Iterator[Canary]:
    """Everything planted in workbooks, in cells that are hidden and outside of cells."""
    serial = 500

    def canary(
        name: str, secrets: tuple[str, ...], rule: str, write: Any = None, parts: Any = None, refused: bool = True
    ) -> Canary:
        nonlocal serial
        serial += 1
        return Canary(name, f"{serial}_電子申請.xlsx", book(table(serial), write, parts), secrets, rule, refused)

    number = mint.my_number()
    yield canary("hidden sheet", (number,), "gate.my_number", lambda w, _: _sheet(w, [["控え"], [number]], hide=True))
    (surname, given), phone = mint.name(), mint.phone()
    people = [["氏名", "電話番号"], [surname + given, phone]]
    yield canary(
        "people on a hidden sheet", (given, phone), "gate.name_with_contact", lambda w, _: _sheet(w, people, hide=True)
    )
    phone_ = mint.phone()
    yield canary(
        "telephone on a hidden sheet",
        (phone_,),
        "gate.not_stored",
        lambda w, _: _sheet(w, [["番号", "内線"], ["1", phone_]], hide=True),
        refused=False,
    )
    mail = mint.mail()

    def hidden_row(_: Any, sheet: Any) -> None:
        sheet.write_string(5, 3, mail)
        sheet.set_row(5, None, None, {"hidden": True})

    yield canary("hidden row", (mail,), "gate.contact", hidden_row)
    hidden_number = mint.my_number()

    def hidden_column(_: Any, sheet: Any) -> None:
        sheet.write_string(0, 5, "備考")
        sheet.write_string(5, 5, grouped(hidden_number, "-"))
        sheet.set_column(5, 5, None, None, {"hidden": True})

    yield canary("hidden column", (hidden_number, grouped(hidden_number, "-")), "gate.my_number", hidden_column)
    sheet_number = grouped(mint.my_number(), "-")
    yield canary("sheet name", (sheet_number,), "gate.my_number", lambda w, _: w.add_worksheet(sheet_number))
    yield from _outside(mint, canary)


def _sheet(workbook: Any, rows: list[list[str]], *, hide: bool = False) -> None:
    sheet = workbook.add_worksheet("控え")
    for number, cells in enumerate(rows):
        sheet.write_row(number, 0, cells)
    if hide:
        sheet.hide()


def _outside(mint: Mint, canary: Callable[..., Canary]) -> Iterator[Canary]:
    def write(name: str, plant: Callable[[Any, Any, str], None]) -> Iterator[Canary]:
        """One file with マイナンバー there, which is refused, one with a telephone, which is told."""
        number, phone = grouped(mint.my_number(), "-"), mint.phone()
        yield canary(f"My Number in {name}", (number,), "gate.my_number", lambda w, s: plant(w, s, number))
        yield canary(f"telephone in {name}", (phone,), "gate.outside", lambda w, s: plant(w, s, phone), refused=False)

    def part(name: str, file: str, xml: str, *more: tuple[str, str]) -> Iterator[Canary]:
        number, phone = grouped(mint.my_number(), "-"), mint.phone()
        for what, secret, rule in (("My Number", number, "gate.my_number"), ("telephone", phone, "gate.outside")):
            parts = dict(more) | {file: xml.replace("§", secret)}
            yield canary(f"{what} in {name}", (secret,), rule, None, parts, refused=what == "My Number")

    yield from write("a comment", lambda _, sheet, secret: sheet.write_comment("B2", f"折返し {secret}"))
    yield from write("a text box", lambda _, sheet, secret: sheet.insert_textbox("H2", f"連絡 {secret}"))
    yield from write("the header", lambda _, sheet, secret: sheet.set_header(f"&L{secret}"))
    yield from write("the footer", lambda _, sheet, secret: sheet.set_footer(f"&R{secret}"))
    yield from write("a defined name", lambda book_, _, secret: book_.define_name("控え", f'="{secret}"'))
    yield from write("the title", lambda book_, _, secret: book_.set_properties({"title": secret}))
    yield from write("a property", lambda book_, _, secret: book_.set_custom_property("控え", secret))
    yield from write(
        "a drop-down",
        lambda _, sheet, secret: sheet.data_validation("E2", {"validate": "list", "source": ["完了", secret]}),
    )
    yield from write(
        "a hint",
        lambda _, sheet, secret: sheet.data_validation("E2", {"validate": "any", "input_message": f"控え {secret}"}),
    )
    mail = mint.mail()
    yield canary(
        "e-mail in a link",
        (mail,),
        "gate.outside",
        lambda _, sheet: sheet.write_url("D2", f"mailto:{mail}", string="転入届"),
        refused=False,
    )
    staff = "".join(mint.name())
    yield canary("author", (staff,), "", lambda w, _: w.set_properties({"author": staff}), refused=False)
    yield from part(
        "a threaded comment",
        "xl/threadedComments/threadedComment1.xml",
        '<ThreadedComments xmlns="http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments">'
        '<threadedComment ref="B2" id="{1}"><text>§ へ</text></threadedComment></ThreadedComments>',
    )
    yield from part(
        "a pivot cache",
        "xl/pivotCache/pivotCacheDefinition1.xml",
        f'<pivotCacheDefinition {_MAIN}><cacheFields><cacheField name="控え"><sharedItems><s v="§"/></sharedItems>'
        "</cacheField></cacheFields></pivotCacheDefinition>",
    )
    yield from part(
        "a pivot cache's records",
        "xl/pivotCache/pivotCacheRecords1.xml",
        f'<pivotCacheRecords {_MAIN}><r><x v="0"/><s v="§"/></r></pivotCacheRecords>',
    )
    yield from part(
        "an external cache",
        "xl/externalLinks/externalLink1.xml",
        f'<externalLink {_MAIN}><externalBook><sheetDataSet><sheetData sheetId="0"><row r="1">'
        '<cell r="A1" t="str"><v>§</v></cell></row></sheetData></sheetDataSet></externalBook></externalLink>',
    )
    yield from part(
        "a chart cache",
        "xl/charts/chart9.xml",
        '<c:chartSpace xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"><c:strCache><c:pt idx="0">'
        "<c:v>§</c:v></c:pt></c:strCache></c:chartSpace>",
    )
    yield from part(
        "runs of a shape",
        "xl/drawings/drawing9.xml",
        f"<wsDr {_DRAWN}><a:p><a:r><a:t>控え</a:t></a:r><a:r><a:t>§</a:t></a:r></a:p></wsDr>",
    )
    yield from part(
        "the log of changes",
        "xl/revisions/revisionLog1.xml",
        f'<revisions {_MAIN}><rcc><oc r="A1" t="inlineStr"><is><t>§</t></is></oc></rcc></revisions>',
    )
    yield from part("custom data", "customXml/item1.xml", "<item><note>§</note></item>")
    yield from _split_and_unused(mint, canary)


def _split_and_unused(mint: Mint, canary: Callable[..., Canary]) -> Iterator[Canary]:
    (surname, given), phone = mint.name(), mint.phone()
    items = f'<sharedItems><s v="{surname}{given}"/></sharedItems>', f'<sharedItems><s v="{phone}"/></sharedItems>'
    fields = "".join(
        f'<cacheField name="{name}">{each}</cacheField>' for name, each in zip(("氏名", "電話番号"), items, strict=True)
    )
    xml = f"<pivotCacheDefinition {_MAIN}><cacheFields>{fields}</cacheFields></pivotCacheDefinition>"
    parts = {"xl/pivotCache/pivotCacheDefinition1.xml": xml}
    yield canary("people in a pivot cache", (given, phone), "gate.name_with_contact", None, parts)
    (surname, given), mail = mint.name(), mint.mail()
    cells = (("A1", "世帯主"), ("B1", "メールアドレス"), ("A2", surname + given), ("B2", mail))
    rows = "".join(f'<cell r="{place}" t="str"><v>{text}</v></cell>' for place, text in cells)
    xml = f"<externalLink {_MAIN}><sheetData><row>{rows}</row></sheetData></externalLink>"
    parts = {"xl/externalLinks/externalLink1.xml": xml}
    yield canary("people in an external cache", (given, mail), "gate.name_with_contact", None, parts)
    for what, secret, rule in (
        ("My Number", grouped(mint.my_number(), " "), "gate.my_number"),
        ("telephone", mint.phone(), "gate.outside"),
    ):
        made = canary(f"{what} in an unused shared string", (secret,), rule, refused=what == "My Number")
        yield Canary(made.name, made.file, _shared(made.content, secret), made.secrets, rule, made.refused)
    number = grouped(mint.my_number(), "-")
    made = canary("My Number as the archive's comment", (number,), "gate.my_number")
    out = io.BytesIO(made.content)
    with zipfile.ZipFile(out, "a") as archive:
        archive.comment = number.encode()
    yield Canary(made.name, made.file, out.getvalue(), made.secrets, made.rule)
    mail = mint.mail()
    embedded = book([["氏名", "メール"], ["".join(mint.name()), mail]])
    made = canary("embedded book", (mail,), "gate.unsearched", refused=False)
    out = io.BytesIO(made.content)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("xl/embeddings/Microsoft_Excel_Sheet1.xlsx", embedded)
    yield Canary(made.name, made.file, out.getvalue(), made.secrets, made.rule, refused=False)


def _shared(content: bytes, secret: str) -> bytes:
    """The book with one more shared string, which no cell uses, in two runs."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for each in old.infolist():
            data = old.read(each)
            if each.filename == "xl/sharedStrings.xml":
                runs = f"<si><r><t>{secret[:5]}</t></r><r><t>{secret[5:]}</t></r></si></sst>"
                data = data.replace(b"</sst>", runs.encode())
            new.writestr(each, data)
    return out.getvalue()


def all_canaries() -> list[Canary]:
    """Every planted file, each with a secret of its own."""
    mint = Mint()
    return [*in_files_of_text(mint), *in_kintone(mint), *in_workbooks(mint)]
