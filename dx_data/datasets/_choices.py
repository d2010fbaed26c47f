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
