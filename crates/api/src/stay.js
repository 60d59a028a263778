(() => {
  const at = new URL(location.href);
  const visit = at.searchParams.get("siyu_visit");
  // A module does not know where it comes from.
  const own = document.currentScript || document.querySelector('script[src*="/l/stay.js"]');
  if (!visit || !own) return;
  // Whoever the address is passed on to is another visit.
  at.searchParams.delete("siyu_visit");
  history.replaceState(history.state, "", at);
  const ours = new URL(own.src).origin;
  let seen = 0, since = document.visibilityState === "visible" ? performance.now() : null, told = 0;
  const tell = () => {
    const seconds = Math.round((seen + (since === null ? 0 : performance.now() - since)) / 1000);
    if (seconds <= told) return;
    told = seconds;
    fetch(`${ours}/l/stay/${visit}?seconds=${seconds}`, { mode: "no-cors", keepalive: true, credentials: "omit", cache: "no-store" }).catch(() => {});
  };
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") since = performance.now();
    else if (since !== null) {
      seen += performance.now() - since;
      since = null;
      tell();
    }
  });
  addEventListener("pagehide", tell);
  // A phone that is put away may end a page without a word.
  for (const seconds of [5, 15, 30, 60, 120, 300, 600, 1200]) setTimeout(tell, seconds * 1000);
})();
