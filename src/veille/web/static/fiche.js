// The keyboard of a fiche. Everything here also works by plain forms; keys act only when a line has the focus.
"use strict";
(() => {
  const lines = () => [...document.querySelectorAll("[data-fiche] [data-line]")];
  const on = () => { const place = document.querySelector("[data-fiche]"); return place && place.dataset.keys === "1"; };
  // A line by its id; or, after « + », the last line under a heading.
  const focus = next => {
    const under = next.startsWith("+") && document.getElementById(next.slice(1));
    const one = under ? [...under.closest("section").querySelectorAll("[data-line]")].pop() : next && document.getElementById(next);
    if (one) one.focus();
  };

  // A form is sent without a page load, and the page that answers takes the place of this one.
  // One after the other: what is shown is what came of the last act.
  let before = Promise.resolve();
  const send = (form, submitter, next = "") => {
    const body = new URLSearchParams(new FormData(form, submitter)), path = form.getAttribute("action");
    before = before.then(() => post(path, body, next));
  };
  const post = async (path, body, next) => {
    let answer;
    try { answer = await fetch(path, { method: "POST", body }); } catch { location.reload(); return; }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html"), made = page.querySelector("[data-fiche]");
    if (!made) { location.reload(); return; }
    document.querySelector("[data-fiche]").replaceWith(document.importNode(made, true));
    focus(next);
  };
  document.addEventListener("submit", event => {
    if (!event.target.closest("[data-fiche]")) return;
    event.preventDefault();
    const line = event.target.closest("[data-line]"), all = lines(), place = all.indexOf(line);
    const settled = event.submitter && (event.submitter.dataset.key === "x" || event.submitter.dataset.key === " ");
    const after = line && (settled ? all[place + 1] || all[place - 1] : line);
    const under = !line && event.target.closest("section[data-rubric]");
    send(event.target, event.submitter, after ? after.id : under ? `+${under.getAttribute("aria-labelledby")}` : "");
  });
  document.addEventListener("keydown", event => {
    if (event.defaultPrevented || !document.querySelector("[data-fiche]") || !on() || event.altKey) return;
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      const own = document.activeElement.form || document.querySelector("[data-publish]");
      const button = own && own.querySelector(own.matches("[data-publish]") ? 'button[value="publish"]' : "button:not(.quiet)");
      if (button) { event.preventDefault(); own.requestSubmit(button); }
      return;
    }
    if (event.ctrlKey || event.metaKey) return;
    const line = document.activeElement.closest && document.activeElement.closest("[data-line]");
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName);
    if (event.key === "Escape" && line) { line.focus(); return; }
    if (typing) return;
    const all = lines(), place = all.indexOf(line);
    const go = one => { if (one) { event.preventDefault(); one.focus(); } };
    if (event.key === "j") { go(place < 0 ? all[0] : all[place + 1]); return; }
    if (event.key === "k") { go(place < 0 ? all[0] : all[place - 1]); return; }
    if (/^[1-9]$/.test(event.key)) {
      const more = document.querySelector(`[data-rubric="${event.key}"] > details`);
      if (more) { event.preventDefault(); more.open = true; more.querySelector("textarea").focus(); }
      return;
    }
    if (place < 0 || document.activeElement !== line || event.repeat) return;
    if (event.key === " ") {
      const keep = line.querySelector('button[data-key=" "]');
      event.preventDefault();
      if (keep) keep.form.requestSubmit(keep); else go(all[place + 1]);
      return;
    }
    if (event.key === "e") {
      event.preventDefault();
      const more = line.querySelector("details");
      more.open = true;
      more.querySelector("textarea").focus();
      return;
    }
    const button = (event.key === "x" || event.key === "v") && line.querySelector(`button[data-key="${event.key}"]`);
    if (button) { event.preventDefault(); button.form.requestSubmit(button); }
  });
})();
