// Streamlit's own words in Japanese, where it has no setting for them: texts and names for screen readers, by exact match.
(() => {
  "use strict";
  const WORDS = new Map(Object.entries({
    "Upload": "ファイルを選ぶ", "Browse files": "ファイルを選ぶ",
    "Drag and drop file here": "ここにファイルを置けます", "Drag and drop files here": "ここにファイルを置けます",
    "or drag and drop": "または、ここに置く", "Add files": "ファイルを追加", "Add file": "ファイルを追加",
    "Page not found": "この住所の画面はありません", "Choose an option": "選んでください", "Choose options": "選んでください",
    "No results": "見つかりません", "No options to select": "選べるものがありません", "No options to select.": "選べるものがありません",
    "Select a date": "日付を選んでください", "Close": "閉じる", "Open": "開く", "Clear": "消す", "Clear value": "選択を消す", "Clear all": "すべて消す",
    "Fullscreen": "大きく表示", "Close fullscreen": "元の大きさに戻す", "Exit fullscreen": "元の大きさに戻す",
    "Running...": "処理中", "Running": "処理中", "Stop": "止める", "Rerun": "表示し直す", "Connecting": "接続中", "CONNECTING": "接続中",
    "Connection error": "サーバーとの接続が切れました", "Main menu": "メニュー", "Next month": "次の月", "Previous month": "前の月",
    "Next month.": "次の月", "Previous month.": "前の月", "Loading...": "読み込み中", "Loading…": "読み込み中",
    "Show more": "もっと見る", "Show less": "少なく見る", "More": "ほか", "Help": "説明", "Copy to clipboard": "コピー",
    "App pages": "画面の一覧", "file upload": "ファイルを選ぶ", "Remove file": "ファイルを外す", "Delete file": "ファイルを外す", "Delete": "外す", "Dismiss": "閉じる", "More info": "説明", "Calendar": "カレンダー", "Open calendar": "カレンダーを開く", "open calendar": "カレンダーを開く",
    "Expand": "開く", "Collapse": "閉じる", "Open sidebar": "画面の一覧を開く", "Close sidebar": "画面の一覧を閉じる",
    "Expand sidebar": "画面の一覧を開く", "Collapse sidebar": "画面の一覧を閉じる", "Loading": "読み込み中",
    "Failed to generate file for download": "ファイルを作れませんでした", "Preparing download": "準備しています",
    "January": "1月", "February": "2月", "March": "3月", "April": "4月", "May": "5月", "June": "6月", "July": "7月",
    "August": "8月", "September": "9月", "October": "10月", "November": "11月", "December": "12月",
    "Empty": "空欄", "Selected values": "選んだもの", "Su": "日", "Mo": "月", "Tu": "火", "We": "水", "Th": "木", "Fr": "金", "Sa": "土",
  }));
  const PATTERNS = [
    [/^Limit (\S+) per file(?: • .*)?$/, "1つ $1 まで"], [/^(\S+) per file(?: • .*)?$/, "1つ $1 まで"],
    [/^File must be (\S+) or smaller\.?$/, "$1 より大きいので受け取れません"], [/^Remove (.+)$/, "$1 を外す"], [/^Delete (.+)$/, "$1 を外す"],
    [/^Showing page (\d+) of (\d+)$/, "$2 ページのうち $1 ページ目"],
    [/^(.+)\. Press (?:Enter|enter) to .*$/, "$1"],
    [/^The page that you have requested does not seem to exist\. .*$/s, "住所を確かめるか、上の一覧から画面を選んでください。"],
    [/^You have requested page (\S+), but no corresponding file was found in the app's pages\/ directory\. .*$/s,
      "「$1」という画面はありません。上の一覧から選んでください。"],
    [/^Press (\S+) to apply$/, "$1 で決めます"], [/^Press (\S+) to submit form$/, "$1 で送ります"],
    [/^Selected (.+)\. (.+)$/, "$1 を選んでいます。$2"],
    [/^year, (.+)$/, "$1 の年"], [/^month, (.+)$/, "$1 の月"], [/^day, (.+)$/, "$1 の日"],
    [/^Help for (.+)$/, "$1 の説明"], [/^Select a date\.?.*$/, "日付を選んでください"],
  ];
  const NAMES = ["aria-label", "title", "placeholder", "alt", "aria-description", "aria-roledescription", "aria-valuetext"];
  const said = (text) => {
    const key = text.trim();
    if (!key || key.length > 300) return text;
    if (WORDS.has(key)) return text.replace(key, WORDS.get(key));
    for (const [pattern, words] of PATTERNS) if (pattern.test(key)) return key.replace(pattern, words);
    return text;
  };
  const speak = (node) => {
    if (node.nodeType === Node.TEXT_NODE) {
      // What people and files say is never touched: only Streamlit's own controls and messages.
      if (node.parentElement?.closest("[data-testid=stMarkdown],[data-testid=stHtml],[data-testid=stHeading],textarea,script,style")) return;
      const words = said(node.data);
      if (words !== node.data) node.data = words;
    } else if (node.nodeType === Node.ELEMENT_NODE) {
      for (const name of NAMES) {
        const text = node.getAttribute(name);
        if (text) { const words = said(text); if (words !== text) node.setAttribute(name, words); }
      }
      node.childNodes.forEach(speak);
    }
  };
  new MutationObserver((changes) => changes.forEach((change) => {
    if (change.type === "childList") change.addedNodes.forEach(speak); else speak(change.target);
  })).observe(document.documentElement, { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: NAMES });
  speak(document.documentElement);
})();
