// Passkeys: asks the device to make one or to sign, and sends its answer with the form. Nothing else needs this file.
const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

// The options as they came, with bytes where the browser wants bytes.
const listed = (known) => (known ?? []).map((one) => ({ ...one, id: bytes(one.id) }));
const toCreate = (said) => ({
  ...said,
  challenge: bytes(said.challenge),
  user: { ...said.user, id: bytes(said.user.id) },
  excludeCredentials: listed(said.excludeCredentials),
});
const toGet = (said) => ({
  ...said,
  challenge: bytes(said.challenge),
  allowCredentials: listed(said.allowCredentials),
});

// The device's answer as text.
const answered = ({ id, rawId, type, response }) => {
  const said = { clientDataJSON: text(response.clientDataJSON) };
  if (response.attestationObject) {
    said.attestationObject = text(response.attestationObject);
  } else {
    said.authenticatorData = text(response.authenticatorData);
    said.signature = text(response.signature);
    if (response.userHandle) said.userHandle = text(response.userHandle);
  }
  return JSON.stringify({ id, rawId: text(rawId), type, response: said });
};

const ask = async (form, field) => {
  const sent = new URLSearchParams();
  for (const name of ["_token", "key-proof"]) {
    if (form.elements.namedItem(name)) sent.set(name, form.elements.namedItem(name).value);
  }
  const answer = await fetch(field.dataset.challenge, { method: "POST", body: sent });
  if (answer.redirected) {
    location.assign(answer.url);
    return null;
  }
  const said = await answer.json().catch(() => ({})); // a page that says otherwise: out of date, or not reached
  if (!said.challenge) throw new Error(said.refused ?? field.dataset.failed);
  const publicKey = field.dataset.passkey === "create" ? toCreate(said) : toGet(said);
  try {
    return await navigator.credentials[field.dataset.passkey]({ publicKey });
  } catch {
    throw new Error(field.dataset.failed);
  }
};

const asking = new WeakSet(); // forms whose device is being asked: a second press asks no second time
document.addEventListener("submit", async (event) => {
  const form = event.target;
  const field = form.querySelector("input[data-passkey]");
  if (!field || field.value) return;
  event.preventDefault();
  if (asking.has(form)) return;
  asking.add(form);
  const error = form.querySelector("[data-passkey-error]");
  error.textContent = "";
  try {
    if (!window.PublicKeyCredential) throw new Error(field.dataset.none);
    const made = await ask(form, field);
    if (!made) return;
    field.value = answered(made);
    form.submit();
  } catch (wrong) {
    error.textContent = wrong.message || field.dataset.failed;
  } finally {
    asking.delete(form);
  }
});
