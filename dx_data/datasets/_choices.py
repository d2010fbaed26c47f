"""Option lists that several datasets share, from columns.md."""

from __future__ import annotations

from dx_data.spec import Choice

SYSTEMS = (
    Choice(value="東京共同電子申請", aliases=("東京共同電子申請・届出サービス", "東京電子自治体共同運営")),
    Choice(value="LoGoフォーム", aliases=("ロゴフォーム",)),
    Choice(value="ぴったりサービス", aliases=("マイナポータル",)),
    Choice(value="kintone", aliases=("キントーン",)),
    Choice(value="専用システム"),
    Choice(value="eLTAX", aliases=("エルタックス",)),
    Choice(value="その他"),
)

FIELDS = (
    "子育て・教育",
    "福祉",
    "介護",
    "健康",
    "戸籍・住民",
    "税",
    "国保・年金",
    "環境・ごみ",
    "まちづくり",
    "産業",
    "防災",
    "その他",
)

# domain.md 3.1. A book that only says 「電子マネー」 is not split by guess.
PAYMENT_METHODS = (
    Choice(value="現金", aliases=("キャッシュ",)),
    Choice(
        value="クレジットカード",
        aliases=(
            "クレジット",
            "クレカ",
            "カード",
            "Visa",
            "Mastercard",
            "マスターカード",
            "JCB",
            "AMEX",
            "アメックス",
            "Diners",
            "Discover",
            "銀聯",
        ),
        likely=(
            "ビザ",
            "VISAタッチ",
            "ジェーシービー",
            "アメリカン・エキスプレス",
            "ダイナース",
            "UnionPay",
            "タッチ決済",
        ),
    ),
    Choice(
        value="電子マネー(交通系)",
        aliases=("交通系電子マネー", "交通系IC", "交通系ICカード", "交通系", "Suica", "PASMO", "ICOCA"),
        likely=(
            "スイカ",
            "パスモ",
            "イコカ",
            "モバイルSuica",
            "Kitaca",
            "TOICA",
            "manaca",
            "SUGOCA",
            "nimoca",
            "はやかけん",
        ),
    ),
    Choice(
        value="電子マネー(その他)",
        aliases=(
            "その他電子マネー",
            "電子マネー(交通系以外)",
            "流通系電子マネー",
            "iD",
            "QUICPay",
            "WAON",
            "nanaco",
            "楽天Edy",
            "Edy",
        ),
        likely=("アイディー", "クイックペイ", "ワオン", "ナナコ", "エディ"),
    ),
    Choice(value="電子マネー(区分なし)", aliases=("電子マネー",)),
    Choice(
        value="コード決済",
        aliases=(
            "QRコード決済",
            "QR決済",
            "バーコード決済",
            "スマホ決済",
            "PayPay",
            "d払い",
            "楽天ペイ",
            "au PAY",
            "メルペイ",
            "Smart Code",
            "ゆうちょPay",
            "Alipay",
            "Alipay+",
            "WeChat Pay",
            "JKOPAY",
        ),
        likely=("ペイペイ", "ディー払い", "auペイ", "アリペイ", "ウィーチャットペイ", "AEON Pay", "ファミペイ", "QR"),
    ),
    Choice(value="デビット", aliases=("デビットカード", "J-Debit")),
    Choice(value="オンライン決済", aliases=("オンライン", "ペイジー", "Pay-easy")),
    Choice(value="eL-QR", aliases=("eLQR", "地方税統一QRコード", "地方税お支払サイト")),
    # The 取消 and 返金 columns of a 事績簿 name no method.
    Choice(value="区分なし"),
)

# columns.md D9, D11, D12: how something is held.
FORMATS = (
    Choice(value="集合", aliases=("対面", "会場", "集合研修")),
    Choice(value="オンライン", aliases=("Web", "Web会議", "リモート")),
    Choice(value="併用", aliases=("ハイブリッド", "集合・オンライン併用", "対面・オンライン併用")),
)

CONSULTATION_CHANNELS = (
    Choice(value="来庁", aliases=("来訪", "窓口")),
    Choice(value="訪問", aliases=("現地",)),
    Choice(value="Web会議", aliases=("オンライン", "オンライン会議", "Zoom", "Teams")),
    Choice(value="電話"),
    Choice(value="メール", aliases=("Eメール", "電子メール")),
    Choice(value="展示会", aliases=("展示会・講習会",)),
)


def _fiscal_year(year: int) -> Choice:
    reiwa = year - 2018
    words = (f"令和{reiwa}", f"令和{reiwa}年", f"R{reiwa}", f"R{reiwa}年度", f"{year}", f"{year}年度")
    first = ("令和元年度", "令和元年", "令和元") if reiwa == 1 else ()
    return Choice(value=f"令和{reiwa}年度", aliases=(*words, *first))


FISCAL_YEARS = tuple(_fiscal_year(year) for year in range(2019, 2036))
