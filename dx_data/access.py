"""Who may do what: roles, rights, and the one check every action and page makes. A hidden button guards nothing."""

from __future__ import annotations

import getpass
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from dx_data.errors import NotPermitted, StartRefused
from dx_data.settings import Login
from dx_data.text import fold_header


class Role(StrEnum):
    """What a person is here for (contract, 特記仕様 6(2): 必要最低限の者)."""

    VIEW = "閲覧"
    LOAD = "取込"
    PUBLISH = "公表"
    ADMIN = "管理"


class Right(StrEnum):
    """One thing that can be done, in the words a refusal uses."""

    ASK = "数値を見る"
    CHECK = "ファイルを確認する"
    LOAD = "ファイルを取り込む"
    UNDO = "取込を取り消す"
    HAND_OVER = "内部資料として保存する"
    SEE_ROWS = "数値の元の行を見る"
    EXPLORE = "データを探索・分析する"
    DRAFT = "公表資料の案を作る"
    APPROVE = "公表を承認する"
    ISSUE = "承認された資料を発行する"
    CORRECT = "公表した数値の訂正を決める"
    EXCEPT = "秘匿の例外を決める"
    CREATE_LAKE = "台帳を作る"
    BACK_UP = "台帳の控えを取る"
    EXPORT = "分析用の写しを持ち出す"
    INSPECT = "台帳を点検する"
    SEE_LEDGER = "管理台帳を見る"
    DISPOSE = "預かったものを廃棄・返却する"
    END_LOGINS = "ほかの人のログインを終える"


RIGHTS: dict[Role, frozenset[Right]] = {
    Role.VIEW: frozenset({Right.ASK, Right.HAND_OVER}),
    Role.LOAD: frozenset(
        {
            *(Right.ASK, Right.HAND_OVER, Right.SEE_ROWS, Right.EXPLORE, Right.SEE_LEDGER),
            *(Right.CHECK, Right.LOAD, Right.UNDO, Right.INSPECT, Right.DRAFT),
        }
    ),
    Role.PUBLISH: frozenset(
        {
            *(Right.ASK, Right.HAND_OVER, Right.SEE_ROWS, Right.EXPLORE, Right.SEE_LEDGER, Right.DRAFT),
            *(Right.APPROVE, Right.ISSUE, Right.CORRECT, Right.EXCEPT),
        }
    ),
    Role.ADMIN: frozenset(
        {
            *(
                Right.ASK,
                Right.HAND_OVER,
                Right.SEE_ROWS,
                Right.EXPLORE,
                Right.CREATE_LAKE,
                Right.BACK_UP,
                Right.INSPECT,
            ),
            *(Right.SEE_LEDGER, Right.DISPOSE, Right.END_LOGINS, Right.EXPORT),
        }
    ),
}


@dataclass(frozen=True)
class Person:
    """Somebody at work: a name for the ledger, their roles, and whether a login proved who they are."""

    name: str
    roles: frozenset[Role]
    proven: bool = False

    @property
    def rights(self) -> frozenset[Right]:
        """Everything the roles allow. Without a login nobody approves, since one person could play both."""
        rights = frozenset().union(*(RIGHTS[role] for role in self.roles))
        return rights if self.proven else rights - {Right.APPROVE}

    def may(self, right: Right) -> bool:
        """Whether the person has the right."""
        return right in self.rights


def local_person() -> Person:
    """Without login: the account of this computer, with every role but without approval."""
    try:
        name = getpass.getuser()
    except OSError:  # an account without a name, as in containers
        name = "（このコンピューターの利用者）"
    return Person(name, frozenset(Role))


def given(login: Login, values: Iterable[str], names: Iterable[str]) -> frozenset[Role]:
    """The roles of somebody for whom the provider sent these values of the role claim and these names.

    >>> login = Login(issuer="https://id.example", client_id="dx", url="https://dx.example",
    ...               roles={"閲覧": ["dx-view"]}, people={"管理": ["Kanri@example.jp"]})
    >>> sorted(given(login, ["dx-view", "other"], ["kanri@example.jp"])), given(login, ["閲覧"], [])
    ([<Role.ADMIN: '管理'>, <Role.VIEW: '閲覧'>], frozenset())
    """
    known = {name.casefold() for name in names}
    by_claim = {role for role, listed in _listed(login.roles).items() if set(listed) & set(values)}
    by_name = {role for role, listed in _listed(login.people).items() if {each.casefold() for each in listed} & known}
    return frozenset(by_claim | by_name)


def check_roles(login: Login) -> None:
    """StartRefused where the settings name a role that there is not."""
    _listed(login.roles)
    _listed(login.people)


def _listed(table: Mapping[str, tuple[str, ...]]) -> dict[Role, tuple[str, ...]]:
    """A table of the settings by role. StartRefused where it names a role that there is not."""
    unknown = [name for name in table if name not in {role.value for role in Role}]
    if unknown:
        raise StartRefused.because(
            f"設定 login に、ない役割『{unknown[0]}』があります",
            f"役割は {'・'.join(role.value for role in Role)} から選んでください",
            stage="settings",
        )
    return {Role(name): listed for name, listed in table.items()}


def is_other(person: Person, first: str) -> bool:
    """Whether the person is somebody else than who bears that name in the ledger."""
    return fold_header(person.name) != fold_header(first)


def require_second(person: Person, first: str) -> None:
    """Go on only as the second pair of eyes: NotPermitted without the right to approve, or for who made the thing."""
    require(person, Right.APPROVE)
    if not is_other(person, first):
        raise NotPermitted.because(
            f"この案は {first} さんが作ったので、同じ人は承認できません",
            f"{Role.PUBLISH.value} の役割のほかの人に、承認を頼んでください",
        )


def require(person: Person, right: Right) -> None:
    """Go on only with the right; NotPermitted says which role would have it."""
    if not person.may(right):
        if right is Right.APPROVE and not person.proven and Role.PUBLISH in person.roles:
            raise NotPermitted.because(
                f"「{right.value}」は、ログインしていないとできません（だれであるかを確かめられないため）",
                f"ログインを設定し、{Role.PUBLISH.value} の役割の人が、画面「四半期公表」で承認してください",
            )
        roles = "・".join(role.value for role, rights in RIGHTS.items() if right in rights)
        raise NotPermitted.because(
            f"「{right.value}」は、いまの役割（{'・'.join(sorted(person.roles)) or 'なし'}）ではできません",
            f"{roles} の役割の人に頼むか、管理者に役割を付けてもらってください",
        )
