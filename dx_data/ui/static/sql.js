// What the SQL editor suggests: tables, their columns and SQL's words, for the word before the caret. The field stays a
// plain text area: nothing is lost without this, and all of it is done from the keyboard.
(() => {
  "use strict";
  const WORD = /[\p{L}\p{N}_・ー]*$/u;
  const PLAIN = /^[\p{L}_][\p{L}\p{N}_]*$/u;
  const SYNTAX = /[ (*']/;
  const MOST = 8;
  const ID = "dx-suggested";
  let field = null;
  let list = null;
  let said = null;
  let shown = [];
  let at = 0;

  const editor = (target) => target instanceof HTMLTextAreaElement && target.closest(".st-key-sql_editor") ? target : null;
  const known = () => {
    const told = document.querySelector(".st-key-sql_editor [data-dx-words]");
    return told ? JSON.parse(told.dataset.dxWords) : null;
  };
  const before = () => field.value.slice(0, field.selectionStart).match(WORD)[0];

  // Columns of the tables that the text names come first, then tables, then SQL's words, then all other columns.
  const found = (word) => {
    const told = known();
    if (!told || !word) return [];
    const tables = Object.keys(told.tables);
    const columns = (names) => names.flatMap((name) => told.tables[name]);
    const here = tables.filter((name) => field.value.includes(name));
    const all = [
      ...columns(here).map((name) => [name, "列"]), ...tables.map((name) => [name, "表"]),
      ...told.words.map((name) => [name, "SQL"]), ...columns(tables).map((name) => [name, "列"]),
    ];
    const wanted = word.toLowerCase();
    const places = new Map();
    for (const [name, kind] of all) {
      const place = name.toLowerCase().indexOf(wanted);
      if (place < 0 || (place > 0 && kind === "SQL") || name === word || places.has(name)) continue;
      places.set(name, { name, kind, first: place === 0 });
    }
    return [...places.values()].sort((a, b) => b.first - a.first).slice(0, MOST);
  };

  const close = () => {
    shown = [];
    if (list) list.hidden = true;
    field?.removeAttribute("aria-activedescendant");
  };
  const mark = (number) => {
    at = (number + shown.length) % shown.length;
    [...list.children].forEach((item, index) => item.setAttribute("aria-selected", String(index === at)));
    field.setAttribute("aria-activedescendant", `${ID}-${at}`);
  };
  const put = (number) => {
    const { name, kind } = shown[number];
    const written = kind === "SQL" || PLAIN.test(name) && !SYNTAX.test(name) ? name : `"${name}"`;
    const end = field.selectionStart;
    const start = end - before().length;
    // A quote that the person began with is ours to close.
    const quoted = written !== name || field.value[start - 1] === '"';
    const from = field.value[start - 1] === '"' ? start - 1 : start;
    field.setRangeText(quoted ? `"${name}"` : written, from, end, "end");
    // As if typed, so that the page hears of it.
    field.dispatchEvent(new InputEvent("input", { bubbles: true, data: written }));
    close();
  };
  const make = () => {
    list = document.createElement("ul");
    list.id = ID;
    list.className = "dx-suggested";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "候補");
    said = document.createElement("p");
    said.className = "dx-hidden";
    said.setAttribute("role", "status");
    list.addEventListener("mousedown", (event) => {
      event.preventDefault(); // the field keeps the focus
      const item = event.target.closest("li");
      if (item) put([...list.children].indexOf(item));
    });
  };
  const open = () => {
    shown = found(before());
    if (!shown.length) return close();
    if (!list) make();
    const root = field.closest("[data-testid=stTextArea]");
    if (list.parentElement !== root) root.append(list, said);
    list.replaceChildren(...shown.map(({ name, kind }, index) => {
      const item = document.createElement("li");
      item.id = `${ID}-${index}`;
      item.setAttribute("role", "option");
      item.append(name);
      const note = document.createElement("small");
      note.append(kind);
      item.append(note);
      return item;
    }));
    list.hidden = false;
    said.textContent = `候補 ${shown.length} 件`;
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-controls", ID);
    mark(0);
  };

  addEventListener("input", (event) => {
    const target = editor(event.target);
    if (!target || event.isComposing || event.inputType === undefined || event.inputType === "") return;
    field = target;
    open();
  });
  addEventListener("compositionend", (event) => {
    if (!(field = editor(event.target))) return;
    setTimeout(open);
  });
  addEventListener("keydown", (event) => {
    const target = editor(event.target);
    if (!target || event.isComposing) return;
    field = target;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      event.stopPropagation();
      close();
      const run = document.querySelector(".st-key-sql_run button");
      run?.focus(); // leaving the field is what tells the page its text
      setTimeout(() => run?.click());
      return;
    }
    if (!shown.length) return;
    const deeds = {
      ArrowDown: () => mark(at + 1), ArrowUp: () => mark(at - 1), Tab: () => put(at), Enter: () => put(at), Escape: close,
    };
    if (!deeds[event.key] || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    deeds[event.key]();
  }, { capture: true });
  addEventListener("focusout", (event) => { if (editor(event.target)) close(); });
})();
