"""Files in a bucket: the lake is the same as in a folder, and a bucket that fails leaves no half of a load."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dx_data import disposal, house, inspection, intake
from dx_data.access import Person
from dx_data.custody import backups, password
from dx_data.custody.inspections import State
from dx_data.custody.ledger import Act
from dx_data.custody.proof import Proof
from dx_data.errors import BucketLost, StartRefused, Stopped, of_surroundings
from dx_data.house import House
from dx_data.intake.loading import _recorded
from dx_data.lake import Copies, Lake, anew, received
from dx_data.lake.bucket import Access, Bucket
from dx_data.settings import Settings
from tests.postgres import Postgres
from tests.s3 import KEY, READING, S3, SECRET, WRITING
from tests.test_server import HEAD, OLD, killed_at_any_moment, lines, picture, settled

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="サーバーをソケットなしでは動かしません")

GONE = (
    "表データの場所（S3）に届かないか、途中で断られました"
    " → 保存先が動いていることと、住所（AWS_ENDPOINT_URL）を確かめ、"
    "取込履歴でどこまで済んだかを見てから、やり直してください"
)
REFUSED = (
    "表データの場所（S3）が、読み書きを断りました → 鍵（AWS_ACCESS_KEY_ID など）が正しく、"
    "バケットの一覧・読み・書き・削除が許されていることを確かめてください"
)
NO_BUCKET = (
    "表データの場所（S3）にバケットがありません → バケットの名前（DX_LAKE_DATA）と住所（AWS_ENDPOINT_URL）を確かめ、"
    "なければ保存先の管理者に作ってもらってください"
)
NO_FILE = (
    "表データの場所（S3）に、あるはずのバケットかファイルがありません"
    " → バケットの名前（DX_LAKE_DATA）を確かめ、`dx inspect` で点検してください"
)
UNKNOWN = (
    "表データの場所（S3）の証明書を確かめられません → 認証局の証明書のファイルを AWS_CA_BUNDLE に指定し、"
    "住所（AWS_ENDPOINT_URL）の名前が証明書のものと同じことを確かめてください"
)
BUCKET = "dx-lost"
EVERY = (*READING, *WRITING)


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """A catalogue's server for this module, which stays well."""
    with Postgres() as started:
        yield started


@pytest.fixture(scope="module")
def own() -> Iterator[S3]:
    """A store of this module's, to be killed."""
    with S3() as started:
        yield started


@pytest.fixture
def catalogue() -> str:
    """These tests choose their places themselves."""
    return "sqlite"


@pytest.fixture
def placed(own: S3, server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A lake with its catalogue on the one and its files on the other."""
    own.start()
    for name, value in own.environment.items():
        monkeypatch.setenv(name, value)
    return {
        "lake": server.fresh("lost"),
        "lake_data": f"{own.fresh(BUCKET)}/ward",
        "lake_here": str(tmp_path / "here"),
        "backup_key": str(tmp_path / "key.txt"),
    }


@pytest.fixture
def filled(home: House, take: Any, write: Any) -> House:
    """A lake of one load."""
    take(write("old.csv", lines(200, "処理中")))
    return home


def other_than(home: House, write: Any) -> tuple[Any, Any, Path]:
    """What the lake holds, and what it will after a file that changes half of it: a new table, and deletions of one.

    Each such file says more than those before, which are so deleted as a whole, but for the first.
    """
    old, count = picture(home), 100 + len(home.ledger.lines())
    assert count < 200
    new, status = ([("処理中", 200 - count), ("完了", count)], "完了") if old == OLD else (OLD, "処理中")
    return old, new, write("other.csv", lines(count, status, 2))


def refused(ask: Any) -> str:
    """The one sentence in which asking ends, as the screens and the command line tell it."""
    with pytest.raises((Stopped, duckdb.Error)) as fault:
        ask()
    told = of_surroundings(fault.value) or fault.value
    assert isinstance(told, BucketLost)
    return str(told)


def shown(home: House) -> tuple[Any, ...]:
    """What a lake answers, and its history without times and seals."""
    asked = [
        home.ask(name, today=dt.date(2026, 11, 1)).rows for name in ("applications_status", "applications_by_month")
    ]
    history = [
        (load.load, load.file, load.snapshot, load.added, load.changed, load.undoes) for load in home.lake.loads()
    ]
    return asked, history, picture(home)


def fill(home: House, person: Person, write: Any) -> None:
    """Two loads, of which one writes over rows of the other, and its undo."""
    for number, text in enumerate((lines(40, "処理中"), lines(20, "完了", 2))):
        found = intake.review(
            write(f"{number}.csv", text), home, home.settings, wish=intake.Wish(as_of=dt.date(2026, 11, 1))
        )
        assert (intake.load(found, home, person).status, number) == ("loaded", number)
    assert intake.undo(2, home, person).load == 3


def test_a_bucket_answers_as_a_folder_does(
    own: S3, chosen: Settings, home: House, person: Person, write: Any, tmp_path: Path
) -> None:
    fill(home, person, write)
    apart = Settings(lake=str(tmp_path / "apart"), lake_data=f"{own.fresh('dx-apart')}/a/b")
    folder = Settings(lake=str(tmp_path / "folder"))
    for each in (apart, folder):
        other = house.make_house(person, chosen=each)
        fill(other, person, write)
        assert shown(other) == shown(home)
        assert (other.verify_ledger(), other.ledger.open_intents()) == ([], [])
        other.close()
    kept = [f"kept/00000{number}_applications.csv" for number in (1, 2)]
    tables = [f"tables/{name}" for name in home.lake.files()]
    assert own.names(BUCKET) == sorted(f"ward/{name}" for name in (*kept, *tables))
    assert {path.suffix for path in (tmp_path / "apart").rglob("*")} & {".parquet"} == set()
    assert all(name.startswith("a/b/main/") for name in own.names("dx-apart"))
    assert received.names(home.lake.place.files) == kept


MOMENTS = {
    "what is kept": (503, ("PUT",), "kept/", 0, False, [], GONE),
    "the first table": (503, ("PUT",), "tables/", 0, False, [Act.LOAD_FAILED], GONE),
    "the second table": (503, ("PUT",), "tables/", 1, False, [Act.LOAD_FAILED], GONE),
    "also to take it away": (503, WRITING, "tables/", 1, False, [Act.LOAD_FAILED], GONE),
    "no right to write": (403, ("PUT",), "tables/", 0, False, [Act.LOAD_FAILED], REFUSED),
    "the bucket is gone": (404, ("PUT",), "tables/", 0, False, [Act.LOAD_FAILED], NO_BUCKET),
    "reading after the commit": (503, READING, "tables/", 0, True, [Act.LOAD], GONE),
}


def test_a_bucket_that_fails_in_the_middle_of_a_load_leaves_the_old_or_the_new_state(
    own: S3, filled: House, take: Any, write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same process goes on, its next load settles what was left open, and what is loose can be told."""
    outcomes = [Act.LOAD]
    for moment, (status, methods, holds, after, is_done, left, told) in MOMENTS.items():
        old, new, file = other_than(filled, write)
        foul = partial(own.weather, status, methods=methods, holds=holds, after=after)
        with monkeypatch.context() as patch:
            if is_done:
                finish = _recorded.finish
                patch.setattr(_recorded, "finish", lambda *given, foul=foul, finish=finish: (foul(), finish(*given)))
            else:
                foul()
            assert (refused(partial(take, file)), moment) == (told, moment)
        assert (own.weather() > 0, moment) == (True, moment)
        assert picture(filled) == (new if is_done else old), moment
        _, new, file = other_than(filled, write)
        take(file)
        outcomes += [*left, Act.LOAD]
        assert (picture(filled), settled(filled)) == (new, outcomes), moment
    loads = [load.load for load in filled.lake.loads()]
    assert received.names(filled.lake.place.files) == [f"kept/{load:06}_applications.csv" for load in sorted(loads)]
    found, _ = inspection.stored(filled.lake.place)
    known = Proof.of(filled.ledger).files
    loose = [name for name in anew.loose(filled.lake) if f"tables/{name}" not in known]
    told = f"目録にない {len(loose)} ファイルがあります（止まった取込の残りで、数値には入りません）。"
    assert ([each.state.value for each in found], told in found[2].said) == (
        ["異常なし", "異常なし", "注意", "異常なし"],
        True,
    )
    assert loose


def test_a_store_killed_at_any_moment_of_a_load(own: S3, filled: House, take: Any, write: Any) -> None:
    killed_at_any_moment(own, GONE, lambda: other_than(filled, write), filled, take)


def test_a_store_that_is_gone_or_refuses_is_one_sentence_and_forgotten_when_it_is_back(
    own: S3, chosen: Settings, filled: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.kill()
    with closing(filled.lake.cursor()) as cursor:  # what was read before may still be answered from memory
        assert refused(lambda: cursor.execute("FROM lake.main.applications").fetchall()) == GONE
    assert refused(lambda: house.open_house(chosen=chosen)) == GONE
    own.start()
    assert picture(filled) == OLD
    own.weather(403, methods=EVERY)
    assert refused(lambda: house.open_house(chosen=chosen)) == REFUSED
    own.weather()
    name = filled.lake.files()[0]
    (own.inside(BUCKET) / "ward/tables" / name).unlink()
    with closing(Lake(house.place_of(False, chosen))) as lake, closing(lake.cursor()) as cursor:
        assert refused(lambda: cursor.execute("FROM lake.main.applications").fetchall()) == NO_FILE
    found, _ = inspection.stored(filled.lake.place)
    assert found[2].said[0] == f"保存したファイル『tables/{name}』がありません。"
    other = chosen.model_copy(update={"lake_data": "s3://dx-nobody/ward"})
    assert refused(lambda: house.open_house(chosen=other)) == NO_BUCKET


def loading(chosen: Settings, file: Path) -> subprocess.Popen[str]:
    own = {"DX_LAKE": chosen.lake, "DX_LAKE_DATA": str(chosen.lake_data), "DX_LAKE_HERE": chosen.lake_here}
    command = [sys.executable, "-m", "dx_data.cli", "load", "--yes", "--as-of", "2026-11-02", str(file)]
    return subprocess.Popen(
        command, env={**os.environ, **own}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_two_loaders_take_turns_and_a_reader_elsewhere_sees_no_half(
    chosen: Settings, filled: House, write: Any, take: Any
) -> None:
    files = [write("one.csv", lines(3_000, "完了")), write("two.csv", lines(3_000, "処理中", 3))]
    loaders = [loading(chosen, file) for file in files]
    whole = ([("処理中", 200)], [("完了", 3_000)], [("処理中", 3_000)])
    while any(each.poll() is None for each in loaders):
        assert picture(filled) in whole
        time.sleep(0.2)
    said = [each.communicate()[1] for each in loaders]  # one may have looked again, after the other came before it
    assert ([each.returncode for each in loaders], [text.count("預り証 第") for text in said]) == ([0, 0], [1, 1])
    assert settled(filled) == [Act.LOAD] * 3
    assert picture(filled) in whole[1:]


def test_dx_says_what_is_wrong_and_no_key(filled: House, write: Any, dx: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another-secret")
    told = dx("load", "--yes", write("new.csv", lines(5, "完了")))
    assert (told.returncode, told.stdout, told.stderr) == (1, "", REFUSED + "\n")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    told = dx("loads")
    assert (told.returncode, told.stdout, told.stderr) == (
        2,
        "",
        "表データの場所（S3）の鍵がありません → 環境変数 AWS_ACCESS_KEY_ID と AWS_SECRET_ACCESS_KEY か、"
        "AWS の鍵のファイル（~/.aws/credentials）に書いてください\n",
    )


def test_a_backup_of_a_bucket_becomes_a_lake_in_a_folder_and_one_in_a_bucket_again(
    own: S3, server: Postgres, chosen: Settings, filled: House, person: Person, tmp_path: Path, take: Any, write: Any
) -> None:
    take(write("new.csv", lines(100, "完了")))
    before = picture(filled)
    password.made(Path(chosen.backup_key))
    secret = password.kept(Path(chosen.backup_key))
    made = backups.back_up(filled.lake.place, tmp_path / "控え", person, secret)
    inspected = inspection.inspect(chosen, person, names=["applications_status"])
    assert [each.state.value for each in inspected.findings] == ["異常なし"] * 6
    filled.close()
    folder = Settings(lake=str(tmp_path / "there"))
    back = chosen.model_copy(update={"lake": server.fresh("back"), "lake_data": own.fresh("dx-back")})
    for wanted in (folder, back):
        place = house.place_of(False, wanted)
        backups.restore(made.path, place, person, secret)
        home = house.open_house(chosen=wanted)
        assert picture(home) == before
        found, noted = inspection.stored(home.lake.place)
        assert ([each.state.value for each in found], noted) == (["異常なし"] * 4, {})
        made = backups.back_up(place, tmp_path / "控え2", person, secret)
        home.close()
    # What lies in a bucket may not be mixed with another lake, and a bucket that fails is empty afterwards.
    again = chosen.model_copy(update={"lake": server.fresh("again"), "lake_data": back.lake_data})
    with pytest.raises(backups.BackupRefused, match="空ではありません"):
        backups.restore(made.path, house.place_of(False, again), person, secret)
    again = again.model_copy(update={"lake_data": own.fresh("dx-again")})
    for holds, after in (("tables/", 1), ("kept/", 0)):
        own.weather(503, methods=("PUT", "POST"), holds=holds, after=after)
        assert refused(lambda: backups.restore(made.path, house.place_of(False, again), person, secret)) == GONE
        own.weather()
        assert (own.names("dx-again"), list((tmp_path / "here").rglob(".restoring*"))) == ([], [])
    backups.restore(made.path, house.place_of(False, again), person, secret)


def test_a_disposal_leaves_nothing_of_it_in_the_bucket(
    own: S3, chosen: Settings, filled: House, person: Person, take: Any, write: Any, tmp_path: Path
) -> None:
    take(write("kept.csv", HEAD + "LoGoフォーム,B000001,2026/05/01 09:00,完了\n"))
    copy = Copies(filled.lake).newest()
    assert copy.file.is_relative_to(tmp_path / "here")
    own.weather(503, holds="tables/", after=1)
    assert refused(partial(take, other_than(filled, write)[2])) == GONE
    own.weather()
    assert anew.loose(filled.lake)
    had = own.names(BUCKET)
    done = disposal.dispose(filled, disposal.Choice(loads=(1,)), person, reason="契約の終わり")
    assert set(own.names(BUCKET)) & set(had) == {"ward/kept/000002_applications.csv"}
    assert [each for each in own.names(BUCKET) if b"A000" in (own.inside(BUCKET) / each).read_bytes()] == []
    assert not copy.file.exists()
    assert done.items[0].method == "台帳を残りのファイルから作り直し、元のファイルを削除"
    assert [text for text in (*done.notes, *done.by_hand) if "上書きして消しました" in text] == []
    assert [text.startswith("表データと保管ファイルの場所『s3://dx-lost/ward』") for text in done.by_hand] == [
        False,
        True,
        False,
    ]


@pytest.mark.parametrize("catalogue_in", ["server", "folder"])
def test_municipalities_share_a_bucket_and_touch_nothing_of_each_other(
    own: S3, placed: dict[str, str], person: Person, write: Any, tmp_path: Path, catalogue_in: str
) -> None:
    """On a server each has a prefix of its own; beside a folder's catalogue their tables lie below the first one's."""
    where = {**placed, "lake": str(tmp_path / "lake")} if catalogue_in == "folder" else placed
    chosen, other = (Settings(**where, municipality_code=code) for code in ("131229", "131041"))
    ours, theirs = (house.make_house(person, chosen=each) for each in (chosen, other))
    fill(ours, person, write)
    fill(theirs, person, write)
    answers, below = shown(theirs), "ward/wards/131041/"
    assert shown(ours) == answers
    assert theirs.lake.place.tables.address == f"s3://{BUCKET}/{below}" + "tables/" * (catalogue_in == "server")
    had = {name: own.inside(BUCKET).joinpath(name).read_bytes() for name in own.names(BUCKET) if below in name}
    assert len(had) == len(theirs.lake.files()) + 2 * (catalogue_in == "server")
    assert (anew.loose(ours.lake), anew.loose(theirs.lake)) == ([], [])
    assert ours.lake.folder != theirs.lake.folder
    found, _ = inspection.stored(ours.lake.place)
    assert [each.state for each in found] == [State.SOUND] * 4
    disposal.dispose(ours, disposal.Choice(everything=True), person, reason="契約の終わり")
    assert {name: own.inside(BUCKET).joinpath(name).read_bytes() for name in own.names(BUCKET) if below in name} == had
    theirs.close()
    with closing(house.open_house(chosen=other)) as again, closing(house.open_house(chosen=chosen)) as rest:
        assert (shown(again), again.verify_ledger(), rest.lake.loads()) == (answers, [], [])
        assert Path(again.lake.folder).name != Path(rest.lake.folder).name


def test_a_confined_lake_reaches_its_own_objects_alone(own: S3, chosen: Settings, filled: House) -> None:
    (own.inside(BUCKET) / "other.csv").write_text("a\n1\n")
    with closing(Lake(house.place_of(False, chosen), confined=True)) as lake, closing(lake.cursor()) as cursor:
        assert cursor.execute("SELECT count(*) FROM lake.main.applications").fetchall() == [(200,)]
        for place in (f"s3://{BUCKET}/other.csv", f"s3://{BUCKET}/ward-2/a.csv", own.environment["AWS_ENDPOINT_URL"]):
            with pytest.raises(duckdb.PermissionException):
                cursor.execute(f"FROM read_csv('{place}')").fetchall()
        secrets, settings = (
            str(cursor.execute(f"FROM duckdb_{each}()").fetchall()) for each in ("secrets", "settings")
        )
    assert (SECRET in secrets, "redacted" in secrets) == (False, True)
    assert (KEY in settings, SECRET in settings, "s3_access_key_id" in settings) == (False, False, True)


@pytest.mark.parametrize(
    "address",
    [
        "s3://key:secret@dx/ward",
        "s3://dx",
        "s3://dx-lake/../x",
        "s3://dx-lake/ward?key=secret",
        "s3://DX-lake/*",
        "s3://",
    ],
)
def test_an_address_that_is_none_is_not_repeated(address: str) -> None:
    with pytest.raises(StartRefused) as told:
        Bucket(address)
    assert str(told.value) == (
        "表データの場所（DX_LAKE_DATA）を、S3 の住所として読めません"
        " → s3://バケット/前置き の形で、英小文字と数字で書き、鍵は書かないでください"
    )


def test_a_store_whose_certificate_nobody_knows_hears_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with S3(secure=True) as store:
        for name, value in store.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)
        address = f"{store.fresh('dx-safe')}/ward"
        stranger = Bucket(address)
        copy = f"COPY (SELECT 1 AS a) TO '{stranger.place('a.csv')}'"
        for ask in (stranger.reach, lambda: stranger.database().execute(copy)):
            assert refused(ask) == UNKNOWN
        monkeypatch.setenv("AWS_CA_BUNDLE", str(store.certificate))
        known = Bucket(address)
        known.reach()
        known.database().execute(copy)
        assert (known.names(), known.open("a.csv").read()) == (["a.csv"], b"a\n1\n")


def told(folder: Path, **variables: str) -> Mapping[str, str]:
    files = {"AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials"), "AWS_CONFIG_FILE": str(folder / "config")}
    return {**files, **variables}


def test_keys_come_from_the_variables_or_from_the_files_of_aws_and_are_in_no_text(tmp_path: Path) -> None:
    (tmp_path / "credentials").write_text(
        "[default]\naws_access_key_id = A\naws_secret_access_key = B\n"
        "[ward]\naws_access_key_id = C\naws_secret_access_key = D\naws_session_token = E\n"
    )
    (tmp_path / "config").write_text("[profile ward]\nregion = jp-east-2\nendpoint_url = https://store.example:9000\n")
    amazon = {"scheme": "https", "host": "", "authorities": ""}
    both = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
    assert Access.of(told(tmp_path)) == Access("A", "B", "", "us-east-1", **amazon)
    assert Access.of(told(tmp_path, AWS_PROFILE="ward")) == Access(
        "C", "D", "E", "jp-east-2", "https", "store.example:9000", ""
    )
    found = Access.of(told(tmp_path, **both, AWS_DEFAULT_REGION="ap-northeast-1", AWS_CA_BUNDLE="/ca.pem"))
    assert found == Access(KEY, SECRET, "", "ap-northeast-1", "https", "", "/ca.pem")
    assert (KEY in repr(found), SECRET in repr(found)) == (False, False)
    with pytest.raises(StartRefused, match="http:// なので"):
        Access.of(told(tmp_path, **both, AWS_ENDPOINT_URL="http://store.example"))
    with pytest.raises(StartRefused, match="住所（AWS_ENDPOINT_URL）を読めません"):
        Access.of(told(tmp_path, **both, AWS_ENDPOINT_URL="store.example"))
    (tmp_path / "credentials").write_text("aws_secret_access_key = ひみつ\n")
    with pytest.raises(StartRefused) as broken:
        Access.of(told(tmp_path))
    assert (
        str(broken.value).endswith("を読めません → ファイルの書き方を確かめてください"),
        broken.value.__suppress_context__,
    ) == (
        True,
        True,
    )
