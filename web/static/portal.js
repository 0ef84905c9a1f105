// Helps where it can; every act works without it. No request leaves this site.
const pressed = new WeakMap();

// A second press of the same button within a second is not sent twice (the act's id makes it harmless anyway).
document.addEventListener("submit", (event) => {
  const form = event.target;
  const last = pressed.get(form) || 0;
  if (form.method === "post" && Date.now() - last < 1000) event.preventDefault();
  pressed.set(form, Date.now());
});

// Lists by keyboard: j and k move, o opens, x ticks, a ticks all of the page or none, b acts on what is ticked, / goes to the search.
// Off while typing; a box that was ticked by hand is no typing.
const rows = () => [...document.querySelectorAll("[data-rows] tbody tr")];
const isTyping = (event) =>
  event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input:not([type=checkbox]), textarea, select");
const tickOf = (row) => row.querySelector("input[type=checkbox]");
let at = -1;
document.addEventListener("keydown", (event) => {
  if (isTyping(event)) return;
  const all = rows();
  if (event.key === "/" && document.querySelector("[data-search]")) {
    event.preventDefault();
    document.querySelector("[data-search]").focus();
  } else if ((event.key === "j" || event.key === "k") && all.length) {
    at = Math.max(0, Math.min(all.length - 1, at + (event.key === "j" ? 1 : -1)));
    all.forEach((row, index) => row.setAttribute("aria-selected", String(index === at)));
    all[at].scrollIntoView({ block: "nearest" });
  } else if (event.key === "o" && all[at]) {
    all[at].querySelector("a")?.click();
  } else if (event.key === "x" && all[at]) {
    tickOf(all[at])?.click();
  } else if (event.key === "a") {
    const ticks = all.map(tickOf).filter(Boolean);
    const every = ticks.every((tick) => tick.checked);
    ticks.forEach((tick) => tick.checked === every && tick.click());
  } else if (event.key === "b") {
    all[0]?.closest("form[action='/desk/bulk']")?.requestSubmit();
  }
});

// Ctrl and Enter press the button of the form in which one types, or of the page's only one.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const pressable = (form) => form.querySelector("button.govuk-button:not(.govuk-button--secondary)");
  const forms = [...document.querySelectorAll("main form")].filter(pressable);
  const meant = event.target.closest("main form") || (forms.length === 1 ? forms[0] : null);
  const button = meant && pressable(meant);
  if (!button) return;
  event.preventDefault();
  meant.requestSubmit(button);
});

// A link with data-key is followed when that key is pressed: next and previous case or page, turn, larger, smaller.
document.addEventListener("keydown", (event) => {
  if (isTyping(event)) return;
  [...document.querySelectorAll("a[data-key]")].find((link) => link.dataset.key === event.key)?.click();
});

// What is typed stays on this device, under the name of who is signed in, until the server has taken it.
const own = /^(_|act_id$|seen$|list_hash$)/;
const copyOf = (form, base, sent = false) => {
  const typed = [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !own.test(name));
  return JSON.stringify({ base, sent, typed });
};
const stored = (key) => {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
};
const keep = (key, text) => {
  try {
    localStorage.setItem(key, text);
  } catch {
    // A full or forbidden store: the page works on without copies.
  }
};
const differs = (form, { typed }) => {
  const shown = new Map(new FormData(form));
  return typed.some(([name, value]) => (shown.get(name) ?? "") !== value);
};
// Puts a copy back into its fields; lines that the page does not show are sent to the server, which draws them.
const restore = (form, { typed }) => {
  let lacks = false;
  for (const [name, value] of typed) {
    const field = form.elements.namedItem(name);
    if (field) {
      field.value = value;
    } else if (value) {
      const line = Object.assign(document.createElement("input"), { type: "hidden", name, value });
      form.append(line);
      lacks = true;
    }
  }
  const more = form.querySelector("button[name=_more]");
  if (lacks && more) form.requestSubmit(more);
};
const offer = (form, copy) => {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "govuk-button govuk-button--secondary";
  button.textContent = form.dataset.restore;
  button.addEventListener("click", () => {
    button.remove();
    restore(form, copy);
    form.dispatchEvent(new Event("input", { bubbles: true }));
  });
  form.before(button);
  form.closest("details")?.setAttribute("open", "");
};

// Signing out leaves no copies behind, in browsers too that do not know Clear-Site-Data or are served without TLS.
document.addEventListener("submit", (event) => {
  if (new URL(event.target.action).pathname !== "/sign-out") return;
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith("keep:") || key.startsWith("draft:")) localStorage.removeItem(key);
  }
});

// A form with data-keep is copied as it is typed; after signing in again the page offers the copy. Pages that say that an act is
// done, or a form is saved, name its form in data-drop.
for (const said of document.querySelectorAll("[data-drop]")) {
  for (const key of Object.keys(localStorage)) {
    if (!key.endsWith(`:${said.dataset.drop}`)) continue;
    if (key.startsWith("keep:") || (key.startsWith("draft:") && stored(key)?.sent)) localStorage.removeItem(key);
  }
}
for (const form of document.querySelectorAll("form[data-keep]:not([data-autosave])")) {
  const key = `keep:${form.dataset.keep}:${new URL(form.action).pathname}`;
  const copy = stored(key);
  if (copy && differs(form, copy)) offer(form, copy);
  form.addEventListener("input", () => keep(key, copyOf(form, "")));
}

// A form with data-autosave is sent as it is typed, one save after the other, each with the content that it is based on; a copy is
// put back only where the server still holds that content, and is offered where it holds another one.
for (const form of document.querySelectorAll("form[data-autosave]")) {
  const shown = document.getElementById(form.dataset.saved);
  const key = `draft:${form.dataset.keep}:${new URL(form.action).pathname}`;
  const base = form.elements.namedItem("_base");
  let timer = 0;
  let before = Promise.resolve();
  const say = (text) => { if (shown) shown.textContent = text; };
  const save = async () => {
    const copy = copyOf(form, base.value);
    try {
      const body = new URLSearchParams(new FormData(form));
      const answer = await fetch(form.dataset.autosave, { method: "POST", body, redirect: "error", headers: { accept: "application/json" } });
      if (answer.status === 401 || answer.status === 403) return say(form.dataset.signedOut);
      if (answer.status === 409) return say((await answer.json()).text);
      if (!answer.ok) throw new Error(String(answer.status));
      const taken = await answer.json();
      base.value = taken.base;
      say(taken.text);
      if (localStorage.getItem(key) === copy) localStorage.removeItem(key);
      else keep(key, copyOf(form, base.value));
    } catch {
      say(form.dataset.offline);
    }
  };
  const send = () => { before = before.then(save); };
  const copy = stored(key);
  if (copy && !differs(form, copy)) {
    localStorage.removeItem(key);
  } else if (copy && copy.base === base.value) {
    restore(form, copy);
    send();
  } else if (copy) {
    offer(form, copy);
  }
  form.addEventListener("input", () => {
    keep(key, copyOf(form, base.value));
    clearTimeout(timer);
    timer = setTimeout(send, 1500);
  });
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    if (localStorage.getItem(key)) keep(key, copyOf(form, base.value, true));
  });
  addEventListener("online", () => { if (localStorage.getItem(key)) send(); });
}
