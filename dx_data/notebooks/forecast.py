"""例2 予測とばらつき: これまでの月から、次の3か月を幅で見込み、その幅が前にも当たったかを確かめます。"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="例2 予測とばらつき")


@app.cell
def _():
    import marimo as mo
    import numpy as np
    import pandas as pd
    import plotly.graph_objects as go

    import dx_data

    return dx_data, go, mo, np, pd


@app.cell
def _(mo):
    mo.md(
        """
        # 例2 予測とばらつき

        電子申請の月ごとの件数から、次の3か月の合計を見込みます。1つの数でなく、幅で示します。
        見込みの立て方は1つではありません。ここでは、手で確かめられる簡単な方法を使います。
        """
    )
    return


@app.cell
def _(dx_data):
    demo = True  # 本番の台帳で見るときは False にします
    lake = dx_data.lake(demo=demo)
    return (lake,)


@app.cell
def _(lake):
    # 分からない月（空欄）は 0 ではないので、数えません。
    months = lake.sql(
        """
        SELECT 年月, sum(電子申請件数)::BIGINT AS 件数
        FROM 月次受付件数
        WHERE 電子申請件数 IS NOT NULL
        GROUP BY 年月
        ORDER BY 年月
        """
    )
    months
    return (months,)


@app.cell
def _(np):
    ahead = 3  # 何か月先までの合計か
    tries = 10_000
    chance = np.random.default_rng(20261120)  # 種を決めておくと、いつ開いても同じ幅になります

    def drawn(known):
        """これまでの月から3か月を、重なりを許して引き、合計します。1万回くり返します。"""
        return chance.choice(known, size=(tries, ahead)).sum(axis=1)

    return ahead, drawn


@app.cell
def _(drawn, months, np):
    known = months["件数"].to_numpy(dtype=float)[-12:]
    low, middle, high = (int(value) for value in np.quantile(drawn(known), [0.1, 0.5, 0.9]))
    return high, low, middle


@app.cell
def _(ahead, high, low, middle, mo):
    mo.md(f"次の{ahead}か月の合計は、**{middle:,} 件**ほど（10回に8回は {low:,} 件から {high:,} 件）の見込みです。")
    return


@app.cell
def _(ahead, drawn, months, np, pd):
    # 前に同じ見込みを立てていたら、当たったでしょうか。その月までに知っていたことだけを使います。
    every = months["件数"].to_numpy(dtype=float)
    checks = []
    for at in range(6, len(every) - ahead + 1):
        least, most = np.quantile(drawn(every[max(0, at - 12) : at]), [0.1, 0.9])
        real = every[at : at + ahead].sum()
        checks.append((months["年月"].iloc[at], least, most, real, least <= real <= most))
    checked = pd.DataFrame(checks, columns=["見込みの初めの月", "下", "上", "実際", "当たり"])
    checked
    return (checked,)


@app.cell
def _(checked, mo):
    mo.md(
        f"前の見込み {len(checked)} 回のうち、幅に入ったのは {int(checked['当たり'].sum())} 回です。"
        "8割より大きく外れるときは、季節や制度の変わり目があると考えて、この方法を使わないでください。"
    )
    return


@app.cell
def _(go, high, low, middle, months):
    figure = go.Figure(go.Scatter(x=months["年月"], y=months["件数"], name="月の件数", mode="lines+markers"))
    figure.add_hrect(y0=low / 3, y1=high / 3, opacity=0.2, annotation_text="見込みの幅（1か月あたり）")
    figure.add_hline(y=middle / 3, line_dash="dot")
    figure.update_layout(title="電子申請の月ごとの件数と見込み", yaxis_title="件数（件）", yaxis_rangemode="tozero")
    figure
    return (figure,)


if __name__ == "__main__":
    app.run()
