// What an element is to assistive technology: its role, and whether it is there for it at all.
// After WAI-ARIA 1.2 and the HTML mapping to it. Where those give no role, two things have the one
// that a person would say: a password field is a textbox, a summary a button. It only reads the page.

const ROLES = new Set(('alert alertdialog application article banner blockquote button caption cell checkbox code ' +
  'columnheader combobox complementary contentinfo definition deletion dialog directory document emphasis feed figure form ' +
  'generic grid gridcell group heading img insertion link list listbox listitem log main mark marquee math menu menubar ' +
  'menuitem menuitemcheckbox menuitemradio meter navigation none note option paragraph presentation progressbar radio ' +
  'radiogroup region row rowgroup rowheader scrollbar search searchbox separator slider spinbutton status strong subscript ' +
  'superscript switch tab table tablist tabpanel term textbox time timer toolbar tooltip tree treegrid treeitem').split(' '));
const INPUT_ROLES = {
  button: 'button', submit: 'button', reset: 'button', image: 'button', file: 'button', checkbox: 'checkbox', radio: 'radio',
  range: 'slider', number: 'spinbutton', search: 'searchbox', hidden: null,
};
const TAG_ROLES = {
  ADDRESS: 'group', ARTICLE: 'article', ASIDE: 'complementary', BLOCKQUOTE: 'blockquote', BUTTON: 'button', CAPTION: 'caption',
  CODE: 'code', DATALIST: 'listbox', DD: 'definition', DEL: 'deletion', DETAILS: 'group', DFN: 'term', DIALOG: 'dialog',
  DT: 'term', EM: 'emphasis', FIELDSET: 'group', FIGURE: 'figure', H1: 'heading', H2: 'heading', H3: 'heading', H4: 'heading',
  H5: 'heading', H6: 'heading', HGROUP: 'group', HR: 'separator', HTML: 'document', INS: 'insertion', LI: 'listitem',
  MAIN: 'main', MARK: 'mark', MATH: 'math', MENU: 'list', METER: 'meter', NAV: 'navigation', OL: 'list', OPTGROUP: 'group',
  OPTION: 'option', OUTPUT: 'status', P: 'paragraph', PROGRESS: 'progressbar', SEARCH: 'search', STRONG: 'strong',
  SUB: 'subscript', SUMMARY: 'button', SUP: 'superscript', svg: 'img', TABLE: 'table', TBODY: 'rowgroup', TEXTAREA: 'textbox',
  TFOOT: 'rowgroup', THEAD: 'rowgroup', TIME: 'time', TR: 'row', UL: 'list',
};
/** What has a role by its tag that depends on more than that: all of `tagRole`. */
const SOMETIMES = {
  link: 'a,area', img: 'img', textbox: 'input', combobox: 'input,select', listbox: 'select', cell: 'td', gridcell: 'td',
  rowheader: 'th', columnheader: 'th', banner: 'header', contentinfo: 'footer', form: 'form', region: 'section',
};
/** Whose own "presentation" takes the role from these, too. */
const OWNERS = {
  LI: 'UL OL MENU', DT: 'DL DIV', DD: 'DL DIV', DIV: 'DL', TBODY: 'TABLE', THEAD: 'TABLE', TFOOT: 'TABLE', CAPTION: 'TABLE',
  TR: 'TABLE TBODY THEAD TFOOT', TD: 'TR', TH: 'TR',
};
const GLOBAL_STATES = ['atomic', 'busy', 'controls', 'current', 'describedby', 'details', 'dropeffect', 'flowto', 'grabbed',
  'keyshortcuts', 'label', 'labelledby', 'live', 'owns', 'relevant', 'roledescription'].map(name => `aria-${name}`);
const SECTIONS = new Set(['ARTICLE', 'ASIDE', 'MAIN', 'NAV', 'SECTION']);
const SECTION_ROLES = new Set(['article', 'complementary', 'main', 'navigation', 'region']);

// What was found out about elements during one look at the page; nothing of it outlives the look.
let known = null;

/** Runs a function, which must not wait, in which the page is taken to stand still. */
function inOneLook(look) {
  if (known) return look();
  known = { scopes: new Map(), role: new Map(), hidden: new Map(), away: new Map(), name: new Map(), text: new Map(), drawn: new Map(), written: new Map(), way: new Map(), showing: new Map() };
  try {
    return look();
  } finally {
    known = null;
  }
}

/** `of(element)`, found out once in a look; `showing` is of the names of attributes. */
function remembered(kind, element, of) {
  if (!known) return of(element);
  const memo = known[kind];
  if (!memo.has(element)) memo.set(element, of(element));
  return memo.get(element);
}

function hasName(element) {
  return Boolean(byIds(element, 'aria-labelledby').length || (element.getAttribute('aria-label') || '').trim() ||
    (element.getAttribute('title') || '').trim());
}

function insists(element) {
  return GLOBAL_STATES.some(name => element.hasAttribute(name)) || element.matches('[tabindex],a[href],button,input,select,textarea,summary');
}

/** WAI-ARIA 1.3 has another word for a role of 1.2. */
const meant = role => role === 'image' ? 'img' : role;

/** The first role that its author named and that exists; null if there is none. */
function explicitRole(element) {
  const given = element.getAttribute('role');
  return given ? given.toLowerCase().split(/\s+/).map(meant).find(role => ROLES.has(role)) || null : null;
}

function isPlain(role) {
  return role === 'none' || role === 'presentation';
}

/** Where a header cell stands tells what it heads. */
function headerRole(cell) {
  const scope = (cell.getAttribute('scope') || '').toLowerCase();
  if (scope === 'row' || scope === 'rowgroup') return 'rowheader';
  if (scope === 'col' || scope === 'colgroup') return 'columnheader';
  const before = cell.previousElementSibling, after = cell.nextElementSibling;
  const beside = [before, after].filter(Boolean);
  if (beside.some(other => other.nodeName === 'TD' && (other.firstElementChild || other.textContent.trim()))) return 'rowheader';
  if (beside.some(other => other.nodeName === 'TH')) return 'columnheader';
  // An empty cell before it is the corner of the table.
  if (after && !before) return 'rowheader';
  const table = cell.closest('table');
  return beside.length || (table && table.rows.length > 1) ? 'columnheader' : null;
}

/** Whether it heads or ends a part of the page, and not the page. */
function isInSection(element) {
  for (let node = parentOf(element); node; node = parentOf(node)) {
    const role = explicitRole(node);
    if (role ? SECTION_ROLES.has(role) : SECTIONS.has(node.nodeName)) return true;
  }
  return false;
}

function tagRole(element) {
  const tag = element.nodeName;
  switch (tag) {
    case 'A': case 'AREA': case 'a': return element.hasAttribute('href') || element.hasAttribute('xlink:href') ? 'link' : null;
    case 'IMG': return element.getAttribute('alt') === '' && !element.title && !insists(element) ? 'presentation' : 'img';
    case 'INPUT':
      if (element.list && ['text', 'search', 'email', 'tel', 'url'].includes(element.type)) return 'combobox';
      return element.type in INPUT_ROLES ? INPUT_ROLES[element.type] : 'textbox';
    case 'SELECT': return element.multiple || element.size > 1 ? 'listbox' : 'combobox';
    case 'TD': {
      const table = element.closest('table');
      return table && ['grid', 'treegrid'].includes(explicitRole(table)) ? 'gridcell' : 'cell';
    }
    case 'TH': return headerRole(element);
    case 'HEADER': return isInSection(element) ? null : 'banner';
    case 'FOOTER': return isInSection(element) ? null : 'contentinfo';
    case 'FORM': return hasName(element) ? 'form' : null;
    case 'SECTION': return hasName(element) ? 'region' : null;
    default: return TAG_ROLES[tag] || null;
  }
}

function findRole(element) {
  const explicit = explicitRole(element);
  if (explicit && !(isPlain(explicit) && insists(element))) return explicit;
  const role = tagRole(element);
  if (!role) return null;
  // Rows and items of what its author calls mere presentation are that, too.
  for (let node = element; OWNERS[node.nodeName]; node = node.parentElement) {
    const owner = node.parentElement;
    if (!owner || !OWNERS[node.nodeName].split(' ').includes(owner.nodeName)) break;
    if (isPlain(explicitRole(owner)) && !insists(owner)) return 'presentation';
  }
  return role;
}

/** A selector of all that may have a role, and of more: most elements don't come into question. */
function mayHaveRole(role) {
  if (isPlain(role)) return '*';
  const tags = Object.keys(TAG_ROLES).filter(tag => TAG_ROLES[tag] === role);
  if (Object.values(INPUT_ROLES).includes(role)) tags.push('input');
  return ['[role]', ...tags, ...SOMETIMES[role] ? [SOMETIMES[role]] : []].join(',');
}

/** The role an element has, explicit or by its tag; null if it has none. */
function roleOf(element) {
  return remembered('role', element, findRole);
}

/** Not drawn or hidden from readers, by itself or by what is around it. */
function isAway(element) {
  return remembered('away', element, () => {
    const parent = element.parentElement;
    if (parent && parent.shadowRoot && !element.assignedSlot) return true;
    if (element.getAttribute('aria-hidden') === 'true') return true;
    if (getComputedStyle(element).display === 'none') return true;
    const around = aroundOf(element);
    return Boolean(around) && isAway(around);
  });
}

/** Whether a screen reader would skip it. */
function isHiddenFromReaders(element) {
  return remembered('hidden', element, () => {
    if (SILENT.has(element.nodeName)) return true;
    const style = getComputedStyle(element);
    const contents = style.display === 'contents' || element.nodeName === 'SLOT';
    const option = element.nodeName === 'OPTION' && element.closest('select');
    if (!option && style.visibility !== 'visible' && !contents) return true;
    if (!option && !contents && !element.checkVisibility()) return true;
    return isAway(element);
  });
}
