// Whether an element can be acted on now: visible, stable, enabled, editable, and the one that
// receives events at its point; and the guard that checks the last of these again on the event itself.
// Scrolling is the only change it makes to a page.

/** The boxes of an element, or of what is in it where it has none of its own. */
function boxesOf(element) {
  if (getComputedStyle(element).display !== 'contents') return [...element.getClientRects()];
  return [...element.childNodes].flatMap(child => {
    if (child.nodeType === Node.ELEMENT_NODE) return isVisible(child) ? boxesOf(child) : [];
    if (child.nodeType !== Node.TEXT_NODE || !child.data.trim()) return [];
    const range = document.createRange();
    range.selectNode(child);
    return [...range.getClientRects()];
  });
}

/** Has a box that is not empty and is not made invisible. */
function isVisible(element) {
  if (!element.isConnected) return false;
  const style = getComputedStyle(element);
  const solid = box => box.width > 0 && box.height > 0;
  if (style.display === 'contents') return boxesOf(element).some(solid);
  return style.visibility === 'visible' && element.checkVisibility() && solid(element.getBoundingClientRect());
}

/** Why an element is not visible, in words; null if it is. */
function hiddenBy(element) {
  if (isVisible(element)) return null;
  if (!element.isConnected) return 'no longer in the document';
  let none = element;
  while (none && getComputedStyle(none).display !== 'none') none = aroundOf(none);
  if (none) return `not visible (display: none${none === element ? '' : ` on ${describe(none)}`})`;
  const { display, visibility } = getComputedStyle(element);
  if (display === 'contents') return 'not visible: nothing in it is';
  if (visibility !== 'visible') return `not visible (visibility: ${visibility})`;
  if (!element.checkVisibility()) return 'not visible (content-visibility: hidden)';
  const box = element.getBoundingClientRect();
  return `not visible: its size is ${Math.round(box.width)} × ${Math.round(box.height)}`;
}

/** Not switched off, by itself, by a fieldset, or by what aria-disabled says next to it. */
function isEnabled(element) {
  return disabledBy(element) === null;
}

/** Why an element is not enabled, in words; null if it is. */
function disabledBy(element) {
  const target = controlOf(element);
  if (target.matches(':disabled')) {
    if (target.disabled) return target === element ? 'disabled' : `${describe(target)} is disabled`;
    const around = target.closest('fieldset:disabled, optgroup:disabled');
    return `disabled by ${describe(around || target)}`;
  }
  if (!CAN_BE_DISABLED.has(roleOf(target))) return null;
  for (let node = target; node; node = aroundOf(node)) {
    const said = (node.getAttribute('aria-disabled') || '').toLowerCase();
    if (said === 'true') return node === target ? 'disabled (aria-disabled)' : `disabled by ${describe(node)} (aria-disabled)`;
    if (said === 'false') return null;
  }
  return null;
}

/** The roles that aria-disabled means something for, of itself or of what is around: after WAI-ARIA 1.2. */
const CAN_BE_DISABLED = new Set(('application button gridcell group input link menuitem scrollbar separator tab ' +
  'checkbox columnheader combobox grid listbox menu menubar menuitemcheckbox menuitemradio option radio radiogroup row ' +
  'rowheader searchbox slider spinbutton switch tablist textbox toolbar tree treegrid treeitem').split(' '));

function isEditable(element) {
  return lockedBy(element) === null;
}

/** Why an element can't be edited, in words; null if it can. */
function lockedBy(element) {
  const disabled = disabledBy(element);
  if (disabled) return disabled;
  const field = controlOf(element);
  if (field.readOnly) return 'read-only';
  return field.getAttribute('aria-readonly') === 'true' ? 'read-only (aria-readonly)' : null;
}

const PRESSABLE = 'button,a[href],[role=button],[role=link],[role=checkbox],[role=radio],[role=switch],[role=tab],[role=option],[role=menuitem],summary';
const FIELDS = 'input,textarea,select';

/** Something that a person types into or picks from, whatever is around it. */
function isField(element) {
  return element.matches(FIELDS) || element.isContentEditable;
}

/** The button or link that an element is a part of, else the element. */
function pressable(element) {
  if (isField(element)) return element;
  for (let node = element; node; node = aroundOf(node)) if (node.matches(PRESSABLE)) return node;
  return element;
}

/** The control that an element stands for: its button, or what the label around it is for; else the element. */
function controlOf(element) {
  const target = pressable(element);
  if (target !== element || isField(target) || target.matches(PRESSABLE)) return target;
  for (let node = target; node; node = aroundOf(node)) if (node.nodeName === 'LABEL') return node.control || target;
  return target;
}

/** true, false, or null if it is neither checkbox, radio nor switch. */
function checkedState(element) {
  const control = controlOf(element);
  if (control.nodeName === 'INPUT' && (control.type === 'checkbox' || control.type === 'radio')) return control.checked;
  const role = roleOf(control);
  if (['checkbox', 'radio', 'switch', 'menuitemcheckbox', 'menuitemradio', 'option', 'treeitem'].includes(role)) {
    return control.getAttribute('aria-checked') === 'true';
  }
  return null;
}

/**
 * Where a sandbox lets no script run, no timer and no animation frame comes to ours either: nothing
 * can be waited for in here, the host waits and asks again. The HTML parser knows by itself.
 */
const scriptless = document.contentType === 'text/html' && (() => {
  try {
    const probe = document.createElement('div');
    probe.innerHTML = '<noscript><i></i></noscript>';
    return probe.querySelector('i') !== null;
  } catch {
    return false;
  }
})();

const nextFrame = () => scriptless ? Promise.resolve() : new Promise(done => {
  // A page that is not being drawn gets no frames: a timer stands in.
  const timer = setTimeout(done, 250);
  requestAnimationFrame(() => {
    clearTimeout(timer);
    done();
  });
});

function sameBox(a, b) {
  return a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;
}

// What moves an element frame by frame is a style animation, which the document can name, or a script
// that sets styles or scrolls, which is noted here. While there was none of it for two frames, an
// element has the same box in both, and nobody needs to wait for two more to see it. A jump of any
// other kind is seen by the guard.
const SET_BY_SCRIPTS = ['style', 'transform', 'x', 'y', 'cx', 'cy', 'd', 'width', 'height', 'points'];
const stirs = new MutationObserver(() => stir());
const noted = new WeakSet();
let restless = 0;

async function stir() {
  const resting = restless === 0;
  restless = 2;
  if (!resting) return;
  for (; restless > 0; restless--) await nextFrame();
}

/** False if nothing was known of this tree so far. */
function note(root) {
  if (noted.has(root)) return true;
  noted.add(root);
  stirs.observe(root, { subtree: true, attributeFilter: SET_BY_SCRIPTS });
  return false;
}

function mayMove(element) {
  let known = true;
  for (let root = element.getRootNode(); ; root = root.host.getRootNode()) {
    known = note(root) && known;
    if (!(root instanceof ShadowRoot)) break;
  }
  return !known || restless > 0 || document.getAnimations().some(moves(element));
}

/** Animations that end may push anything about; those that never do (spinners) only what is in them. */
const moves = element => animation => {
  if (animation.playState !== 'running') return false;
  const { effect } = animation;
  return !effect || effect.getComputedTiming().endTime !== Infinity || (effect.target && within(effect.target, element));
};

/** Same box in two animation frames. */
async function isStable(element, scrolled) {
  if (!scrolled && !mayMove(element)) return true;
  // What is measured now counts as the first of them unless a style animation runs: what else moves
  // things is a script, and a script that moves them frame by frame has its turn before ours.
  if (document.getAnimations().some(moves(element))) await nextFrame();
  const before = element.getBoundingClientRect();
  await nextFrame();
  return element.isConnected && sameBox(before, element.getBoundingClientRect());
}

const ALIGN = [null, { block: 'end', inline: 'end' }, { block: 'center', inline: 'center' }, { block: 'start', inline: 'start' }];

/** Brings the element into view; on later tries against another edge, past sticky headers. Tells if it had to. */
function reveal(element, attempt) {
  let boxed = element;
  while (getComputedStyle(boxed).display === 'contents') {
    const child = [...boxed.children].find(isVisible);
    if (!child) break;
    boxed = child;
  }
  const before = boxed.getBoundingClientRect();
  const scroll = align => boxed.scrollIntoView({ ...align, behavior: 'instant' });
  const moved = () => !sameBox(before, boxed.getBoundingClientRect());
  const align = ALIGN[attempt % ALIGN.length];
  // Only if needed, and then into the middle.
  scroll(align || { block: 'nearest', inline: 'nearest' });
  if (!align && moved()) scroll({ block: 'center', inline: 'center' });
  return moved();
}

/** A point of the element that lies in the viewport, or null. */
function pointOf(element, offset) {
  if (offset) {
    const box = element.getBoundingClientRect();
    return { x: box.x + offset.x, y: box.y + offset.y };
  }
  for (const box of boxesOf(element)) {
    const left = Math.max(box.left, 0), right = Math.min(box.right, innerWidth);
    const top = Math.max(box.top, 0), bottom = Math.min(box.bottom, innerHeight);
    if (right - left > 0.5 && bottom - top > 0.5) return { x: (left + right) / 2, y: (top + bottom) / 2 };
  }
  return null;
}

/** The innermost element at a point, through open shadow roots. */
function elementAt(x, y) {
  let found = document.elementFromPoint(x, y);
  while (found && found.shadowRoot) {
    const inner = found.shadowRoot.elementFromPoint(x, y);
    if (!inner || inner === found) return slotAt(found, x, y) || found;
    found = inner;
  }
  return found;
}

/** The slot that shows a text of `host` at a point. Where a text is hit that has no other element, the host is told. */
function slotAt(host, x, y) {
  for (const node of host.childNodes) {
    if (node.nodeType !== Node.TEXT_NODE || !node.assignedSlot) continue;
    const range = document.createRange();
    range.selectNode(node);
    const holds = box => x >= box.left && x < box.right && y >= box.top && y < box.bottom;
    if ([...range.getClientRects()].some(holds)) return node.assignedSlot;
  }
  return null;
}

/** Whether an event that hits `hit` reaches `target`. */
function reaches(target, hit) {
  if (!hit) return false;
  if (within(pressable(target), hit)) return true;
  for (let node = hit; node; node = aroundOf(node)) {
    if (node.nodeName === 'LABEL' && node.control && (node.control === target || node.control === controlOf(target))) return true;
  }
  return false;
}

/** What lies over the target: the outermost element around `hit` that doesn't hold the target. */
function coverOf(target, hit) {
  if (!hit) return 'nothing (outside of the window)';
  let top = hit;
  for (let node = hit; node && !within(node, target); node = aroundOf(node)) top = node;
  return top === hit ? describe(hit) : `${describe(hit)} in ${describe(top)}`;
}

// The guard. Listeners sit on the window from before the first script of the page, so that none
// can run before them. While armed they let a trusted pointer event pass only if it hits the target.
const guard = { target: null, parent: false, seen: 0, released: 0, blocked: null, on: '', wake: null };
const PRESSES = ['pointerdown', 'mousedown', 'pointerup', 'mouseup', 'click', 'dblclick', 'auxclick', 'contextmenu'];
const MOVES = ['pointermove', 'mousemove', 'pointerover', 'mouseover'];

function guardEvent(event) {
  if (!guard.on || !event.isTrusted) return;
  const press = PRESSES.includes(event.type);
  if (guard.on === 'press' && !press) return;
  guard.seen++;
  if (event.type === 'mouseup') guard.released++;
  // Only the first event decides: what a page does in its own handlers may well move things.
  if (guard.seen === 1) {
    const hit = event.composedPath()[0];
    const element = hit && hit.nodeType === Node.ELEMENT_NODE ? hit : null;
    if (guard.parent || !reaches(guard.target, element)) guard.blocked = coverOf(guard.target, element);
  }
  if (guard.blocked !== null) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
  if (guard.wake) guard.wake();
}

const pause = milliseconds => new Promise(done => setTimeout(done, milliseconds));

/**
 * What the guard has seen, once it has seen the button go up so many times, or the first event if none
 * does. Chromium's own answer for a mouse event may come before the page has it. Where nothing can be
 * waited for it tells at once.
 */
async function passed(times) {
  if (scriptless) return seen();
  const came = () => guard.seen > 0 && (guard.blocked !== null || guard.released >= times);
  while (!came()) await new Promise(done => { guard.wake = done; });
  guard.wake = null;
  // A form is sent by a task of its own, which is queued by the click that follows.
  await pause(0);
  await pause(0);
  return seen();
}

/**
 * The clipboard, and what is selected anywhere, is shared by all frames of all sessions: a paste, as by the
 * middle button, could bring a sealed value from a field of one origin into any other.
 */
function refusePaste(event) {
  if (!event.isTrusted) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

let watched = null;

/**
 * A popup's first document gives its window, this world included, to the next one. The listeners
 * stay on it, but hear nothing there until they are put on anew.
 */
function watchEvents() {
  if (watched !== document) {
    for (const type of [...PRESSES, ...MOVES]) window.removeEventListener(type, guardEvent, { capture: true });
    window.removeEventListener('scroll', stir, { capture: true });
    window.removeEventListener('keydown', noteKey, { capture: true });
    watched = document;
  }
  for (const type of [...PRESSES, ...MOVES]) window.addEventListener(type, guardEvent, { capture: true, passive: false });
  window.addEventListener('scroll', stir, { capture: true, passive: true });
  window.addEventListener('keydown', noteKey, { capture: true, passive: true });
  window.addEventListener('paste', refusePaste, { capture: true });
  window.addEventListener('dragstart', refuseDrag, { capture: true });
}

function arm(target, on, parent) {
  watchEvents();
  Object.assign(guard, { target, parent, seen: 0, released: 0, blocked: null, on, wake: null });
}

const seen = () => ({ seen: guard.seen, blocked: guard.blocked });

function disarm() {
  const told = seen();
  Object.assign(guard, { target: null, parent: false, seen: 0, released: 0, blocked: null, on: '', wake: null });
  return told;
}

/** How an element is turned, stretched and skewed, by itself and with all that it is in. */
function turning(element) {
  let all = new DOMMatrix();
  for (let node = element; node; node = aroundOf(node)) {
    const { transform, rotate, scale } = getComputedStyle(node);
    if (transform !== 'none') all = new DOMMatrix(transform).multiply(all);
    if (scale !== 'none') all = new DOMMatrix(`scale(${scale.split(' ').slice(0, 2).join(',')})`).multiply(all);
    if (/^[-\d.e]+deg$/.test(rotate)) all = new DOMMatrix(`rotate(${rotate})`).multiply(all);
  }
  return all;
}

/** A point of an iframe's content in the document around it. The middle of a box stays in its middle, however it is turned. */
function carried(frame, x, y) {
  const box = frame.getBoundingClientRect(), style = getComputedStyle(frame);
  const width = frame.offsetWidth, height = frame.offsetHeight;
  const { a, b, c, d } = turning(frame);
  const zoom = box.width / (Math.abs(a) * width + Math.abs(c) * height) || 1;
  const right = frame.clientLeft + parseFloat(style.paddingLeft) + x - width / 2;
  const down = frame.clientTop + parseFloat(style.paddingTop) + y - height / 2;
  return {
    x: box.x + box.width / 2 + zoom * (a * right + c * down),
    y: box.y + box.height / 2 + zoom * (b * right + d * down),
  };
}

/** Carries a point of a frame's content over to this document and checks that the frame is hit there. */
function framePoint(frame, request) {
  if (!frame.isConnected || !isVisible(frame)) return { kind: 'wait', seen: true, why: 'its frame is not visible' };
  const { x, y } = carried(frame, request.x, request.y);
  if (request.plain) {
    const box = frame.getBoundingClientRect();
    return { kind: 'done', value: { x, y, scaleX: box.width / frame.offsetWidth || 1, scaleY: box.height / frame.offsetHeight || 1 } };
  }
  if (x < 0 || y < 0 || x >= innerWidth || y >= innerHeight) {
    frame.scrollIntoView({ block: 'nearest', inline: 'nearest', behavior: 'instant' });
    const now = carried(frame, request.x, request.y);
    if (now.x < 0 || now.y < 0 || now.x >= innerWidth || now.y >= innerHeight) {
      scrollBy({ left: now.x - innerWidth / 2, top: now.y - innerHeight / 2, behavior: 'instant' });
    }
    return { kind: 'wait', seen: true, why: 'its frame was scrolled into view', soon: true };
  }
  const hit = elementAt(x, y);
  if (hit !== frame) return { kind: 'covered', by: coverOf(frame, hit) };
  if (request.guard) arm(frame, request.guard, true);
  return { kind: 'done', value: { x, y } };
}
