"""The `dx` command: its words, which module has which command, its exit codes."""

from __future__ import annotations

import logging
import re
import sys
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import click

from dx_data.errors import Stopped, WrongUsage, of_surroundings
from dx_data.settings import ROOT
from dx_data.terminal import say, stop

OUR_FAULT = 3
WRONG_USAGE = 2
_MISSING = re.compile(r"Path '(.*)' does not exist")
_HELP = "`dx --help` で使い方を確かめてください"
# What click says in English, and has no words of ours for.
_SAID = (
    (re.compile(r"Got unexpected extra arguments? \((.*)\)"), "余分な指定『{}』があります"),
    (re.compile(r"Option '(.*)' requires .*"), "{} のあとに値がありません"),
    (re.compile(r"Option '(.*)' does not take a value.*"), "{} に値は付けられません"),
    (re.compile(r"No such command '(.*)'.*", re.DOTALL), "{} というコマンドはありません"),
)


# --- words -----------------------------------------------------------------------------------------------------


class _Japanese:
    """Help in Japanese: click's own headings are English."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        pieces = self.collect_usage_pieces(ctx)  # type: ignore[attr-defined]
        formatter.write_usage(ctx.command_path, " ".join(pieces), prefix="使い方: ")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        found = (p.get_help_record(ctx) for p in self.get_params(ctx))  # type: ignore[attr-defined]
        records = [record for record in found if record]
        if records:
            with formatter.section("指定できること"):
                formatter.write_dl(records)
        if isinstance(self, click.Group):
            self.format_commands(ctx, formatter)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option: click.Option | None = super().get_help_option(ctx)  # type: ignore[misc]
        if option:
            option.help = "この説明を表示します。"
        return option


class _Command(_Japanese, click.Command):
    """A command with Japanese help."""


# Every command with its module and what it does in short. A module is loaded only when its command is called, so that
# each starts without waiting for what the others need.
_COMMANDS = {
    "demo": ("loading_commands", "デモの台帳を作り直します"),
    "serve": ("serving_commands", "画面（ダッシュボード）を始めます"),
    "logins": ("login_commands", "いまのログインを表示・終了します"),
    "read": ("loading_commands", "ファイルの読み取りと表の形だけを確かめます"),
    "check": ("loading_commands", "ファイルを確認します（何も書き込みません）"),
    "load": ("loading_commands", "ファイルを取り込みます"),
    "loads": ("loading_commands", "取込の履歴を表示します"),
    "undo": ("loading_commands", "取込を1つ取り消します"),
    "receipt": ("loading_commands", "預り証・受領拒否票を表示します"),
    "readings": ("loading_commands", "読み替えと手直しの記憶を表示します"),
    "ledger": ("custody_commands", "管理台帳を表示・検査します"),
    "backup": ("custody_commands", "台帳の控えを取ります"),
    "restore": ("custody_commands", "控えから台帳を復元します"),
    "inspect": ("custody_commands", "台帳を点検します"),
    "datasets": ("question_commands", "データセットの一覧を表示します"),
    "template": ("question_commands", "記入用のExcelを作ります"),
    "questions": ("question_commands", "質問の一覧を表示します"),
    "ask": ("question_commands", "質問に答えます"),
    "registers": ("custody_commands", "管理台帳・複製台帳・貸与資料リストを書き出します"),
    "accident": ("custody_commands", "事故報告書を作ります"),
    "dispose": ("custody_commands", "預かったものを廃棄・返却します"),
    "pack": ("publishing_commands", "四半期の公表資料の案を作ります"),
    "pack-check": ("publishing_commands", "公表資料が作ったときのままかを確かめます"),
    "publish": ("publishing_commands", "承認された公表資料を発行します"),
    "corrections": ("publishing_commands", "公表したあとで変わった数値を表示します"),
    "rule": ("publishing_commands", "訂正候補を、訂正するか据え置くか決めます"),
    "exception": ("publishing_commands", "秘匿の例外を決めます"),
    "report": ("report_commands", "仕様書の報告書（月例・年度など）の案を作ります"),
    "deliver": ("report_commands", "年度の成果品を、納品する形に集めます"),
    "sql": ("analysis_commands", "SQL（SELECT）で尋ねます"),
    "export": ("analysis_commands", "分析用の写しを、暗号化して作ります"),
    "notebook": ("analysis_commands", "ノートブックを開きます"),
}


@cache  # click takes a function's options off it when it makes the command
def _loaded(name: str) -> click.Command:
    module, short = _COMMANDS[name]
    run = getattr(import_module(f"dx_data.{module}"), name.replace("-", "_"))
    return click.command(name, cls=_Command, short_help=short)(run)


class _Group(_Japanese, click.Group):
    """A group with Japanese help, which knows every command by name alone until it is called."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("できること"):
            formatter.write_dl([(name, short) for name, (_, short) in _COMMANDS.items()])

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        return _loaded(cmd_name) if cmd_name in _COMMANDS else None


# --- the group -------------------------------------------------------------------------------------------------


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--demo", is_flag=True, help="デモの台帳（架空データ）で行います。")
@click.pass_context
def dx(ctx: click.Context, demo: bool) -> None:
    """葛飾区DX推進の指標を、届いたファイルから画面と公表資料まで運びます。"""
    ctx.obj = demo


# --- entry -----------------------------------------------------------------------------------------------------


def _usage(fault: click.UsageError) -> tuple[str, str]:
    """What is wrong with a command, and the remedy."""
    match fault:
        case click.NoSuchOption():
            return f"{fault.option_name} という指定はありません", _HELP
        case click.MissingParameter():
            return f"{_name(fault.param)} を指定してください", _HELP
        case click.BadParameter():
            if missing := _MISSING.match(fault.message):
                return f"ファイル『{missing[1]}』が見つかりません", _HELP
            if wanted := _wanted(fault.param):
                return f"{_name(fault.param)} の値が正しくありません", f"{wanted}を書いてください"
            return f"{_name(fault.param)} の値が正しくありません（{fault.message}）", _HELP
        case _:
            found = ((words, pattern.match(fault.message)) for pattern, words in _SAID)
            said = next((words.format(match[1]) for words, match in found if match), None)
            return said or f"使い方が違います（{fault.message}）", _HELP


def _name(param: click.Parameter | None) -> str:
    """A parameter as a person writes it: the option itself, or what an argument stands for."""
    return max(param.opts, key=len) if isinstance(param, click.Option) else param.human_readable_name if param else ""


def _wanted(param: click.Parameter | None) -> str | None:
    """What a parameter takes, in words, where click tells it in English."""
    match param.type if param else None:
        case click.IntRange(min=least, max=most):
            return f"{least} 以上の整数" if most is None else f"{least} から {most} までの整数"
        case click.types.IntParamType():
            return "12 のような整数"
        case click.Choice(choices=choices):
            return f"{'・'.join(map(str, choices))} のどれか"
        case _:
            return None


def main() -> NoReturn:
    """Run `dx`. Exit codes: 0 done, 1 refused or "no", 2 wrong usage or refusal to start, 3 a fault of ours."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
    try:
        if not (ROOT / "queries").is_dir():
            raise WrongUsage.because(
                "プログラムのフォルダー（queries）が見つかりません",
                "展開したフォルダーで `pip install --no-deps -e .` を使って入れ直してください",
            )
        code = dx.main(standalone_mode=False, prog_name="dx")
    except Stopped as fault:
        stop(fault)
        sys.exit(fault.exit_code)
    except click.UsageError as fault:
        say(" → ".join(_usage(fault)))
        sys.exit(WRONG_USAGE)
    except click.ClickException as fault:
        say(fault.format_message())
        sys.exit(WRONG_USAGE)
    except (click.Abort, KeyboardInterrupt):
        say("やめました。")
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except Exception as fault:
        sys.exit(_unforeseen(fault))
    sys.exit(code if isinstance(code, int) else 0)


def _unforeseen(fault: Exception) -> int:
    """A fault of disk or database in words, any other by its kind and place: its message may hold somebody's value."""
    if refused := of_surroundings(fault):
        stop(refused)
        return refused.exit_code
    logging.getLogger("dx").debug("fault", exc_info=True)
    place = _innermost(fault)
    say(f"プログラムの誤りです（{type(fault).__name__}、{place}）→ この1行を添えて管理者に知らせてください")
    return OUR_FAULT


def _innermost(fault: BaseException) -> str:
    trace = fault.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "?"


if __name__ == "__main__":
    main()
