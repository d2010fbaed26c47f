// Each still figure becomes one that answers to the pointer, once it comes into sight; on paper the stills stand again.
(() => {
  "use strict";
  const quiet = { displayModeBar: false, displaylogo: false, scrollZoom: false, responsive: true };
  const shown = [];
  const turn = (live) => shown.forEach(([still, box]) => { still.hidden = live; box.hidden = !live; });
  const draw = async (figure) => {
    const { data, layout } = JSON.parse(figure.querySelector("script").textContent);
    const still = figure.querySelector("img");
    const box = document.createElement("div");
    box.setAttribute("role", "img");
    box.setAttribute("aria-label", still.alt);
    figure.append(box);
    try {
      await Plotly.newPlot(box, data, { ...layout, autosize: true }, quiet);
      shown.push([still, box]);
      still.hidden = true;
    } catch {
      box.remove();  // the still figure says the same
    }
  };
  const seen = new IntersectionObserver((entries) => entries.filter((each) => each.isIntersecting).forEach((each) => {
    seen.unobserve(each.target);
    draw(each.target);
  }));
  document.querySelectorAll("figure").forEach((figure) => seen.observe(figure));
  addEventListener("beforeprint", () => turn(false));
  addEventListener("afterprint", () => turn(true));
})();
