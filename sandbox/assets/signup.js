// The sign-up: shows the section that the server says is open, one after the other.
"use strict";
const host = document.getElementById("section");
let state = { section: "", route: "" };

// Ids are numbered as if all sections had been gone through, also when a sign-up is resumed.
document.getElementById("header-tools").append(awsuiSelect("awsui-select-0", { label: "Language", options: [["en", "English"]], value: "en", name: "" }));

async function api(path, body) {
  const init = body ? { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) } : {};
  const answer = await fetch("/billing/signup/api/" + path, init);
  return answer.json();
}

async function show(next) {
  state = next;
  host.replaceChildren(h("p", { class: "hint", role: "status" }, "Loading …"));
  await sleep(boot.section_ms);
  if (location.hash !== "#" + state.route) location.hash = state.route;
  const view = state.expired ? [expired()] : sections[state.section]();
  host.replaceChildren(...[view].flat());
}

function expired() {
  return h("div", { id: "SessionExpired" }, h("h2", {}, "Your session has expired"),
    h("p", { role: "alert" }, "Your session has expired. Sign in to continue with your sign-up, or start again."),
    h("p", {}, h("a", { href: boot.signin }, "Sign in")), h("p", {}, h("a", { href: "/billing/signup?again#/start" }, "Start again")));
}

function showError(form, words) {
  form.querySelector(".alert-slot").replaceChildren(...(words ? [h("div", { class: "alert", role: "alert" }, words)] : []));
}

function showFields(form, fields = {}) {
  for (const place of form.querySelectorAll("[data-field]")) {
    const error = place.querySelector(".field-error");
    const words = fields[place.dataset.field];
    if (error) { error.textContent = words || ""; words ? error.setAttribute("role", "alert") : error.removeAttribute("role"); }
  }
}

// A section's form. `children` fill the fieldset; `send` turns the form into what is submitted.
function section(id, path, children, send) {
  const form = h("form", { id, novalidate: true }, h("div", { class: "alert-slot" }), h("fieldset", {}, children));
  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    if (form.dataset.busy) return;
    form.dataset.busy = "yes";
    for (const b of form.querySelectorAll("button")) b.disabled = true;
    const body = send(form);
    const block = form.querySelector(".captcha");
    if (block) { body.captchaId = block.dataset.captcha; body.captchaGuess = form.querySelector("#captchaGuess").value; }
    let answer;
    try { answer = await api(path, body); } catch { answer = { ok: false, error: "The page could not reach the server. Try again." }; }
    if (answer.expired) { host.replaceChildren(expired()); return; }
    if (answer.ok || answer.state) { if (block) block.remove(); await show(answer.state); return; }
    await sleep(boot.section_ms);
    delete form.dataset.busy;
    for (const b of form.querySelectorAll("button")) b.disabled = false;
    showFields(form, answer.fields);
    showError(form, answer.captcha && answer.captcha.wrong ? "" : answer.error);
    const slot = form.querySelector(".captcha-slot");
    if (slot) slot.replaceChildren(...(answer.captcha ? [captchaBlock(answer.captcha)] : []));
  });
  return form;
}

const value = (form, name) => form.querySelector(`[name="${name}"]`).value;
const slot = (captcha) => h("div", { class: "captcha-slot" }, captcha ? captchaBlock(captcha) : null);

const sections = {
  start: () => section("EmailValidationSendOTP", "start", [
    h("h2", {}, "Sign up for a practice account"),
    field("Root user email address", "emailAddress", "awsui-input-0", { type: "email", inputmode: "email" }, "Used for account recovery and some administrative functions"),
    field("Account name", "fullName", "awsui-input-1", {}, "Choose a name for your account"),
    slot(), awsuiButton("Verify email address"),
  ], (f) => ({ emailAddress: value(f, "emailAddress"), fullName: value(f, "fullName") })),

  "mail-code": () => {
    const again = async (e) => {
      e.preventDefault();
      const answer = await api("resend", {});
      if (answer.expired) { host.replaceChildren(expired()); return; }
      document.getElementById("resent").textContent = "A new code is on its way.";
    };
    return section("EmailValidationVerifyOTP", "mail-code", [
      h("h2", {}, "Confirm you are you"), h("p", {}, `Enter the code that we sent to ${state.email}.`),
      h("div", { id: "otp" }, field("Verification code", "otp", "awsui-input-2", { inputmode: "numeric" })),
      awsuiButton("Verify"), h("p", {}, "Didn't get the code? ", h("a", { href: "#", id: "resendOtp", role: "button", onclick: again }, "Resend code")),
      h("p", { id: "resent", role: "status" }),
    ], (f) => ({ otp: value(f, "otp") }));
  },

  // The first button checks the passwords; only then does the 7th child, which continues, appear.
  credentials: () => {
    const check = () => {
      const [one, two] = [value(form, "password"), value(form, "rePassword")];
      const fields = {};
      if (one.length < 8) fields.password = "Use at least 8 characters.";
      else if (one !== two) fields.rePassword = "The passwords are not the same.";
      showFields(form, fields);
      if (Object.keys(fields).length || form.querySelector("button[type=submit]")) return;
      setTimeout(() => form.querySelector("fieldset").append(awsuiButton("Continue (step 1 of 5)")), boot.section_ms);
    };
    const form = section("CredentialCollection", "credentials", [
      h("h2", {}, "Create your password"), h("p", {}, "It's your email address that you sign in with."),
      field("Root user password", "password", "awsui-input-3", { type: "password", autocomplete: "new-password" }),
      field("Confirm root user password", "rePassword", "awsui-input-4", { type: "password", autocomplete: "new-password" }),
      awsuiButton("Check password", { type: "button", onclick: check }), slot(),
    ], (f) => ({ password: value(f, "password"), rePassword: value(f, "rePassword") }));
    return form;
  },

  contact: () => {
    const company = field("Organization name", "address.company", "awsui-input-6");
    const kinds = h("div", { role: "radiogroup", "aria-label": "How do you plan to use the account?", "data-field": "accountType" },
      choice("radio", "accountType", "personal", "awsui-radio-button-0", "Personal - for your own projects", true),
      choice("radio", "accountType", "business", "awsui-radio-button-1", "Business - for your work, school, or organization"), h("div", { class: "field-error" }));
    company.hidden = true;
    kinds.addEventListener("change", (e) => { company.hidden = e.target.value !== "business"; });
    const phoneCode = h("div", { class: "field" }, h("span", { class: "label" }, "Country calling code"),
      awsuiSelect("awsui-select-1", { label: "Country calling code", options: dialCodes(), value: "US", name: "phoneCountry" }));
    return section("ContactInformation", "contact", [
      h("h2", {}, "Contact information"), h("span", { class: "label" }, "How do you plan to use the account?"), kinds,
      field("Full name", "address.fullName", "awsui-input-5"), company, phoneCode,
      field("Phone number", "address.phoneNumber", "awsui-input-7", { type: "tel" }),
      h("div", { class: "field", "data-field": "address.country" }, h("span", { class: "label" }, "Country or region of residence"),
        awsuiSelect("awsui-select-2", { label: "Countries", opens: "Open the list of countries", options: countries(), value: "US", filter: "Country or Region", filterId: "awsui-input-8", name: "address.country" }),
        h("div", { class: "field-error" })),
      field("Address line 1", "address.addressLine1", "awsui-input-9"), field("Address line 2 (optional)", "address.addressLine2", "awsui-input-10"),
      field("City", "address.city", "awsui-input-11"), field("State, Province, or Region", "address.state", "awsui-input-12"),
      field("Postal Code", "address.postalCode", "awsui-input-13"),
      h("div", { "data-field": "agreement" }, choice("checkbox", "agreement", "yes", "awsui-checkbox-0", "I have read and agree to the terms of the practice console"), h("div", { class: "field-error" })),
      awsuiButton("Continue (step 2 of 5)"),
    ], (f) => {
      const body = { accountType: f.querySelector("[name=accountType]:checked")?.value || "", agreement: f.querySelector("[name=agreement]").checked };
      for (const input of f.querySelectorAll('[name^="address."]')) body[input.name] = input.value;
      return body;
    });
  },

  // Submitting the card is a real navigation; the server decides what the next page shows.
  card: () => {
    const months = Array.from({ length: 12 }, (_, n) => [String(n + 1), new Date(2020, n, 1).toLocaleString("en", { month: "long" })]);
    const years = Array.from({ length: 21 }, (_, n) => [String(boot.year + n), String(boot.year + n)]);
    const form = h("form", { id: "PaymentInformation", method: "post", action: "/billing/signup/payment", novalidate: true },
      h("div", { class: "alert-slot" }), h("fieldset", {},
        h("h2", {}, "Billing information"),
        field("Credit or Debit card number", "cardNumber", "awsui-input-14", { inputmode: "numeric", autocomplete: "cc-number" }),
        h("div", { class: "field" }, h("span", { class: "label" }, "Expiration month"), awsuiSelect("awsui-select-3", { label: "Expiration month", options: months, name: "expirationMonth" })),
        h("div", { class: "field" }, h("span", { class: "label" }, "Expiration year"), awsuiSelect("awsui-select-4", { label: "Expiration year", options: years, name: "expirationYear" })),
        field("Cardholder's name", "accountHolderName", "awsui-input-15", { autocomplete: "cc-name" }),
        awsuiButton("Verify and Continue (step 3 of 5)")));
    form.addEventListener("submit", (e) => {
      if (form.dataset.busy) { e.preventDefault(); return; }
      form.dataset.busy = "yes";
      form.querySelector("button").setAttribute("aria-busy", "true");
    });
    if (state.error) showError(form, state.error);
    return form;
  },

  challenge: () => [h("h2", {}, "Confirm your payment"), h("p", {}, "Your bank wants to confirm that it is you."),
    h("div", {}, h("iframe", { name: "challenge", title: "Bank confirmation", src: state.challenge }))],

  identity: () => (state.call ? callView() : state.phone_code ? phoneCodeForm() : phoneForm()),

  "support-plan": () => section("SupportPlan", "support-plan", [
    h("h2", {}, "Select a support plan"),
    choice("radio", "plan", "basic", "awsui-radio-button-4", "Basic support - Free", true),
    choice("radio", "plan", "developer", "awsui-radio-button-5", "Developer support"),
    choice("radio", "plan", "business", "awsui-radio-button-6", "Business support"),
    h("div", { class: "CenteredButton_centeredButtonContainer_3Xaah" }, awsuiButton("Complete sign up")),
  ], (f) => ({ plan: f.querySelector("[name=plan]:checked")?.value || "" })),

  done: () => (state.review
    ? [h("h2", {}, "Thank you"), h("p", { role: "status", id: "payment-review" }, "We are reviewing your payment. Your account can't be used for now; you will get a mail.")]
    : [h("div", {}, h("h2", {}, "Congratulations")), h("div", {}, h("p", { role: "status" }, "Thank you for signing up. Your practice account is ready.")),
      h("div", {}, h("p", { class: "hint" }, "It may take some minutes until everything works.")), h("div", {}),
      h("div", {}, h("awsui-button", {}, h("a", { href: boot.console + "/console/home", class: "button" }, "Go to the AWS Management Console")))]),
};

function phoneForm() {
  const codes = dialCodes();
  const form = section("IdentityVerification", "identity", [
    h("h2", {}, "Confirm your identity"),
    h("div", { role: "radiogroup", "aria-label": "How should we send you the verification code?", "data-field": "divaMethod" },
      choice("radio", "divaMethod", "Sms", "awsui-radio-button-2", "Text message (SMS)"), choice("radio", "divaMethod", "Phone", "awsui-radio-button-3", "Voice call"), h("div", { class: "field-error" })),
    h("div", { class: "field" }, h("span", { class: "label" }, "Country or region code"), awsuiSelect("awsui-select-5", { label: "Country or region code", options: codes, value: "US", name: "countryCode" })),
    field("Phone number", "phoneNumber", "awsui-input-16", { type: "tel" }),
    slot(state.captcha), awsuiButton("Call me now"),
  ], (f) => ({ divaMethod: f.querySelector("[name=divaMethod]:checked")?.value || "",
    countryCode: (codes.find((c) => c[0] === value(f, "countryCode")) || ["", "", ""])[2], phoneNumber: value(f, "phoneNumber") }));
  if (state.identity_error) showError(form, state.identity_error);
  return form;
}

// Shows the PIN and asks the server until the call is over.
function callView() {
  const pin = h("div", { id: "phonePin", "aria-label": "PIN" }, state.call.pin);
  const note = h("p", { role: "alert" }, state.identity_error || "");
  const poll = async () => {
    let answer;
    try { answer = await api("state"); } catch { answer = null; }
    if (!document.contains(pin)) return;
    if (answer && answer.expired) { host.replaceChildren(expired()); return; }
    if (answer && (answer.state.section !== "identity" || !answer.state.call)) { show(answer.state); return; }
    if (answer) { pin.textContent = answer.state.call.pin; note.textContent = answer.state.identity_error || ""; }
    setTimeout(poll, boot.poll_ms);
  };
  setTimeout(poll, boot.poll_ms);
  return h("div", { id: "IdentityVerification" }, h("h2", {}, "We are calling you"), note,
    h("p", {}, "Answer the call and key this PIN on your telephone:"), pin, h("p", { class: "hint" }, `Calling ${state.call.number}`));
}

function phoneCodeForm() {
  return section("IdentityVerification", "phone-code", [
    h("h2", {}, "Enter the code"), h("p", {}, "We sent a code to your phone by SMS."),
    field("Verification code", "smsPin", "awsui-input-17", { inputmode: "numeric" }), awsuiButton("Continue (step 4 of 5)"),
  ], (f) => ({ smsPin: value(f, "smsPin") }));
}

async function begin() {
  const answer = await api("state?route=" + encodeURIComponent(location.hash.slice(1) || "/start"));
  if (answer.expired) host.replaceChildren(expired());
  else await show(answer.state);
}
window.addEventListener("hashchange", () => { if (location.hash !== "#" + state.route && location.hash !== "#") begin(); });
begin();
