// Enhancement only: every page does its work as plain forms and links without this file.
"use strict";

(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (selector, root = document) => root.querySelector(selector);

  // Puts the parts of a fresh page in the place of the same ones. Somebody who is on one of them must not lose the place.
  const parsed = (text) => new DOMParser().parseFromString(text, "text/html");
  function renew(page, root = document) {
    all("[data-part]", page).forEach((fresh) => {
      const part = one(`[data-part="${fresh.dataset.part}"]`, root);
      if (!part || part.contains(document.activeElement)) return;
      if (part.innerHTML !== fresh.innerHTML) part.innerHTML = fresh.innerHTML;
      if (fresh.dataset.follow) part.dataset.follow = fresh.dataset.follow;
      else delete part.dataset.follow;
    });
  }

  // ── Forms: sent once, errors first ─────────────────────────────────────────
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.sent || one("[data-off]", form)) return event.preventDefault();
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

  // ── Passkeys: the browser asks for one, and its answer goes back in the form ──
  const letters = { "+": "-", "/": "_", "-": "+", _: "/", "=": "" };
  const packed = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/[+/=]/g, (c) => letters[c]);
  const bytes = (text) => Uint8Array.from(atob(text.replace(/[-_]/g, (c) => letters[c])), (c) => c.charCodeAt(0));

  async function passkey(form) {
    const options = JSON.parse(form.dataset.passkey);
    options.challenge = bytes(options.challenge);
    [...(options.excludeCredentials ?? []), ...(options.allowCredentials ?? []), options.user ?? {}]
      .forEach((known) => { if (known.id) known.id = bytes(known.id); });
    const key = await navigator.credentials[options.user ? "create" : "get"]({ publicKey: options });
    const response = { transports: key.response.getTransports?.() };
    for (const part of ["attestationObject", "clientDataJSON", "authenticatorData", "signature", "userHandle"]) {
      if (key.response[part]) response[part] = packed(key.response[part]);
    }
    const extensions = JSON.stringify(key.getClientExtensionResults());
    const answer = { id: key.id, rawId: packed(key.rawId), type: key.type, response, extensions };
    form.elements.credential.value = JSON.stringify(answer);
    form.requestSubmit();
  }

  all("form[data-passkey]").forEach((form) => {
    const show = (failed) => {
      one("[data-passkey-asks]", form).hidden = failed;
      one("[data-passkey-failed]", form).hidden = one("[data-passkey-again]", form).hidden = !failed;
    };
    const ask = () => { show(false); passkey(form).catch(() => show(true)); };
    one("[data-passkey-again]", form).addEventListener("click", ask);
    ask();
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
    // By this the server knows a second sending of the same words; other words are another request.
    const mark = form.elements.form_key;
    const ownMark = mark?.value;
    // Set once somebody wanted to send without a connection: the value of the button they used.
    let [changed, waits] = [false, null];
    const save = (sent) => {
      if (!changed && !sent) return;
      changed = false;
      if (store.write(key, { at: Date.now(), sent, waits, mark: mark?.value, fields: written(form) }) && !sent) {
        say(navigator.onLine ? form.dataset.draftNote : form.dataset.draftOffline);
      }
    };
    // Prepared, never sent by itself: what is sent is read first, and may come back with a question.
    const place = one("[data-draft-send]", form);
    const prepared = one("template", place || form);
    const offer = () => {
      place?.replaceChildren(prepared);
      if (place && waits !== null && navigator.onLine) place.append(prepared.content.cloneNode(true));
    };
    place?.addEventListener("click", (event) => {
      if (!event.target.closest("button")) return;
      form.requestSubmit(waits ? one(`[name="do"][value="${waits}"]`, form) : null);
    });
    const draft = store.read(key);
    // A form that came back holds what was sent, and what the server changed in it.
    if (draft && !("cameBack" in form.dataset)) {
      restore(form, draft);
      say(form.dataset.draftBack);
      waits = draft.waits ?? null;
      if (draft.sent && draft.mark) mark.value = draft.mark;
      offer();
    }
    form.addEventListener("input", () => { changed = true; if (mark) mark.value = ownMark; });
    form.addEventListener("submit", (event) => {
      if (navigator.onLine) { waits = null; return save(true); }
      event.preventDefault();
      [changed, waits] = [true, event.submitter?.value || ""];
      save(false);
    });
    window.addEventListener("online", offer);
    window.addEventListener("offline", () => { changed = true; save(false); offer(); });
    window.addEventListener("pagehide", () => { if (!form.dataset.sent && !signedOut) save(false); });
    setInterval(() => { if (!form.dataset.sent && !signedOut) save(false); }, 5000);
  }

  // The page of what became of a form says by its mark that it has arrived.
  const arrived = one("[data-draft-arrived]")?.dataset.draftArrived;
  store.drafts().forEach((key) => {
    const draft = store.read(key);
    if (!draft || Date.now() - draft.at > DAY || (draft.sent && arrived && draft.mark === arrived)) store.drop(key);
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
        renew(parsed(await answer.text()), form);
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

  // ── People table: one box for a whole page, and how many are picked ──────────
  const corner = one("[data-pick-all]");
  if (corner) {
    const who = all('input[name="who"]');
    const everyone = Object.assign(document.createElement("input"), { type: "checkbox", ariaLabel: corner.dataset.pickAll });
    const count = () => {
      const picked = who.filter((box) => box.checked).length;
      one("[data-pick-count]").textContent = picked || "";
      everyone.checked = picked === who.length;
      everyone.indeterminate = picked > 0 && picked < who.length;
    };
    corner.append(everyone);
    everyone.addEventListener("change", () => { who.forEach((box) => { box.checked = everyone.checked; }); count(); });
    who.forEach((box) => box.addEventListener("change", count));
    count();
  }

  // ── Dial: slider and number say the same ──────────────────────────────────
  all("[data-mirrors]").forEach((slider) => {
    const number = one(`#${slider.dataset.mirrors}`);
    if (!number) return;
    slider.addEventListener("input", () => { number.value = slider.value; });
    number.addEventListener("input", () => { if (number.value !== "") slider.value = number.value; });
  });

  // ── Parts that move: asked for again now and then, each renewed in its place ────
  const follow = (part) => setTimeout(async () => {
    try {
      const answer = document.hidden || await fetch(part.dataset.follow);
      if (answer.ok && !answer.redirected) renew(parsed(await answer.text()));
    } catch { /* away for the moment: ask again */ }
    // A decision that was overtaken stays on the page, and its button says why it is off.
    all('form[data-key="a"] [type="submit"]').forEach((button) => {
      if (one("[data-off]", button.form)) button.setAttribute("aria-disabled", "true");
      else button.removeAttribute("aria-disabled");
    });
    if (part.dataset.follow) follow(part);
  }, Number(part.dataset.every) * 1000);
  all("[data-follow]").forEach(follow);

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

  // A key pressed for the page before, or for another window, must not approve: the heading has to have been in focus
  // for a while, with this page in front ever since. Going on to another control of the page does not count against it.
  const SETTLED = 700;
  const heading = one("[data-desk-heading]");
  let [read, since] = [false, Infinity];
  const inFront = () => { if (read) since = Math.min(since, performance.now()); };
  const away = () => { since = Infinity; };
  heading?.addEventListener("focus", () => { read = true; inFront(); });
  window.addEventListener("blur", away);
  window.addEventListener("focus", inFront);
  document.addEventListener("visibilitychange", () => (document.hidden ? away() : document.hasFocus() && inFront()));
  window.addEventListener("pageshow", (event) => { if (event.persisted) { away(); inFront(); } });
  const settled = () => performance.now() - since >= SETTLED;
  if (!location.hash) heading?.focus({ preventScroll: true });
  // Opened at a part of the request, which is then what is being read.
  else if (document.hasFocus()) { read = true; inFront(); }

  // Words that were on the page before anybody listened are not read out: say them again.
  setTimeout(() => all(".desk__said [role] > p").forEach((said) => { said.replaceChildren(said.textContent); }), 300);

  const [queue, here] = [one(".queue"), one(".q--now")];
  if (queue && here) queue.scrollTop = here.offsetTop - queue.clientHeight / 3;

  const single = one("[data-keys-on]");
  single.checked = store.read("desk-keys") !== "off";
  single.addEventListener("change", () => store.write("desk-keys", single.checked ? "on" : "off"));

  // Several at once: picked here and on the next requests, kept until they are approved or this tab is closed.
  const [bulk, sure] = [one("#bulk"), one("#sure")];
  const boxes = () => all('input[name="picked"]');
  const picks = {
    read() { try { return JSON.parse(sessionStorage.getItem("picked")) || []; } catch { return []; } },
    write(values) { try { sessionStorage.setItem("picked", JSON.stringify(values)); } catch { /* kept on this page only */ } },
  };
  const showPicked = () => {
    const picked = boxes().filter((box) => box.checked);
    const [said, words] = [one("[data-picked]", bulk), all("button > span:first-child", bulk)];
    said.textContent = [said.dataset.none, said.dataset.one][picked.length] ?? said.dataset.many.replace("{n}", picked.length);
    words[0].textContent = picked.length ? words[0].dataset.many.replace("{n}", picked.length) : words[0].dataset.none;
    words[1].textContent = picked.length ? words[1].dataset.clear : words[1].dataset.all;
    picks.write(picked.map((box) => box.value));
  };
  const pickAll = () => {
    const on = !boxes().some((box) => box.checked);
    boxes().forEach((box, place) => { box.checked = on && place < Number(bulk.dataset.most); });
    showPicked();
  };
  const pickHere = () => {
    const box = one('.q--now input[name="picked"]');
    if (!box) return void (one("[data-picked]", bulk).textContent = one("[data-picked]", bulk).dataset.not);
    box.checked = !box.checked;
    showPicked();
  };
  const askFirst = async () => {
    if (sure.open || bulk.dataset.asking || !boxes().some((box) => box.checked)) return;
    const address = `${bulk.action}?${new URLSearchParams(new FormData(bulk))}`;
    bulk.dataset.asking = "yes";
    try {
      const page = new DOMParser().parseFromString(await (await fetch(address)).text(), "text/html");
      const question = one("form[data-sure]", page);
      if (!question) return location.assign(address);
      sure.replaceChildren(question);
      sure.showModal();
      one("button", sure).focus();
    } catch { location.assign(address); } finally { delete bulk.dataset.asking; }
  };
  if (bulk) {
    const before = picks.read();
    boxes().forEach((box) => { box.checked = before.includes(box.value); });
    showPicked();
    document.addEventListener("change", (event) => { if (event.target.name === "picked") showPicked(); });
    bulk.addEventListener("submit", (event) => {
      event.preventDefault();
      if (event.submitter?.name === "all") pickAll(); else askFirst();
    });
    sure.addEventListener("click", (event) => {
      if (!event.target.closest("[data-close]")) return;
      event.preventDefault();
      sure.close();
    });
    sure.addEventListener("submit", () => picks.write([]));
  }
  all("form[data-sign-out]").forEach((form) => form.addEventListener("submit", () => picks.write([])));

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
  const backup = (place) => line(backups.find((box) => box.dataset.place === place));
  // A form that asks for something first is opened; one that is open or needs nothing is sent.
  const send = (letter) => {
    const form = one(`form[data-key="${letter}"]`);
    const folded = form?.closest("details:not([open])");
    if (!folded) return form?.requestSubmit();
    folded.open = true;
    one("input:not([type=hidden]), select, textarea, button", form).focus();
  };

  const KEYS = {
    j: () => step(1), k: () => step(-1), x: () => bulk && pickHere(),
    a: () => settled() && send("a"), c: () => send("c"), h: () => send("h"), u: () => send("u"),
  };
  const SHIFTED = { a: () => bulk && askFirst(), x: () => bulk && pickAll() };
  const act = (event) => {
    const key = event.key.toLowerCase();
    const place = /^Digit([1-9])$/.exec(event.code)?.[1] ?? /^[1-9]$/.exec(key)?.[0];
    if (place) return event.shiftKey ? () => backup(place) : () => mark(place);
    return (event.shiftKey ? SHIFTED : KEYS)[key];
  };
  document.addEventListener("keydown", (event) => {
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest('textarea, select, input:not([type="radio"], [type="checkbox"]), [contenteditable]')) return;
    if (one("dialog[open]")) return;
    const listed = keys.matches(":popover-open");
    if (event.key === "?" && (single.checked || listed)) return keys.togglePopover();
    if (!single.checked || listed) return;
    const does = act(event);
    if (!does) return;
    event.preventDefault();
    does();
  });
})();
