// Enhancement only: every page does its work as plain forms and links without this file.
"use strict";

(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (selector, root = document) => root.querySelector(selector);

  // ── Forms: sent once, errors first ─────────────────────────────────────────
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "yes";
    event.submitter?.setAttribute("aria-busy", "true");
  });

  // The browser may bring a sent page back as it was left.
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    all("form[data-sent]").forEach((form) => delete form.dataset.sent);
    all("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
  });

  one("[data-focus]")?.focus();

  document.addEventListener("click", (event) => {
    all("details.menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    all("details.menu[open]").forEach((menu) => { menu.open = false; one("summary", menu).focus(); });
  });

  // ── Drafts: kept in this browser for a day, gone after posting and at sign-out ──
  const DAY = 24 * 60 * 60 * 1000;
  const DRAFT = "draft:";
  const store = {
    read(key) { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } },
    write(key, value) { try { localStorage.setItem(key, JSON.stringify(value)); return true; } catch { return false; } },
    drop(key) { try { localStorage.removeItem(key); } catch { /* storage is switched off: nothing was kept */ } },
    drafts() { try { return Object.keys(localStorage).filter((key) => key.startsWith(DRAFT)); } catch { return []; } },
  };

  // Fields that somebody fills in. Their order is the same in every drawing of the form; that of its buttons is not.
  const NOT_KEPT = ["hidden", "password", "submit", "button"];
  const kept = (form) => [...form.elements].filter((field) => field.name && !NOT_KEPT.includes(field.type));
  const taken = (field) => (field.type === "checkbox" || field.type === "radio" ? field.checked : field.value);
  const written = (form) => kept(form).map((field) => [field.name, field.value, taken(field)]);

  function restore(form, draft) {
    const fields = kept(form);
    draft.fields.forEach(([name, value, state], place) => {
      const field = fields[place];
      if (!field || field.name !== name) return;
      if (typeof state === "boolean") { if (field.value === value) field.checked = state; } else field.value = state;
    });
  }

  let signedOut = false;
  function keepDraft(form) {
    const key = DRAFT + form.dataset.draft;
    const note = one("[data-draft-state]", form);
    const say = (words) => {
      const clock = new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: "short" }).format();
      if (note) note.textContent = `${words} · ${clock}`;
    };
    let changed = false;
    const save = (sent) => {
      if (!changed && !sent) return;
      changed = false;
      if (store.write(key, { at: Date.now(), sent, fields: written(form) }) && !sent) {
        say(navigator.onLine ? form.dataset.draftNote : form.dataset.draftOffline);
      }
    };
    const draft = store.read(key);
    // A form that came back holds what was sent, and what the server changed in it.
    if (draft && !("cameBack" in form.dataset)) { restore(form, draft); say(form.dataset.draftBack); }
    form.addEventListener("input", () => { changed = true; });
    form.addEventListener("submit", (event) => {
      if (navigator.onLine) return save(true);
      event.preventDefault();
      changed = true;
      save(false);
    });
    window.addEventListener("offline", () => { changed = true; save(false); });
    window.addEventListener("pagehide", () => { if (!form.dataset.sent && !signedOut) save(false); });
    setInterval(() => { if (!form.dataset.sent && !signedOut) save(false); }, 5000);
  }

  const open = new Set(all("form[data-draft]").map((form) => DRAFT + form.dataset.draft));
  store.drafts().forEach((key) => {
    const draft = store.read(key);
    // Sent, and the form did not come back with errors: it was posted.
    if (!draft || Date.now() - draft.at > DAY || (draft.sent && !open.has(key))) store.drop(key);
  });
  all("form[data-draft]").forEach(keepDraft);
  all("form[data-sign-out]").forEach((form) => {
    form.addEventListener("submit", () => { signedOut = true; store.drafts().forEach(store.drop); });
  });

  // ── Coach: reads along while somebody writes ─────────────────────────────────
  const PAUSE = 900;
  all("form[data-look]").forEach((form) => {
    let [waiting, asked] = [0, new AbortController()];
    const look = async () => {
      asked.abort();
      asked = new AbortController();
      try {
        const answer = await fetch(form.dataset.look, { method: "POST", body: new FormData(form), signal: asked.signal });
        if (!answer.ok || answer.redirected) return;
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        all("[data-part]", page).forEach((fresh) => {
          const part = one(`[data-part="${fresh.dataset.part}"]`, form);
          // Somebody who is on one of its buttons must not lose the place.
          if (part.innerHTML !== fresh.innerHTML && !part.contains(document.activeElement)) part.innerHTML = fresh.innerHTML;
        });
      } catch { /* away for the moment: the next word asks again */ }
    };
    const later = () => { clearTimeout(waiting); waiting = setTimeout(look, PAUSE); };
    form.addEventListener("input", later);
    form.addEventListener("click", (event) => {
      const opening = event.target.closest("[data-add]")?.dataset.add;
      if (!opening) return;
      event.preventDefault();
      const words = form.elements.text;
      words.value = `${words.value.trimEnd()} ${opening} `.trimStart();
      words.focus();
      words.setSelectionRange(words.value.length, words.value.length);
      words.dispatchEvent(new Event("input", { bubbles: true }));
    });
    if (form.elements.text.value) later();
  });

  // ── Dial: slider and number say the same ──────────────────────────────────
  all("[data-mirrors]").forEach((slider) => {
    const number = one(`#${slider.dataset.mirrors}`);
    if (!number) return;
    slider.addEventListener("input", () => { number.value = slider.value; });
    number.addEventListener("input", () => { if (number.value !== "") slider.value = number.value; });
  });

  // ── Jobs: a fresh card in the place of one that moves ─────────────────────────
  const LOOK_AGAIN = 2000;
  const follow = () => setTimeout(async () => {
    const job = one("[data-job-moves]");
    // Somebody who is on one of its buttons must not lose the place.
    if (!job || job.contains(document.activeElement)) return job && follow();
    try {
      const page = await (await fetch(job.dataset.jobMoves)).text();
      const fresh = one("[data-job]", new DOMParser().parseFromString(page, "text/html"));
      if (fresh) job.replaceWith(fresh);
    } catch { /* away for the moment: look again */ }
    follow();
  }, LOOK_AGAIN);
  if (one("[data-job-moves]")) follow();

  // ── Desk: the marked person's name beside the button, and single keys ─────────
  const radios = all('input[name="proposal"]');
  const showChosen = () => {
    const marked = radios.find((radio) => radio.checked);
    if (!marked) return;
    radios.forEach((radio) => radio.closest(".match").classList.toggle("match--first", radio === marked));
    const name = one("[data-chosen]");
    if (name) name.textContent = marked.dataset.name;
    showBackups(marked.value);
  };
  // Backups are asked in the order in which they were marked; nobody is their own.
  const backups = all('input[name="backup"]');
  const [decision, list] = [one("#decide[data-most]"), one("[data-order]")];
  let inLine = (decision?.elements.order.value || "").split(" ").filter(Boolean);
  function showBackups(first) {
    inLine = inLine.filter((id) => id !== first && backups.some((box) => box.value === id)).slice(0, Number(decision.dataset.most));
    all("[data-backup]", list).forEach((line) => line.remove());
    backups.forEach((box) => {
      const place = inLine.indexOf(box.value);
      box.checked = place >= 0;
      box.disabled = box.value === first;
      const word = one("[data-backup-word]", box.parentElement);
      word.textContent = place < 0 ? word.dataset.backupWord : `${word.dataset.backupWord} ${place + 1}`;
    });
    inLine.forEach((id, place) => {
      const line = list.firstElementChild.cloneNode(true);
      line.dataset.backup = "";
      one(".order__n", line).textContent = place + 2;
      one("br", line).nextSibling.remove();
      one("br", line).remove();
      const name = one("[data-chosen]", line);
      name.textContent = backups.find((box) => box.value === id).dataset.name;
      name.removeAttribute("data-chosen");
      list.append(line);
    });
    decision.elements.order.value = inLine.join(" ");
  }
  const line = (box) => {
    if (!box || box.disabled) return;
    inLine = inLine.includes(box.value) ? inLine.filter((id) => id !== box.value) : [...inLine, box.value];
    showChosen();
  };
  backups.forEach((box) => box.addEventListener("change", () => line(box)));
  radios.forEach((radio) => radio.addEventListener("change", showChosen));
  showChosen();

  const keys = one("#keys");
  if (!keys) return;

  // A key pressed for the page before must not approve this one: its heading has to have been in focus for a while.
  const SETTLED = 700;
  const heading = one("[data-desk-heading]");
  let seen = Infinity;
  heading?.addEventListener("focus", () => { seen = Math.min(seen, performance.now()); });
  if (!location.hash) heading?.focus({ preventScroll: true });

  const [queue, here] = [one(".queue"), one(".q--now")];
  if (queue && here) queue.scrollTop = here.offsetTop - queue.clientHeight / 3;

  const single = one("[data-keys-on]");
  single.checked = store.read("desk-keys") !== "off";
  single.addEventListener("change", () => store.write("desk-keys", single.checked ? "on" : "off"));

  const step = (by) => {
    const links = all(".q__t");
    const next = links[links.findIndex((link) => link.hasAttribute("aria-current")) + by];
    if (next) location.assign(next.href);
  };
  const mark = (place) => {
    const radio = radios.find((other) => other.dataset.place === place);
    if (!radio) return;
    const folded = radio.closest("details:not([open])");
    if (folded) folded.open = true;
    radio.checked = true;
    showChosen();
    radio.closest(".match").scrollIntoView({ block: "nearest" });
  };
  const send = (letter) => one(`form[data-key="${letter}"]`)?.requestSubmit();

  document.addEventListener("keydown", (event) => {
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest('textarea, select, input:not([type="radio"], [type="checkbox"]), [contenteditable]')) return;
    if (event.key === "?") return keys.togglePopover();
    if (!single.checked || keys.matches(":popover-open")) return;
    const key = event.key.toLowerCase();
    if (key === "j") step(1);
    else if (key === "k") step(-1);
    else if (key === "u") send("u");
    else if (key === "a" && !event.shiftKey && performance.now() - seen >= SETTLED) send("a");
    else if (event.shiftKey && /^Digit[1-9]$/.test(event.code)) line(backups.find((box) => box.dataset.place === event.code[5]));
    else if (/^[1-9]$/.test(key)) mark(key);
    else return;
    event.preventDefault();
  });
})();
