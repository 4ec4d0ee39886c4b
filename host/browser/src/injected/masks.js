// The sealed values that are bound to this document's origin: they are masked in every text that the
// host asks about, so that no answer tells what is behind the mask. Scripts of the page can't read this
// world. What counts as a part of a value is as in the host (runs.rs), or more, but never less: whatever
// stands between the characters of a run is passed over.

const RUN = 6, WORD = 12, PARTED = 8;

/** Runs of one length. Nearly every place of a text is passed over by its first two characters alone. */
const runsOf = length => ({ length, known: new Set(), starts: new Uint8Array(1 << 16) });
const pairAt = (line, at) => (31 * line.charCodeAt(at) + line.charCodeAt(at + 1)) & 0xffff;

/** Runs with a digit, runs of letters, runs with a sign; what has none of these as a whole. */
const values = { all: new Set(), runs: runsOf(RUN), words: runsOf(WORD), signs: runsOf(RUN), wholes: [] };

/** What was asked of short texts, such as the ids of a large page, is asked again and again. */
const answered = new Map();
const ANSWERED = 5000, SHORT = 100;

const isAscii = text => /^[\0-\x7f]*$/.test(text);

/** In lower case, unit by unit. */
const folded = text => isAscii(text) ? text.toLowerCase() : text.split('').map(unit => unit.toLowerCase()[0]).join('');
// What letters and numbers there are in Unicode takes long to find out, and most values and texts have none but these.
const lettersOf = text => isAscii(text) ? text.replace(/[^a-z0-9]+/gi, '') : text.replace(/[^\p{L}\p{N}]+/gu, '');
const hasNumber = text => isAscii(text) ? /[0-9]/.test(text) : /\p{N}/u.test(text);
const hasSign = text => isAscii(text) ? /[^a-z0-9\s]/i.test(text) : /[^\p{L}\p{N}\s]/u.test(text);

function learn(runs, line, counts) {
  for (let at = 0; at + runs.length <= line.length; at++) {
    const run = line.slice(at, at + runs.length);
    if (!counts(run)) continue;
    runs.known.add(run);
    runs.starts[pairAt(run, 0)] = 1;
  }
}

function* foundIn(runs, line) {
  if (!runs.known.size) return;
  for (let at = 0; at + runs.length <= line.length; at++) {
    if (runs.starts[pairAt(line, at)] && runs.known.has(line.slice(at, at + runs.length))) yield at;
  }
}

/** From now on these values are masked here. The host never sends them to a document of another origin. */
function know(secrets, origin) {
  if (self.origin !== origin) return;
  for (const secret of secrets) {
    if (values.all.has(secret)) continue;
    values.all.add(secret);
    answered.clear();
    const signs = folded(secret), letters = lettersOf(signs);
    const before = values.runs.known.size + values.words.known.size;
    if (signs.length >= PARTED) {
      learn(values.runs, letters, hasNumber);
      learn(values.words, letters, run => !hasNumber(run));
      learn(values.signs, signs, run => hasSign(run) && new Set(run).size > 2);
    }
    if (values.runs.known.size + values.words.known.size === before) values.wholes.push(wholeOf(secret));
  }
}

const BETWEEN = 8, LONGEST_APART = 64, MOST_PLACES = 32;

/** `%20`, `\x20` or `\u0020`: its digits are none of what follows. */
const ESCAPE = /(?:%|\\x|\\u[0-9a-f]{2})[0-9a-f]{2}$/;

/** Whether a place is a part of a longer number, which has a short value by chance: as in the host (whole.rs). */
function inNumber(line, from, to) {
  const before = line.slice(Math.max(0, from - 6), from);
  return /[0-9]-?$/.test(before) && !ESCAPE.test(before) && /[0-9]/.test(line[from])
    || /^-?[0-9]/.test(line.slice(to, to + 2)) && /[0-9]/.test(line[to - 1]);
}

/** All of it, in any case, and which signs there may be between its letters where a page may group them. */
function wholeOf(secret) {
  const units = folded(secret), few = units.length < RUN;
  const grouped = few ? units.length > 3 && lettersOf(units) === units : units.length <= LONGEST_APART;
  return { units, few, between: grouped ? (few ? /[\s\-.]/ : /[^0-9a-z]/) : null };
}

/**
 * Where a value ends that begins here; -1 if it doesn't. A sign may be one of its own or one between: all that
 * it can be is followed at once, as in the host (whole.rs). An expression would try one after the other.
 */
function endOf({ units, between }, line, start) {
  let here = new Set([start]);
  for (let unit = 0; unit < units.length && here.size && here.size <= MOST_PLACES; unit++) {
    const next = new Set();
    for (const from of here) {
      const last = unit && between ? Math.min(from + BETWEEN, line.length - 1) : from;
      for (let at = from; at <= last; at++) {
        if (line[at] === units[unit]) next.add(at + 1);
        if (!between?.test(line[at])) break;
      }
    }
    here = next;
  }
  return here.size ? Math.max(...here) : -1;
}

function* wholesIn(whole, line) {
  for (let at = line.indexOf(whole.units[0]); at >= 0; at = line.indexOf(whole.units[0], at)) {
    const end = endOf(whole, line, at);
    const shown = end >= 0 && !(whole.few && inNumber(line, at, end));
    if (shown) yield [at, end];
    at = shown ? end : at + 1;
  }
}

function showsPlainly(text) {
  const signs = folded(text), letters = lettersOf(signs);
  const has = (runs, line) => !foundIn(runs, line).next().done;
  return has(values.runs, letters) || has(values.words, letters) || has(values.signs, signs) || values.wholes.some(whole => !wholesIn(whole, signs).next().done);
}

/** The places of a text that show a value or a part of one, in order: from and to. */
function placesIn(text) {
  const places = [], where = [], signs = folded(text);
  for (const { index, 0: letter } of signs.matchAll(/[\p{L}\p{N}]/gu)) for (let unit = 0; unit < letter.length; unit++) where.push(index + unit);
  const letters = lettersOf(signs);
  for (const runs of [values.runs, values.words]) for (const at of foundIn(runs, letters)) places.push([where[at], where[at + runs.length - 1] + 1]);
  for (const at of foundIn(values.signs, signs)) places.push([at, at + RUN]);
  for (const whole of values.wholes) places.push(...wholesIn(whole, signs));
  return places.sort((a, b) => a[0] - b[0]);
}

/** A text as it reads where its escapes are undone and its tags are left out; null if it has none. */
function unescaped(text) {
  if (!/[%&\\<]/.test(text)) return null;
  const sign = (all, digits, base) => {
    const number = parseInt(digits, base);
    return number <= 0x10ffff ? String.fromCodePoint(number) : all;
  };
  const spaced = text.includes('%') ? text.replaceAll('+', ' ') : text;
  return spaced.replace(/<[^<>]*>/g, '')
    .replace(/(?:%[0-9a-f]{2})+/gi, all => new TextDecoder().decode(Uint8Array.from(all.slice(1).split('%'), digits => parseInt(digits, 16))))
    .replace(/&#x([0-9a-f]{1,6});/gi, (all, digits) => sign(all, digits, 16))
    .replace(/&#([0-9]{1,7});/g, (all, digits) => sign(all, digits, 10))
    .replace(/&(amp|lt|gt|quot|apos);/g, (_, name) => ({ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" })[name])
    .replace(/&[a-z][a-z0-9]{0,7};/gi, ' ')
    .replace(/\\(?:u([0-9a-f]{4})|x([0-9a-f]{2}))/gi, (all, long, short) => sign(all, long || short, 16))
    .replace(/\\(["'\\/])/g, '$1');
}

/** Whether a text shows a value that is known here, or a part of one. */
function shows(text) {
  if (!values.all.size || !text) return false;
  if (answered.has(text)) return answered.get(text);
  const does = showsPlainly(text) || showsPlainly(unescaped(text) || '');
  if (text.length <= SHORT && answered.size < ANSWERED) answered.set(text, does);
  return does;
}

/** A text without them. */
function masked(text) {
  if (!shows(text)) return text;
  let left = '', end = 0;
  for (const [from, to] of placesIn(text)) {
    if (from >= end) left += text.slice(end, from) + HIDDEN;
    end = Math.max(end, to);
  }
  left += text.slice(end);
  // Escapes hide where it is.
  return showsPlainly(unescaped(left) || '') ? HIDDEN : left;
}

/** Whether a field holds a secret, by what was put into it or what it shows. */
function keepsSecret(field) {
  if (!field || field.nodeType !== Node.ELEMENT_NODE) return false;
  const text = field.matches(FIELDS) ? String(field.value) : field.isContentEditable ? field.textContent : '';
  return Boolean(text) && (sealed.has(field) || shows(text));
}

const HARMLESS = new Set('Tab Enter Escape Shift Control Alt Meta ArrowLeft ArrowRight Home End'.split(' '));

/** Whether a key changes nothing of what is in a field. */
function isHarmless(field, key, selecting) {
  if (key === 'Enter') return field.nodeName !== 'TEXTAREA' && !field.isContentEditable;
  return HARMLESS.has(key) || (selecting && key.toLowerCase() === 'a');
}

/** A key typed into the middle of a secret leaves pieces of it that nobody knows for such. */
function refuseKey(event) {
  if (!event.isTrusted) return;
  if (isLate(event)) return stop(event);
  const field = event.composedPath()[0];
  if (!keepsSecret(field)) return;
  if (event.type === 'keydown' ? isHarmless(field, event.key, event.ctrlKey || event.metaKey) : event.inputType === 'insertLineBreak' && field.nodeName === 'INPUT') return;
  stop(event);
}

/** What stands in the brackets of a selector. A bracket that is escaped or quoted is none. */
function bracketsOf(selector) {
  const found = [];
  let from = -1, quote = '';
  for (let at = 0; at < selector.length; at++) {
    const sign = selector[at];
    if (sign === '\\') at++;
    else if (quote) quote = sign === quote ? '' : quote;
    else if (sign === '"' || sign === "'") quote = sign;
    else if (sign === '[' && from < 0) from = at + 1;
    else if (sign === ']' && from >= 0) {
      found.push(selector.slice(from, at));
      from = -1;
    }
  }
  // One that is left open ends with the text.
  return from < 0 ? found : [...found, selector.slice(from)];
}

/** Css may not ask for what holds a secret anywhere in the document: each answer would tell a bit of it. */
function refuseCss(root, selector) {
  if (!values.all.size || !/[[.#]/.test(selector)) return;
  const names = new Set();
  if (selector.includes('/*')) throw new Error('css may have no comments here: the page knows a secret value');
  for (const inner of bracketsOf(selector)) {
    if (inner.includes('\\')) throw new Error('css may have no backslash in brackets here: the page knows a secret value');
    const name = inner.match(/^\s*(?:([^=|]*)\|(?!=))?\s*([^\s=~|^$*]+)/);
    if (name) names.add(name[1] ? `*|${name[2]}` : name[2]);
  }
  if (selector.includes('.')) names.add('class');
  if (selector.includes('#')) names.add('id');
  for (const name of names) {
    const holds = remembered('showing', name, () => scopesOf(document).some(scope => attributeShows(scope, name)));
    if (holds) throw new Error(`css may not ask for ${quoted(name.replace('*|', ''))} here: it holds a secret value`);
  }
}

/** Whether an element below shows a value in an attribute of that name; of whatever namespace, if the name begins with a star. */
function attributeShows(scope, name) {
  const local = name.replace('*|', ''), everywhere = local !== name;
  for (const element of scope.querySelectorAll(`[${everywhere ? '*|' : ''}${CSS.escape(local)}]`)) {
    if (!everywhere && element instanceof HTMLElement) {
      if (shows(its.attribute(element, local))) return true;
      continue;
    }
    // Of other elements, Chromium takes a name in any case.
    for (const attribute of its.attributes(element)) {
      if (attribute.localName.toLowerCase() === local.toLowerCase() && shows(attribute.value)) return true;
    }
  }
  return false;
}
