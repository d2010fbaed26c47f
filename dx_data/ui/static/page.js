// What a page does by itself in the browser: it fits on paper, and the first-visit strip stays closed once closed.
(() => {
  "use strict";
  const root = document.documentElement;

  // Paper. Plotly draws for the width of the screen and redraws only after a moment, so printing waits for it.
  // Milliseconds; a slow PC takes several seconds for a page of ten charts. Counted in steps: clocks are set, PCs sleep.
  const PATIENCE = 20000;
  const STEP = 100;
  const charts = () => [...document.querySelectorAll(".js-plotly-plot .svg-container")];
  const fits = () => charts().every((chart) => chart.offsetWidth <= document.querySelector(".stApp").clientWidth);
  const pause = () => new Promise((resolve) => setTimeout(resolve, STEP));
  const onPaper = async () => {
    if (root.classList.contains("dx-paper")) return;
    root.classList.add("dx-paper");
    for (let waited = 0; waited < PATIENCE; waited += STEP) {
      await pause();
      if (fits()) break;
    }
    try { window.print(); } finally { root.classList.remove("dx-paper"); }
  };
  addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey || event.key.toLowerCase() !== "p") return;
    event.preventDefault();
    event.stopPropagation();
    onPaper();
  }, { capture: true });
  // Printed by the browser's own menu, nothing is redrawn: the drawings shrink to the paper as they are.
  addEventListener("beforeprint", () => charts().forEach((chart) => {
    const { offsetWidth: width, offsetHeight: height } = chart;
    chart.style.setProperty("--dx-shape", `${width} / ${height}`);
    chart.querySelectorAll(".main-svg").forEach((drawing) => drawing.setAttribute("viewBox", `0 0 ${width} ${height}`));
  }));
  addEventListener("afterprint", () => charts().forEach((chart) => {
    chart.style.removeProperty("--dx-shape");
    chart.querySelectorAll(".main-svg").forEach((drawing) => drawing.removeAttribute("viewBox"));
  }));

  // The strip. Closed stays closed for this browser; where nothing may be kept, until the page is loaded anew.
  const KEPT = "dx-tour-closed";
  const kept = (change) => { try { return change(window.localStorage); } catch { return null; } };
  root.classList.toggle("dx-toured", kept((store) => store.getItem(KEPT)) !== null);
  const ACTIONS = {
    print: onPaper,
    "tour-close": () => { root.classList.add("dx-toured"); kept((store) => store.setItem(KEPT, "1")); },
    "tour-open": () => { root.classList.remove("dx-toured"); kept((store) => store.removeItem(KEPT)); },
  };
  // A login that the server has ended: the page comes anew, and with it the way to log in.
  setInterval(async () => {
    if (document.querySelector("[data-testid=stApp]")?.dataset.testConnectionState === "CONNECTED") return;
    const answer = await fetch("./_stcore/host-config").catch(() => null);
    if (answer?.status === 401) location.reload();
  }, 5000);

  addEventListener("click", (event) => ACTIONS[event.target.closest?.("[data-dx]")?.dataset.dx]?.());
})();
