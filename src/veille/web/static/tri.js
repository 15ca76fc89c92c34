// The curators' keyboard. Everything here also works by plain forms: the script only spares page loads, and says at once what was done.
"use strict";
(() => {
  const queue = document.querySelector("[data-queue]");
  const panel = document.querySelector("[data-panel]");
  const said = document.getElementById("dit");
  const root = (document.querySelector(".brand") || { getAttribute: () => "/" }).getAttribute("href").replace(/\/$/, "");
  const token = () => (document.querySelector("input[name=csrftoken]") || {}).value || "";
  const DONE = { select: "Sélectionné", dismiss: "Écarté", later: "Mis pour plus tard", restore: "Remis à trier" };
  const STATES = { select: "selected", dismiss: "dismissed", later: "later", restore: "new" };
  const narrow = matchMedia("(max-width: 64rem)");
  const AHEAD = 15; // articles that are left on the page when the next one is asked for
  let keys = !queue || queue.dataset.keys === "1";
  let seen = queue ? queue.dataset.seen : "";
  let last = Promise.resolve(0); // the gesture that « u » undoes, once the site has answered

  // What is said, with what undoes it.
  const say = (sentence, { batch = 0, wrong = false } = {}) => {
    if (!said) return;
    const note = document.createElement("p");
    note.className = wrong ? "notice wrong" : "notice";
    const text = document.createElement("span");
    text.textContent = sentence;
    note.append(text);
    if (batch) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "quiet";
      button.textContent = "annuler";
      button.addEventListener("click", () => undo(batch));
      const key = document.createElement("kbd");
      key.textContent = "u";
      note.append(" ", button, " ", key);
    }
    said.replaceChildren(note);
  };

  const post = async (path, fields) => {
    const body = new URLSearchParams(fields);
    body.set("csrftoken", token());
    let answer;
    try {
      answer = await fetch(root + path, { method: "POST", body, headers: { accept: "application/json" } });
    } catch { throw new Error("Le site ne répond pas : rien n’a été fait. Réessayez."); }
    if (answer.status === 403) throw new Error("Votre session est close : rien n’a été fait. Rechargez la page pour vous reconnecter.");
    if (!answer.ok) throw new Error("Le site a refusé : rien n’a été fait.");
    return answer.json();
  };

  const rows = () => (queue ? [...queue.children] : []);
  const row = item => queue && queue.querySelector(`[data-item="${item}"]`);
  const current = () => queue && queue.querySelector("[aria-current]");
  const checked = () => (queue ? [...queue.querySelectorAll("input[type=checkbox]:checked")].map(box => box.value) : []);
  const aimed = () => {
    const many = checked();
    if (many.length) return many;
    if (current()) return [current().dataset.item];
    const desk = document.querySelector("[data-desk]");
    return desk ? [desk.dataset.desk] : [];
  };
  const tell = () => {
    const place = document.querySelector("[data-checked]"), count = checked().length;
    if (place) place.textContent = count ? `${count} coché${count > 1 ? "s" : ""}` : "Cochés";
  };
  const figure = new Intl.NumberFormat("fr").format;
  const recount = () => {
    const badge = document.querySelector("[data-waits]"), tally = document.querySelector("[data-tally]");
    const gone = rows().filter(one => one.dataset.done).length;
    const left = rows().filter(one => one.dataset.now).reduce((count, one) => count + (one.dataset.state === "new") - (one.dataset.now === "new"), 0);
    if (badge) badge.textContent = figure(Math.max(0, badge.dataset.waits - left));
    if (!tally || "more" in tally.dataset) return;
    const count = Math.max(0, tally.dataset.tally - gone);
    tally.textContent = `${figure(count)} article${count > 1 ? "s" : ""}`;
  };
  const mark = (item, verdict, { wrong = false, state = "" } = {}) => {
    const one = row(item);
    if (!one) return;
    const place = one.querySelector("[data-verdict]");
    place.textContent = verdict;
    place.classList.toggle("wrong", wrong);
    if (state) one.dataset.now = state;
    if ((one.dataset.now || one.dataset.state) !== one.dataset.state) one.dataset.done = "1"; else delete one.dataset.done;
    recount();
  };

  const field = name => document.querySelector(`[data-key="${name}"]`);

  // The article beside the queue: kept once read, and the next ones read ahead.
  const kept = new Map();
  const read = item => {
    if (!kept.has(item)) kept.set(item, fetch(`${root}/tri/article/${item}`).then(answer => (answer.ok ? answer.text() : Promise.reject(answer.status))));
    kept.get(item).catch(() => kept.delete(item));
    return kept.get(item);
  };
  let beside = panel && panel.querySelector("[data-desk]") ? panel.querySelector("[data-desk]").dataset.desk : ""; // what the panel shows, or is about to
  const show = async item => {
    if (!panel) return;
    beside = item;
    try {
      const text = await read(item);
      if (beside !== item) return;
      // What is being written stays, and so does the place where it is written.
      const same = panel.querySelector(`[data-article="${item}"]`), top = same ? panel.scrollTop : 0;
      const held = same && panel.contains(document.activeElement) ? document.activeElement : null;
      const written = same ? [...panel.querySelectorAll("[data-key]")].filter(one => one.value !== one.defaultValue).map(one => [one.dataset.key, one.value]) : [];
      panel.innerHTML = text;
      panel.scrollTop = top;
      for (const [key, value] of written) { const place = field(key); if (place) place.value = value; }
      const again = held && held.dataset.key && field(held.dataset.key);
      if (again) { again.focus({ preventScroll: true }); again.setSelectionRange(again.value.length, again.value.length); }
    } catch { panel.textContent = "Cet article ne s’affiche pas : rechargez la page."; }
  };
  const refresh = item => { kept.delete(String(item)); if (beside === String(item)) return show(String(item)); };
  // The article that keys decide about is before one's eyes: at a third of the screen, or there is none.
  const go = (one, { still = false } = {}) => {
    if (!one) return false;
    for (const other of rows()) other.removeAttribute("aria-current");
    one.setAttribute("aria-current", "true");
    delete one.dataset.other;
    one.querySelector(".title").focus({ preventScroll: true });
    if (!still) scrollBy({ top: one.getBoundingClientRect().top - innerHeight / 3, behavior: "instant" });
    show(one.dataset.item);
    for (let next = one.nextElementSibling, far = 0; next && far < 2; next = next.nextElementSibling, far++) read(next.dataset.item);
    let left = 0;
    for (let next = one.nextElementSibling; next; next = next.nextElementSibling) left += !next.dataset.done;
    if (left < AHEAD) more();
    return true;
  };
  const nextOf = one => { do { one = one.nextElementSibling; } while (one && one.dataset.done); return one; };

  // The page after this one comes by itself, before it is needed; until it is there, and after the last article, keys decide nothing.
  let coming = null, waits = false;
  const link = () => document.querySelector("[data-next]");
  const more = () => {
    if (coming || !queue || !link()) return coming;
    coming = (async () => {
      try {
        const answer = await fetch(link().href);
        if (!answer.ok || answer.redirected) throw new Error("Votre session est close : rechargez la page pour vous reconnecter.");
        const page = new DOMParser().parseFromString(await answer.text(), "text/html"), after = page.querySelector("[data-next]");
        for (const one of page.querySelectorAll("[data-queue] > [data-item]")) if (!row(one.dataset.item)) {
          one.removeAttribute("aria-current");
          queue.append(document.importNode(one, true));
        }
        if (after) link().href = after.getAttribute("href"); else link().remove();
      } catch (wrong) {
        const why = wrong instanceof TypeError ? "Le site ne répond pas : la suite n’est pas venue." : wrong.message;
        if (waits) empty(why, "j la redemande."); else say(why, { wrong: true });
        return;
      } finally { coming = null; }
      if (waits) { waits = false; const first = rows().find(one => !one.dataset.done && one.dataset.fresh !== "0"); if (first) go(first); else end(); }
    })();
    for (const one of rows()) one.dataset.fresh = "0"; // those that come have not been passed over
    return coming;
  };
  const empty = (...sentences) => {
    for (const other of rows()) other.removeAttribute("aria-current");
    if (document.activeElement) document.activeElement.blur();
    beside = "";
    const note = document.createElement("div");
    note.className = "ended";
    for (const sentence of sentences) { const line = document.createElement("p"); line.textContent = sentence; note.append(line); }
    if (panel) panel.replaceChildren(note);
  };
  const end = () => {
    const left = rows().filter(one => !one.dataset.done).length;
    const passed = left > 1 ? `${left} articles passés sont toujours là : k y revient.` : left ? "Un article passé est toujours là : k y revient." : "Tout ce qui était là est décidé.";
    empty("Fin de la file.", passed);
  };
  const beyond = () => {
    if (!more()) { end(); return; }
    waits = true;
    empty("La suite arrive…");
  };
  const step = way => {
    const here = current();
    if (here) { const next = way > 0 ? here.nextElementSibling : here.previousElementSibling; if (next) go(next); else if (way > 0) beyond(); return; }
    const all = rows();
    waits = false;
    if (way < 0) go(all.filter(one => !one.dataset.done).pop() || all.pop()); else if (link()) beyond(); else say("Fin de la file.");
  };
  const onward = items => {
    const here = current();
    if (!here || !items.includes(here.dataset.item)) return;
    const next = nextOf(here);
    if (next) go(next); else beyond();
  };

  // On a narrow screen the article opens under its own row, and is folded until it is asked for.
  const home = panel && panel.parentElement;
  let opened = null;
  const fold = () => { opened = null; if (panel) { home.append(panel); panel.hidden = narrow.matches; } };
  const unfold = one => { if (!panel) return; panel.hidden = false; if (narrow.matches) { opened = one; one.append(panel); one.scrollIntoView({ block: "start", behavior: "instant" }); } else fold(); };
  narrow.addEventListener("change", () => { if (queue) fold(); });

  // An act: said at once, sent meanwhile, taken back when the site refuses.
  const act = async (items, action, fields = {}, word = "") => {
    if (!items.length) { say("Aucun article n’est devant vous."); return; }
    const verdict = DONE[action];
    const before = new Map(items.map(item => [item, row(item) && row(item).dataset.now || ""]));
    if (verdict) {
      for (const item of items) mark(item, `${verdict}.`, { state: STATES[action] });
      for (const box of queue ? queue.querySelectorAll("input[type=checkbox]:checked") : []) box.checked = false;
      tell();
      say(items.length > 1 ? `${items.length} articles : ${verdict.toLowerCase()}s.` : `${verdict}.`);
      onward(items);
    }
    const sent = new URLSearchParams({ action, seen, ...fields });
    for (const item of items) sent.append("item", item);
    const answer = post("/tri/decision", sent);
    last = answer.then(told => told.batch, () => 0);
    try {
      const told = await answer;
      for (const one of told.conflicts || []) mark(one.item, told.said, { wrong: true, state: one.state });
      say(told.said || word, told);
      for (const item of items) refresh(item);
      return told;
    } catch (wrong) {
      if (verdict) for (const item of items) { const one = row(item); if (one) { delete one.dataset.now; mark(item, "Rien n’a été fait.", { wrong: true, state: before.get(item) }); } }
      say(wrong.message, { wrong: true });
    }
  };
  const undo = async (batch, fields = {}) => {
    if (!batch) { say("Rien à annuler ici."); return; }
    try {
      const told = await post(`/decision/${batch}/annuler`, fields);
      if (!told.wrong) last = Promise.resolve(0);
      for (const one of told.done || []) { mark(one.item, "", { state: one.state }); refresh(one.item); }
      say(told.said, told);
      const first = told.done && told.done[0] && row(told.done[0].item);
      if (first) go(first);
    } catch (wrong) { say(wrong.message, { wrong: true }); }
  };

  // Forms of the desk and of the queue, without a page load.
  document.addEventListener("submit", async event => {
    const form = event.target, action = form.getAttribute("action") || "";
    const deciding = action.endsWith("/tri/decision"), undoing = /\/decision\/\d+\/annuler$/.test(action);
    if ((!deciding && !undoing) || !(queue || panel)) return;
    event.preventDefault();
    const fields = new URLSearchParams(new FormData(form, event.submitter));
    if (undoing) { await undo(Number(action.match(/(\d+)\/annuler$/)[1]), fields.has("seul") ? { seul: "1" } : {}); return; }
    const items = form.id === "lot" ? checked() : fields.getAll("item");
    if (!items.length) { say("Cochez d’abord des articles."); return; }
    for (const name of ["item", "csrftoken", "retour", "seen"]) fields.delete(name);
    const wanted = fields.get("action");
    fields.delete("action");
    for (const one of form.querySelectorAll("[data-key]")) one.defaultValue = one.value; // sent: it is not being written any more
    if (/^(tag|place)-/.test(wanted)) for (const one of form.querySelectorAll("[data-key]")) one.value = one.defaultValue = "";
    await act(items, wanted, Object.fromEntries(fields));
    if (form.id === "lot") form.reset();
  });
  if (queue) queue.addEventListener("click", event => {
    const title = event.target.closest(".title");
    if (title && !event.ctrlKey && !event.metaKey) { event.preventDefault(); const one = title.closest(".row"); if (narrow.matches && opened === one) fold(); else { go(one, { still: true }); unfold(one); } }
  });
  if (queue) queue.addEventListener("change", tell);

  // Keys.
  const typing = () => /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName) && document.activeElement.type !== "checkbox";
  const enter = name => {
    const place = field(name);
    if (!place) return;
    const more = place.closest("details");
    if (more) more.open = true;
    place.focus();
  };
  // What somebody else has decided of the very article that is being looked at is not overwritten by the press that was on its way.
  const decide = action => {
    const here = current();
    if (!here || !here.dataset.other || checked().length) return act(aimed(), action);
    delete here.dataset.other;
    say(`${here.querySelector("[data-verdict]").textContent} Rien n’a été fait ; k y revient.`, { wrong: true });
    onward([here.dataset.item]);
  };
  const doing = {
    j: () => step(1), k: () => step(-1), s: () => decide("select"), x: () => decide("dismiss"), l: () => decide("later"),
    t: () => enter("t"), d: () => enter("d"), n: () => enter("n"), u: async () => undo(await last),
    o: () => { if (panel) { panel.focus({ preventScroll: true }); panel.scrollIntoView({ block: "nearest" }); } },
    c: () => { const box = current() && current().querySelector("input[type=checkbox]"); if (box) { box.checked = !box.checked; tell(); } },
    a: () => { const boxes = queue ? [...queue.querySelectorAll("input[type=checkbox]")] : []; const all = boxes.every(box => box.checked); for (const box of boxes) box.checked = !all; tell(); },
    i: () => { // of the very article that is current: the panel may still show the one before
      const [item] = aimed(), sheet = document.querySelector("[data-sheet]");
      if (sheet && sheet.elements.article.value === item) sheet.submit(); else if (item) say("L’article n’est pas encore là : réessayez.");
    },
    m: () => { const [item] = aimed(); if (item) location.assign(`${root}/tri?comme=${item}`); },
    g: async () => {
      const here = (current() || { dataset: {} }).dataset.item, others = checked().filter(item => item !== here);
      if (!here || !others.length) { say("Cochez (c) les articles à réunir avec celui-ci."); return; }
      for (const box of queue.querySelectorAll("input[type=checkbox]:checked")) box.checked = false;
      tell();
      await act(others, "story-join", { value: here });
    },
    "?": () => { const help = document.getElementById("touches"); if (help) { help.open = !help.open; if (help.open) help.querySelector("summary").focus(); } },
  };
  document.addEventListener("keydown", event => {
    if (event.key === "Escape" && queue) { const here = current(); if (here) { here.querySelector(".title").focus(); event.preventDefault(); } return; }
    if (event.ctrlKey || event.metaKey || event.altKey) {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && document.activeElement.tagName === "TEXTAREA") { document.activeElement.form.requestSubmit(); event.preventDefault(); }
      return;
    }
    if (typing() || !(queue || panel)) return;
    if (!keys && event.key !== "?") return;
    const what = event.key === "Enter" && document.activeElement.classList.contains("title") ? doing.o : doing[event.key];
    if (!what) return;
    event.preventDefault();
    if (!event.repeat || "jk".includes(event.key)) what(); // a key that is held down decides once
  });

  // Words that name a theme, besides its label.
  const list = document.getElementById("mots-themes");
  if (list) document.addEventListener("focusin", async event => {
    if (event.target.getAttribute && event.target.getAttribute("list") === "mots-themes" && !list.dataset.full) {
      list.dataset.full = "1";
      const answer = await fetch(`${root}/tri/mots`);
      if (!answer.ok) return;
      for (const one of await answer.json()) for (const word of one.words) list.append(new Option(one.label, word));
    }
  });

  // What the others decide meanwhile.
  if (queue) {
    const follow = async () => {
      if (document.visibilityState === "visible") {
        try {
          const answer = await fetch(`${root}/tri/suivi?depuis=${seen}`);
          if (answer.ok) {
            const told = await answer.json();
            for (const one of told.decisions) {
              const held = row(one.item);
              if (!held) continue;
              mark(one.item, one.said, { state: one.state });
              if (held === current()) held.dataset.other = "1";
              refresh(one.item);
            }
            seen = String(told.seen);
          }
        } catch { /* the next turn will tell */ }
      }
    };
    setInterval(follow, 4000);
    if (narrow.matches) fold();
    for (let next = current(), far = 0; next && far < 3; next = next.nextElementSibling, far++) read(next.dataset.item);
  }
})();
