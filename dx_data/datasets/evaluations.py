"""半期評価 (columns.md D12): the ward's half-yearly judgement of one item, and the improvement it asked for."""

from dx_data.datasets._choices import FISCAL_YEARS
from dx_data.spec import Choice, Column, Dataset, Delivery, Kind, Pii

DATASET = Dataset(
    name="evaluations",
    title="半期評価",
    family="契約",
    grain="1つの半期の1つの評価項目",
    owner="DX推進課",
    source="DX推進課の評価表（Excel・CSV）",
    rhythm="随時",
    key=("fiscal_year", "half", "item"),
    delivery=Delivery.WHOLE,
    tracks=("rating", "improvement"),
    columns=(
        Column(
            name="fiscal_year",
            title="年度",
            kind=Kind.CHOICE,
            aliases=("対象年度",),
            required=True,
            choices=FISCAL_YEARS,
            description="評価した年度です",
            example="令和7年度",
        ),
        Column(
            name="half",
            title="半期",
            kind=Kind.CHOICE,
            aliases=("期",),
            required=True,
            choices=(
                Choice(value="上期", aliases=("上半期", "前期")),
                Choice(value="下期", aliases=("下半期", "後期")),
            ),
            description="上期（4〜9月）か下期（10〜3月）かです",
            example="上期",
        ),
        Column(
            name="item",
            title="評価項目",
            aliases=("項目",),
            required=True,
            description="何を評価したかです",
            example="手続オンライン化支援",
        ),
        Column(
            name="rating",
            title="評価",
            aliases=("評価結果", "評価区分"),
            required=True,
            description="評価の段階です。理由の文は書きません",
            example="良好",
        ),
        Column(
            name="improvement",
            title="改善要否",
            kind=Kind.CHOICE,
            aliases=("改善の要否",),
            choices=(
                Choice(value="要", aliases=("必要", "改善要")),
                Choice(value="不要", aliases=("否", "改善不要")),
            ),
            description="改善が必要かです",
            example="不要",
        ),
        Column(
            name="improvement_submitted_on",
            title="改善報告書提出日",
            kind=Kind.DATE,
            aliases=("改善報告日",),
            description="改善報告書が提出された日です",
            example="2025-11-20",
        ),
        Column(
            name="approved_on",
            title="承認日",
            kind=Kind.DATE,
            aliases=("改善報告書承認日",),
            description="区が改善報告書を承認した日です",
            example="2025-11-28",
        ),
        Column(
            name="re_rating",
            title="再評価",
            aliases=("再評価結果",),
            description="改善のあとの評価の段階です。理由の文は書きません",
            example="良好",
        ),
        Column(name="remarks", title="備考", pii=Pii.FREE, description="自由記述です。保存しません"),
    ),
)
