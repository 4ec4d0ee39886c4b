// A member that becomes independent: card, telephone, done; what is done already is skipped.
"use strict";
const main = document.getElementById("member");
const api = async (path, body) => (await fetch("/billing/signup/member/" + path, body ? { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) } : {})).json();
const option = (value, label) => h("option", { value, label }, label);
const alertOf = (view) => (view.error ? h("div", { class: "alert", role: "alert" }, view.error) : null);

async function show(view) {
  await sleep(boot.section_ms);
  location.hash = view.route;
  main.replaceChildren(...[pages[view.route](view)].flat().filter(Boolean));
}

const pages = {
  "/paymentinformation": (view) => {
    const months = Array.from({ length: 12 }, (_, n) => option(String(n), String(n + 1).padStart(2, "0")));
    const years = Array.from({ length: 21 }, (_, n) => option(String(n), String(boot.year + n)));
    const send = async (e) => {
      e.preventDefault();
      const v = (id) => document.getElementById(id).value;
      show(await api("card", { number: v("credit-card-number"), expirationMonth: String(Number(v("expirationMonth")) + 1), expirationYear: String(boot.year + Number(v("expirationYear"))), accountHolderName: v("accountHolderName") }));
    };
    return [h("h1", {}, "Payment Information"), alertOf(view), h("form", { onsubmit: send, novalidate: true },
      h("div", { class: "field" }, h("label", { for: "credit-card-number" }, "Credit/Debit card number"), h("div", {}, h("input", { id: "credit-card-number", type: "text", inputmode: "numeric" }))),
      h("div", { class: "field" }, h("label", { for: "expirationMonth" }, "Expiration month"), h("select", { id: "expirationMonth", name: "expirationMonth" }, months)),
      h("div", { class: "field" }, h("label", { for: "expirationYear" }, "Expiration year"), h("select", { id: "expirationYear", name: "expirationYear" }, years)),
      h("div", { class: "field" }, h("label", { for: "accountHolderName" }, "Cardholder's name"), h("div", {}, h("input", { id: "accountHolderName", type: "text" }))),
      h("div", { class: "form-submit-click-box" }, h("button", { type: "submit" }, "Secure Submit")))];
  },
  "/identityverification": (view) => {
    if (view.pin) {
      const done = h("button", { id: "verification-complete-button", type: "button", disabled: true, onclick: async () => show(await api("state")) }, "Continue");
      const pin = h("span", {}, view.pin);
      const poll = async () => {
        const next = await api("state");
        if (!document.contains(pin)) return;
        if (next.route !== "/identityverification") { done.disabled = false; return; }
        if (!next.pin) { show(next); return; }
        pin.textContent = next.pin;
        setTimeout(poll, boot.poll_ms);
      };
      setTimeout(poll, boot.poll_ms);
      return [h("h1", {}, "Identity Verification"), h("p", {}, "Key this PIN on your telephone:"), h("div", { class: "phone-pin-number" }, pin), done];
    }
    const send = async (e) => {
      e.preventDefault();
      const v = (id) => document.getElementById(id).value;
      const code = dialCodes().find((c) => c[0] === v("countryCode"));
      show(await api("call", { countryCode: code ? code[2] : "", phoneNumber: v("phoneNumber"), captchaId: view.captcha.id, guess: v("guess") }));
    };
    return [h("h1", {}, "Identity Verification"), alertOf(view), h("form", { onsubmit: send, novalidate: true },
      h("div", { class: "field" }, h("label", { for: "countryCode" }, "Country/Region Code"), h("select", { id: "countryCode" }, dialCodes().map((c) => option(c[0], c[1])))),
      h("div", { class: "field" }, h("label", { for: "phoneNumber" }, "Phone Number"), h("div", {}, h("input", { id: "phoneNumber", type: "tel" }))),
      h("div", {}, h("img", { id: "imageCaptcha", alt: "captcha", src: view.captcha.image, width: "260", height: "80" })),
      h("div", { class: "field" }, h("label", { for: "guess" }, "Security Check"), h("div", {}, h("input", { id: "guess", type: "text", autocomplete: "off" }))),
      h("button", { id: "btnCall", type: "submit" }, "Call Me Now"))];
  },
  "/support": () => [h("h1", {}, "Support plan"), h("p", { role: "status" }, "Card and telephone are verified. The account can leave its organization.")],
  "/confirmation": () => [h("h1", {}, "Confirmation"), h("p", { role: "status" }, "Nothing is left to do for this account.")],
};
api("state").then(show);
