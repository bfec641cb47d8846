/* The architecture through time, and as a picture: the slider moves the range, the button draws the SVG as PNG. */

/** @param {EventTarget | null} target @returns {HTMLInputElement | null} the slider, also after a live swap */
function sliderIn(target) {
  return target instanceof HTMLInputElement && "slide" in target.dataset ? target : null;
}

/** @param {HTMLInputElement} field @returns {{start: Date, end: Date}} the range that the slider stands at */
function rangeAt(field) {
  const length = Number(field.dataset.seconds) * 1000;
  const end = Date.parse(field.dataset.now ?? "") + Number(field.value) * length;
  return { start: new Date(end - length), end: new Date(end) };
}

document.addEventListener("input", (event) => {
  const slider = sliderIn(event.target);
  const says = document.querySelector("output[data-slid]");
  if (!slider || !says) return;
  const zone = document.documentElement.dataset.zone || "UTC";
  const { start, end } = rangeAt(slider);
  const text = [start, end].map((it) => it.toLocaleString("sv-SE", { timeZone: zone }).slice(0, 16));
  says.textContent = slider.value === "0" ? "now" : `${text[0]} to ${text[1]}`;
});

document.addEventListener("change", (event) => {
  const slider = sliderIn(event.target);
  if (!slider) return;
  const url = new URL(location.href);
  const { start, end } = rangeAt(slider);
  const moved = slider.value !== "0";
  url.searchParams.set("start", moved ? start.toISOString() : `-${slider.dataset.seconds}s`);
  url.searchParams.set("end", moved ? end.toISOString() : "now");
  url.searchParams.delete("live");
  location.assign(url);
});

/** @param {string} address of an SVG @returns {Promise<Blob>} the same as PNG, twice as large */
async function drawn(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(await answer.text())}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  const scale = Math.min(2, 16000 / Math.max(image.width, image.height));
  canvas.width = image.width * scale;
  canvas.height = image.height * scale;
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done, failed) => {
    canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error("no picture"))), "image/png");
  });
}

document.addEventListener("click", async (event) => {
  const picture = event.target instanceof Element ? event.target.closest("a[data-png]") : null;
  if (!(picture instanceof HTMLAnchorElement)) return;
  event.preventDefault();
  try {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await drawn(picture.href));
    link.download = "architecture.png";
    link.click();
    URL.revokeObjectURL(link.href);
  } catch {
    picture.textContent = "The picture could not be drawn; take the SVG";
  }
});
