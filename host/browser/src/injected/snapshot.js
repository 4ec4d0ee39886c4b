// The document as HTML that can be looked at later without the network and without doing anything:
// no scripts, no handlers, no addresses to go to. What it needs from elsewhere is named by
// placeholders, which the host replaces: `mavm-style:N` a style sheet, `mavm-url:N` a picture or
// font, `mavm-frame:N` the document of a frame. What is typed into fields is kept, except where it
// is secret; the host looks through the whole for used values.

const LEFT_OUT = new Set('script noscript base meta object embed applet template param source track'.split(' '));
const VOID = new Set('area br col hr img input link wbr'.split(' '));
const GOES_ELSEWHERE = new Set('src srcset srcdoc action formaction ping poster background data manifest nonce integrity target sizes imagesrcset sandbox allow codebase archive cite longdesc http-equiv'.split(' '));
const HIDDEN = '••••';
const LONGEST_ADDRESS = 1 << 13;

let marked = null;
let styleCount = 0;
const styleTexts = new Map();
const urlNumbers = new Map();
const sheets = new WeakMap();

function escaped(text) {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}

function isSecret(field) {
  return sealed.has(field) || field.type === 'password' || field.type === 'hidden';
}

/** Styles without pictures that the page made itself; some functions take an address as a mere string. */
function withoutMade(css) {
  return css.replace(/url\(\s*["']?(?:data|blob):[^)]*\)/gi, 'url("")').replace(/"(?:data|blob):[^"]*"|'(?:data|blob):[^']*'/gi, '""');
}

/** The rules of a sheet with its imports; null if the page may not read it. */
function rulesOf(sheet, rewrite, depth) {
  let rules;
  try {
    rules = sheet.cssRules;
  } catch {
    return null;
  }
  // Turning rules into text takes long; a sheet with as many rules as before is seldom another.
  const last = rules.length ? rules[rules.length - 1].cssText : '';
  const key = `${rules.length} ${sheet.ownerNode ? sheet.ownerNode.textContent.length : 0} ${last}`;
  let known = sheets.get(sheet);
  if (!known || known.key !== key) {
    const texts = [];
    for (const rule of rules) {
      if (rule.type !== CSSRule.IMPORT_RULE) {
        texts.push(rule.cssText);
        continue;
      }
      const inner = rule.styleSheet && depth < 5 ? rulesOf(rule.styleSheet, rewrite, depth + 1) : null;
      if (inner) texts.push(rule.media.mediaText ? `@media ${rule.media.mediaText} {${inner}}` : inner);
    }
    known = { ...known, key, raw: texts.join('\n') };
    sheets.set(sheet, known);
  }
  return /url\(|["'](?:data|blob):/i.test(known.raw) ? rewrite(known.raw, sheet.href || its.base(document)) : known.raw;
}

/** The number of a sheet's text; another one when its text has changed. */
function styleOf(sheet, rewrite) {
  const text = rulesOf(sheet, rewrite, 0);
  if (text === null) return null;
  const known = sheets.get(sheet);
  if (known.text !== text) {
    known.text = text;
    known.number = ++styleCount;
    styleTexts.set(known.number, text);
  }
  return known.number;
}

/** As many as have room, and the first in any case: what is left over is for the next time. */
function fitting(all, textOf, room) {
  let count = 0;
  for (const one of all) {
    room -= textOf(one).length;
    if (count && room < 0) break;
    count++;
  }
  return all.slice(0, count);
}

/** Which of the frames around its own document this one is; -1 for a page's own document. */
function ownIndex() {
  try {
    for (let i = 0; window.parent !== window && i < window.parent.length; i++) if (window.parent[i] === window) return i;
  } catch {
    // The frame is going away.
  }
  return -1;
}

/**
 * `{ html, styles, urls, index }`. `request.limit`: characters of each that are kept; `request.styles` and
 * `request.urls`: the last of each that the host has; `request.plain`: the elements only, for reading.
 */
function snapshot(request) {
  const parts = [];
  let size = 0;
  for (const number of styleTexts.keys()) if (number <= request.styles) styleTexts.delete(number);
  const put = text => {
    size += text.length;
    if (size <= request.limit) parts.push(text);
  };
  const loaded = new Set();
  if (!request.plain) for (const entry of performance.getEntriesByType('resource')) loaded.add(entry.name);
  const placeOf = (address, base, sure) => {
    // What a page has made of a sealed value by itself can't be looked through.
    if (/^data:/i.test(address)) return address.length < 1 << 17 && !anySealed ? address : '';
    if (address.startsWith('#')) return address;
    let whole;
    try {
      whole = new URL(address, base).href;
    } catch {
      return '';
    }
    if (!/^https?:/.test(whole) || whole.length > LONGEST_ADDRESS || (!sure && !loaded.has(whole)) || urlNumbers.size >= 1000) return urlNumbers.has(whole) ? `mavm-url:${urlNumbers.get(whole)};` : '';
    if (!urlNumbers.has(whole)) urlNumbers.set(whole, urlNumbers.size + 1);
    return `mavm-url:${urlNumbers.get(whole)};`;
  };
  const rewrite = (css, base) => {
    const placed = css.replace(/url\(\s*(?:"([^"]*)"|'([^']*)'|([^)"']*))\s*\)/gi,
      (_, a, b, c) => `url("${placeOf(a ?? b ?? c, base, false).replace(/["\\\n]/g, '')}")`);
    return anySealed ? withoutMade(placed) : placed;
  };
  const putSheet = (sheet, media) => {
    if (sheet.disabled) return;
    const number = styleOf(sheet, rewrite);
    const place = number !== null ? `mavm-style:${number};` : sheet.href ? placeOf(sheet.href, its.base(document), true) : '';
    if (place) put(`<link rel="stylesheet"${media ? ` media="${escaped(media)}"` : ''} href="${place}">`);
  };
  const attributeOf = (node, tag, name, value) => {
    if (/[\s"'<>/=]/.test(name) || /^on/i.test(name) || name.startsWith('data-mavm')) return;
    const plain = name.toLowerCase();
    if (tag === 'input' && (plain === 'value' || plain === 'checked')) return;
    if (tag === 'option' && plain === 'selected') return;
    if (plain === 'href' || plain === 'xlink:href') {
      if (value.startsWith('#')) put(` ${name}="${escaped(value)}"`);
      else if (tag === 'image') put(` ${name}="${escaped(placeOf(value, its.base(document), false))}"`);
      else put(' href="#"');
      return;
    }
    if (GOES_ELSEWHERE.has(plain)) return;
    if (plain !== 'style') put(` ${name}="${escaped(value)}"`);
    else if (!request.plain) put(` style="${escaped(rewrite(value, its.base(document)))}"`);
    else put(` style="${escaped(anySealed ? withoutMade(value) : value)}"`);
  };
  const visit = node => {
    if (size > request.limit) return;
    if (its.type(node) === Node.TEXT_NODE) return put(escaped(node.data));
    if (its.type(node) !== Node.ELEMENT_NODE || node === veil) return;
    const name = its.tag(node), tag = name.toLowerCase();
    if (LEFT_OUT.has(tag) || /[^a-z0-9._-]/.test(tag)) return;
    if (tag === 'style' || tag === 'link') {
      if (node.sheet && !request.plain) putSheet(node.sheet, node.getAttribute('media'));
      return;
    }
    put(`<${name}`);
    if (node === marked) put(' data-mavm-target=""');
    for (const attribute of its.attributes(node)) attributeOf(node, tag, attribute.name, attribute.value);
    if (tag === 'input') {
      if (node.type !== 'file') put(` value="${node.value && isSecret(node) ? HIDDEN : escaped(node.value)}"`);
      if (node.checked) put(' checked=""');
    } else if (tag === 'option') {
      if (node.selected) put(' selected=""');
    } else if (tag === 'img' && !request.plain) {
      const address = node.currentSrc || node.src;
      if (address) put(` src="${escaped(placeOf(address, its.base(document), node.complete && node.naturalWidth > 0))}"`);
    } else if ((tag === 'iframe' || tag === 'frame') && !request.plain) {
      for (let i = 0; i < window.length; i++) if (window[i] === node.contentWindow) put(` src="mavm-frame:${i};"`);
    }
    put('>');
    if (VOID.has(tag)) return;
    if (tag === 'textarea') {
      put(node.value && isSecret(node) ? HIDDEN : escaped(`\n${node.value}`));
    } else if (tag !== 'iframe' && tag !== 'canvas') {
      const root = its.shadow(node);
      if (root) {
        put('<template shadowrootmode="open">');
        eachChild(root, visit);
        if (!request.plain) for (const sheet of root.adoptedStyleSheets) putSheet(sheet, '');
        put('</template>');
      }
      eachChild(node, visit);
      if (tag === 'head' && !request.plain) for (const sheet of its.sheets(document)) putSheet(sheet, '');
      if (tag === 'body' && !request.plain) put(`<a id="mavm-scroll" style="all:unset!important;position:absolute!important;left:${Math.round(scrollX)}px!important;top:${Math.round(scrollY)}px!important"></a>`);
    }
    put(`</${name}>`);
  };
  put(its.mode(document) === 'BackCompat' ? '' : '<!DOCTYPE html>');
  if (its.root(document)) visit(its.root(document));
  if (size > request.limit) parts.push('<!-- cut: the page is larger than what is kept -->');
  marked = null;
  const styles = request.plain ? [] : [...styleTexts].map(([number, text]) => ({ number, text: text.slice(0, request.limit) }));
  const urls = request.plain ? [] : [...urlNumbers].filter(([, number]) => number > request.urls).map(([url, number]) => ({ number, url }));
  return {
    html: parts.join(''),
    styles: fitting(styles, style => style.text, request.limit),
    urls: fitting(urls, ({ url }) => url, request.limit),
    index: ownIndex(),
  };
}

/** From now on this is the element that the next snapshot marks. Gives its place in the window. */
function mark(element) {
  marked = element;
  const { x, y, width, height } = element.getBoundingClientRect();
  return { kind: 'done', value: { x, y, width, height, id: isShort(element.getAttribute('id')) ? element.getAttribute('id') : '' } };
}
