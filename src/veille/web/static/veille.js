// What readers get with script, and nothing needs: « / » goes to the search field, arrows walk results and maps, a citation is copied.
"use strict";
(() => {
  const typing = () => document.activeElement.matches("input:not([type=checkbox]), select, textarea") || document.activeElement.isContentEditable;

  // Results: up and down, from one title to the next.
  const results = [...document.querySelectorAll("[data-results] > li > :is(h2, h3) a")];
  const walk = step => {
    const held = document.activeElement.closest("[data-results] > li");
    const place = held ? results.findIndex(one => held.contains(one)) + step : step > 0 ? 0 : -1;
    const next = results[place];
    if (!next) return false;
    next.focus();
    next.closest("li").scrollIntoView({ block: "nearest" });
    return true;
  };

  // « / » can be turned off on /accessibilite, for this browser (WCAG 2.1.4).
  const off = () => { try { return localStorage.getItem("veille-barre") === "non"; } catch { return false; } };
  for (const button of document.querySelectorAll("[data-slash]")) {
    const say = () => { button.textContent = off() ? "Réactiver le raccourci « / »" : "Désactiver le raccourci « / »"; };
    button.hidden = false;
    say();
    button.addEventListener("click", () => { try { localStorage.setItem("veille-barre", off() ? "oui" : "non"); } catch { /* nothing is kept here */ } say(); });
  }

  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing()) return;
    if (event.key === "/" && !off()) {
      const field = document.querySelector(".search input[type=search]");
      if (field) { field.focus(); field.select(); event.preventDefault(); }
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && !document.activeElement.closest("svg")) {
      if (results.length && walk(event.key === "ArrowDown" ? 1 : -1)) event.preventDefault();
    }
  });

  // Maps: one stop of the Tab key each; arrows go to the nearest neighbour that way.
  for (const map of document.querySelectorAll("svg[data-map]")) {
    const links = [...map.querySelectorAll("a")];
    if (!links.length) continue;
    const middles = new Map();
    const middle = link => {
      if (!middles.has(link)) { const box = link.querySelector("rect, path").getBBox(); middles.set(link, [box.x + box.width / 2, box.y + box.height / 2]); }
      return middles.get(link);
    };
    const hold = link => { for (const one of links) one.setAttribute("tabindex", one === link ? "0" : "-1"); };
    hold(links[0]);
    map.addEventListener("focusin", event => { const link = event.target.closest("a"); if (link) hold(link); });
    map.addEventListener("keydown", event => {
      const way = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key];
      const held = event.target.closest("a");
      if (!way || !held) return;
      const [x, y] = middle(held);
      let best = null, least = Infinity;
      for (const one of links) {
        const [ox, oy] = middle(one), ahead = (ox - x) * way[0] + (oy - y) * way[1];
        if (one === held || ahead <= 1) continue;
        const aside = Math.abs((ox - x) * way[1] + (oy - y) * way[0]), far = ahead + 2.5 * aside;
        if (far < least) { least = far; best = one; }
      }
      event.preventDefault();
      if (best) best.focus();
    });
  }

  // The basket goes along from page to page, in the address: by links and by forms of the same page.
  const chosen = [...document.querySelectorAll(".choose input")];
  const held = () => {
    const apart = document.querySelector(".basket input[type=hidden]");
    return [...new Set([...(apart ? apart.value.split(",") : []), ...chosen.filter(box => box.checked).map(box => box.value)])].join(",");
  };
  document.addEventListener("click", event => {
    const link = event.target.closest("a[href]");
    if (!link || !chosen.length || link.getAttribute("href").startsWith("#") || new URL(link.href).pathname !== location.pathname) return;
    const address = new URL(link.href), ids = held();
    ids ? address.searchParams.set("panier", ids) : address.searchParams.delete("panier");
    link.href = address;
  }, true);
  document.addEventListener("submit", event => {
    const form = event.target;
    if (!chosen.length || form.method !== "get" || new URL(form.action).pathname !== location.pathname) return;
    let field = form.querySelector("input[name=panier]");
    if (!field) { field = document.createElement("input"); field.type = "hidden"; field.name = "panier"; form.append(field); }
    field.value = held();
    field.disabled = !field.value;
  });
  for (const button of document.querySelectorAll("[data-print]")) { button.hidden = false; button.addEventListener("click", () => print()); }

  // Copies: a citation, the address of a feed.
  for (const button of document.querySelectorAll("[data-copy]")) {
    if (!navigator.clipboard) break;
    button.hidden = false;
    button.addEventListener("click", async () => {
      const said = button.closest("section").querySelector("[data-copied]"), source = document.getElementById(button.dataset.copy);
      try {
        await navigator.clipboard.writeText((source.value ?? source.textContent).trim());
        said.textContent = "Copié.";
      } catch {
        said.textContent = "Le navigateur refuse : sélectionnez le texte.";
      }
    });
  }
})();
