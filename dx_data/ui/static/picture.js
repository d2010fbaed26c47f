// A figure saved as PNG: it comes from the server as SVG like any other (one way out, one line in the ledger), marked,
// and this browser draws it into pixels with the fonts of this computer.
(() => {
  "use strict";
  const MARKED = /^<svg data-dx-save="png" /;
  const SCALE = 2;  // 1,920 pixels wide: sharp on a slide
  const named = (answer) => {
    const header = answer.headers.get("content-disposition") ?? "";
    const [, coded] = /filename\*=utf-8''([^;]+)/i.exec(header) ?? [];
    const [, plain] = /filename="([^"]+)"/.exec(header) ?? [];
    return (coded ? decodeURIComponent(coded) : plain ?? "図.svg").replace(/\.svg$/, ".png");
  };
  const save = HTMLAnchorElement.prototype.click;
  const offer = (blob, name) => {
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
    save.call(link);
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  };
  const drawn = async (svg) => {
    const address = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
    try {
      const picture = new Image();
      picture.src = address;
      await picture.decode();
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [picture.naturalWidth * SCALE, picture.naturalHeight * SCALE];
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
      if (!blob) throw new Error("no pixels");
      return blob;
    } finally { URL.revokeObjectURL(address); }
  };
  const fetched = async (link) => {
    const answer = await fetch(link.href);
    const svg = await answer.text();
    if (!answer.ok || !MARKED.test(svg)) return save.call(link);
    let blob;
    try { blob = await drawn(svg); } catch {
      window.alert("このブラウザーでは PNG にできませんでした。かわりに SVG で保存します。");
      return save.call(link);
    }
    offer(blob, named(answer));
  };
  // Streamlit saves by clicking a link that it never puts on the page, so no listener hears of it.
  HTMLAnchorElement.prototype.click = function click() {
    if (this.isConnected || !/\/media\/[^?#]+\.svg([?#]|$)/.test(this.href)) return save.call(this);
    fetched(this).catch(() => save.call(this));
  };
})();
