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

/** Resolves when the document has changed and a frame has gone by, or after `pause` milliseconds. */
function change(pause) {
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
      timer = setTimeout(finish, 8);
    });
    for (const root of [document, ...roots]) observer.observe(root, { subtree: true, childList: true, attributes: true, characterData: true });
    timer = setTimeout(finish, pause);
  });
}

/** Which of several lists of steps is the first to lead to something visible, in this one moment. */
function firstVisible(lists) {
  const which = inOneLook(() => lists.findIndex(steps => resolve(steps).some(isVisible)));
  return which >= 0 ? { kind: 'done', value: which } : { kind: 'none' };
}

async function once(request, attempt) {
  roots.clear();
  if (request.op === 'first') return firstVisible(request.lists);
  if (request.op === 'struck') return keysSeen(request.count);
  if (request.op === 'checked') return checkedNow(request.state);
  const found = resolve(request.steps);
  if (request.op === 'count') return { kind: 'done', value: found.length };
  if (request.op === 'any') return { kind: 'done', value: found.some(isVisible) };
  if (request.op === 'gone') {
    const still = request.state === 'detached' ? found[0] : found.find(isVisible);
    return still ? { kind: 'wait', seen: true, why: `${describe(still)} is still there` } : { kind: 'done' };
  }
  if (found.length === 0) return { kind: 'none' };
  if (found.length > 1) return { kind: 'many', count: found.length, candidates: candidates(found) };
  const answer = await perform(found[0], request, attempt);
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
  if (scriptless) return;
  const until = performance.now() + Math.min(slice || 0, READING);
  while (!isRead() && performance.now() < until) await new Promise(done => setTimeout(done, 5));
}

async function run(request) {
  try {
    const until = performance.now() + (scriptless ? 0 : request.slice || 0);
    if (DEEDS.has(request.op)) await reading(request.slice);
    for (let attempt = request.attempt || 0, tries = 0; ; attempt++, tries++) {
      const answer = await once(request, attempt);
      const left = until - performance.now();
      if (settled(answer, request) || left <= 0) return answer;
      await change(Math.min(left, PAUSES[Math.min(tries, PAUSES.length - 1)]));
    }
  } catch (error) {
    return invalid(String(error && error.message || error));
  }
}

/** The iframe that the steps lead to, as an object for the host; a string with the answer if there is none. */
async function frameElement(request) {
  try {
    const until = performance.now() + (scriptless ? 0 : request.slice || 0);
    for (let tries = 0; ; tries++) {
      const found = resolve(request.steps);
      if (found.length > 1) return JSON.stringify({ kind: 'many', count: found.length, candidates: candidates(found) });
      if (found.length === 1) {
        if (found[0].nodeName === 'IFRAME' || found[0].nodeName === 'FRAME') return found[0];
        return JSON.stringify(invalid(`${describe(found[0])} is not a frame`));
      }
      const left = until - performance.now();
      if (left <= 0) return JSON.stringify({ kind: 'none' });
      await change(Math.min(left, PAUSES[Math.min(tries, PAUSES.length - 1)]));
    }
  } catch (error) {
    return JSON.stringify(invalid(String(error && error.message || error)));
  }
}

watchEvents();
note(document);
globalThis.__mavm = { watchEvents, run, quietFor, frameElement, framePoint, passed, seen, disarm, dragStarted, nearest, displayed, cover, covered, uncover, snapshot };
