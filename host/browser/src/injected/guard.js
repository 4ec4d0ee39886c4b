// The guard. Listeners sit on the window from before the first script of the page, so that none
// can run before them. While armed they let a trusted pointer event pass only if it hits the target.
const OFF = { target: null, at: null, parent: false, pressed: false, halved: false, seen: 0, released: 0, blocked: null, on: '' };
const guard = { ...OFF, round: 0, wakes: [] };
const PRESSES = ['pointerdown', 'mousedown', 'pointerup', 'mouseup', 'click', 'dblclick', 'auxclick', 'contextmenu'];
const MOVES = ['pointermove', 'mousemove', 'pointerover', 'mouseover'];

function isNear(event, at) {
  return Math.abs(event.clientX - at.x) <= 2 && Math.abs(event.clientY - at.y) <= 2;
}

let watched = null;
/** When this document came, on the clock of its events. */
let since = 0;

/** Documents of one site share a frame: an event that was on its way to the one before may arrive in this one. */
function isLate(event) {
  return event.isTrusted && event.timeStamp < since;
}

function stop(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}

function guardEvent(event) {
  const press = PRESSES.includes(event.type);
  if (press && isLate(event)) return stop(event);
  if (!guard.on || !event.isTrusted) return;
  if ((guard.on === 'press') !== press) return;
  // On its way into a frame the mouse passes the element that holds it.
  if (guard.parent && !press && event.composedPath()[0] === guard.target) return;
  const hit = event.composedPath()[0];
  const element = hit && hit.nodeType === Node.ELEMENT_NODE ? hit : null;
  const reached = !guard.parent && reaches(guard.target, element);
  // Where things move under the mouse, Chromium moves it once more where it was before: that is not ours.
  if (!press && !reached && !isNear(event, guard.at)) return;
  // Where a frame has only just got its place, the press may go to what is around it and the rest comes
  // here, or the press to the frame and the rest to what slides over it: half a click is none.
  if (event.type === 'pointerdown' || event.type === 'mousedown') Object.assign(guard, { pressed: true, halved: false });
  else if (press && !guard.pressed) guard.halved = true;
  if (guard.halved) return stop(event);
  guard.seen++;
  if (event.type === 'pointerup') {
    guard.released++;
    noteClick();
  }
  // Only the first event of a click decides: what a page does in its own handlers may well move things. A page
  // that has taken the target away by the first click has the second one where it put something else.
  const first = guard.seen === 1 || (event.type === 'pointerdown' && guard.target.isConnected);
  if (first && !reached) guard.blocked = coverOf(guard.target, element);
  if (guard.blocked !== null) stop(event);
  wake();
}

/**
 * What the guard has seen, once the pointer has gone up so many times (0: once anything was seen), or at once
 * if it blocks. Half a click is never told here: the host looks by itself. Nor is anything after the guard was
 * armed anew. Where nothing can be waited for it tells at once.
 */
async function passed(times) {
  if (scriptless) return seen();
  const { round } = guard;
  const over = () => guard.round !== round || (guard.seen > 0 && (guard.blocked !== null || guard.released >= times));
  while (!over()) await new Promise(done => { guard.wakes.push(done); });
  // Click follows in this task, and the form that it sends in one of its own.
  await pause(0);
  await pause(0);
  return guard.round === round ? seen() : null;
}

/** Whoever waits looks again. */
function wake() {
  for (const done of guard.wakes.splice(0)) done();
}

/**
 * The clipboard, and what is selected anywhere, is shared by all frames of all sessions: a paste, as by the
 * middle button, could bring a sealed value from a field of one origin into any other.
 */
function refusePaste(event) {
  if (event.isTrusted) stop(event);
}

/**
 * A popup's first document gives its window, this world included, to the next one. The listeners
 * stay on it, but hear nothing there until they are put on anew.
 */
function watchEvents() {
  if (watched !== document) {
    for (const type of [...PRESSES, ...MOVES]) window.removeEventListener(type, guardEvent, { capture: true });
    window.removeEventListener('scroll', stirredBy, { capture: true });
    window.removeEventListener('keydown', noteKey, { capture: true });
    for (const type of ['keydown', 'beforeinput']) window.removeEventListener(type, refuseKey, { capture: true });
    watched = document;
    since = performance.now();
  }
  for (const type of [...PRESSES, ...MOVES]) window.addEventListener(type, guardEvent, { capture: true, passive: false });
  window.addEventListener('scroll', stirredBy, { capture: true, passive: true });
  window.addEventListener('keydown', noteKey, { capture: true, passive: true });
  for (const type of ['keydown', 'beforeinput']) window.addEventListener(type, refuseKey, { capture: true });
  window.addEventListener('paste', refusePaste, { capture: true });
  window.addEventListener('dragstart', refuseDrag, { capture: true });
}

/** The guard begins anew; who waited for what it saw before hears that nothing more comes. */
function renew(values) {
  Object.assign(guard, OFF, values, { round: guard.round + 1 });
  wake();
}

function arm(target, on, at, parent) {
  watchEvents();
  renew({ target, at, parent, on });
}

const seen = () => ({ seen: guard.seen, released: guard.released, halved: guard.halved, blocked: guard.blocked });

function disarm() {
  const told = seen();
  renew({});
  return told;
}

/**
 * What it has seen; once the pointer has gone up so many times nothing more comes, and it guards no longer. What it
 * has seen it keeps until it is armed anew: this answer may get lost.
 */
function ended(times) {
  const over = guard.seen > 0 && guard.released >= times;
  if (over) Object.assign(guard, { target: null, on: '' });
  return { ...seen(), ended: over };
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

/** The box in which a frame shows its content, in the window of the document around it. */
function openingOf(frame) {
  const style = getComputedStyle(frame);
  const width = frame.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  const height = frame.clientHeight - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom);
  const corners = [[0, 0], [width, 0], [0, height], [width, height]].map(([x, y]) => carried(frame, x, y));
  const xs = corners.map(corner => corner.x), ys = corners.map(corner => corner.y);
  let [left, top, right, bottom] = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  // What it is in may cut it off, unless it has no box of its own, or something further out places the frame.
  let { position } = style;
  for (let node = aroundOf(frame); node && node !== document.body && node !== document.documentElement; node = aroundOf(node)) {
    const around = getComputedStyle(node);
    const moved = around.transform !== 'none' || around.filter !== 'none';
    if (['contents', 'inline'].includes(around.display) || (!moved && (position === 'fixed' || (position === 'absolute' && around.position === 'static')))) continue;
    const box = node.getBoundingClientRect();
    if (around.overflowX !== 'visible') [left, right] = [Math.max(left, box.left), Math.min(right, box.right)];
    if (around.overflowY !== 'visible') [top, bottom] = [Math.max(top, box.top), Math.min(bottom, box.bottom)];
    position = around.position;
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** Carries a point of a frame's content over to this document and checks that the frame is hit there. */
function framePoint(frame, request) {
  if (!frame.isConnected || !isVisible(frame)) return { kind: 'wait', seen: true, why: 'its frame is not visible' };
  const { x, y } = carried(frame, request.x, request.y);
  if (request.plain) {
    const box = frame.getBoundingClientRect();
    return { kind: 'done', value: { x, y, scaleX: box.width / frame.offsetWidth || 1, scaleY: box.height / frame.offsetHeight || 1, opening: openingOf(frame) } };
  }
  if (x < 0 || y < 0 || x >= innerWidth || y >= innerHeight) {
    frame.scrollIntoView({ block: 'nearest', inline: 'nearest', behavior: 'instant' });
    const now = carried(frame, request.x, request.y);
    if (now.x < 0 || now.y < 0 || now.x >= innerWidth || now.y >= innerHeight) {
      scrollBy({ left: now.x - innerWidth / 2, top: now.y - innerHeight / 2, behavior: 'instant' });
    }
    return { kind: 'wait', seen: true, why: 'its frame was scrolled into view' };
  }
  const hit = elementAt(x, y);
  if (hit !== frame && !request.place) return { kind: 'covered', by: coverOf(frame, hit) };
  if (request.guard) arm(frame, request.guard, { x, y }, true);
  return { kind: 'done', value: { x, y } };
}
