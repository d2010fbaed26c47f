"""What a ward may set: dx.toml beside the program, or DX_* in the environment. The only reader of both."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """All settings with their defaults; names in the environment are DX_ and the upper-case field."""

    model_config = SettingsConfigDict(env_prefix="DX_", toml_file=ROOT / "dx.toml", extra="forbid", frozen=True)

    lake: str = Field(str(ROOT / "data" / "lake"), description="本番の台帳の場所（フォルダー）")
    lake_data: str | None = Field(None, description="台帳の表データの場所（省略すると台帳フォルダーの中）")
    lake_demo: str = Field(str(ROOT / "data" / "lake-demo"), description="デモの台帳の場所")
    backup_key: str = Field(str(ROOT / "data" / "backup-key.txt"), description="控えの合言葉のファイル")
    municipality_code: str = Field("131229", description="全国地方公共団体コード（6桁、検査数字つき）")
    disclosure_threshold: int = Field(10, ge=3, description="公表で伏せる件数の下限。1からこの値-1までを伏せる")
    contact: str = Field("", description="「使い方」の画面に示す連絡先（課の名前、内線など）")
    max_upload_mb: int = Field(100, ge=1, description="1ファイルの大きさの上限（MB）。kintoneの書き出し上限と同じ")
    max_unpacked_mb: int = Field(200, ge=1, description="Excelを展開した大きさの上限（MB）")
    reader_seconds: int = Field(60, ge=1, description="Excel 1冊を読む時間の上限（秒）")
    reader_memory_mb: int = Field(1024, ge=128, description="Excel 1冊を読むメモリーの上限（MB）")

    @field_validator("municipality_code")
    @classmethod
    def _six_digits(cls, value: str) -> str:
        from dx_data.text import is_municipality_code

        if not is_municipality_code(value):
            raise ValueError("全国地方公共団体コードは検査数字を含む6桁の数字です")
        return value

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
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


@cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
