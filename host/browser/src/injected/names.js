// What assistive technology would call an element, after the W3C's accessible name computation 1.2;
// and the labels of a field. What was typed into a field is never part of a name: names are shown in
// errors. (The computation has it for a field in the middle of a label.) It only reads the page.

const NAMED_BY_CONTENT = new Set(('button cell checkbox columnheader gridcell heading link menuitem menuitemcheckbox ' +
  'menuitemradio option radio row rowheader switch tab tooltip treeitem').split(' '));
/** Of these, what is inside is no part of the name of what is around. */
const CLOSED = new Set(('textbox searchbox spinbutton combobox listbox slider scrollbar menu menubar tree grid treegrid ' +
  'radiogroup tablist dialog alertdialog').split(' '));
/** In the middle of a label or of other content these say what they are set to, and nothing else of them is heard. */
const VALUED = new Set('textbox searchbox spinbutton combobox listbox slider scrollbar progressbar meter menu'.split(' '));
const NAMELESS = new Set('caption code deletion emphasis generic insertion none paragraph presentation strong subscript superscript'.split(' '));
/** Their text belongs to what is around them, as that of elements without a role does. */
const PLAIN_TEXT = new Set([...NAMED_BY_CONTENT, ...NAMELESS, ...'definition form list listitem mark math region term time'.split(' ')]);
const HINTED = new Set(['INPUT', 'TEXTAREA']);

function byIds(element, attribute) {
  const ids = (element.getAttribute(attribute) || '').trim();
  if (!ids) return [];
  const root = element.getRootNode();
  const found = ids.split(/\s+/).map(id => root.getElementById ? root.getElementById(id) : document.getElementById(id));
  return [...new Set(found.filter(Boolean))];
}

/** The label elements of a control. A form has none, but may have a field of that name. */
function labelsOf(element) {
  return element.labels && element.nodeName !== 'FORM' ? [...element.labels] : [];
}

/** Label texts of a control: aria-labelledby, the label elements for it, and aria-label. Some may be empty, or come twice. */
function* labelTexts(element) {
  for (const list of [byIds(element, 'aria-labelledby'), labelsOf(element)]) {
    if (!list.length) continue;
    const each = list.map(label => textOf(label, element));
    yield* each;
    yield normal(each.join(' '));
    // A reader hears no hidden parts ("required", once more, for errors) and does hear pictures.
    yield normal(list.map(label => nameOfPart(label, { seen: new Set([element]), deep: true, whole: true, hidden: isHiddenFromReaders(label) })).join(' '));
  }
  yield normal(element.getAttribute('aria-label') || '');
}

const STRING = /"(?:[^"\\]|\\.)*"/g;

/** What a style sheet has to be read: strings. If there is anything else (a picture, a number), only what stands for it. */
function readContent(content) {
  const [shown, instead] = content.split(/\s\/\s(?=(?:[^"]*"[^"]*")*[^"]*$)/);
  const read = instead === undefined ? shown : instead;
  if (read.replace(STRING, '').trim()) return '';
  return (read.match(STRING) || []).map(string => string.slice(1, -1).replace(/\\(.)/g, '$1')).join('');
}

/** The text that a style sheet puts before or after the content. */
function generated(element, pseudo) {
  const style = getComputedStyle(element, pseudo);
  if (style.content === 'none' || style.content === 'normal' || style.display === 'none' || style.visibility !== 'visible') return '';
  const text = readContent(style.content);
  return style.display === 'inline' ? text : ` ${text} `;
}

function childNamed(element, tag) {
  return childrenOf(element).find(child => child.nodeName.toUpperCase() === tag);
}

/** The name by the means of HTML itself, apart from content; '' if there is none. */
function nativeName(element, walk) {
  const tag = element.nodeName;
  // What names it by aria-labelledby has done so before it came here.
  const labels = byIds(element, 'aria-labelledby').length ? [] : labelsOf(element);
  if (labels.length) {
    const text = normal(labels.filter(label => !walk.seen.has(label)).map(label => nameOfPart(label, {
      ...walk, deep: true, labels: true, whole: true, hidden: isHiddenFromReaders(label),
    })).join(' '));
    if (text) return text;
  }
  switch (tag) {
    case 'INPUT':
      if (BUTTON_INPUTS.has(element.type)) {
        if (element.value) return element.value;
        return element.type === 'submit' ? 'Submit' : element.type === 'reset' ? 'Reset' : '';
      }
      if (element.type === 'image') return element.alt || element.title || 'Submit';
      return '';
    case 'IMG': case 'AREA': return element.getAttribute('alt') || '';
    case 'OPTGROUP': case 'OPTION': return element.getAttribute('label') || '';
    case 'a': return element.getAttribute('xlink:title') || '';
    default: {
      const holder = { FIELDSET: 'LEGEND', TABLE: 'CAPTION', FIGURE: 'FIGCAPTION', svg: 'TITLE' }[tag];
      const child = holder && childNamed(element, holder);
      if (child) return tag === 'svg' ? child.textContent : nameOfPart(child, { ...walk, deep: true, whole: true });
      return tag === 'TABLE' ? element.getAttribute('summary') || '' : '';
    }
  }
}

/** What a control in the middle of a label or of other content says there. */
function spoken(element, role) {
  if (role === 'combobox' || role === 'listbox') {
    const chosen = element.nodeName === 'SELECT' ? [...element.selectedOptions] : [...element.querySelectorAll('[role=option][aria-selected=true]')];
    return chosen.map(option => textOf(option)).join(' ');
  }
  if (role === 'slider' || role === 'scrollbar' || role === 'meter' || role === 'progressbar') {
    return element.getAttribute('aria-valuetext') || element.getAttribute('aria-valuenow') || (element.type === 'range' ? element.value : '');
  }
  return '';
}

/** The content's text, in which pictures and controls count with their own names. */
function contentOf(element, walk) {
  // A style sheet may draw a picture in place of it all.
  const { content } = getComputedStyle(element);
  if (content.startsWith('url(')) return readContent(content);
  const parts = [generated(element, '::before')];
  for (const node of [...inside(element), ...byIds(element, 'aria-owns')]) {
    if (node.nodeType === Node.TEXT_NODE) parts.push(node.data);
    if (node.nodeType !== Node.ELEMENT_NODE || SILENT.has(node.nodeName)) continue;
    if (walk.item && explicitRole(node) === 'group') continue;
    const { display } = getComputedStyle(node);
    const piece = nameOfPart(node, { ...walk, deep: true });
    const inline = node.nodeName !== 'BR' && (display === 'inline' || display === 'contents');
    parts.push(inline ? piece : ` ${piece} `);
  }
  parts.push(generated(element, '::after'));
  return parts.join('');
}

/**
 * The computation. `walk` says how it came here: `seen` elements count once; `deep`, on the way
 * through the content of another; `referenced`, through an aria-labelledby, which is followed
 * once, and which was that of `from`; `whole`, through what was written as a name, of which all
 * counts; `hidden`, inside of something that is hidden and was referenced nevertheless.
 */
function nameOfPart(element, walk) {
  if (walk.seen.has(element)) return '';
  walk.seen.add(element);
  if (walk.deep && !walk.hidden && isHiddenFromReaders(element)) return '';
  const by = walk.referenced || walk.labels ? [] : byIds(element, 'aria-labelledby');
  if (by.length) {
    const names = by.map(other => nameOfPart(other, {
      // It may well name itself: "Delete" by the button, "draft.txt" by the row.
      seen: new Set(), deep: true, referenced: true, from: element, whole: true, hidden: isHiddenFromReaders(other),
    }));
    const text = normal(names.join(' '));
    if (text) return text;
  }
  const role = roleOf(element);
  const itself = walk.from === element;
  if (walk.deep && element.hasAttribute('contenteditable') && element.isContentEditable) return '';
  if (walk.deep && VALUED.has(role) && !itself) return spoken(element, role);
  const own = element.getAttribute('aria-label') || '';
  if (own.trim()) return own;
  if (walk.deep && CLOSED.has(role)) {
    const said = spoken(element, role);
    if (said) return said;
  }
  if (!isPlain(role)) {
    const native = nativeName(element, walk);
    if (native.trim()) return native;
  }
  const counts = walk.deep && !CLOSED.has(role) && !HINTED.has(element.nodeName) && (walk.whole || !role || PLAIN_TEXT.has(role));
  // A list that is no <select> may name itself: by what it shows.
  const shown = itself && (role === 'combobox' || role === 'listbox') && !HINTED.has(element.nodeName);
  if (NAMED_BY_CONTENT.has(role) || element.nodeName === 'SUMMARY' || counts || shown) {
    const text = contentOf(element, { ...walk, item: role === 'treeitem' });
    if (text.trim()) return text;
  }
  const hint = element.getAttribute('title') || (HINTED.has(element.nodeName) && element.getAttribute('placeholder')) ||
    element.getAttribute('aria-placeholder') || '';
  if (hint.trim()) return hint;
  return element.type === 'file' && element.nodeName === 'INPUT' ? 'Choose File' : '';
}

/** The accessible name. */
function nameOf(element) {
  return remembered('name', element, () =>
    NAMELESS.has(roleOf(element)) ? '' : normal(nameOfPart(element, { seen: new Set() })));
}
