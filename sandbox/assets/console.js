// What every console page has: the first-steps note.
"use strict";
const note = document.querySelector(".nav-tooltip");
if (note) {
  // On the stack pages the note covers the page until it is closed.
  const shade = location.pathname.startsWith("/cloudformation") ? h("div", { class: "nav-tooltip-shade" }) : null;
  if (shade) document.body.append(shade);
  note.querySelector("button").addEventListener("click", () => {
    remember("practice-tooltip-done");
    note.remove();
    if (shade) shade.remove();
  });
}

async function rest(path, method = "GET", body = undefined) {
  const answer = await fetch(path, { method, headers: { "content-type": "application/json" }, body: body === undefined ? undefined : JSON.stringify(body) });
  if (answer.status === 401) { location.reload(); return new Promise(() => {}); }
  const text = await answer.text();
  return { ok: answer.ok, status: answer.status, body: text ? JSON.parse(text) : {} };
}
