// What the pages share. Elements are made by `h`; nothing is loaded from elsewhere.
"use strict";
const boot = JSON.parse(document.getElementById("boot").textContent);
const sleep = (ms) => new Promise((go) => (ms > 0 ? setTimeout(go, ms) : go()));

function h(tag, props = {}, ...kids) {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(props)) {
    if (v === null || v === undefined || v === false) continue;
    if (k.startsWith("on")) e.addEventListener(k.slice(2), v);
    else e.setAttribute(k, v === true ? "" : v);
  }
  e.append(...kids.flat(Infinity).filter((k) => k !== null && k !== undefined && k !== false));
  return e;
}

// One button in its wrapper; type submit for the one that continues.
function awsuiButton(words, props = {}) {
  return h("awsui-button", {}, h("button", { type: "submit", ...props }, h("span", {}, words)));
}

// A label, an input that is the first child of its parent, and a place for an error.
function field(label, name, id, props = {}, hint = null) {
  return h("div", { class: "field", "data-field": name },
    h("label", { for: id }, label), hint && h("div", { class: "hint" }, hint),
    h("awsui-input", {}, h("input", { id, name, type: "text", autocomplete: "off", ...props })),
    h("div", { class: "field-error" }));
}

function choice(type, name, value, id, label, checked = false) {
  return h("div", { class: "choice" }, h("input", { type, name, value, id, checked }), h("label", { for: id }, label));
}

// The component library's select: a trigger, and a list that exists while it is open.
function awsuiSelect(id, { label, opens, options, value, filter, filterId, name, onpick }) {
  const shown = h("span", { class: "select-value" });
  const root = h("awsui-select", { id });
  const keep = h("input", { type: "hidden", name });
  const pick = (option) => { shown.textContent = option ? option[1] : "Choose an option"; keep.value = option ? option[0] : ""; root.value = keep.value; };
  pick(options.find((o) => o[0] === value));
  let list = null;
  const shut = () => { if (list) { list.remove(); list = null; trigger.setAttribute("aria-expanded", "false"); } };
  const fill = (ul, wanted) => {
    const text = wanted.trim().toLowerCase();
    const hits = options.filter((o) => o[1].toLowerCase().includes(text) || o[0].toLowerCase() === text);
    const rank = (o) => (o[1].toLowerCase() === text ? 0 : o[0].toLowerCase() === text ? 1 : o[1].toLowerCase().startsWith(text) ? 2 : 3);
    if (text) hits.sort((a, b) => rank(a) - rank(b));
    ul.replaceChildren(...hits.map((o, n) => h("li", { id: `${id}-dropdown-option-${n}`, role: "option", "aria-label": o[1],
      onclick: (e) => { e.stopPropagation(); pick(o); shut(); if (onpick) onpick(o); } },
      h("div", {}, h("div", {}, h("div", {}, h("span", {}, h("span", {}, o[1]))))))));
  };
  const open = () => {
    const ul = h("ul", { id: `${id}-dropdown-options`, role: "listbox", "aria-label": label });
    const search = filter && h("input", { id: filterId, type: "text", role: "searchbox", "aria-label": filter, autocomplete: "off", oninput: (e) => fill(ul, e.target.value) });
    fill(ul, "");
    list = h("div", { class: "select-dropdown", id: `${id}-dropdown` }, search && h("div", {}, search), ul);
    root.append(list);
    trigger.setAttribute("aria-expanded", "true");
    if (search) search.focus();
  };
  const trigger = h("div", { class: "select-trigger", role: "button", tabindex: "0", "aria-haspopup": "listbox", "aria-expanded": "false", "aria-label": opens || label,
    onclick: () => (list ? shut() : open()), onkeydown: (e) => { if (e.key === "Enter" || e.key === " ") { e.preventDefault(); list ? shut() : open(); } } },
    shown, h("awsui-icon", { name: "caret-down-filled" }, h("span", { "aria-hidden": "true" }, "\u25be")));
  root.append(trigger, h("span", {}, keep));
  document.addEventListener("click", (e) => { if (list && !root.contains(e.target)) shut(); });
  return root;
}

const EAR = "data:image/svg+xml," + encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" width="28" height="28"><rect width="28" height="28" rx="4" fill="#0b63b0"/><path d="M7 11h4l5-4v14l-5-4H7z" fill="#fff"/><path d="M19 10q3 4 0 8" stroke="#fff" stroke-width="2" fill="none"/></svg>');
const EYE = "data:image/svg+xml," + encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" width="28" height="28"><rect width="28" height="28" rx="4" fill="#0b63b0"/><ellipse cx="14" cy="14" rx="8" ry="5" fill="none" stroke="#fff" stroke-width="2"/><circle cx="14" cy="14" r="2.5" fill="#fff"/></svg>');

// A captcha: the picture first, the sound on demand. Both pictures are first children.
function captchaBlock(captcha) {
  const media = h("div", {});
  const toggle = (alt, src, to) => h("div", {}, h("span", { class: "switch", role: "button", tabindex: "0", onclick: () => media.replaceChildren(...to()) }, h("img", { alt, src })));
  const visual = () => [h("div", {}, h("img", { alt: "captcha", src: captcha.image, width: "260", height: "80" })),
    captcha.audio && toggle("Change to audio security check", EAR, audio)].filter(Boolean);
  const play = async () => {
    const sound = await (await fetch(captcha.audio)).blob();
    new Audio(URL.createObjectURL(sound)).play().catch(() => {});
  };
  const audio = () => [h("div", {}, h("span", { role: "button", tabindex: "0", "aria-label": "Play Audio", onclick: play }, "\u25b6 Play")),
    toggle("Change to visual security check", EYE, visual)];
  media.append(...visual());
  return h("div", { class: "captcha", "data-captcha": captcha.id }, media,
    h("label", { for: "captchaGuess", class: "label" }, "Security check"),
    h("div", {}, h("input", { id: "captchaGuess", name: "captchaGuess", type: "text", autocomplete: "off" })),
    captcha.wrong && h("div", { class: "field-error", role: "alert" }, "That wasn't right. Please try the new security check."));
}

function countries() {
  const names = new Intl.DisplayNames(["en"], { type: "region" });
  const codes = "AD AE AF AG AI AL AM AO AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GT GU GW GY HK HN HR HT HU ID IE IL IM IN IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";
  return codes.split(" ").map((c) => [c, names.of(c)]).sort((a, b) => a[1].localeCompare(b[1]));
}

function dialCodes() {
  const names = new Intl.DisplayNames(["en"], { type: "region" });
  const codes = "US1 CA1 GB44 DE49 AT43 CH41 FR33 IT39 ES34 PT351 NL31 BE32 LU352 DK45 SE46 NO47 FI358 IS354 IE353 PL48 CZ420 SK421 HU36 RO40 BG359 GR30 HR385 SI386 EE372 LV371 LT370 MT356 CY357 TR90 UA380 RS381 IL972 AE971 SA966 EG20 ZA27 NG234 KE254 MA212 IN91 PK92 BD880 LK94 CN86 HK852 TW886 JP81 KR82 SG65 MY60 TH66 VN84 PH63 ID62 AU61 NZ64 BR55 MX52 AR54 CL56 CO57 PE51 UY598";
  return codes.split(" ").map((c) => [c.slice(0, 2), `${names.of(c.slice(0, 2))} (+${c.slice(2)})`, `+${c.slice(2)}`]);
}

// A cookie that subdomains share where the real sites' host names are mapped to this console.
function remember(name) {
  const domain = location.hostname.endsWith(".aws.amazon.com") ? "; Domain=aws.amazon.com" : "";
  document.cookie = `${name}=yes; Path=/; SameSite=Lax${domain}`;
}

for (const button of document.querySelectorAll("#awsccc-cb-buttons > button")) {
  button.addEventListener("click", () => {
    const banner = document.getElementById("awsccc-cb");
    remember(`practice-consent-${banner.dataset.site}`);
    banner.remove();
  });
}
