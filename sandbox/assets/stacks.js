// Stacks: the quick-create review, the events of one, and the list.
"use strict";
const main = document.getElementById("cfn-root");
const API = "/cloudformation/api/stacks";
let turn = 0;

const row = (s) => h("tr", { "data-stack": s.name }, h("td", {}, h("a", { href: "#/stacks/events?stackId=" + encodeURIComponent(s.id) }, s.name)), h("td", { "data-testid": "stack-status" }, s.status), h("td", {}, s.role), h("td", {}, s.region), h("td", {}, s.created),
  h("td", {}, h("button", { type: "button", "aria-label": "Delete " + s.name, onclick: async () => { await rest(API + "/" + encodeURIComponent(s.name), "DELETE"); render(); } }, "Delete")));

async function list() {
  const stacks = (await rest(API)).body.stacks;
  return [h("h1", {}, "Stacks"), stacks.length ? h("table", {}, h("thead", {}, h("tr", {}, ["Stack name", "Status", "Role", "Region", "Created", ""].map((t) => h("th", {}, t)))), h("tbody", {}, stacks.map(row))) : h("p", { role: "status" }, "No stacks")];
}

async function events(params, mine) {
  const stack = (await rest(API)).body.stacks.find((s) => s.id === params.get("stackId"));
  if (!stack) return [h("h1", {}, "Stack"), h("p", { role: "alert" }, "There is no such stack.")];
  if (stack.status.endsWith("IN_PROGRESS")) setTimeout(() => { if (mine === turn) render(true); }, boot.poll_ms);
  return [h("h1", {}, stack.name), h("p", {}, "Status: ", h("strong", { "data-testid": "stack-status", role: "status", "aria-label": "Stack status" }, stack.status)),
    stack.reason ? h("p", { role: "alert" }, stack.reason) : null,
    h("table", {}, h("tbody", {}, h("tr", {}, h("th", {}, "Role"), h("td", {}, stack.role)), h("tr", {}, h("th", {}, "Principal"), h("td", {}, stack.principal)), h("tr", {}, h("th", {}, "Template"), h("td", {}, stack.template)))),
    h("p", {}, h("a", { href: "#/stacks" }, "All stacks"))].filter(Boolean);
}

function review(params) {
  const names = ["Principal", "RoleName", ...[...params.keys()].filter((k) => k.startsWith("param_")).map((k) => k.slice(6)).filter((k) => k !== "Principal" && k !== "RoleName")];
  const input = (id, label, v, extra = {}) => h("div", { class: "field" }, h("label", { for: id }, label), h("div", {}, h("input", { id, type: "text", value: v || "", ...extra })));
  const tick = h("input", { type: "checkbox", id: "CAPABILITY_NAMED_IAM-checkbox-control_0" });
  const note = h("div", { class: "alert-slot" });
  const button = h("button", { type: "submit", "data-testid": "create-stack-button" }, "Create stack");
  const form = h("form", { novalidate: true },
    h("h1", {}, "Quick create stack"), note, input("template-url", "Template URL", params.get("templateUrl"), { readonly: true }), input("stack-name", "Stack name", params.get("stackName")),
    h("h2", {}, "Parameters"), names.map((n) => input("param-" + n, n, params.get("param_" + n))),
    h("h2", {}, "Capabilities"), h("div", { class: "choice" }, tick, h("label", { for: tick.id }, "I acknowledge that CloudFormation might create IAM resources with custom names.")), button);
  const value = (id) => form.querySelector(`[id="${id}"]`).value;
  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    const region = new URLSearchParams(location.search).get("region") || "us-east-1";
    const answer = await rest(API, "POST", { region, templateUrl: value("template-url"), stackName: value("stack-name"), capabilities: tick.checked ? ["CAPABILITY_NAMED_IAM"] : [],
      parameters: Object.fromEntries(names.map((n) => [n, value("param-" + n)])) });
    await sleep(boot.section_ms);
    button.disabled = false;
    if (answer.ok) location.hash = "/stacks/events?stackId=" + encodeURIComponent(answer.body.stackId);
    else note.replaceChildren(h("div", { class: "alert", role: "alert" }, answer.body.message));
  });
  return [form];
}

async function render(quiet = false) {
  const mine = ++turn;
  if (!quiet) main.replaceChildren(h("p", { class: "hint", role: "status" }, "Loading …"));
  const [path, query = ""] = location.hash.replace(/^#/, "").split(/\?(.*)/s);
  const params = new URLSearchParams(query);
  for (const [k, v] of new URLSearchParams(location.search)) if (!params.has(k)) params.set(k, v);
  const view = path.startsWith("/stacks/create") ? review(params) : path.startsWith("/stacks/events") ? await events(params, mine) : await list();
  if (!quiet) await sleep(boot.section_ms);
  if (mine === turn) main.replaceChildren(...view);
}
window.addEventListener("hashchange", () => render());
render();
