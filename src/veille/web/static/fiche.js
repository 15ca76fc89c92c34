// The keyboard of a fiche. Everything here also works by plain forms; keys act only when a line has the focus.
"use strict";
(() => {
  const sheet = () => document.querySelector("[data-fiche]");
  const lines = () => [...document.querySelectorAll("[data-fiche] [data-line]")];
  const on = () => sheet() && sheet().dataset.keys === "1";
  const isField = one => /^(INPUT|SELECT|TEXTAREA)$/.test(one.tagName) && one.type !== "hidden";

  // What names a form, before and after an answer: its act, its line, its heading.
  const nameOf = form => {
    const said = name => { const one = form.querySelector(`input[type="hidden"][name="${name}"]`); return one ? one.value : ""; };
    const place = form.closest("section");
    return [form.getAttribute("action"), said("action"), said("ligne"), said("article"), said("lien"), said("lieu"), said("theme"),
      place ? place.getAttribute("aria-labelledby") || "" : ""].join("|");
  };
  const namesake = form => [...document.querySelectorAll("[data-fiche] form")].find(one => nameOf(one) === form);

  // What is written and not sent stays, whatever an answer brings.
  const drafts = sent => [...document.querySelectorAll("[data-fiche] form")].filter(form => form !== sent).flatMap(form =>
    [...form.elements].filter(isField).filter(one => one.tagName === "SELECT"
      ? [...one.options].some(option => option.selected !== option.defaultSelected) && one.selectedIndex > 0 : one.value !== one.defaultValue)
      .map(one => ({ form: nameOf(form), field: one.name, value: one.value })));
  const fill = kept => kept.forEach(({ form, field, value }) => {
    const there = namesake(form), one = there && there.elements[field];
    if (!one) return;
    one.value = value;
    for (let up = there.closest("details"); up; up = up.parentElement.closest("details")) up.open = true;
  });
  // Where one is: the field and what is selected of it, or the control of a form, or a line.
  const here = () => {
    const one = document.activeElement;
    if (!one || !sheet().contains(one)) return null;
    return { id: one.id, form: one.form ? nameOf(one.form) : "", field: one.name || "", value: one.tagName === "BUTTON" ? one.value : "",
      typing: isField(one), start: one.selectionStart, end: one.selectionEnd, form_: one.form };
  };
  const back = where => {
    const form = where && where.form && namesake(where.form);
    const one = form ? (where.field && [...form.elements].find(each => each.name === where.field && (!where.value || each.value === where.value)))
      || form.querySelector("button") : where && where.id && document.getElementById(where.id);
    const target = one || document.getElementById("dit");
    if (!target) return;
    if (target.id === "dit") target.tabIndex = -1;
    target.focus();
    if (one && where.typing && typeof where.start === "number") try { one.setSelectionRange(where.start, where.end); } catch { /* a date has none */ }
  };
  // A line by its id; or, after « + », the last line under a heading.
  const focus = next => {
    const under = next.startsWith("+") && document.getElementById(next.slice(1));
    const one = under ? [...under.closest("section").querySelectorAll("[data-line]")].pop() : document.getElementById(next);
    if (one) one.focus();
    return Boolean(one);
  };
  const tell = sentence => {
    const place = document.getElementById("dit"), one = document.createElement("p");
    one.className = "notice wrong";
    one.textContent = sentence;
    place.replaceChildren(one);
  };

  // A form is sent without a page load, and the page that answers takes the place of this one.
  // One after the other: what is shown is what came of the last act.
  // Meanwhile the form is empty again, and the hands are free: what was sent comes back where it was refused.
  let before = Promise.resolve();
  const send = (form, submitter, next = "") => {
    const body = new URLSearchParams([...new FormData(form, submitter), ["script", "1"]]), more = form.closest("details"), name = nameOf(form);
    const sent = [...form.elements].filter(isField).map(one => ({ form: name, field: one.name, value: one.value }));
    const text = form.querySelector("textarea");
    if (more && text) {
      form.reset();
      more.open = false;
      (form.closest("[data-line]") || more.querySelector("summary")).focus();
    }
    before = before.then(() => post(form, body, next, sent, text && { form: name, field: text.name, typing: true, start: 1e6, end: 1e6 }));
  };
  const post = async (form, body, next, sent, field) => {
    const restore = () => { fill(sent); if (field && !isField(document.activeElement)) back(field); };
    let answer, text;
    try {
      answer = await fetch(form.getAttribute("action"), { method: "POST", body });
      text = await answer.text();
    } catch { tell("Le site ne répond pas : rien n’a été fait, et ce qui est écrit reste là. Recommencez."); restore(); return; }
    const page = new DOMParser().parseFromString(text, "text/html"), made = page.querySelector("[data-fiche]");
    if (!made) {
      tell(answer.url.includes("/connexion") ? "Votre session est finie : reconnectez-vous dans un autre onglet, puis recommencez. Ce qui est écrit reste là."
        : "Le site n’a pas fait cela : rechargez la page, puis recommencez.");
      restore();
      return;
    }
    if (made.dataset.fiche !== sheet().dataset.fiche) { location.assign(answer.url); return; } // merged: it is kept there now
    const refused = Boolean(made.querySelector("#dit .wrong")), where = here(), kept = drafts(form);
    sheet().replaceWith(document.importNode(made, true));
    fill(refused ? [...sent, ...kept] : kept);
    if (where && where.typing) back(where); else if (refused) back(field || where); else if (!next || !focus(next)) back(where);
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
  const open = more => {
    const field = more.querySelector("textarea");
    more.open = true;
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
  };
  document.addEventListener("keydown", event => {
    if (event.defaultPrevented || !sheet() || !on() || event.altKey) return;
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      const own = document.activeElement.form || document.querySelector("[data-publish]");
      const button = own && own.querySelector(own.matches("[data-publish]") ? 'button[value="publish"]' : "button:not(.quiet)");
      if (button) { event.preventDefault(); own.requestSubmit(button); }
      return;
    }
    if (event.ctrlKey || event.metaKey) return;
    const line = document.activeElement.closest && document.activeElement.closest("[data-line]");
    const typing = isField(document.activeElement);
    if (event.key === "Escape" && typing) {
      const more = document.activeElement.closest("details");
      if (line) line.focus(); else if (more) { more.open = false; more.querySelector("summary").focus(); }
      return;
    }
    if (typing) return;
    const all = lines(), place = all.indexOf(line);
    const go = one => { if (one) { event.preventDefault(); one.focus(); } };
    if (event.key === "?") {
      const help = document.getElementById("touches");
      event.preventDefault();
      help.open = !help.open;
      if (help.open) help.querySelector("summary").focus();
      return;
    }
    if (event.key === "j") { go(place < 0 ? all[0] : all[place + 1]); return; }
    if (event.key === "k") { go(place < 0 ? all[0] : all[place - 1]); return; }
    if (/^[1-9]$/.test(event.key)) {
      const more = document.querySelector(`[data-rubric="${event.key}"] > details`);
      if (more) { event.preventDefault(); open(more); }
      return;
    }
    if (place < 0 || document.activeElement !== line || event.repeat) return;
    if (event.key === " ") {
      const keep = line.querySelector('button[data-key=" "]');
      event.preventDefault();
      if (keep) keep.form.requestSubmit(keep); else go(all[place + 1]);
      return;
    }
    if (event.key === "e") { event.preventDefault(); open(line.querySelector("details")); return; }
    const button = (event.key === "x" || event.key === "v") && line.querySelector(`button[data-key="${event.key}"]`);
    if (button) { event.preventDefault(); button.form.requestSubmit(button); }
  });
  // Who comes from the queue by a key goes on by keys.
  if (on() && /\/tri(\?|$)/.test(document.referrer) && !location.hash && lines().length) lines()[0].focus();
})();
