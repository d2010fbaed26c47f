"""例1 クロス集計と図: 2つの項目で数え、割合を出し、図にし、同じものを SQL でも求めます。"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="例1 クロス集計と図")


@app.cell
def _():
    import marimo as mo
    import pandas as pd
    import plotly.express as px

    import dx_data

    return dx_data, mo, pd, px


@app.cell
def _(mo):
    mo.md(
        """
        # 例1 クロス集計と図

        電子申請を、システムと処理状況の2つの項目で数えます。上から順に読み、値を変えて試してください。
        直した所より下は、自動で計算し直されます。
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
    # 表をまるごと読みます。個人に結び付く列は、はじめから入っていません。
    applications = lake.frame("電子申請")
    applications.head()
    return (applications,)


@app.cell
def _(applications, pd):
    # クロス集計: 行がシステム、列が処理状況です。
    counts = pd.crosstab(applications["システム"], applications["処理状況"], margins=True, margins_name="計")
    counts
    return (counts,)


@app.cell
def _(counts):
    # 行の中での割合（%）です。もとの数が少ない行の割合は、1件で大きく動きます。
    shares = counts.drop(columns="計").div(counts["計"], axis=0).mul(100).round(1)
    shares
    return (shares,)


@app.cell
def _(counts, px):
    figure = px.bar(
        counts.drop(index="計", columns="計").reset_index().melt(id_vars="システム", value_name="件数"),
        x="件数",
        y="システム",
        color="処理状況",
        title="電子申請の件数（システム・処理状況別）",
    )
    figure
    return (figure,)


@app.cell
def _(lake):
    # 同じ数を SQL で求めます。PIVOT では、列にする値を IN (…) に並べます。
    by_sql = lake.sql(
        """
        SELECT システム,
               count(*) FILTER (処理状況 = '完了') AS 完了,
               count(*) AS 計
        FROM 電子申請
        GROUP BY システム
        ORDER BY システム
        """
    )
    by_sql
    return (by_sql,)


@app.cell
def _(by_sql, counts):
    # 2つの求め方が同じかを確かめます。違えば、どこかで数え方が違います。
    same = by_sql["計"].tolist() == counts.drop(index="計")["計"].tolist()
    assert same
    return (same,)


if __name__ == "__main__":
    app.run()
