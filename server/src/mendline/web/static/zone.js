/* The time zone of the pages: UTC, the browser's own, or any other; kept in a cookie, since the server tells the times. */

const COOKIE = "mendline-zone";
const choice = document.querySelector("select[data-zone-choice]");

/** @param {HTMLSelectElement} list @param {string} zone */
function offer(list, zone) {
  if ([...list.options].some((it) => it.value === zone)) return;
  list.add(new Option(zone, zone));
}

if (choice instanceof HTMLSelectElement) {
  offer(choice, Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC");
  choice.addEventListener("focus", () => Intl.supportedValuesOf("timeZone").forEach((it) => offer(choice, it)), { once: true });
  choice.addEventListener("change", () => {
    document.cookie = `${COOKIE}=${choice.value}; path=/; max-age=31536000; samesite=lax`;
    const url = new URL(location.href);
    url.searchParams.delete("tz");
    location.replace(url);
  });
}
