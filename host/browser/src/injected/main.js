// The door: the host calls `run` with one request, gets one answer. Waiting is done here, close to
// the page, in slices: after each change of the document, and else after pauses that grow, the
// request is tried anew. What the host must decide itself (an overlay in the way, several matches)
// is answered at once.

const PAUSES = [20, 50, 100, 100, 500];

// Since when changes are watched for without a gap, and when the last one was seen.
const quiet = { since: performance.now(), left: 0 };

/** For how many milliseconds nothing was seen to change here: never more than was watched. */
function quietFor() {
  return performance.now() - quiet.left > GAP ? 0 : performance.now() - quiet.since;
}

/** Between two waits nobody watches: for so long that doesn't matter, in milliseconds. */
const GAP = 1500;

/** Looks for changes that are answered at once; a page that changes on and on is looked at less often. */
const PROMPT = 5;
const EAGER = 20;
const RELAXED = 8;

/** Resolves when the document has changed and `rest` milliseconds have gone by, or after `pause`. */
function change(pause, rest) {
  if (performance.now() - quiet.left > GAP) quiet.since = performance.now();
  return new Promise(done => {
    let timer = 0;
    const finish = () => {
      quiet.left = performance.now();
      observer.disconnect();
      clearTimeout(timer);
      done();
    };
    const observer = new MutationObserver(() => {
      quiet.since = performance.now();
      observer.disconnect();
      clearTimeout(timer);
      if (rest < 1) turn().then(finish);
      else timer = onTimer(finish, rest);
    });
    for (const root of [document, ...roots]) observer.observe(root, { subtree: true, childList: true, attributes: true, characterData: true });
    timer = onTimer(finish, pause);
  });
}

/** Looks until what it gives is `good` or the time is over: after each change, and else after pauses that grow. */
async function watching(until, look, good) {
  for (let tries = 0; ; tries++) {
    const begun = performance.now();
    const answer = await look(tries);
    const now = performance.now();
    if (good(answer) || now >= until) return answer;
    // Of a page that changes on and on a third of the time is taken at most.
    const rest = tries < PROMPT ? 0 : tries < EAGER ? Math.min(2 * (now - begun), RELAXED) : RELAXED;
    await change(Math.min(until - now, PAUSES[Math.min(tries, PAUSES.length - 1)]), rest);
  }
}

/** Until when the host lets the script wait. */
function end(slice) {
  return performance.now() + (scriptless ? 0 : slice || 0);
}

/** Which of several lists of steps is the first to lead to something visible, in this one moment. */
function firstVisible(lists) {
  const which = inOneLook(() => lists.findIndex(steps => resolve(steps).some(isVisible)));
  return which >= 0 ? { kind: 'done', value: which } : { kind: 'none' };
}

const serials = new WeakMap();

/** A mark that an element has as long as it lives, and no other ever; empty for none. */
function ownNameOf(element) {
  if (!element) return '';
  if (!serials.has(element)) serials.set(element, String(Math.random()));
  return serials.get(element);
}

async function once(request, attempt, successors = 3) {
  roots.clear();
  if (request.op === 'first') return firstVisible(request.lists);
  if (request.op === 'struck') return keysSeen(request.count, attempt);
  if (request.op === 'checked') return checkedNow(request.state);
  const found = resolve(request.steps);
  if (request.op === 'count') return { kind: 'done', value: found.length };
  if (request.op === 'any') return { kind: 'done', value: ownNameOf(found.find(isVisible)) };
  if (request.op === 'gone') {
    const still = request.state === 'detached' ? found[0] : found.find(isVisible);
    return still ? { kind: 'wait', seen: true, why: `${describe(still)} is still there` } : { kind: 'done' };
  }
  if (found.length === 0) return { kind: 'none' };
  if (found.length > 1) return { kind: 'many', count: found.length, candidates: candidates(found) };
  const answer = await perform(found[0], request, attempt);
  // The page has put another one in its place meanwhile, which is looked at at once.
  if (answer.kind === 'wait' && !found[0].isConnected && successors > 0) return once(request, attempt, successors - 1);
  if (answer.kind !== 'done' && !answer.what && found[0].isConnected) answer.what = describe(found[0]);
  return answer;
}

function settled(answer, request) {
  if (answer.kind === 'wait' || answer.kind === 'none') return false;
  if (answer.kind === 'covered') return Boolean(request.overlays);
  return true;
}

const DEEDS = new Set(['aim', 'fill', 'type', 'select', 'upload', 'focus']);
const READING = 500;

/** Its scripts that were there from the beginning have run. */
function isRead() {
  if (document.readyState !== 'interactive') return document.readyState === 'complete';
  const [loading] = performance.getEntriesByType('navigation');
  return !loading || loading.domContentLoadedEventStart > 0;
}

/** What is done to a document that is still being read is often lost on it: nobody listens yet. One that never ends is not waited for. */
async function reading(slice) {
  if (scriptless || isRead()) return;
  let timer = 0;
  let read;
  await new Promise(done => {
    read = () => turn().then(done);
    // While the event is told, its listeners are not through yet.
    window.addEventListener('DOMContentLoaded', read, { capture: true });
    timer = onTimer(done, Math.min(slice || 0, READING));
  });
  window.removeEventListener('DOMContentLoaded', read, { capture: true });
  clearTimeout(timer);
}

/** What was thrown, without what the plugin said: the host masks this, and would tell which of its guesses are right. */
function wordsOf(error) {
  if (error instanceof DOMException && error.name === 'SyntaxError') return 'not a valid selector';
  return String(error && error.message || error);
}

async function run(request) {
  try {
    const until = end(request.slice);
    if (DEEDS.has(request.op)) await reading(request.slice);
    return await watching(until, tries => once(request, (request.attempt || 0) + tries), answer => settled(answer, request));
  } catch (error) {
    return invalid(wordsOf(error));
  }
}

/** The iframe that the steps lead to, as an object for the host; a string with the answer if there is none. */
async function frameElement(request) {
  const look = () => {
    const found = resolve(request.steps);
    if (found.length > 1) return { kind: 'many', count: found.length, candidates: candidates(found) };
    if (found.length === 0) return { kind: 'none' };
    return found[0].nodeName === 'IFRAME' || found[0].nodeName === 'FRAME' ? found[0] : invalid(`${describe(found[0])} is not a frame`);
  };
  try {
    const answer = await watching(end(request.slice), look, answer => answer.kind !== 'none');
    return answer instanceof Element ? answer : JSON.stringify(answer);
  } catch (error) {
    return JSON.stringify(invalid(wordsOf(error)));
  }
}

watchEvents();
note(document);
globalThis.__mavm = { know, watchEvents, run, quietFor, frameElement, framePoint, passed, seen, ended, disarm, dragStarted, openPoint, nearest, displayed, cover, covered, uncover, snapshot };
