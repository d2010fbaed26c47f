# Every recipe is plain sh. What runs is in .venv; it is made and brought up to date when a lock or pyproject.toml changed.
.DEFAULT_GOAL := help
.PHONY: help run test test-all test-postgres test-bucket test-office check audit docs demo bench nation rolling bundle bundle-check faults fuzz mutate \
	mutate-sql attack screenshots lock clean dev browser provider

PYTHONS   := python3.13 python3.12 python3.11 python3.14 python3 python
SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))
PY        := .venv/bin/python
DX        := .venv/bin/dx
PIP       := -m pip --quiet --quiet --no-input --disable-pip-version-check
LOCK      := .venv/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header --extra build
RUN       := .venv/.installed-run
DEV       := .venv/.installed-dev
BENCH     := .venv-bench/.installed

help:
	@echo 'make run          画面を開く（はじめての実行では準備もします。PORT=8600 のようにポートを選べます）'
	@echo 'make demo         架空データの台帳をつくりなおす'
	@echo 'make test         すべての検査とテスト'
	@echo 'make test-all     同じテストを、偶然に任せるところの回数を増やして'
	@echo 'make test-postgres 台帳を使うテストを、目録を PostgreSQL に置いて動かす'
	@echo 'make test-bucket  同じテストを、目録を PostgreSQL に、ファイルを S3 互換の保存先に置いて動かす'
	@echo 'make test-office  公表資料の PPTX・Excel・PDF を LibreOffice と poppler で開いてみる（なければ、その理由を言って飛ばす）'
	@echo 'make check        数秒で終わる検査（書き方・型・部屋の順序）'
	@echo 'make audit        部品に、知られている弱点がないかを公開の一覧に尋ねる（ネットワークが要ります）'
	@echo 'make docs         宣言からつくる文書を書きなおす'
	@echo 'make bench        速さとメモリーをはかり、docs/benchmarks.md を書く（NAMES=door で1つだけ、SMALL=1 で試すだけ）'
	@echo 'make nation       いくつもの自治体の台帳を1つの場所に作り、全国の画面の手間をはかって示す（WARDS=150）'
	@echo 'make rolling      2 台のサーバーを、使われている間に 1 台ずつ入れ替えて、誤りがないかを確かめる（PEOPLE=20）'
	@echo 'make faults       取込を殺し、ディスクを埋め、書きかけを切り、鍵をかけて、失わないかを確かめる（LOADS=500 NUMBER=200 SEED=1）'
	@echo 'make fuzz         壊したファイルを取り込ませて、止まらないかを確かめる（NUMBER=20000 SEED=1）'
	@echo 'make mutate       規則を 1 つずつ外して、テストが気づくかを確かめる'
	@echo 'make mutate-sql   質問の SQL を 1 か所ずつ変えて、例が気づくかを確かめる（NUMBER=25 SEED=1 で抜き取り）'
	@echo 'make attack       公表した数値から、伏せた件数を割り出せないかを確かめる（NUMBER=500 SEED=1）'
	@echo 'make screenshots  画面の写真と「使い方」の絵をとる'
	@echo 'make lock         pyproject.toml からロックファイルを書きなおす（UPGRADE=1 で新しい版へ）'
	@echo 'make bundle       ネットワークのない Windows で動くフォルダーを書く（OUT=dist/dx-windows PYTHON=フォルダー FONTS=フォルダー）'
	@echo 'make bundle-check そのフォルダーを、ネットワークを切って確かめる'
	@echo 'make clean        つくりなおせる一時ファイルを消す（台帳と .venv は残します）'

# --- the environment ---------------------------------------------------------------------------------------------

# One recipe for all stamps: a Python that fits, the environment, the lock with its hashes, then this project as it lies here.
define INSTALL
if ! $(2)/bin/python -c '$(SUPPORTED)' >/dev/null 2>&1; then \
	found=; seen=; \
	for name in $(PYTHONS); do \
		if "$$name" -c '$(SUPPORTED)' >/dev/null 2>&1; then found=$$name; break; fi; \
		seen=$${seen:-$$("$$name" -c 'import platform; print(platform.python_version())' 2>/dev/null || true)}; \
	done; \
	if [ -z "$$found" ]; then \
		echo "Python 3.11～3.14 が要りますが、この機械には$${seen:+ $$seen しか}ありません。Python 3.13 などを入れてから、もう一度実行してください。" >&2; \
		exit 1; \
	fi; \
	echo "$$("$$found" -V) で $(2) をつくっています…"; \
	if ! "$$found" -m venv --clear $(2) >/dev/null 2>&1; then \
		rm -rf $(2); \
		echo "$(2) をつくれません。Debian・Ubuntu では「apt-get install python3-venv」のあと、もう一度実行してください。" >&2; \
		exit 1; \
	fi; \
fi; \
echo "必要なソフトを入れています（はじめの 1 回は 1 分ほど）…"; \
$(2)/bin/python $(PIP) install --require-hashes --requirement $(1) && \
$(2)/bin/python $(PIP) install --no-deps --no-build-isolation --editable . || { \
	echo "必要なソフトを入れられませんでした。ネットワークと pip の設定を確かめて、もう一度実行してください。" >&2; exit 1; }
endef

$(RUN): pyproject.toml requirements.lock
	@$(call INSTALL,requirements.lock,.venv)
	@touch $(RUN)

# The development lock holds everything the other one does, in the same versions.
$(DEV): pyproject.toml requirements.lock requirements-dev.lock
	@$(call INSTALL,requirements-dev.lock,.venv)
	@touch $(RUN) $(DEV)

# What the door is compared with has an environment of its own, so that no test can come to lean on it.
$(BENCH): pyproject.toml requirements-bench.lock
	@$(call INSTALL,requirements-bench.lock,.venv-bench)
	@touch $(BENCH)

dev: $(DEV)
	@:

# --- using it ----------------------------------------------------------------------------------------------------

# A real lake is a catalogue address, a setting in dx.toml, or a folder with something in it. Without one, the demo opens.
run: $(RUN)
	@lake="$${DX_LAKE:-data/lake}"; demo="$${DX_LAKE_DEMO:-data/lake-demo}"; real=; \
	case "$$lake" in *:*) real=yes ;; esac; \
	if [ -n "$$(ls -A "$$lake" 2>/dev/null)" ] || grep -qs '^ *lake *=' dx.toml; then real=yes; fi; \
	if [ -z "$$real" ] && [ -z "$$(ls -A "$$demo" 2>/dev/null)" ]; then \
		echo '架空データの台帳をつくっています（1 分ほど）…'; $(DX) demo || exit $$?; \
	fi; \
	exec $(DX) serve $(if $(PORT),--port $(PORT))

demo: $(RUN)
	@$(DX) demo

# --- proving it --------------------------------------------------------------------------------------------------

check: $(DEV)
	@echo '書き方を見ています…'
	@$(PY) -m ruff check --quiet .
	@$(PY) -m ruff format --quiet --check . || { echo '整え方が違うファイルがあります → $(PY) -m ruff format .' >&2; exit 1; }
	@echo '型を見ています…'
	@$(PY) -m mypy --no-error-summary
	@echo '部屋の順序を見ています…'
	@$(PY) -m pytest -q tests/test_architecture.py

# Three at once, for they wait for browsers and disks; a file each, in the order of tests/conftest.py: xdist's own would begin the few long tests last.
MANY := -n 3 --dist loadfile --no-loadscope-reorder

test: $(DEV) browser provider
	@$(MAKE) --no-print-directory check
	@echo 'すべてのテストを動かしています…'
	@$(PY) -m pytest -q $(MANY)

# The tests that have a real lake of their own, with its catalogue on a PostgreSQL server that they start.
test-postgres: $(DEV)
	@DX_TEST_CATALOGUE=postgres $(PY) -m pytest -q $(MANY) --ignore=tests/test_server.py

# The same with their files in a bucket of an S3-compatible server that they start, too.
test-bucket: $(DEV)
	@DX_TEST_CATALOGUE=bucket $(PY) -m pytest -q $(MANY) --ignore=tests/test_server.py --ignore=tests/test_bucket.py

# The same with all that a usual run leaves to chance: every moment of a kill, every example, every figure traced.
test-all: $(DEV) browser provider
	@DX_EXAMPLES=all $(PY) -m pytest -q $(MANY)

# The pack's files in programs that did not write them; -rs says what was left out, and why.
test-office: $(DEV)
	@$(PY) -m pytest -q -rs tests/test_office.py

# Asks the public list OSV about every package of both locks; a package that cannot be asked about is a failure, too.
# The tool comes for this once, into uv's own cache.
audit: $(DEV)
	@for lock in requirements.lock requirements-dev.lock requirements-bench.lock; do \
		echo "$$lock を調べています…"; \
		.venv/bin/uv tool run --quiet --from pip-audit==2.10.1 pip-audit --strict --progress-spinner off \
			--vulnerability-service osv --require-hashes --disable-pip --requirement $$lock || { \
			echo "$$lock に弱点のある部品があるか、調べられませんでした。上の表示を確かめてください。" >&2; exit 1; }; \
	done

# Chromium and a Japanese font for the tests that look at the screen.
browser:
	@missing=; \
	command -v chromium >/dev/null 2>&1 || missing="chromium"; \
	fc-list :lang=ja 2>/dev/null | grep -q . || missing="$$missing fontconfig fonts-noto-cjk"; \
	[ -n "$$missing" ] || exit 0; \
	sudo=no; \
	if [ "$$(id -u)" = 0 ]; then sudo=; elif sudo -n true 2>/dev/null; then sudo='sudo -n'; fi; \
	if [ "$$sudo" != no ] && command -v apt-get >/dev/null 2>&1; then \
		echo "画面のテストに要るものを入れています（$$missing）…"; \
		log=$$(mktemp); \
		if $$sudo apt-get update -qq >"$$log" 2>&1 && \
			$$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >>"$$log" 2>&1; \
		then rm -f "$$log"; exit 0; fi; \
		tail -n 5 "$$log" >&2; rm -f "$$log"; \
	fi; \
	echo "画面のテストには次のものが要ります。入れてから、もう一度実行してください: $$missing" >&2

# A certified OpenID Connect provider for the tests of logging in; without node those tests say so and are skipped.
provider:
	@cd tests/provider_node; \
	if [ ! -d node_modules ] && command -v npm >/dev/null 2>&1; then \
		echo 'ログインのテストに要るものを入れています（oidc-provider）…'; \
		npm ci --silent --no-audit --no-fund --ignore-scripts || { rm -rf node_modules; \
			echo '入れられませんでした。ログイン先を使うテストは飛ばします。' >&2; }; \
	fi

mutate: $(DEV)
	@$(PY) tests/mutate.py

mutate-sql: $(DEV)
	@$(PY) -m tests.mutate_sql $(if $(NUMBER),--number $(NUMBER)) $(if $(SEED),--seed $(SEED)) $(NAMES)

# Hours, when everything is measured anew; NAMES=door measures that one alone. KEEP is a folder for the large lakes.
bench: $(BENCH) browser
	@.venv-bench/bin/python -m benchmarks $(NAMES) $(if $(KEEP),--shared $(KEEP)) $(if $(SMALL),--small)

# Some minutes; what is extrapolated to all municipalities is called so.
nation: $(DEV)
	@$(PY) -m benchmarks.nation $(if $(WARDS),--wards $(WARDS))

# Two servers behind a relay, twenty people, loads, and a restart of each: some minutes.
rolling: $(DEV)
	@$(PY) -m benchmarks.rolling $(if $(PEOPLE),--people $(PEOPLE))

# Takes half an hour or more; a test of a few faults is among the others.
faults: $(DEV)
	@$(PY) -m tests.faults $(if $(LOADS),--loads $(LOADS)) $(if $(NUMBER),--faults $(NUMBER)) $(if $(SEED),--seed $(SEED))

fuzz: $(DEV)
	@$(PY) -m tests.fuzz $(if $(NUMBER),--number $(NUMBER)) $(if $(SEED),--seed $(SEED))

# 500 wards of eight releases each, attacked by somebody who kept every pack.
attack: $(DEV)
	@$(PY) -m tests.attack $(if $(NUMBER),--number $(NUMBER)) $(if $(SEED),--seed $(SEED))

# --- regenerating ------------------------------------------------------------------------------------------------

docs: $(RUN)
	@$(PY) -m dx_data.docs

screenshots: $(DEV) browser
	@$(PY) -m tests.screenshots

lock: $(DEV)
	@echo 'ロックファイルを書きなおしています…'
	@$(LOCK) $(if $(UPGRADE),--upgrade) --output-file requirements.lock pyproject.toml
	@$(LOCK) $(if $(UPGRADE),--upgrade) --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml
	@$(LOCK) $(if $(UPGRADE),--upgrade) --extra dev --extra bench --constraint requirements-dev.lock --output-file requirements-bench.lock pyproject.toml

# Downloads the wheels; PYTHON is a folder with a Windows Python of the version VERSION (3.13), FONTS one with fonts.
bundle: $(DEV)
	@$(PY) -m dx_data.offline.build $(or $(OUT),dist/dx-windows) $(if $(VERSION),--python-version $(VERSION)) \
		$(if $(PYTHON),--python $(PYTHON)) $(if $(FONTS),--fonts $(FONTS))

bundle-check: $(DEV)
	@$(PY) -m tests.bundle

clean:
	@rm -rf build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -not -path './.venv*' -prune -exec rm -rf {} +
