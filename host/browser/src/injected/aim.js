// Where the mouse goes, for clicks, checks and drags, and what has become of it.

/** What a person would press to check a box: the box itself, not a link in its label; its label if the box is hidden. */
function boxOrLabel(element) {
  const control = controlOf(element);
  if (isVisible(control)) return control;
  return [element, ...(control.labels || [])].find(isVisible) || element;
}

/** Where to press: all checks of a pointer action, ending with the guard armed. */
async function aim(named, request, attempt) {
  await paid();
  const element = request.unchecked === undefined ? named : boxOrLabel(named);
  if (!isVisible(element)) return again(hiddenBy(element));
  if (request.enabled && !isEnabled(element)) return again(disabledBy(element));
  if (request.unchecked !== undefined) {
    const state = checkedState(element);
    if (state === null) return invalid(noBox(element));
    if (state === request.unchecked) return { kind: 'done', value: null };
    if (state && controlOf(element).type === 'radio') return invalid(`${describe(controlOf(element))} is a radio button, which can't be unchecked: check another one of its group`);
  }
  const scrolled = reveal(element, attempt);
  if (!await isStable(element, scrolled)) return again('still moving');
  if (!element.isConnected) return again('detached');
  if (request.enabled && !isEnabled(element)) return again(disabledBy(element));
  const label = request.unchecked !== undefined && element !== controlOf(element);
  const point = (label && plainPoint(element)) || pointOf(element, request.offset);
  if (!point) return again('outside of the viewport, and can\'t be scrolled into it');
  if (request.place) return { kind: 'done', value: point };
  const hit = elementAt(point.x, point.y);
  if (!reaches(element, hit)) {
    if (getComputedStyle(element).pointerEvents === 'none') return again('takes no pointer events (pointer-events: none)');
    const inert = inertOf(element);
    if (inert) return again(`made inert by ${inert === element ? 'its own attribute' : describe(inert)}`);
    return { kind: 'covered', by: coverOf(element, hit) };
  }
  if (label && takes(element, hit)) return again('only links in its label can be pressed');
  // What is named may be around the field that the mouse takes hold of.
  if (request.drag && [element, hit].some(isSealed)) return invalid(NOT_DRAGGED);
  const beyond = holdsDocument(hit);
  if (request.drag && beyond) return invalid(`what is there to be dragged is in ${describe(hit)}: name it by its frame`);
  if (request.drag) watchDrag();
  if (request.unchecked !== undefined) pressed = controlOf(element);
  arm(element, request.guard, point, false);
  return { kind: 'done', value: { ...point, beyond } };
}

/** What makes an element inert by its attribute, if anything does. */
function inertOf(element) {
  for (let node = element; node; node = aroundOf(node)) if (node.inert) return node;
  return null;
}

/** Whether what is hit in a label takes a click for itself. */
function takes(label, hit) {
  for (let node = hit; node && node !== label; node = aroundOf(node)) {
    if (node !== label.control && node.matches('a,button,input,select,textarea,[role=button],[role=link]')) return true;
  }
  return false;
}

/** A point of a label that is the label's own; null if there is none. */
function plainPoint(label) {
  const parts = [0.5, 0.02, 0.98, 0.25, 0.75];
  for (const box of boxesOf(label)) for (const down of parts) for (const right of parts) {
    const x = box.left + right * box.width, y = box.top + down * box.height;
    const hit = elementAt(x, y);
    if (hit && within(label, hit) && !takes(label, hit)) return { x, y };
  }
  return null;
}

/** What holds another document gets none of the mouse's events: that one does. */
function holdsDocument(element) {
  return ['IFRAME', 'FRAME', 'OBJECT', 'EMBED'].includes(element && element.nodeName);
}

/** A point of the window at which no other document is. */
function openPoint() {
  for (let n = 0; n < 100; n++) {
    const x = innerWidth * (n % 10 + 0.5) / 10, y = innerHeight * (Math.floor(n / 10) + 0.5) / 10;
    if (!holdsDocument(elementAt(x, y))) return { x, y };
  }
  return null;
}

const noBox = element => `${describe(element)} is neither a checkbox, a radio button nor a switch`;

/** The box that was pressed last. */
let pressed = null;

/** Whether the box that was pressed is checked, or not, as it should be. One that the page took away is done with. */
function checkedNow(state) {
  if (!pressed || !pressed.isConnected || checkedState(pressed) === state) return { kind: 'done' };
  return { ...again(state ? 'it did not become checked' : 'it did not become unchecked'), what: describe(pressed) };
}

const NOT_DRAGGED = 'a field that holds a secret value is not dragged';

function isSealed(element) {
  return sealed.has(element) || sealed.has(controlOf(element));
}

let dragStart = null;
let dragRefused = false;
const keepDrag = event => { dragStart = event.type === 'dragstart' ? event : null; };

/** From now on it can be told whether the page began a drag of the browser's own kind. */
function watchDrag() {
  dragStart = null;
  dragRefused = false;
  for (const type of ['dragstart', 'dragend']) window.addEventListener(type, keepDrag, { capture: true });
}

/** Whether what the mouse takes hold of is, or is beside, what shows a secret: a piece of it may be selected. */
function takesSecret(node) {
  if (sealed.has(node) || keepsSecret(node)) return true;
  if (!values.all.size) return false;
  let block = node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement;
  while (block && !APART.has(block.nodeName) && aroundOf(block)) block = aroundOf(block);
  const selection = getSelection();
  const around = selection.rangeCount ? selection.getRangeAt(0).commonAncestorContainer : null;
  return [block, around].some(one => one && shows(textOf(one)));
}

/** Whatever the mouse was meant to take hold of, nothing selected in or of a secret goes with it. */
function refuseDrag(event) {
  if (!takesSecret(event.composedPath()[0])) return;
  dragRefused = true;
  event.preventDefault();
  event.stopImmediatePropagation();
}

/** What has become of the page's drag, if there is one: 'started', or 'refused' for a sealed field's. */
function dragStarted() {
  const started = dragStart !== null && !dragStart.defaultPrevented;
  const state = dragRefused ? 'refused' : started ? 'started' : null;
  dragStart = null;
  dragRefused = false;
  return state;
}
