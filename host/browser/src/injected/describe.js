// Words for elements: how an element is shown to a person in an error, which locator would find
// it alone, and which elements of the page come nearest to one that is not there.
// Values typed into fields are never part of any of these.

/** The beginning of a text. The host can't read half a pair of code units, such as of a cut emoji. */
function clip(text, length) {
  return (text.length > length ? text.slice(0, length - 1).replace(/[\ud800-\udbff]$/, '') + '…' : text).toWellFormed();
}

/** An element in a few words: tag, telling attributes, the start of its text. */
function describe(element) {
  if (!element || element.nodeType !== Node.ELEMENT_NODE) return 'the page itself';
  const parts = [element.localName];
  for (const name of ['id', 'name', 'type', 'role', 'data-testid', 'aria-label', 'title', 'alt', 'placeholder', 'src']) {
    const value = masked(element.getAttribute(name));
    if (value) parts.push(/[\s"<>]/.test(value) ? `${name}="${clip(value, 40)}"` : `${name}=${clip(value, 60)}`);
  }
  if (parts.length === 1 && element.classList.length) parts.push(`class="${clip(masked([...element.classList].join(' ')), 40)}"`);
  const text = ['HTML', 'BODY', 'SELECT', 'TEXTAREA'].includes(element.nodeName) ? '' : clip(masked(writtenIn(element)), 50);
  return `<${parts.join(' ')}>${text}`;
}

/** Its text, unless part of that may have been typed. */
function writtenIn(element) {
  return element.isContentEditable || element.querySelector('[contenteditable]:not([contenteditable=false i])') ? '' : textOf(element);
}

function quoted(text) {
  return JSON.stringify(text);
}

/** An attribute's value that can be part of css. */
function isShort(value) {
  return Boolean(value) && value.length <= 200 && value.isWellFormed() && !/[\0-\x1f]/.test(value);
}

/** Written by a person, as far as can be told: what a program makes up anew goes to and fro between cases, letters and digits. */
function isLasting(id) {
  // As React makes them.
  if (!isShort(id) || /[:«]r[0-9a-v]{1,3}[:»]|_r_[0-9a-v]{1,3}_/.test(id)) return false;
  const kinds = id.replace(/[^\p{L}\p{N}]/gu, '').replace(/\p{N}/gu, '0').replace(/\p{Ll}/gu, 'a').replace(/\p{Lu}/gu, 'A');
  const changes = kinds.match(/(?=aA|[aA]0|0[aA])/g) || [];
  return changes.length < Math.max(2, id.length / 4);
}

/** Where an element stands in its document or shadow root, from the nearest id down. */
function cssPath(element) {
  const path = [];
  for (let node = element; node && node.nodeType === Node.ELEMENT_NODE; node = node.parentElement) {
    const id = node.getAttribute('id');
    if (isLasting(id) && node !== element) {
      path.unshift(`#${CSS.escape(id)}`);
      break;
    }
    const tag = CSS.escape(node.localName);
    const twins = node.parentNode ? childrenOf(node.parentNode).filter(other => other.nodeName === node.nodeName) : [];
    path.unshift(twins.length > 1 ? `${tag}:nth-of-type(${twins.indexOf(node) + 1})` : tag);
  }
  return path.join(' > ');
}

const isFrame = element => element.nodeName === 'IFRAME' || element.nodeName === 'FRAME';

/** Ways to find an element by what a person sees or hears, those that outlive a redesign first. */
function* wordsTo(element) {
  // A frame is entered by css.
  if (isFrame(element)) return;
  const exact = v => ({ t: 'exact', v });
  // What is of private signs alone is a picture from a font.
  const fit = (text, length = 80) => text && text.length < length && text.isWellFormed() && /[^\p{Co}\s]/u.test(text);
  const role = roleOf(element);
  const name = role && !isHiddenFromReaders(element) ? nameOf(element) : '';
  if (fit(name) && !isPlain(role)) yield [{ k: 'role', role, m: exact(name) }];
  if (element.matches(LABELLED)) for (const label of new Set(labelTexts(element))) if (fit(label)) yield [{ k: 'label', m: exact(label) }];
  const testId = element.getAttribute('data-testid');
  if (isShort(testId)) yield [{ k: 'testid', v: testId }];
  for (const k of ['placeholder', 'alt', 'title']) {
    const text = normal(element.getAttribute(k) || '');
    if (fit(text)) yield [{ k, m: exact(text) }];
  }
  const text = writtenIn(element);
  if (fit(text, 60)) yield [{ k: 'text', m: exact(text) }];
}

/** Ways by the names that a program gave it. */
function* namesTo(element) {
  const tag = CSS.escape(element.localName), id = element.getAttribute('id');
  const by = attribute => {
    const value = element.getAttribute(attribute);
    const word = /^[a-z][\w-]*$/i.test(value) ? value : quoted(value);
    return isLasting(value) ? [[{ k: 'css', v: `${tag}[${attribute}=${word}]` }]] : [];
  };
  const byId = isLasting(id) ? [[{ k: 'css', v: `#${CSS.escape(id)}` }]] : [];
  yield* isFrame(element) ? [...by('name'), ...by('title'), ...byId] : [...byId, ...by('name')];
}

/** The way by where it stands, through all shadow roots. */
function wayByPlace(element) {
  const chain = [];
  for (let node = element; node; node = hostOf(node)) chain.unshift({ k: 'css', v: cssPath(node) });
  return chain;
}

function findsAlone(steps, element, root = document) {
  try {
    const found = resolve(steps, root);
    return found.length === 1 && found[0] === element;
  } catch {
    return false;
  }
}

/** How many of the elements around one that looks like others are asked what sets it apart. */
const AROUND = 6;
/** The last place among those alike that a person would count to. */
const COUNTED = 5;

/** Of several that are alike: by what is around this one, or by its place among them. */
function* placesAmongTwins(element) {
  const own = [...wordsTo(element)];
  let around = parentOf(element);
  for (let up = 0; own.length && around && up < AROUND; up++, around = parentOf(around)) {
    const outer = remembered('way', around, node => [...wordsTo(node)].find(steps => findsAlone(steps, node)));
    if (outer) for (const steps of own) yield [...outer, ...steps];
  }
  for (const steps of own) {
    const i = resolve(steps).indexOf(element);
    if (i >= 0 && i <= COUNTED) yield [...steps, { k: 'nth', i }];
  }
}

function* waysTo(element, thorough) {
  if (thorough) yield* wordsTo(element);
  yield* namesTo(element);
  if (thorough) yield* placesAmongTwins(element);
  yield wayByPlace(element);
}

/** The steps of a locator that finds this element alone in its frame. */
function suggest(element, thorough) {
  for (const steps of waysTo(element, thorough)) if (findsAlone(steps, element)) return steps;
  const tags = [{ k: 'css', v: CSS.escape(element.localName) }];
  return [...tags, { k: 'nth', i: resolve(tags).indexOf(element) }];
}

/** How many elements may be looked at to find the best locators; the first candidate has its in any case. */
const DESCRIBED = 20000;

function candidates(elements) {
  return inOneLook(() => {
    // On a huge page there is no time for the best of all: the place of an element is found at once.
    const thorough = DESCRIBED / everyElement(document).length;
    return elements.slice(0, 10).map((element, at) => ({ what: describe(element), steps: suggest(element, at === 0 || at < thorough) }));
  });
}

function pairsOf(text) {
  const clean = text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ' ').trim();
  const pairs = new Set();
  for (let i = 0; i + 1 < clean.length; i++) pairs.add(clean.slice(i, i + 2));
  return pairs;
}

/** How alike two texts are, 0 to 1, by the pairs of letters they share. */
function likeness(a, b) {
  const left = pairsOf(a), right = pairsOf(b);
  if (!left.size || !right.size) return 0;
  let shared = 0;
  for (const pair of left) if (right.has(pair)) shared++;
  return (2 * shared) / (left.size + right.size);
}

/** How well an element's word answers a wanted one: a part counts, the more the longer it is. */
function answers(wanted, own) {
  const small = wanted.toLowerCase(), large = own.toLowerCase();
  const part = small.length > 2 && large.length > 2 && (large.includes(small) || small.includes(large));
  const share = Math.min(small.length, large.length) / Math.max(small.length, large.length);
  return Math.max(likeness(wanted, own), part ? 0.4 + 0.5 * share : 0);
}

/** What the steps of a locator ask for, as plain words to compare with. */
function wantedWords(steps) {
  const words = [];
  let role = null;
  for (const step of steps) {
    if (step.m) words.push(step.m.v);
    if (step.text) words.push(step.text.v);
    if (step.k === 'testid') words.push(step.v);
    if (step.role) role = step.role;
    if (step.k === 'css') {
      words.push(...(step.v.match(/[#.][\w-]+|=\s*["']?[^"'\]]+/g) || []).map(word => word.replace(/^[#.=\s"']+/, '')));
      const last = step.v.match(/([a-z][\w-]*)[^\s>+~]*$/i);
      if (last) words.push(last[1]);
    }
    for (const inner of [step.steps, step.has]) {
      if (!inner) continue;
      const also = wantedWords(inner);
      words.push(...also.words);
      role = role || also.role;
    }
  }
  return { words: words.filter(Boolean), role };
}

/** How many elements are ranked, on however huge a page. */
const RANKED = 3000;
/** What is looked at before everything else: what can be acted on, and what has a name. */
const TELLING = 'a,button,input,select,textarea,label,summary,iframe,h1,h2,h3,[role],[id],[name],[data-testid],[aria-label]';

/** How near an element comes to what was looked for, 0 for not at all. */
function nearness(element, words, role) {
  const its = roleOf(element);
  const telling = [element.getAttribute('id'), element.getAttribute('name'), element.getAttribute('data-testid'), element.getAttribute('placeholder'),
    element.getAttribute('title'), element.getAttribute('alt'), element.localName];
  if (element.matches(LABELLED)) telling.push(...new Set(labelTexts(element)));
  if (its && (NAMED_BY_CONTENT.has(its) || its === 'textbox')) telling.push(nameOf(element));
  else if (!element.firstElementChild) telling.push(clip(masked(textOf(element)), 80));
  let score = 0;
  for (const word of words) for (const text of telling.map(masked)) if (text) score = Math.max(score, answers(word, text));
  if (role && its === role) score += 0.35;
  return score > 0.34 ? score : 0;
}

/** The visible elements that come nearest to what was looked for. */
function nearest(steps) {
  return inOneLook(() => {
    const { words, role } = wantedWords(steps);
    const all = everyElement(document).filter(element => !SILENT.has(element.nodeName));
    const telling = all.filter(element => element.matches(TELLING));
    const others = all.filter(element => !element.matches(TELLING));
    const scored = [];
    for (const element of [...telling, ...others].slice(0, RANKED)) {
      const score = nearness(element, words, role);
      if (score) scored.push({ element, score });
    }
    scored.sort((a, b) => b.score - a.score);
    const best = [];
    for (const { element } of scored) {
      if (best.length === 5) break;
      if (isVisible(element)) best.push(element);
    }
    return candidates(best);
  });
}
