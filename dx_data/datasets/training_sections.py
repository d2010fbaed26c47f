"""参加課 (columns.md D9, sub-table): which sections sent how many people to a training."""

from dx_data.spec import Column, Dataset, Delivery, Kind

DATASET = Dataset(
    name="training_sections",
    title="参加課",
    family="研修・イベント・新技術",
    grain="1回の研修の1つの参加課",
    owner="DX推進課",
    source="kintone「研修」アプリの表「参加課」",
    rhythm="毎週",
    key=("training_id", "line"),
    delivery=Delivery.WHOLE,
    child_of="trainings",
    columns=(
        Column(
            name="training_id",
            title="研修番号",
            aliases=("研修管理番号",),
            required=True,
            references="trainings.training_id",
            description="参加した研修の番号です",
            example="T-0001",
        ),
        Column(
            name="line",
            title="行番号",
            kind=Kind.INTEGER,
            unit="行目",
            required=True,
            minimum=1,
            description="表の中で上から何行目かです。取込時に付けます",
            example="1",
        ),
        Column(
            name="section",
            title="課",
            aliases=("参加課", "所属課", "課名"),
            required=True,
            references="departments.section",
            description="参加した課です",
            example="保育課",
        ),
        Column(
            name="attendees",
            title="人数",
            kind=Kind.INTEGER,
            unit="人",
            aliases=("課別参加人数",),
            required=True,
            minimum=0,
            description="その課から参加した人数です",
            example="3",
        ),
    ),
)
