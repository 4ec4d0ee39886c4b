// The text of elements: all that is written in them, and what of it a person sees. It only reads the
// page.

const SILENT = new Set(['SCRIPT', 'STYLE', 'NOSCRIPT', 'TEMPLATE', 'HEAD', 'TITLE', 'META', 'LINK']);
const APART = new Set(('ADDRESS ARTICLE ASIDE BLOCKQUOTE BR BUTTON DD DIV DL DT FIELDSET FIGCAPTION FIGURE FOOTER FORM ' +
  'H1 H2 H3 H4 H5 H6 HEADER HR LEGEND LI MAIN NAV OL OPTION P PRE SECTION TABLE TBODY TD TFOOT TH THEAD TR UL').split(' '));
/** What they hold is for browsers that don't know them. */
const NEVER_DRAWN = new Set(['AUDIO', 'CANVAS', 'VIDEO']);
const BUTTON_INPUTS = new Set(['button', 'submit', 'reset']);

/** The text of an element, block elements set apart by a space; `skip` is left out. */
function rawText(node, skip) {
  if (node === skip) return '';
  if (node.nodeType === Node.TEXT_NODE) return node.data;
  if (node.nodeType !== Node.ELEMENT_NODE && node.nodeType !== Node.DOCUMENT_FRAGMENT_NODE) return '';
  return skip ? gathered(node, skip) : remembered('text', node, () => gathered(node));
}

/** What stands in an element where it is drawn: of a slot what it has got, of a host its shadow root. */
function inside(element) {
  const found = [];
  eachInside(element, node => found.push(node));
  return found;
}

function eachInside(element, visit) {
  const assigned = element.nodeName === 'SLOT' ? element.assignedNodes() : [];
  if (assigned.length) assigned.forEach(visit);
  else eachChild(element.shadowRoot || element, visit);
}

function gathered(node, skip) {
  if (SILENT.has(node.nodeName)) return '';
  let text = node.nodeName === 'INPUT' && BUTTON_INPUTS.has(node.type) ? node.value : '';
  eachInside(node, child => { text += rawText(child, skip); });
  // What no slot takes is written all the same.
  if (node.shadowRoot) for (const child of node.childNodes) if (!child.assignedSlot) text += rawText(child, skip);
  return APART.has(node.nodeName) ? ` ${text} ` : text;
}

function textOf(element, skip) {
  return normal(rawText(element, skip));
}

/**
 * What of an element is drawn: 'all', only elements 'inside' of it but not its own text, or 'nothing'.
 * Asking every element of a large page for its style takes long: it is done where `careful`, and else
 * only for those that are not visible.
 */
function drawnPart(element, careful) {
  if (SILENT.has(element.nodeName) || NEVER_DRAWN.has(element.nodeName)) return 'nothing';
  if (element.checkVisibility({ visibilityProperty: true })) {
    if (element.nodeName === 'DETAILS' && !element.open) return 'inside';
    return careful && getComputedStyle(element).contentVisibility === 'hidden' ? 'nothing' : 'all';
  }
  const { display, visibility } = getComputedStyle(element);
  if (display === 'contents') return visibility === 'visible' ? 'all' : 'inside';
  // What is in something invisible may be visible all the same.
  return element.checkVisibility() ? 'inside' : 'nothing';
}

/** As `rawText`, of what is drawn, however small and wherever that is. All that may come of it is in `written`, too. */
function rawDrawn(element, careful) {
  return careful ? gatheredDrawn(element, true) : remembered('drawn', element, () => gatheredDrawn(element, false));
}

function gatheredDrawn(element, careful) {
  const part = drawnPart(element, careful);
  if (part === 'nothing') return '';
  const own = part === 'all';
  let text = own && element.nodeName === 'INPUT' && BUTTON_INPUTS.has(element.type) ? element.value : '';
  // A closed list shows what is chosen of it; its options are not drawn.
  if (own && element.nodeName === 'SELECT' && !element.multiple && element.size < 2) {
    for (const option of element.selectedOptions) text += rawText(option);
  }
  eachInside(element, node => {
    const type = its.type(node);
    if (type === Node.ELEMENT_NODE) text += rawDrawn(node, careful);
    else if (own && type === Node.TEXT_NODE) text += node.data;
  });
  return APART.has(element.nodeName) ? ` ${text} ` : text;
}

/** The text of an element that a person sees. */
function drawnTextOf(element, careful) {
  return normal(rawDrawn(element, careful));
}
