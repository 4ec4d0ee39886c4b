// Words for elements: how an element is shown to a person in an error, which locator would find
// it alone, and which elements of the page come nearest to one that is not there.
// Values typed into fields are never part of any of these.

function clip(text, length) {
  return text.length > length ? text.slice(0, length - 1) + '…' : text;
}

/** An element in a few words: tag, telling attributes, the start of its text. */
function describe(element) {
  if (!element || element.nodeType !== Node.ELEMENT_NODE) return 'the page itself';
  const parts = [element.localName];
  for (const name of ['id', 'name', 'type', 'role', 'data-testid', 'aria-label', 'title', 'alt', 'placeholder', 'src']) {
    const value = element.getAttribute(name);
    if (value) parts.push(/[\s"<>]/.test(value) ? `${name}="${clip(value, 40)}"` : `${name}=${clip(value, 60)}`);
  }
  if (parts.length === 1 && element.classList.length) parts.push(`class="${clip([...element.classList].join(' '), 40)}"`);
  const text = ['HTML', 'BODY', 'SELECT', 'TEXTAREA'].includes(element.nodeName) ? '' : clip(textOf(element), 50);
  return `<${parts.join(' ')}>${text}`;
}

function quoted(text) {
  return JSON.stringify(text);
}

/** Steps in the host's notation. */
function written(steps) {
  const one = step => {
    switch (step.k) {
      case 'role': return `role(${step.role}, ${quoted(step.m.v)})`;
      case 'css': return `css(${quoted(step.v)})`;
      case 'nth': return `nth(${step.i})`;
      case 'testid': return `test_id(${quoted(step.v)})`;
      case 'alt': return `alt_text(${quoted(step.m.v)})`;
      default: return `${step.k}(${quoted(step.m.v)})`;
    }
  };
  return steps.map(one).join('.');
}

/** An id that a person could have written. */
function isShort(id) {
  return Boolean(id) && id.length <= 200;
}

/** Where an element stands in its document or shadow root, from the nearest id down. */
function cssPath(element) {
  const path = [];
  for (let node = element; node && node.nodeType === Node.ELEMENT_NODE; node = node.parentElement) {
    if (isShort(node.id) && node !== element) {
      path.unshift(`#${CSS.escape(node.id)}`);
      break;
    }
    const tag = CSS.escape(node.localName);
    const twins = node.parentElement ? [...node.parentElement.children].filter(other => other.nodeName === node.nodeName) : [];
    path.unshift(twins.length > 1 ? `${tag}:nth-of-type(${twins.indexOf(node) + 1})` : tag);
  }
  return path.join(' > ');
}

/** Ways to find an element, those that outlive a redesign first. */
function* waysTo(element) {
  const exact = v => ({ t: 'exact', v });
  const fit = text => text && text.length < 80;
  const role = roleOf(element);
  const name = role && !isHiddenFromReaders(element) ? nameOf(element) : '';
  if (fit(name) && !isPlain(role)) yield [{ k: 'role', role, m: exact(name) }];
  if (element.matches(LABELLED)) for (const label of labelTexts(element)) if (fit(label)) yield [{ k: 'label', m: exact(label) }];
  const testId = element.getAttribute('data-testid');
  if (testId) yield [{ k: 'testid', v: testId }];
  for (const k of ['placeholder', 'alt', 'title']) {
    const text = normal(element.getAttribute(k) || '');
    if (fit(text)) yield [{ k, m: exact(text) }];
  }
  const text = textOf(element);
  if (text && text.length < 60) yield [{ k: 'text', m: exact(text) }];
  yield* cssWaysTo(element);
}

function* cssWaysTo(element) {
  const tag = CSS.escape(element.localName);
  if (isShort(element.id)) yield [{ k: 'css', v: `#${CSS.escape(element.id)}` }];
  const named = element.getAttribute('name');
  if (isShort(named)) yield [{ k: 'css', v: `${tag}[name=${quoted(named)}]` }];
  const chain = [];
  for (let node = element; node; node = node.getRootNode().host) chain.unshift({ k: 'css', v: cssPath(node) });
  yield chain;
}

/** A locator, in the host's notation, that finds this element alone in its frame. */
function suggest(element, thorough) {
  const alone = steps => {
    try {
      const found = resolve(steps);
      return found.length === 1 && found[0] === element;
    } catch {
      return false;
    }
  };
  if (thorough) for (const steps of waysTo(element)) if (alone(steps)) return written(steps);
  for (const steps of cssWaysTo(element)) if (alone(steps)) return written(steps);
  const tags = [{ k: 'css', v: CSS.escape(element.localName) }];
  return written([...tags, { k: 'nth', i: resolve(tags).indexOf(element) }]);
}

/** How many elements may be looked at to find the best locators; the first candidate has its in any case. */
const DESCRIBED = 20000;

function candidates(elements) {
  return inOneLook(() => {
    // On a huge page there is no time for the best of all: the place of an element is found at once.
    const thorough = DESCRIBED / everyElement(document).length;
    return elements.slice(0, 10).map((element, at) => ({ what: describe(element), locator: suggest(element, at === 0 || at < thorough) }));
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
  const telling = [element.id, element.getAttribute('name'), element.getAttribute('data-testid'), element.getAttribute('placeholder'),
    element.getAttribute('title'), element.getAttribute('alt'), element.localName];
  if (element.matches(LABELLED)) telling.push(...labelTexts(element));
  if (its && (NAMED_BY_CONTENT.has(its) || its === 'textbox')) telling.push(nameOf(element));
  else if (!element.children.length) telling.push(clip(textOf(element), 80));
  let score = 0;
  for (const word of words) for (const text of telling) if (text) score = Math.max(score, answers(word, text));
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
