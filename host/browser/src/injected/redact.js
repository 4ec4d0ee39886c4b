// What is needed so that no picture and no copy of a page shows a secret: the host reads what is
// displayed, decides by itself what matches (no secret is sent here for that), and names the
// places to cover.

let shown = [];
let veil = null;

/** What an element displays by its style alone. */
function styledText(element) {
  let text = '';
  for (const place of ['::before', '::after', '::marker']) {
    const { content } = getComputedStyle(element, place);
    if (!content || content === 'none' || content === 'normal') continue;
    text += content.replace(/["']/g, '');
    if (content.includes('attr(')) for (const { value } of element.attributes) text += ` ${value}`;
  }
  return text;
}

/**
 * Everything displayed, in order: text nodes, the values of fields, and what styles put in. Kept
 * until `cover`. `always` marks what must be covered whatever it says. Without `deep` only that is
 * told.
 */
function displayed(deep) {
  shown = [];
  const runs = [];
  let styled = 0;
  const push = (node, text, always) => {
    if (!deep && !always) return;
    shown.push(node);
    runs.push(always ? { text, always } : { text });
  };
  const visit = root => {
    for (let node = root.firstChild; node; node = node.nextSibling) {
      if (node.nodeType === Node.TEXT_NODE) {
        if (node.data.trim()) push(node, node.data);
        continue;
      }
      if (node.nodeType !== Node.ELEMENT_NODE || SILENT.has(node.nodeName)) continue;
      if (node.nodeName === 'INPUT' || node.nodeName === 'TEXTAREA') {
        push(node, node.value, node.type === 'password' || sealed.has(node));
        if (node.placeholder && !node.value) push(node, node.placeholder);
        continue;
      }
      if (node.nodeName === 'SELECT') {
        push(node, [...node.selectedOptions].map(option => option.label).join(' '));
        continue;
      }
      // Nobody can tell what was drawn. A picture that the page has made by itself is a drawing, too.
      const drawn = node.nodeName === 'CANVAS' || (node.nodeName === 'IMG' && /^(data|blob):/i.test(node.currentSrc));
      if (drawn && anySealed) push(node, '', true);
      else if (node.nodeName === 'IMG' && deep) push(node, `${node.alt} ${node.currentSrc}`);
      if (deep && styled++ < 5000) {
        const text = styledText(node);
        if (text) push(node, text);
      }
      if (node.shadowRoot) visit(node.shadowRoot);
      visit(node);
    }
  };
  if (document.body) visit(document.body);
  return runs;
}

function boxOf(node) {
  if (node.nodeType === Node.ELEMENT_NODE) return [node.getBoundingClientRect()];
  const range = document.createRange();
  range.selectNodeContents(node);
  return [...range.getClientRects()];
}

/** Lays opaque boxes over the places named by their index in `displayed`, above everything. */
function cover(indices) {
  uncover();
  const boxes = indices.map(index => shown[index]).filter(node => node && node.isConnected).flatMap(boxOf)
    .filter(box => box.width > 0 && box.height > 0);
  if (!boxes.length) return;
  veil = document.createElement('div');
  veil.style.cssText = 'all:initial;position:fixed;inset:0;width:100vw;height:100vh;margin:0;padding:0;border:0;background:transparent;pointer-events:none;overflow:visible;z-index:2147483647';
  const root = veil.attachShadow({ mode: 'closed' });
  for (const box of boxes) {
    const patch = document.createElement('div');
    patch.style.cssText = `position:fixed;left:${box.x - 1}px;top:${box.y - 1}px;width:${box.width + 2}px;height:${box.height + 2}px;background:#444`;
    root.append(patch);
  }
  (document.body || document.documentElement).append(veil);
  try {
    veil.popover = 'manual';
    veil.showPopover();
  } catch {
    // Without the top layer the highest z-index has to do.
  }
}

function uncover() {
  if (veil) veil.remove();
  veil = null;
}
