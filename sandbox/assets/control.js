// The tester's page: what is there, what happened, and the switches in words.
"use strict";
const at = (id) => document.getElementById(id);
const cells = (tag, values) => h("tr", {}, values.map((v) => h(tag, {}, v)));
const table = (head, rows) => (rows.length ? h("table", {}, h("thead", {}, cells("th", head)), h("tbody", {}, rows.map((r) => cells("td", r)))) : h("p", { class: "hint" }, "None yet."));
at("sites").append(...Object.entries(boot.addresses).map(([site, url]) => cells("td", [site, h("a", { href: site === "signup" ? url + "/billing/signup#/start" : url }, url)])));

async function put(body) {
  const answer = await fetch("/practice/scenario", { method: "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  at("note").textContent = answer.ok ? "Saved." : (await answer.json()).error;
  await switches();
}
async function switches() {
  const now = await (await fetch("/practice/scenario")).json();
  at("switches").replaceChildren(...boot.switches.map((s) => {
    const input = h("input", { id: "switch-" + s.key, value: now[s.key], "aria-label": s.key, onchange: (e) => put({ [s.key]: e.target.value }) });
    return cells("td", [s.key, input, `${s.does} Takes ${s.takes}.`]);
  }));
}
async function refresh() {
  const state = await (await fetch("/practice/state")).json();
  const counts = (c) => Object.entries(c).filter(([, n]) => n).map(([k, n]) => `${k} ${n}`).join(", ");
  at("accounts").replaceChildren(table(["Address", "Name", "Account", "Status", "Section", "Counts"], state.accounts.map((a) => [a.email, a.name, a.account_id || "", a.status, a.section, counts(a.counts)])));
  const list = (kind, items) => items.map((m) => [kind, m.to || m.number, m.kind || m.status, m.delivered === undefined ? "" : m.delivered ? "delivered" : m.last_error || "on its way"]);
  at("messages").replaceChildren(table(["", "To", "What", ""], [...list("mail", state.mails), ...list("sms", state.sms), ...list("call", state.calls)]));
  setTimeout(refresh, 2000);
}
at("presets").append(...boot.presets.map((p) => h("button", { type: "button", onclick: () => put({ preset: p }) }, p)));
at("reset").addEventListener("click", async () => { await fetch("/practice/reset", { method: "POST" }); await switches(); });
switches();
refresh();
