// What is needed so that no picture and no copy of a page shows a secret: the host reads what is
// displayed, decides by itself what matches (no secret is sent here for that), and names the
// places to cover.

let shown = [];
let veil = null;
/** What it covers was elsewhere for a moment. */
let moved = false;

/** Where something is shown: in its box, or in that and what hangs out of it, or nobody knows where. A name is that of a part. */
const INSIDE = 0, GROWN = 1, ANYWHERE = 2;

/** Characters that are looked through. */
const LOOKED_THROUGH = 8 << 20;
/** Elements whose styles are looked at. */
const STYLED = 50000;
/** What puts pictures into a style. */
const PAINTS = ['background-image', 'border-image-source', 'mask-image', '-webkit-mask-box-image-source', 'list-style-image', 'content',
  'filter', 'backdrop-filter', 'clip-path', '-webkit-box-reflect'];
const MADE = /^(?:data|blob):/i;
/** Pictures that the page made itself, and numbers that it counts to. */
const MADE_BY_STYLE = /\b(?:data|blob):|\bpaint\(|\bcounters?\(/i;

/** Whether a part is there, and shows something by itself. */
function isFilled({ content }) {
  return Boolean(content) && content !== 'none' && content !== 'normal';
}

/** What an element is drawn with beside itself: names and styles of its parts. */
function* partsOf(element, style) {
  const styleOf = part => [part, getComputedStyle(element, part)];
  yield* ['::before', '::after'].map(styleOf).filter(([, own]) => isFilled(own));
  if (style.display.includes('list-item')) yield styleOf('::marker');
  if (element.matches(':modal,:popover-open,:fullscreen')) yield styleOf('::backdrop');
  if (style.display.includes('block') || style.display === 'list-item') yield* ['::first-letter', '::first-line'].map(styleOf);
}

/** What an element displays by its style alone, and `where`; and the parts that are `drawn`, which can't be read. */
function styled(element, style) {
  let text = '', where = GROWN;
  const drawn = anySealed && isMade(style) ? [INSIDE] : [];
  for (const [name, part] of partsOf(element, style)) {
    if (anySealed && isMade(part)) drawn.push(name);
    if (!isFilled(part)) continue;
    text += part.content.replace(/["']/g, '');
    if (part.content.includes('attr(')) for (const { value } of its.attributes(element)) text += ` ${value}`;
    if (part.position !== 'static' || part.transform !== 'none' || part.translate !== 'none') where = ANYWHERE;
  }
  return { text, where, drawn };
}

function isMade(style) {
  return PAINTS.some(name => MADE_BY_STYLE.test(style.getPropertyValue(name)));
}

/** Whether an element is a drawing, or a picture that the page made itself: nobody can tell what it shows. */
function isDrawn(element) {
  const reference = name => MADE.test((its.attribute(element, name) || '').trim());
  switch (its.tag(element).toLowerCase()) {
    case 'canvas': return true;
    case 'img': return MADE.test(element.currentSrc) || reference('src');
    case 'input': return reference('src');
    case 'image': case 'feimage': case 'use': return reference('href') || reference('xlink:href');
    case 'object': return reference('data');
    case 'embed': return reference('src');
    // A stream has no address.
    case 'video': return !/^https?:/i.test(element.currentSrc) || Boolean(element.srcObject) || reference('poster');
    default: return false;
  }
}

/** What a field shows; null for what is no field. */
function fieldText(node, name) {
  if (name === 'SELECT') return (node.multiple || node.size > 1 ? [...node.options] : [...node.selectedOptions]).map(option => option.label).join(' ');
  if (name !== 'INPUT' && name !== 'TEXTAREA') return null;
  return node.value || node.placeholder;
}

/**
 * Everything displayed, in order: text nodes, the values of fields, and what styles put in. Kept
 * until `cover`. `always` marks what must be covered whatever it says. Without `deep` only that is
 * told. Nothing is told if it is too much to be looked through.
 */
function displayed(deep) {
  shown = [];
  const runs = [];
  let looked = 0, size = 0;
  const push = (node, text, always, where = INSIDE) => {
    if (!deep && !always) return;
    size += text.length;
    shown.push({ node, where });
    runs.push(always ? { text, always } : { text });
  };
  const tooMuch = () => size > LOOKED_THROUGH || looked > STYLED;
  const visit = node => {
    if (tooMuch()) return;
    if (its.type(node) === Node.TEXT_NODE) {
      if (deep && node.data.trim()) push(node, node.data);
      return;
    }
    if (its.type(node) !== Node.ELEMENT_NODE || node === veil) return;
    const name = its.name(node);
    // A style may show even scripts.
    const style = deep ? getComputedStyle(node) : null;
    if (deep ? style.display === 'none' : SILENT.has(name)) return;
    const field = fieldText(node, name);
    const secret = sealed.has(node) || (name === 'INPUT' && node.type === 'password');
    if (field !== null) push(node, field, secret);
    if (deep) {
      looked++;
      if (anySealed && isDrawn(node)) push(node, '', true);
      else if (name === 'IMG') push(node, `${node.alt} ${node.currentSrc}`);
      const { text, where, drawn } = styled(node, style);
      if (text) push(node, text, false, where);
      for (const part of drawn) push(node, '', true, part);
    }
    if (field !== null) return;
    const root = its.shadow(node);
    if (root) eachChild(root, visit);
    eachChild(node, visit);
  };
  if (its.root(document)) visit(its.root(document));
  return tooMuch() ? null : runs;
}

function boxesShown({ node, where }) {
  if (where === ANYWHERE || where === '::backdrop') return [windowBox()];
  if (its.type(node) !== Node.ELEMENT_NODE) {
    const range = its.range(document);
    range.selectNodeContents(node);
    return [...range.getClientRects()];
  }
  const { x, y, width, height } = its.box(node);
  if (where === INSIDE) return [{ x, y, width, height }];
  const grown = { x, y, width: Math.max(width, its.width(node)), height: Math.max(height, its.height(node)) };
  if (where === '::before' || where === '::after') return [grown, partBox(node, getComputedStyle(node, where), grown)];
  // A marker hangs out, on either side.
  return [where === '::marker' ? { ...grown, x: 0, width: innerWidth } : grown];
}

function windowBox() {
  return { x: 0, y: 0, width: innerWidth, height: innerHeight };
}

/** Where a part of an element is; the whole window, where that is hard to tell. */
function partBox(element, part, around) {
  const number = name => parseFloat(part.getPropertyValue(name));
  const [, a, b, c, d, right, down] = part.transform.match(/^matrix\(([^,]+), ([^,]+), ([^,]+), ([^,]+), ([^,]+), ([^,]+)\)$/) || [];
  const plain = part.transform === 'none' || (a === '1' && b === '0' && c === '0' && d === '1');
  if (!plain || part.position === 'fixed' || part.translate !== 'none' || part.rotate !== 'none' || part.scale !== 'none' || part.offsetPath !== 'none') return windowBox();
  const x = parseFloat(right) || 0, y = parseFloat(down) || 0;
  if (part.position !== 'absolute') return { ...around, x: around.x + x + (number('left') || 0), y: around.y + y + (number('top') || 0) };
  let holder = element;
  while (holder && getComputedStyle(holder).position === 'static') holder = its.parent(holder);
  const sum = (...names) => names.reduce((sum, name) => sum + number(name), 0);
  const origin = holder ? its.box(holder) : { x: -scrollX, y: -scrollY };
  const style = holder && getComputedStyle(holder);
  const box = {
    x: origin.x + x + sum('left', 'margin-left') + (style ? parseFloat(style.borderLeftWidth) : 0),
    y: origin.y + y + sum('top', 'margin-top') + (style ? parseFloat(style.borderTopWidth) : 0),
    width: sum('width', 'padding-left', 'padding-right', 'border-left-width', 'border-right-width'),
    height: sum('height', 'padding-top', 'padding-bottom', 'border-top-width', 'border-bottom-width'),
  };
  return Object.values(box).every(Number.isFinite) ? box : windowBox();
}

/** The boxes of the places named by their index in `displayed`, as the host compares them. */
function boxesAt(indices, all = shown) {
  return indices.map(index => all[index]).filter(place => place && its.connected(place.node)).flatMap(boxesShown)
    .filter(box => box.width > 0 && box.height > 0).map(({ x, y, width, height }) => [x, y, width, height]);
}

/** Styles that no style sheet of the page overrides, nor an animation of it. */
function dressed(element, style) {
  element.style.cssText = style.split(';').map(rule => `${rule}!important`).join(';');
  return element;
}

/** Lays opaque boxes over the places, above everything, and tells where they are. */
function cover(indices) {
  uncover();
  // It may change where things are: it is there before they are looked for.
  veil = dressed(its.make(document, 'div'), 'all:initial;display:block;visibility:visible;opacity:1;position:fixed;inset:0;width:100vw;height:100vh;margin:0;padding:0;border:0;background:transparent;pointer-events:none;overflow:visible;transform:none;filter:none;clip-path:none;mask:none;transition:none;animation:none;z-index:2147483647');
  const root = veil.attachShadow({ mode: 'closed' });
  its.append(its.root(document), veil);
  try {
    veil.popover = 'manual';
    veil.showPopover();
  } catch {
    // Without the top layer the highest z-index has to do.
  }
  const places = shown;
  const boxes = boxesAt(indices, places);
  for (const [x, y, width, height] of boxes) {
    root.append(dressed(its.make(document, 'div'), `position:fixed;left:${x - 1}px;top:${y - 1}px;width:${width + 2}px;height:${height + 2}px;background:#444`));
  }
  moved = false;
  watch(veil, () => boxesAt(indices, places), JSON.stringify(boxes));
  return { boxes };
}

/** In every frame that is drawn while this veil lies. */
function watch(lying, look, first) {
  if (veil !== lying) return;
  if (JSON.stringify(look()) !== first) moved = true;
  onFrame(() => watch(lying, look, first));
}

/** Whether the boxes are where they were laid, and where the places are that they cover. */
function covered(indices) {
  const frame = veil && its.connected(veil) && veil.checkVisibility({ opacityProperty: true, visibilityProperty: true }) ? its.box(veil) : null;
  const lies = Boolean(frame) && frame.x === 0 && frame.y === 0 && frame.width >= innerWidth && frame.height >= innerHeight;
  return { lies: lies && !moved, boxes: boxesAt(indices) };
}

function uncover() {
  if (veil) veil.remove();
  veil = null;
}
