// The billing pages. Their nesting is that of 2023, because page scripts spell it out.
"use strict";
const REST = "/billing/rest/v1.0/";
const root = document.getElementById("billing-console-root");
const modalHost = document.getElementById("modal-host");

// Wraps `inner` in one element per item, outermost first; an item is "tag.class.class".
const nest = (items, ...inner) => items.split(" ").reduceRight((kids, item) => {
  const [tag, ...classes] = item.split(".");
  return [h(tag, { class: classes.join(" ") || null }, kids)];
}, inner)[0];

// The element that the long paths call B, filled with the page's blocks.
function page(title, ...blocks) {
  document.title = "Practice billing: " + title;
  root.replaceChildren(nest("div div div div.content--2j5zk.span10--28Agl div div div div div div.ng-scope div div div", ...blocks));
}

const saved = (words) => h("span", { role: "status", class: "hint" }, words);
const failed = (answer) => h("span", { role: "alert", class: "field-error" }, answer.body.message || "This could not be saved.");
const buttons = (extra, save, cancel) => h("div", { class: "account-information-update-buttons " + extra },
  h("button", { type: "button", class: "btn btn-primary", onclick: save }, "Update"), " ", h("button", { type: "button", class: "btn", onclick: cancel }, "Cancel"));

function currencyBlock(info) {
  const block = h("div", { class: "account-block" });
  const show = (note) => block.replaceChildren(h("h3", {}, "Payment Currency Preference"),
    h("p", {}, "Selected currency: ", h("strong", { id: "account__currency" }, info.currencyPreference), " ",
      h("a", { id: "account__edit-currency-preference", tabindex: "0", role: "button", "aria-label": "Edit currency preference", onclick: edit }, "Edit")), note || "");
  const edit = () => {
    const list = h("select", { id: "account__select-currencies-list", "aria-label": "Currency" }, info.currencies.map((c) => h("option", { value: c, selected: c === info.currencyPreference }, c)));
    const note = h("div", {});
    const save = async () => {
      const answer = await rest(REST + "account/currencypreference", "PUT", list.value);
      await sleep(boot.section_ms);
      if (!answer.ok) { note.replaceChildren(failed(answer)); return; }
      info.currencyPreference = list.value;
      show(saved("Currency saved."));
    };
    block.replaceChildren(h("h3", {}, "Payment Currency Preference"), nest("div div div", list, note, buttons("margin-top-10", save, () => show())));
  };
  show();
  return block;
}

function contactBlock(info) {
  const block = h("div", { class: "account-block" });
  const names = [["name", "Full Name"], ["title", "Title"], ["email", "Email Address"], ["phone", "Phone Number"]];
  const current = () => (info.billingContact ? h("dl", {}, names.map(([k, label]) => [h("dt", {}, label), h("dd", { "data-contact": k }, info.billingContact[k])])) : h("p", {}, "Billing contact: none"));
  const show = (note) => block.replaceChildren(h("h3", {}, "Alternate Contacts"),
    h("a", { tabindex: "0", role: "button", "aria-label": "Edit billing contact", onclick: edit }, "Edit"), current(), note || "");
  const edit = () => {
    const line = ([key, label]) => h("div", { class: "field" }, h("input", { id: "billing-contact-" + key, name: key, type: "text", value: info.billingContact ? info.billingContact[key] : "" }), h("label", { for: "billing-contact-" + key }, label));
    const inputs = h("div", {}, names.map(line));
    const note = h("div", {});
    const save = async () => {
      const body = Object.fromEntries(names.map(([key]) => [key, inputs.querySelector(`[name=${key}]`).value]));
      const answer = await rest(REST + "account/billingcontact", "PUT", body);
      await sleep(boot.section_ms);
      if (!answer.ok) { note.replaceChildren(failed(answer)); return; }
      info.billingContact = body;
      show(saved("Billing contact saved."));
    };
    block.replaceChildren(h("h3", {}, "Alternate Contacts"), h("a", { tabindex: "0", onclick: () => show() }, "Stop editing"),
      nest("div div", h("div", {}, h("h3", {}, "Billing contact"), h("p", { class: "hint" }, "Who should get the invoices?"), inputs, note), buttons("margin-top-10 ng-scope", save, () => show())));
  };
  show();
  return block;
}

function iamBlock(info) {
  const block = h("div", { class: "account-block" });
  const state = () => h("p", { id: "iam-access-state" }, info.billingConsoleAccessEnabled ? "IAM user/role access to billing information is activated." : "IAM user/role access to billing information is deactivated.");
  const show = (note) => block.replaceChildren(h("h3", {}, "IAM User and Role Access to Billing Information"), state(),
    h("a", { id: "account__edit-iam-access", tabindex: "0", role: "button", "aria-label": "Edit IAM access", onclick: edit }, "Edit"), note || "");
  const edit = () => {
    const tick = h("input", { type: "checkbox", id: "iam-access", checked: info.billingConsoleAccessEnabled });
    const save = async () => {
      const answer = await rest(REST + "account/iamaccess", "PUT", { billingConsoleAccessEnabled: tick.checked });
      await sleep(boot.section_ms);
      if (answer.ok) info.billingConsoleAccessEnabled = tick.checked;
      show(answer.ok ? saved("IAM access saved.") : failed(answer));
    };
    block.replaceChildren(h("h3", {}, "IAM User and Role Access to Billing Information"),
      h("div", { class: "choice" }, tick, h("label", { for: "iam-access" }, "Activate IAM Access")), buttons("", save, () => show()));
  };
  show();
  return block;
}

const CLOSE_TERMS = ["I understand that by clicking this checkbox, I am closing my account.", "I understand that I remain responsible for what was used before.",
  "I understand that after 90 days my account can't be opened again.", "I understand that I can't use the email address for a new account."];

function closeBlock(account) {
  const block = h("div", { class: "account-block", id: "close-account" });
  const boxes = CLOSE_TERMS.map((words, n) => h("div", { class: "close-account-checkbox" }, h("input", { type: "checkbox", id: "close-account-" + n, onchange: () => { button.disabled = !boxes.every((b) => b.firstChild.checked); } }), h("label", { for: "close-account-" + n }, words)));
  const button = h("button", { type: "button", class: "btn btn-danger", disabled: true, onclick: () => modalHost.replaceChildren(modal()) }, "Close Account");
  const shut = () => modalHost.replaceChildren();
  const confirm = async (e) => {
    e.target.disabled = true;
    const answer = await rest(REST + "account", "PUT");
    await sleep(boot.section_ms);
    shut();
    if (!answer.ok) { block.append(failed(answer)); return; }
    render();
  };
  const modal = () => h("div", { class: "modal", role: "dialog", "aria-modal": "true", "aria-label": "Close account" }, h("div", { class: "modal-content" },
    h("h2", {}, "Are you sure you want to close your account?"), h("p", {}, `Account ${account.accountId} (${account.emailAddress}) will be closed.`),
    h("div", { class: "modal-footer" }, h("button", { type: "button", class: "btn", onclick: shut }, "Cancel"), h("button", { type: "button", class: "btn btn-danger", onclick: confirm }, "Close Account"))));
  block.replaceChildren(h("h3", {}, "Close Account"), ...boxes, h("p", {}, button));
  return block;
}

async function accountPage() {
  const [account, currency, contact, iam] = await Promise.all(["account", "account/fxpaymentinfopapyrus", "account/billingcontact", "account/iamaccess"].map((p) => rest(REST + p)));
  const a = account.body;
  const plain = (title, ...kids) => h("div", { class: "account-block" }, h("h3", {}, title), ...kids);
  if (a.accountStatus === "Suspended") {
    return () => page("Account", h("div", { class: "animation-content animation-fade" }, h("div", {}, plain("Account closed",
      h("p", { role: "status", id: "account-closed" }, `This account is closed. Status: Suspended. Account Id: ${a.accountId}`)))));
  }
  return () => page("Account", h("div", { class: "animation-content animation-fade" }, h("div", {},
    h("div", {}, h("h1", {}, "Account")),
    plain("Account Settings", h("dl", {}, h("dt", {}, "Account Id"), h("dd", { "data-testid": "account-id" }, a.accountId), h("dt", {}, "Account Name"), h("dd", {}, a.accountName), h("dt", {}, "Email"), h("dd", {}, a.emailAddress), h("dt", {}, "Status"), h("dd", { id: "account-status" }, a.accountStatus))),
    plain("Contact Information", h("p", { class: "hint" }, "As given at the sign-up.")),
    plain("Communication Preferences", h("p", { class: "hint" }, "None.")),
    plain("Regions", h("p", { class: "hint" }, "All regions are enabled.")),
    plain("Security Challenge Questions", h("p", { class: "hint" }, "Not used any more.")),
    currencyBlock(currency.body), contactBlock(contact.body), iamBlock(iam.body),
    plain("GovCloud", h("p", { class: "hint" }, "Not offered here.")), closeBlock(a))));
}

async function preferencesPage() {
  const invoice = (await rest(REST + "preferences/invoice")).body;
  const tick = h("input", { type: "checkbox", id: "pdf-invoice", "aria-label": "Receive PDF Invoice By Email" });
  tick.checked = invoice.pdfInvoiceByEmail === "Y";
  const label = h("label", { class: "tick" }, tick, h("span", {}, h("i", {}), "Receive PDF Invoice By Email"));
  const note = h("span", {});
  const save = async () => {
    const answer = await rest(REST + "preferences/invoice", "PUT", { pdfInvoiceByEmail: tick.checked ? "Y" : "N" });
    await sleep(boot.section_ms);
    note.replaceChildren(answer.ok ? saved("Preferences saved.") : failed(answer));
  };
  return () => page("Preferences",
    h("div", { class: "plutonium aws-billing-console-root awsui-v1-root" }, nest("div div", h("div", { class: "aws-billing-console-span10" }, h("h2", {}, "Billing preferences"), h("div", {}, h("div", {}, label))))),
    h("div", { class: "aws-billing-console-span10" }, h("div", { class: "plutonium aws-billing-console-root awsui-v1-root" }, nest("div div", h("button", { type: "button", class: "btn-primary", onclick: save }, "Save preferences"), note))));
}

async function taxPage() {
  const [heritage, registration] = await Promise.all([rest(REST + "taxexemption/heritage"), rest(REST + "taxexemption/taxregistration.v2")]);
  const now = registration.body.taxRegistration || {}, at = now.address || {};
  const tick = h("input", { type: "checkbox", id: "tax-inheritance", checked: heritage.body.customerHeritageStatus === "OptIn" });
  const one = h("span", {}), two = h("span", {});
  const line = (id, label, v) => h("div", { class: "field" }, h("label", { for: id }, label), h("div", {}, h("input", { id, type: "text", value: v || "" })));
  const form = h("div", {}, line("tax-legal-name", "Business legal name", now.legalName), line("tax-vat", "VAT number", now.registrationId), line("tax-address", "Street address", at.addressLine1),
    line("tax-city", "City", at.city), line("tax-postal", "Postal code", at.postalCode), line("tax-country", "Country code", at.countryCode));
  const v = (id) => form.querySelector("#" + id).value.trim();
  const saveHeritage = async () => {
    const answer = await rest(REST + "taxexemption/heritage.v2", "POST", { heritageStatus: tick.checked ? "OptIn" : "OptOut" });
    one.replaceChildren(answer.ok ? saved("Tax inheritance saved.") : failed(answer));
  };
  const saveRegistration = async () => {
    const address = { addressLine1: v("tax-address"), city: v("tax-city"), postalCode: v("tax-postal"), countryCode: v("tax-country") };
    const answer = await rest(REST + "taxexemption/taxregistration.v2", "PUT", { taxRegistration: { legalName: v("tax-legal-name"), registrationId: v("tax-vat"), address } });
    two.replaceChildren(answer.ok ? saved("Tax registration saved.") : failed(answer));
  };
  return () => page("Tax settings", h("div", { class: "account-block" }, h("h2", {}, "Tax inheritance"), h("div", { class: "choice" }, tick, h("label", { for: "tax-inheritance" }, "Turn on tax inheritance")), h("button", { type: "button", class: "btn-primary", onclick: saveHeritage }, "Save tax inheritance"), one),
    h("div", { class: "account-block" }, h("h2", {}, "Tax registration"), form, h("button", { type: "button", class: "btn-primary", onclick: saveRegistration }, "Save tax registration"), two));
}

let turn = 0;
async function render() {
  const mine = ++turn;
  root.replaceChildren(h("p", { class: "hint", role: "status" }, "Loading …"));
  const route = location.hash.replace(/^#\/?/, "").split("?")[0] || "account";
  const ready = await (route === "preferences" ? preferencesPage : route.startsWith("tax") ? taxPage : accountPage)();
  await sleep(boot.section_ms);
  if (mine === turn) ready();
}
window.addEventListener("hashchange", render);
render();
