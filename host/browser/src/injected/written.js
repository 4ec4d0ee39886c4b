// A quick look for a text: whether a document can show it at all, as far as what is written in it tells.
// To ask of each element whether it is drawn takes long, and most of what is looked for is not there. It
// only reads the page.

/** A text as it is compared here: without what may stand between its letters, in one case wherever it stands. */
function squeezed(text) {
  return text.replace(/[\s\u200b\u00ad]+/g, '').toLowerCase().replace(/ς/g, 'σ');
}

/** Longer ones are looked at for being scripts or style sheets. */
const LONG_TEXT = 200;

/**
 * The texts that are written in the document, in order; and `apart` those that it draws but has elsewhere: of buttons,
 * and what is chosen in lists. Null where a shadow root may draw them in another order, or half a letter is in one.
 */
function written() {
  return remembered('written', document, () => {
    if (scopesOf(document).length > 1) return null;
    const pieces = [];
    const walker = its.walker(document, document, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const { data } = node;
      if (!data.isWellFormed()) return null;
      if (data.length > LONG_TEXT && SILENT.has(its.name(its.parent(node) || document))) continue;
      const piece = squeezed(data);
      if (piece) pieces.push(piece);
    }
    const apart = [];
    for (const input of document.querySelectorAll('input')) if (BUTTON_INPUTS.has(input.type)) apart.push(squeezed(input.value));
    for (const select of document.querySelectorAll('select')) for (const option of select.selectedOptions) apart.push(squeezed(rawText(option)));
    return { pieces, all: pieces.join(''), apart };
  });
}

/** Whether the document may show a text, in whatever case: false only if it surely doesn't. */
function mayShow(text) {
  const here = written(), wanted = squeezed(text);
  if (!here || !wanted) return true;
  return here.all.includes(wanted) || leavesOut(here.pieces, wanted) || here.apart.some(text => mayAdjoin(text, wanted));
}

/** Whether pieces make up what is wanted if others in between are left out: they may be hidden. */
function leavesOut(pieces, wanted) {
  // With how much of it the pieces so far may end.
  const begun = new Set();
  for (const piece of pieces) {
    for (const length of [...begun]) {
      const rest = wanted.slice(length);
      if (piece.startsWith(rest)) return true;
      if (rest.startsWith(piece)) begun.add(length + piece.length);
    }
    const last = piece[piece.length - 1];
    for (let at = wanted.indexOf(last); at >= 0 && at < wanted.length - 1; at = wanted.indexOf(last, at + 1)) {
      if (piece.endsWith(wanted.slice(0, at + 1))) begun.add(at + 1);
    }
  }
  return false;
}

/** Whether a text may be a part of what is wanted, or hold it, or begin or end it. */
function mayAdjoin(text, wanted) {
  if (!text) return false;
  if (text.includes(wanted) || wanted.includes(text)) return true;
  for (let length = 1; length < Math.min(text.length, wanted.length); length++) {
    if (text.endsWith(wanted.slice(0, length)) || text.startsWith(wanted.slice(-length))) return true;
  }
  return false;
}
