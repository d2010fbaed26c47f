"""What a ward may set: dx.toml beside the program, or DX_* in the environment. The only reader of both."""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from dx_data.errors import StartRefused

ROOT = Path(__file__).resolve().parent.parent
NATION = "全国"
LONGEST_LOGIN = 8  # hours
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Login(BaseModel):
    """How people sign in: the OpenID Connect provider, this product's address, and who has which role."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: str = Field(
        description="ログイン先（OpenID プロバイダー）の住所。Entra ID では https://login.microsoftonline.com/テナントID/v2.0"
    )
    client_id: str = Field(min_length=1, description="ログイン先がこの製品に付けた番号（クライアントID）")
    url: str = Field(description="利用者がブラウザーで開く、この製品の住所（https://…）")
    claim: str = Field(
        "roles", description="役割を表す項目。ログイン先が利用者ごとに送る（アプリ ロールは roles、グループは groups）"
    )
    roles: dict[str, tuple[str, ...]] = Field({}, description="役割ごとの、その項目の値")
    people: dict[str, tuple[str, ...]] = Field({}, description="役割ごとの、メールアドレスか利用者の番号（oid、sub）")
    secret_file: Path | None = Field(
        None, description="クライアント シークレットを書いたファイル（このフォルダーの外）"
    )
    certificate: Path | None = Field(None, description="この製品が自分で https で話すときの証明書（PEM）")
    certificate_key: Path | None = Field(None, description="その秘密鍵（PEM）")
    hours: float = Field(LONGEST_LOGIN, gt=0, le=LONGEST_LOGIN, description="ログインしてから終わるまでの時間の上限")
    idle_minutes: float = Field(60, gt=0, le=480, description="使わないままでいるとログインが終わるまでの分")

    @property
    def host(self) -> str:
        """Host and port as a browser names them."""
        return urlsplit(self.url).netloc

    @property
    def name(self) -> str:
        """The host alone."""
        return urlsplit(self.url).hostname or ""

    @property
    def is_https(self) -> bool:
        """Whether people reach the product encrypted."""
        return self.url.startswith("https://")

    @field_validator("issuer", "url")
    @classmethod
    def _address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
            raise ValueError("https:// で始まる住所にしてください")
        if not parts.hostname or "@" in parts.netloc or parts.query or parts.fragment:
            raise ValueError("https://名前 の形の住所にしてください")
        return value.rstrip("/")

    @field_validator("url")
    @classmethod
    def _no_path(cls, value: str) -> str:
        if urlsplit(value).path:
            raise ValueError("名前とポートだけの住所にしてください（後ろに / から始まる部分を付けない）")
        default = ":443" if value.startswith("https://") else ":80"
        return value.lower().removesuffix(default)  # as browsers write it in Host and Origin

    @field_validator("secret_file")
    @classmethod
    def _outside(cls, value: Path | None) -> Path | None:
        if value and value.resolve().is_relative_to(ROOT):
            raise ValueError("プログラムのフォルダーの外に置いてください")
        return value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not self.roles and not self.people:
            raise ValueError("roles か people で、だれにどの役割があるかを決めてください")
        if (self.certificate is None) != (self.certificate_key is None):
            raise ValueError("certificate と certificate_key は両方を決めてください")
        return self


class Settings(BaseSettings):
    """All settings with their defaults; names in the environment are DX_ and the upper-case field."""

    model_config = SettingsConfigDict(env_prefix="DX_", toml_file=ROOT / "dx.toml", extra="forbid", frozen=True)

    lake: str = Field(
        str(ROOT / "data" / "lake"), description="本番の台帳の場所（フォルダー、または postgres: で始まる住所）"
    )
    lake_data: str | None = Field(
        None, description="台帳の表データの場所（フォルダーか、s3:// で始まるバケット。フォルダーの台帳では省略できる）"
    )
    lake_here: str = Field(
        str(ROOT / "data" / "here"),
        description="表データがバケットにあるとき、分析用の写しなどを置く、このコンピューターの場所",
    )
    lake_demo: str = Field(str(ROOT / "data" / "lake-demo"), description="デモの台帳の場所")
    backup_key: str = Field(str(ROOT / "data" / "backup-key.txt"), description="控えの合言葉のファイル")
    packs: str | None = Field(
        None,
        description="画面「四半期公表」で作る公表資料の場所。"
        "省略すると data/packs（PostgreSQL の台帳では、共有のフォルダーの packs）",
    )
    municipality_code: str = Field("131229", description="全国地方公共団体コード（6桁、検査数字つき）")
    nation: str = Field(
        "",
        description="全国の画面だけを開くとき: 全国、または都道府県の名前（市区町村の団体コードとは使えない）",
    )
    disclosure_threshold: int = Field(10, ge=3, description="公表で伏せる件数の下限。1からこの値-1までを伏せる")
    login: Login | None = Field(
        None, description="ログイン（OpenID Connect）。省略すると、このコンピューターからだけ開ける"
    )
    login_secret: SecretStr | None = Field(None, description="クライアント シークレット。環境変数だけに書ける")
    logins: str = Field(
        str(ROOT / "data" / "logins.sqlite"),
        description="いまのログインの記録のファイル（PostgreSQL の台帳では使わず、同じデータベースに置く）",
    )
    fonts: Path | None = Field(
        None, description="公表資料のPDFとPNGに使う日本語フォントのフォルダー（省略すると、このコンピューターのもの）"
    )
    return_by: dt.date = Field(dt.date(2028, 3, 31), description="預かったファイルを廃棄・返却する期限（契約の終わり）")
    contact: str = Field("", description="「使い方」の画面に示す連絡先（課の名前、内線など）")
    max_upload_mb: int = Field(100, ge=1, description="1ファイルの大きさの上限（MB）。kintoneの書き出し上限と同じ")
    max_unpacked_mb: int = Field(200, ge=1, description="Excelを展開した大きさの上限（MB）")
    reader_seconds: int = Field(60, ge=1, description="Excel 1冊を読む時間の上限（秒）")
    reader_memory_mb: int = Field(1024, ge=128, description="Excel 1冊を読むメモリーの上限（MB）")

    threads: int | None = Field(
        None, ge=1, description="計算に同時に使うコアの数。ほかの仕事と分け合うときに減らす（省略するとすべて）"
    )
    answers_ahead: bool = Field(
        True, description="だれも見ていない間に、画面がはじめに示す答えを用意するか。メモリーや電力を惜しむときは false"
    )

    @field_validator("municipality_code")
    @classmethod
    def _six_digits(cls, value: str) -> str:
        from dx_data.text import is_municipality_code

        if not is_municipality_code(value):
            raise ValueError("全国地方公共団体コードは検査数字を含む6桁の数字です")
        return value

    @model_validator(mode="after")
    def _nobodys_own(self) -> Self:
        from dx_data.bundled import municipalities

        if self.nation:
            if self.nation not in {NATION, *(each.prefecture for each in municipalities())}:
                raise ValueError(f"nation は「{NATION}」か、都道府県の名前にしてください")
            if self.municipality_code in {each.code for each in municipalities()}:
                raise ValueError("nation は、市区町村の団体コードとは使えません（都道府県のコードにしてください）")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then the environment, then dx.toml."""
        return init_settings, env_settings, _WithoutSecret(settings_cls)


class _WithoutSecret(TomlConfigSettingsSource):
    """dx.toml, which people copy and send around: a secret does not belong there."""

    def __call__(self) -> dict[str, Any]:
        """What the file says. ValueError where it holds the secret."""
        found = super().__call__()
        if "login_secret" in found:
            raise StartRefused.because(
                "dx.toml に login_secret が書かれています",
                "dx.toml から消して、環境変数 DX_LOGIN_SECRET か、[login] の secret_file のファイルに書いてください",
                stage="settings",
            )
        return found


@cache
def settings() -> Settings:
    """The settings of this process, read once. StartRefused where one is wrong."""
    try:
        return Settings()
    except ValidationError as fault:
        wrong = "、".join(
            f"{'.'.join(map(str, each['loc']))}（{each['msg'].removeprefix('Value error, ')}）"
            for each in fault.errors(include_input=False)
        )
        raise StartRefused.because(
            f"設定が正しくありません: {wrong}", "dx.toml か環境変数 DX_… を直してください", stage="settings"
        ) from None


def parallel() -> dict[str, int]:
    """What DuckDB is told about how many cores it may use at once."""
    threads = settings().threads
    return {"threads": threads} if threads else {}


def login_secret(chosen: Settings) -> str | None:
    """The client secret, from the environment or its file; None without one. StartRefused if it cannot be read."""
    if chosen.login_secret:
        return chosen.login_secret.get_secret_value()
    if chosen.login is None or chosen.login.secret_file is None:
        return None
    try:
        return chosen.login.secret_file.read_text("utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as fault:
        raise StartRefused.because(
            f"クライアント シークレットのファイル『{chosen.login.secret_file}』を読めません",
            "ファイルの場所と、この製品を動かす人に読む権限があることを確かめてください",
            stage="settings",
        ) from fault
