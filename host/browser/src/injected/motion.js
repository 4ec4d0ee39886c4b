// Whether an element stands still.

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
  const timer = onTimer(done, 250);
  onFrame(() => {
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
const stirs = new MutationObserver(stir);
const noted = new WeakSet();
let restless = 0;

/** What scrolls within a text field, to show its end, moves nothing of the page. */
function stirredBy({ target }) {
  if (!(target instanceof Element && target.matches('input, textarea'))) stir();
}

async function stir() {
  const resting = restless === 0;
  restless = 2;
  if (!resting) return;
  for (; restless > 0; restless--) await nextFrame();
}

// What the page had put off when the mouse's button went up last; null once a frame has been drawn since.
// What a click does is often drawn with the next frame, or by a timer, and a row that is made anew between
// press and release gets no click: who aims while the page owes such a thing looks again after it.
let clicked = null;

function noteClick() {
  const before = putOff();
  clicked = before;
  nextFrame().then(() => { if (clicked === before) clicked = null; });
}

/** Waits for what the page has put off in its handlers of the last click, if it has. */
async function paid() {
  if (!clicked) return;
  const { frames, timers } = clicked, now = putOff();
  if (now.frames === frames && now.timers === timers) return;
  await nextFrame();
  // Timers come after the frame that follows an input, in their order.
  if (now.timers !== timers) await pause(0);
}

/** False if nothing was known of this tree so far. */
function note(root) {
  if (noted.has(root)) return true;
  noted.add(root);
  // The window hears nothing of what is scrolled in there.
  if (root !== document) root.addEventListener('scroll', stir, { capture: true, passive: true });
  stirs.observe(root, { subtree: true, attributeFilter: SET_BY_SCRIPTS });
  return false;
}

function mayMove(element) {
  const known = treesAround(element).map(note).every(Boolean);
  return !known || restless > 0 || isAnimated(element);
}

/** The trees of all that an element is drawn in: the document's, and those of shadow roots. */
function treesAround(element) {
  const trees = new Set([document]);
  for (let node = element; node; node = aroundOf(node)) trees.add(node.getRootNode());
  return [...trees];
}

function isAnimated(element) {
  return treesAround(element).some(tree => tree.getAnimations().some(moves(element)));
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
  if (isAnimated(element)) await nextFrame();
  const before = placeOf(element);
  await nextFrame();
  return element.isConnected && sameBox(before, placeOf(element));
}
